"""Proofs of possession (DPoP, RFC 9449): that whoever asks holds the key, for this request and now."""

import hashlib
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy.orm import Session

from services.api.oauth import addresses, signed
from services.api.oauth.signed import BadJwt
from tenants.clients import authenticating, nonces, public_keys
from tenants.clients.authenticating import Once
from tenants.errors import Invalid

OF = "DPoP proof"
TYPE = frozenset({"dpop+jwt"})
BACK, AHEAD = 60, 5


class ProofClaims(Struct, frozen=True):
    """§4.2. `ath` is the hash of the access token, where one is shown."""

    jti: str
    htm: str
    htu: str
    iat: int | float
    nonce: str | UnsetType = UNSET
    ath: str | UnsetType = UNSET


class Proof(Struct, frozen=True):
    """One that holds. `jkt` is the thumbprint of the key (RFC 7638)."""

    jkt: str
    claims: ProofClaims

    @property
    def once(self) -> Once:
        until = datetime.fromtimestamp(self.claims.iat + BACK + AHEAD, UTC)
        return authenticating.once("proof", self.jkt, self.claims.jti, self.claims.htu, until=until)


class BadProof(Exception):
    """Why the proof does not hold: ASCII, without quotes."""


def read(given: Sequence[str], *, method: str, url: str) -> Proof:
    """Everything that needs no database; `url` is what the request was sent to. Raises BadProof."""
    if len(given) != 1:
        raise BadProof("There must be exactly one DPoP header")
    try:
        unverified = signed.read(given[0], of=OF)
        if not signed.typ_in(unverified, TYPE):
            raise BadProof("The typ of the DPoP proof is not dpop+jwt")
        if unverified.header.jwk is UNSET:
            raise BadProof("The header of the DPoP proof has no jwk")
        key = public_keys.key_of(unverified.header.jwk)
        claims = signed.verified(unverified, key.jwk, ProofClaims, of=OF)
    except BadJwt as wrong:
        raise BadProof(str(wrong)) from None
    except Invalid:
        raise BadProof("The jwk of the DPoP proof is no public key that is accepted here") from None
    _check(claims, method=method, url=url)
    return Proof(key.thumbprint, claims)


def has_current_nonce(session: Session, proof: Proof) -> bool:
    return proof.claims.nonce is not UNSET and nonces.is_current(session, proof.claims.nonce)


def hash_of(token: str) -> str:
    """`ath`, §4.2."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


def _check(claims: ProofClaims, *, method: str, url: str) -> None:
    now = time.time()
    if claims.htm != method or not addresses.same(claims.htu, url):
        raise BadProof("The DPoP proof is for another request: htm or htu")
    if not now - BACK <= claims.iat <= now + AHEAD:
        raise BadProof("The DPoP proof is not of this moment: iat")
    if not 1 <= len(claims.jti) <= signed.LONGEST_ID:
        raise BadProof("The jti of the DPoP proof is empty or too long")
