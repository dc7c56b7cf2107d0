"""Values sealed where they lie: AES-256-GCM under the group's key, bound to their place.

Layout: format (1 byte, 1) · key version (2, big-endian) · nonce (12) · ciphertext and tag (length + 16).
Nonces are random; NIST SP 800-38D §8.3 allows 2**32 of them under one key, so a group rotates its key long before.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from msgspec import Struct

from tenants.vault.keys import Keyring

FORMAT = 1
HEADER = 3
NONCE = 12


class Tampered(Exception):
    """What was sealed was altered, cut, moved to another place, or sealed under a key that is gone."""


class Place(Struct, frozen=True):
    """Where a sealed value lies. `context` is the kind of row ("record", "request"), `field` an id or a column."""

    context: str
    row_id: UUID
    field: str
    company_id: UUID | None = None


def seal(keyring: Keyring, place: Place, clear: bytes) -> bytes:
    header = bytes([FORMAT]) + keyring.current.to_bytes(2, "big")
    nonce = os.urandom(NONCE)
    sealing = keyring.versions[keyring.current].sealing
    return header + nonce + sealing.encrypt(nonce, clear, header + _bound(keyring.group_id, place))


def unseal(keyring: Keyring, place: Place, sealed: bytes) -> bytes:
    """Raises Tampered."""
    keys = keyring.versions.get(key_version(sealed))
    if keys is None:
        raise Tampered
    header, nonce, closed = sealed[:HEADER], sealed[HEADER : HEADER + NONCE], sealed[HEADER + NONCE :]
    try:
        return keys.sealing.decrypt(nonce, closed, header + _bound(keyring.group_id, place))
    except (InvalidTag, ValueError):
        raise Tampered from None


def key_version(sealed: bytes) -> int:
    """The version that sealed this. Raises Tampered where the format is unknown."""
    if len(sealed) < HEADER or sealed[0] != FORMAT:
        raise Tampered
    return int.from_bytes(sealed[1:HEADER], "big")


def _bound(group_id: UUID, place: Place) -> bytes:
    """Fixed lengths first, then the context with its length, then the field: two places never read alike."""
    company = b"\x00" * 17 if place.company_id is None else b"\x01" + place.company_id.bytes
    context = place.context.encode()
    return b"".join(
        (group_id.bytes, company, place.row_id.bytes, len(context).to_bytes(2, "big"), context, place.field.encode())
    )
