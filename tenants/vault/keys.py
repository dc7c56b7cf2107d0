"""The keys of a group: a random secret per version, and the keys for each use derived from it.

The newest live version writes. Every live version is searched for digests. A retired version still opens what
was sealed under it, until its row is removed; then nothing opens that ever again.
"""

import os
from functools import lru_cache
from typing import LiteralString
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session, SessionTransaction

from tenants.database import acting_of, run
from tenants.vault import wrapping
from tenants.vault.model import GroupKey

SECRET = 32
GROUPS_REMEMBERED = 256
_REMEMBERED = "keyring"


class NoGroupKey(Exception):
    """The group has no live key; `create_group_key` makes one when the group is created."""


class DerivedKeys(Struct, frozen=True):
    """What one version of the secret is used for."""

    sealing: AESGCM
    digesting: bytes


class Keyring(Struct, frozen=True):
    """The opened keys of one group. `live` is newest first."""

    group_id: UUID
    live: tuple[int, ...]
    versions: dict[int, DerivedKeys]

    @property
    def current(self) -> int:
        return self.live[0]


_KEYS: LiteralString = "SELECT key_version, wrapped, retired_at IS NULL FROM group_keys ORDER BY key_version DESC"


def keyring(session: Session) -> Keyring:
    """The keys of the group that the session acts for, read once a transaction. Raises NoGroupKey, NotUnwrapped."""
    remembered: tuple[SessionTransaction | None, Keyring] | None = session.info.get(_REMEMBERED)
    if remembered is not None and remembered[0] is not None and remembered[0] is session.get_transaction():
        return remembered[1]
    opened = _opened(acting_of(session).group_id, tuple(run(session, _KEYS, {}).fetchall()))
    session.info[_REMEMBERED] = session.get_transaction(), opened
    return opened


def create_group_key(session: Session) -> GroupKey:
    """A new version, which writes from now on; the older ones stay live until they are retired."""
    group_id = acting_of(session).group_id
    newest = session.scalar(select(func.max(GroupKey.key_version))) or 0
    row = GroupKey(
        key_version=newest + 1,
        wrapped=wrapping.wrap(os.urandom(SECRET), group_id=group_id, name=_name(newest + 1)),
    )
    session.add(row)
    session.flush()
    session.info.pop(_REMEMBERED, None)
    return row


# The rows themselves are the key of the cache, so a new, retired or removed version is seen at once.
@lru_cache(maxsize=GROUPS_REMEMBERED)
def _opened(group_id: UUID, rows: tuple[tuple[int, bytes, bool], ...]) -> Keyring:
    live = tuple(version for version, _, is_live in rows if is_live)
    if not live:
        raise NoGroupKey
    return Keyring(
        group_id=group_id,
        live=live,
        versions={version: _derived(group_id, version, wrapped) for version, wrapped, _ in rows},
    )


def _derived(group_id: UUID, version: int, wrapped: bytes) -> DerivedKeys:
    secret = wrapping.unwrap(wrapped, group_id=group_id, name=_name(version))
    return DerivedKeys(
        sealing=AESGCM(wrapping.derive(secret, salt=group_id.bytes, label=b"seal")),
        digesting=wrapping.derive(secret, salt=group_id.bytes, label=b"digest"),
    )


def _name(version: int) -> str:
    return f"group key {version}"
