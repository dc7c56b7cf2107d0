"""Ed25519 signatures (RFC 8032) under keys that a group keeps for one use each."""

from datetime import timedelta
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.database import acting_of, run
from tenants.vault import wrapping
from tenants.vault.model import SigningKey, SigningSecret


class Use(StrEnum):
    AUDIT = "audit"
    ARCHIVE = "archive"
    OAUTH = "oauth"


# How long a key that signs no more is shown to those who check what is signed and read at once.
STILL_SHOWN = timedelta(days=1)


class Signer(Struct, frozen=True):
    """A private key, opened."""

    key_id: UUID
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The raw 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(message)


class PublicKey(Struct, frozen=True):
    """What is published, so that anybody may check a signature. `public` is the raw 32 bytes."""

    key_id: UUID
    use: Use
    public: bytes


_NEWEST: LiteralString = """
    SELECT signing_keys.key_id, signing_secrets.wrapped_private
      FROM signing_keys JOIN signing_secrets USING (group_id, key_id)
     WHERE signing_keys.use = %(use)s AND signing_secrets.use = %(use)s AND signing_keys.retired_at IS NULL
     ORDER BY signing_keys.key_id DESC LIMIT 1
"""


def signing_key(session: Session, use: Use) -> Signer:
    """The newest key for this use, made if there is none yet. Raises NotUnwrapped."""
    row = run(session, _NEWEST, {"use": use}).fetchone()
    if row is None:
        return create_signing_key(session, use)
    key_id, wrapped = row
    secret = wrapping.unwrap(wrapped, group_id=acting_of(session).group_id, name=_name(use, key_id))
    return Signer(key_id=key_id, private=Ed25519PrivateKey.from_private_bytes(secret))


def create_signing_key(session: Session, use: Use) -> Signer:
    """A new key pair, which signs from now on. Keys that signed before stay published."""
    group_id, key_id, private = acting_of(session).group_id, new_id(), Ed25519PrivateKey.generate()
    session.add(SigningKey(key_id=key_id, use=use, public=private.public_key().public_bytes_raw()))
    session.flush()
    wrapped = wrapping.wrap(private.private_bytes_raw(), group_id=group_id, name=_name(use, key_id))
    session.add(SigningSecret(key_id=key_id, use=use, wrapped_private=wrapped))
    session.flush()
    return Signer(key_id=key_id, private=private)


def rotate_signing_key(session: Session, use: Use) -> Signer:
    """A new pair, which signs from now on. Private halves before it are destroyed; public ones stay published."""
    session.execute(update(SigningKey).where(SigningKey.use == use).values(retired_at=func.now()))
    session.execute(delete(SigningSecret).where(SigningSecret.use == use))
    return create_signing_key(session, use)


def rewrap_signing_secrets(session: Session) -> int:
    """Those that the session's role sees, under the master key of today; how many were not. Raises NotUnwrapped."""
    group_id, count = acting_of(session).group_id, 0
    for row in session.scalars(select(SigningSecret).with_for_update()).all():
        anew = wrapping.wrap_anew(row.wrapped_private, group_id=group_id, name=_name(Use(row.use), row.key_id))
        if anew is not None:
            row.wrapped_private, count = anew, count + 1
    return count


def public_keys(session: Session, use: Use, *, retired_within: timedelta | None = None) -> list[PublicKey]:
    """Newest first, retired ones included: what they signed stays checkable; or only those retired lately."""
    wanted = select(SigningKey.key_id, SigningKey.use, SigningKey.public).where(SigningKey.use == use)
    if retired_within is not None:
        lately = SigningKey.retired_at > func.now() - retired_within
        wanted = wanted.where(or_(SigningKey.retired_at.is_(None), lately))
    rows = session.execute(wanted.order_by(SigningKey.key_id.desc()))
    return [PublicKey(key_id=key_id, use=Use(kept_for), public=public) for key_id, kept_for, public in rows]


def is_genuine(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _name(use: Use, key_id: UUID) -> str:
    return f"signing key {use} {key_id}"
