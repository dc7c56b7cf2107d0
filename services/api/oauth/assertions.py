"""Client assertions (RFC 7523 §2.2 with rfc7523bis): every check, in the order of docs/feeds-access.md.

Authlib's own class takes a list of audiences, any `typ`, a missing `iat` and a life of years; so nothing of it is used
but the error.
"""

import time
from datetime import UTC, datetime

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy.orm import Session

from services.api.oauth import signed
from services.api.oauth.signed import BadJwt, Unverified
from tenants.clients import authenticating, failing
from tenants.clients.failing import Blame
from tenants.clients.model import Method, OAuthClient
from tenants.requests.limits import TooMany

OF = "client assertion"
TYPES = frozenset({"jwt", "client-authentication+jwt"})
LONGEST_LIFE = 300
SKEW = 30


class Said(Struct, frozen=True):
    """What names the client, before anything is believed."""

    sub: str


class AssertionClaims(Struct, frozen=True):
    """`aud` is one string: of a list, which the standard once allowed, another server could be a part."""

    iss: str
    sub: str
    aud: str
    exp: int | float
    iat: int | float
    jti: str
    nbf: int | float | UnsetType = UNSET


class Failed(Exception):
    """A client has not shown who it is. `client` is the one that it said it was, if there is such a one."""

    def __init__(self, sentence: str, client_id: str = "", client: OAuthClient | None = None) -> None:
        super().__init__(sentence)
        self.client_id = client_id
        self.client = client
        self.blame = Blame.OTHERS


class Barred(Exception):
    """From there nothing is looked at for a while."""

    def __init__(self, wait: TooMany) -> None:
        super().__init__()
        self.wait = wait


def client_of(session: Session, assertion: str, *, issuer: str, client_id: str | None, address: str) -> OAuthClient:
    """The client that signed this for us, now, once. Raises Failed, Barred."""
    try:
        given = signed.read(assertion, of=OF)
        if given.header.jwk is not UNSET:
            raise BadJwt("The header of the client assertion has a jwk: keys are registered, not sent along")
        said = signed.claims(given, Said, of=OF).sub
    except BadJwt as wrong:
        raise Failed(str(wrong)) from None
    client = known(session, said, Method.PRIVATE_KEY_JWT, address=address)
    claims = _verified(session, given, client)
    _check(given, claims, client, issuer=issuer, client_id=client_id)
    until = datetime.fromtimestamp(claims.exp + SKEW, UTC)
    if not authenticating.first_use(session, "assertion", str(client.client_id), claims.jti, until=until):
        raise _by_itself("The jti of the client assertion was used before", client)
    return client


def known(session: Session, client_id: str, method: Method, *, address: str) -> OAuthClient:
    """In use, and of those that prove who they are in this way. Raises Failed, Barred."""
    client = authenticating.find(session, client_id)
    wait = failing.barred(session, str(client.client_id) if client else "", address)
    if wait:
        raise Barred(wait)
    if client is None or str(client.client_id) != client_id:
        raise Failed("There is no such client in use")
    if client.method is not method:
        raise Failed("The client is registered for another way of authenticating", client_id, client)
    return client


def _verified(session: Session, given: Unverified, client: OAuthClient) -> AssertionClaims:
    client_id = str(client.client_id)
    if given.header.kid is UNSET:
        raise Failed("The client assertion names no key: its header needs a kid", client_id, client)
    key = authenticating.key(session, client, given.header.kid)
    if key is None:
        raise Failed("The client has no such key in use", client_id, client)
    try:
        return signed.verified(given, key.jwk, AssertionClaims, of=OF)
    except BadJwt as wrong:
        raise Failed(str(wrong), client_id, client) from None


def _check(
    given: Unverified, claims: AssertionClaims, client: OAuthClient, *, issuer: str, client_id: str | None
) -> None:
    now = time.time()
    if claims.iss != claims.sub or client_id not in (None, claims.sub):
        raise _by_itself("iss, sub and client_id are not the same", client)
    if claims.aud != issuer:
        raise _by_itself("aud is not the issuer of this server", client)
    if claims.exp <= now - SKEW:
        # What has expired anybody may have found somewhere.
        raise Failed("The client assertion has expired", claims.sub, client)
    if claims.iat > now + SKEW or (claims.nbf is not UNSET and claims.nbf > now + SKEW):
        raise _by_itself("The client assertion is from the future", client)
    if not 0 < claims.exp - claims.iat <= LONGEST_LIFE:
        raise _by_itself(f"The client assertion lives longer than {LONGEST_LIFE} seconds", client)
    if given.header.typ is not UNSET and not signed.typ_in(given, TYPES):
        raise _by_itself("The typ of the client assertion is that of something else", client)
    if not 1 <= len(claims.jti) <= signed.LONGEST_ID:
        raise _by_itself("The jti of the client assertion is empty or too long", client)


def _by_itself(sentence: str, client: OAuthClient) -> Failed:
    failed = Failed(sentence, str(client.client_id), client)
    failed.blame = Blame.CLIENT
    return failed
