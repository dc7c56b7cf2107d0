"""The keys of a group: a random secret per version, and the keys for each use derived from it.

The newest live version whose time has come writes. Every live version is searched for digests: a new one is searched
for a while before it writes, so that nobody who read the keys earlier misses what it wrote. A retired version still
opens what was sealed under it, until its row is removed; then nothing opens that ever again.
"""

import os
from datetime import timedelta
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
    """The opened keys of one group. `live` begins with the version that writes; the newest others follow."""

    group_id: UUID
    live: tuple[int, ...]
    versions: dict[int, DerivedKeys]

    @property
    def current(self) -> int:
        return self.live[0]


_KEYS: LiteralString = """
    SELECT key_version, wrapped, retired_at IS NULL FROM group_keys
     ORDER BY writes_from <= clock_timestamp() DESC, key_version DESC
"""


def keyring(session: Session) -> Keyring:
    """The keys of the group that the session acts for, read once a transaction. Raises NoGroupKey, NotUnwrapped."""
    remembered: tuple[SessionTransaction | None, Keyring] | None = session.info.get(_REMEMBERED)
    if remembered is not None and remembered[0] is not None and remembered[0] is session.get_transaction():
        return remembered[1]
    opened = _opened(acting_of(session).group_id, tuple(run(session, _KEYS, {}).fetchall()))
    session.info[_REMEMBERED] = session.get_transaction(), opened
    return opened


def create_group_key(session: Session, *, writes_after: timedelta = timedelta(0)) -> GroupKey:
    """A new version, which writes from now on, or later; the older ones stay live until they are retired."""
    group_id = acting_of(session).group_id
    newest = session.scalar(select(func.max(GroupKey.key_version))) or 0
    row = GroupKey(
        key_version=newest + 1,
        wrapped=wrapping.wrap(os.urandom(SECRET), group_id=group_id, name=name_of(newest + 1)),
        writes_from=func.now() + writes_after,
    )
    session.add(row)
    session.flush()
    session.info.pop(_REMEMBERED, None)
    return row


def rewrap(session: Session) -> int:
    """Every version under the master key of today; how many were not. Raises NotUnwrapped."""
    group_id, count = acting_of(session).group_id, 0
    for row in session.scalars(select(GroupKey).with_for_update()).all():
        anew = wrapping.wrap_anew(row.wrapped, group_id=group_id, name=name_of(row.key_version))
        if anew is not None:
            row.wrapped, count = anew, count + 1
    return count


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
    secret = wrapping.unwrap(wrapped, group_id=group_id, name=name_of(version))
    return DerivedKeys(
        sealing=AESGCM(wrapping.derive(secret, salt=group_id.bytes, label=b"seal")),
        digesting=wrapping.derive(secret, salt=group_id.bytes, label=b"digest"),
    )


def name_of(version: int) -> str:
    """By which the secret is wrapped."""
    return f"group key {version}"
