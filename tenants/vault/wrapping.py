"""Secrets at rest in the database, wrapped by the master key that only the settings hold.

Layout: format (1 byte, 1) · nonce (12) · ciphertext and tag. AES-256-GCM under HKDF-SHA-256(master key, "wrap").
The additional data bind the group and the name of the secret, so that a wrapped secret opens nowhere else.
"""

import os
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenants import settings

FORMAT = b"\x01"
NONCE = 12


class NotUnwrapped(Exception):
    """The secret was wrapped by another master key, for another place, or was altered."""


def wrap(secret: bytes, *, group_id: UUID, name: str) -> bytes:
    nonce = os.urandom(NONCE)
    return FORMAT + nonce + _cipher().encrypt(nonce, secret, _bound(group_id, name))


def unwrap(wrapped: bytes, *, group_id: UUID, name: str) -> bytes:
    """Raises NotUnwrapped."""
    if wrapped[:1] != FORMAT:
        raise NotUnwrapped
    nonce, sealed = wrapped[1 : 1 + NONCE], wrapped[1 + NONCE :]
    try:
        return _cipher().decrypt(nonce, sealed, _bound(group_id, name))
    except (InvalidTag, ValueError):
        raise NotUnwrapped from None


def derive(secret: bytes, *, salt: bytes | None, label: bytes) -> bytes:
    """A key of 32 bytes for one use (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"seloste " + label).derive(secret)


def _bound(group_id: UUID, name: str) -> bytes:
    return FORMAT + group_id.bytes + name.encode()


@cache
def _cipher() -> AESGCM:
    return AESGCM(derive(settings.current().master_secret(), salt=None, label=b"wrap"))
