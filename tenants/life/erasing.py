"""A group is erased: asked for, waited for, confirmed; then its keys go first, and after them every row and file.

Whatever of it lies in a backup is ciphertext from the moment when the keys are gone. Each step is a short transaction
that also writes how far it is, so whoever goes on after a crash loses nothing and counts nothing twice.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenants import settings
from tenants.acting import eraser
from tenants.audit import trail
from tenants.audit.model import Checkpoint
from tenants.database import walled_session
from tenants.errors import Conflict, Invalid, NotFound
from tenants.groups.model import Group, SuspensionReason
from tenants.life import tables
from tenants.life.certificates import Certificate, DestroyedKey, LastCheckpoint
from tenants.life.model import GroupDeletion
from tenants.life.suspending import BeingErased, locked
from tenants.life.tables import GroupTable
from tenants.vault import objects
from tenants.vault.model import GroupKey, SigningKey, SigningSecret

AT_ONCE = 2000
# What holds the state of the erasure itself goes last, all at once.
LAST = ("group_deletions", "directory", "groups")
KEYS = ("signing_secrets", "group_keys")


class AlreadyAsked(Conflict):
    """The erasure of this group was asked for already."""


class NotAsked(NotFound):
    """Nobody has asked for the erasure of this group."""


class TooEarly(Conflict):
    """The erasure of this group may be confirmed on %(day)s at the earliest."""


class OtherName(Invalid):
    """The name that confirms the erasure is not that of the group."""


class ReasonNeeded(Invalid):
    """Say who asks for the erasure, and why."""


class StillWrittenTo(Conflict):
    """Somebody still writes for this group; run the erasure once more in some minutes."""


class Progress(Struct, frozen=True, kw_only=True):
    """Facts that must be known before their rows are gone, and what was deleted so far."""

    keys: list[DestroyedKey]
    checkpoints: list[LastCheckpoint]
    keys_destroyed_at: datetime | None = None
    rows: dict[str, int] = {}
    objects: int = 0


Tell = Callable[[str, int], None]


def ask(session: Session, *, by: str, reason: str) -> datetime:
    """For the system; returns from when on it may be confirmed. Raises ReasonNeeded, AlreadyAsked, BeingErased."""
    if not by.strip() or not reason.strip():
        raise ReasonNeeded
    if locked(session).erasing_at is not None:
        raise BeingErased
    if _asked(session) is not None:
        raise AlreadyAsked
    not_before = datetime.now(UTC) + timedelta(days=settings.current().erasure_days)
    session.add(GroupDeletion(requested_by=by.strip(), reason=reason.strip(), not_before=not_before))
    session.flush()
    trail.record(session, "group.erasure_asked", about="group", not_before=f"{not_before:%Y-%m-%d}")
    return not_before


def asked_for(session: Session) -> datetime | None:
    """From when on the erasure may be confirmed, where one is asked for."""
    return session.scalar(select(GroupDeletion.not_before).where(GroupDeletion.cancelled_at.is_(None)))


def cancel(session: Session) -> None:
    """For the system. Raises NotAsked, BeingErased."""
    if locked(session).erasing_at is not None:
        raise BeingErased
    asked = _asked(session)
    if asked is None:
        raise NotAsked
    asked.cancelled_at = func.now()
    trail.record(session, "group.erasure_cancelled", about="group")


def confirm(session: Session, slug: str) -> None:
    """For the system; from here there is no way back. Confirmed before, nothing changes.

    Raises OtherName, NotAsked, TooEarly.
    """
    group = locked(session)
    if slug != group.slug:
        raise OtherName
    if group.erasing_at is not None:
        return
    asked = _asked(session)
    if asked is None:
        raise NotAsked
    if asked.not_before > datetime.now(UTC):
        raise TooEarly(day=f"{asked.not_before:%Y-%m-%d}")
    asked.confirmed_at = datetime.now(UTC)
    with session.begin_nested():
        trail.record(session, "group.erasure_confirmed", about="group")
    session.flush()
    group.erasing_at = func.now()
    group.suspended_at, group.suspended_for = group.suspended_at or func.now(), SuspensionReason.CLOSING
    session.flush()


def erase(group_id: UUID, *, tell: Tell = lambda _, __: None) -> Certificate:
    """All but the last three tables; `finish` takes those. Speaks to the object store between transactions.

    Raises NotAsked where the erasure was not confirmed, StillWrittenTo, StorageUnavailable.
    """
    _remember(group_id)
    order = _order(group_id)
    for table in [one for name in KEYS for one in order if one.name == name]:
        _empty(group_id, table, tell)
    _note_keys_destroyed(group_id)
    _remove_objects(group_id, tell)
    for table in order:
        _empty(group_id, table, tell)
    # Once more: a worker may have put one while the rows went.
    _remove_objects(group_id, tell)
    return _certificate(group_id)


def has_begun(group_id: UUID) -> bool:
    """Whether keys may be gone already."""
    with walled_session(eraser(group_id)) as session:
        begun = select(GroupDeletion.deletion_id).where(GroupDeletion.progress.is_not(None))
        return session.scalar(begun) is not None


def finish(group_id: UUID) -> None:
    """The group's own row and its name, after which there is no trace of it but the certificate."""
    try:
        with walled_session(eraser(group_id)) as session:
            for name in LAST:
                session.execute(text(f'DELETE FROM "{name}"'))
    except IntegrityError:
        raise StillWrittenTo from None


def _asked(session: Session) -> GroupDeletion | None:
    return session.scalar(select(GroupDeletion).where(GroupDeletion.cancelled_at.is_(None)).with_for_update())


def _remember(group_id: UUID) -> None:
    with walled_session(eraser(group_id)) as session:
        row = session.scalar(select(GroupDeletion).where(GroupDeletion.confirmed_at.is_not(None)))
        if row is None:
            raise NotAsked
        if row.progress is None:
            _keep(session, Progress(keys=_keys(session), checkpoints=_checkpoints(session)))


def _keys(session: Session) -> list[DestroyedKey]:
    of_group = session.execute(select(GroupKey.key_version, GroupKey.wrapped).order_by(GroupKey.key_version))
    signing = session.execute(
        select(SigningSecret.use, SigningSecret.key_id, SigningSecret.wrapped_private).order_by(SigningSecret.key_id)
    )
    return [
        *(DestroyedKey("group key", str(version), _sha256(wrapped)) for version, wrapped in of_group),
        *(DestroyedKey(use, str(key_id), _sha256(wrapped)) for use, key_id, wrapped in signing),
    ]


def _sha256(wrapped: bytes) -> str:
    return hashlib.sha256(wrapped).hexdigest()


def _checkpoints(session: Session) -> list[LastCheckpoint]:
    newest = (
        select(Checkpoint, SigningKey.public)
        .join(SigningKey, SigningKey.key_id == Checkpoint.key_id)
        .ext(distinct_on(Checkpoint.chain_id))
        .order_by(Checkpoint.chain_id, Checkpoint.position.desc())
    )
    return [
        LastCheckpoint(
            one.chain_id, one.position, one.digest.hex(), one.at, one.key_id, public.hex(), one.signature.hex()
        )
        for one, public in session.execute(newest)
    ]


def _order(group_id: UUID) -> Sequence[GroupTable]:
    with walled_session(eraser(group_id)) as session:
        return [table for table in tables.children_first(session) if table.name not in LAST]


def _empty(group_id: UUID, table: GroupTable, tell: Tell) -> None:
    """Row by row where rows of the table refer to each other: those first that nothing refers to."""
    free = "".join(f' AND NOT EXISTS (SELECT FROM "{table.name}" AS child WHERE {joined})' for joined in table.own)
    some = f'SELECT own.ctid FROM "{table.name}" AS own WHERE true{free} LIMIT {AT_ONCE}'
    statement = text(f'DELETE FROM "{table.name}" WHERE ctid = ANY(ARRAY({some}))')
    while True:
        with walled_session(eraser(group_id)) as session:
            gone = session.connection().execute(statement).rowcount
            if gone:
                _count(session, table.name, gone)
        tell(table.name, gone)
        if not gone:
            return


def _note_keys_destroyed(group_id: UUID) -> None:
    with walled_session(eraser(group_id)) as session:
        so_far = _progress(session)
        if so_far.keys_destroyed_at is None:
            _keep(session, structs.replace(so_far, keys_destroyed_at=datetime.now(UTC)))


def _remove_objects(group_id: UUID, tell: Tell) -> None:
    for key in objects.keys(f"{group_id}/"):
        objects.delete(key)
        with walled_session(eraser(group_id)) as session:
            so_far = _progress(session)
            _keep(session, structs.replace(so_far, objects=so_far.objects + 1))
        tell("objects", 1)


def _count(session: Session, table: str, gone: int) -> None:
    so_far = _progress(session)
    _keep(session, structs.replace(so_far, rows=so_far.rows | {table: so_far.rows.get(table, 0) + gone}))


def _progress(session: Session) -> Progress:
    kept = session.scalars(select(GroupDeletion.progress).where(GroupDeletion.confirmed_at.is_not(None))).one()
    return msgspec.convert(kept, Progress)


def _keep(session: Session, progress: Progress) -> None:
    session.execute(
        update(GroupDeletion)
        .where(GroupDeletion.confirmed_at.is_not(None))
        .values(progress=msgspec.to_builtins(progress))
        .execution_options(synchronize_session=False)
    )


def _certificate(group_id: UUID) -> Certificate:
    with walled_session(eraser(group_id)) as session:
        row = session.scalars(select(GroupDeletion).where(GroupDeletion.confirmed_at.is_not(None))).one()
        done = _progress(session)
        asked = session.scalar(select(func.count()).select_from(GroupDeletion)) or 0
        names = session.scalar(text("SELECT count(*) FROM directory")) or 0
        return Certificate(
            group_id=group_id,
            slug=session.scalars(select(Group.slug)).one(),
            requested_at=row.requested_at.astimezone(UTC),
            confirmed_at=(row.confirmed_at or row.requested_at).astimezone(UTC),
            keys_destroyed_at=done.keys_destroyed_at or datetime.now(UTC),
            ended_at=datetime.now(UTC),
            rows={**done.rows, "group_deletions": asked, "directory": names, "groups": 1},
            objects=done.objects,
            keys=done.keys,
            checkpoints=done.checkpoints,
        )
