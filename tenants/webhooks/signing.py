"""Signatures of Standard Webhooks 1.0.0: `{id}.{timestamp}.{body}`, by HMAC-SHA256 (v1) or Ed25519 (v1a)."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from tenants.webhooks.model import SecretKind

SECRET, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
SECRET_BYTES = 32


class Signer(Struct, frozen=True):
    kind: SecretKind
    secret: str


def new_secret() -> str:
    return SECRET + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_pair() -> tuple[str, str]:
    """The private and the public half."""
    key = Ed25519PrivateKey.generate()
    private, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    return PRIVATE + b64encode(private + public).decode(), PUBLIC + b64encode(public).decode()


def headers(signers: Sequence[Signer], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`message` is the id under which the receiver knows it again; it has no dot."""
    signed = f"{message}.{timestamp}.".encode() + body
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(one, signed) for one in signers),
    }


def _signature(signer: Signer, signed: bytes) -> str:
    if signer.kind is SecretKind.V1:
        made = hmac.new(b64decode(signer.secret.removeprefix(SECRET)), signed, hashlib.sha256).digest()
    else:
        # The seed, and behind it the public half.
        seed = b64decode(signer.secret.removeprefix(PRIVATE))[:32]
        made = Ed25519PrivateKey.from_private_bytes(seed).sign(signed)
    return f"{signer.kind},{b64encode(made).decode()}"
