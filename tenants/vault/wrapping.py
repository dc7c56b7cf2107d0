"""Secrets at rest in the database, wrapped by the master key that only the settings hold.

Layout: format (1 byte, 1) · nonce (12) · ciphertext and tag. AES-256-GCM under HKDF-SHA-256(master key, "wrap").
The additional data bind the group and the name of the secret, so that a wrapped secret opens nowhere else.
"""

import os
from contextlib import suppress
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
    """By the master key, or by the one before it while there is one. Raises NotUnwrapped."""
    for cipher in (_cipher(), *_ciphers_before()):
        with suppress(NotUnwrapped):
            return _unwrapped(cipher, wrapped, _bound(group_id, name))
    raise NotUnwrapped


def wrap_anew(wrapped: bytes, *, group_id: UUID, name: str) -> bytes | None:
    """Under the master key what the one before it wrapped; None where it is so already. Raises NotUnwrapped."""
    with suppress(NotUnwrapped):
        _unwrapped(_cipher(), wrapped, _bound(group_id, name))
        return None
    return wrap(unwrap(wrapped, group_id=group_id, name=name), group_id=group_id, name=name)


def _unwrapped(cipher: AESGCM, wrapped: bytes, bound: bytes) -> bytes:
    if wrapped[:1] != FORMAT:
        raise NotUnwrapped
    try:
        return cipher.decrypt(wrapped[1 : 1 + NONCE], wrapped[1 + NONCE :], bound)
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


@cache
def _ciphers_before() -> tuple[AESGCM, ...]:
    if not settings.current().master_key_before:
        return ()
    return (AESGCM(derive(settings.current().master_secret_before(), salt=None, label=b"wrap")),)
