"""Rectification by staff (Art. 16): a record's values mended, and what they were kept in a history for a while.

The history answers who changed what and why, and lets a wrong correction be undone by hand. It is no archive: its rows
go when their days are over.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission, Standing
from tenants.database import acting_of
from tenants.errors import Conflict, Invalid, TooLong
from tenants.jobs.model import Job
from tenants.registers import changes, persons, records, sources
from tenants.registers.known_by import KnownBy
from tenants.registers.model import Cause, Correction, Field, FieldType, Origin, Record, Register
from tenants.registers.records import Kept
from tenants.registers.sealed import seal_of
from tenants.registers.shapes import Shape, shape_of
from tenants.registers.sources import Whence
from tenants.registers.values import Value
from tenants.registers.viewing import NoSuchValue
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

# Where the register does not say: docs/decisions tells why.
KEPT_DAYS = 90
LONGEST_REASON = 2_000


class ForgetCorrections(Job, frozen=True):
    """What values were before they were corrected, once its days are over."""

    name: ClassVar[str] = "registers.forget_corrections"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RETENTION


class ReasonMissing(Invalid):
    """Say why the value is corrected."""


class NothingCorrected(Invalid):
    """None of the values is another than before."""


class ChangedMeanwhile(Conflict):
    """The record was changed after it was shown; look at it again."""


class KeptAsItIs(Conflict):
    """The processing of this data is restricted: it is corrected only while a rights request is acted for."""


class Before(Struct, frozen=True):
    """What is sealed of a correction: the values by field id, None where there was none, and the reason."""

    values: dict[str, str | int | bool | None]
    reason: str


class Corrected(Struct, frozen=True):
    """One correction, opened. `before` is by field id; of sealed fields only that they were changed is told.

    `whence` is the source of the right value: the key that the register declares, and what was said more exactly.
    """

    at: datetime
    by: UUID | None
    whence: Whence
    reason: str
    before: dict[UUID, str | int | bool | None]
    kept_until: datetime


def correct(
    session: Session,
    person_id: UUID,
    record_id: UUID,
    given: Mapping[str, str],
    *,
    source: str,
    detail: str = "",
    reason: str,
    as_of: datetime | None = None,
    notice: int | None = None,
) -> UUID:
    """Values by field key, as people write them; an empty one takes the value away, others stay as they are.

    `source` and `detail` are as for whatever else is taken in. `as_of` is when the record was last changed as far as
    whoever corrects it has seen.

    Raises Forbidden, NoSuchPerson, HeldAsAnother, NoSuchValue, Invalid, ChangedMeanwhile, KeptAsItIs,
    BelongsToAnother.
    """
    here = permissions.require(session, Permission.CORRECT_RECORDS)
    persons.hold(session, person_id)
    row = _locked(session, person_id, record_id)
    stated, why = sources.source_of(session, row.register_id, source, detail), _stated(reason)
    if as_of is not None and as_of != row.updated_at:
        raise ChangedMeanwhile
    shape = shape_of(session, row.register_id)
    _allowed(here, shape, row, given)
    whence = sources.provenance(stated, datetime.now(UTC), notice=notice)
    before, fields = records.rewrite(session, shape, record_id, given, whence=whence)
    if not fields:
        raise NothingCorrected
    wrong_from = _wrong_from(session, row.register_id, before, fields)
    correction_id = _remember(session, row, before, fields, whence=stated, reason=why, wrong_from=wrong_from)
    changes.note(session, Cause.CORRECTED, [person_id], register_id=row.register_id, record_ids=[record_id])
    trail.record(
        session, "record.corrected", about="person", ids=[person_id], record=str(record_id), fields=len(fields)
    )
    return correction_id


def corrections_of(session: Session, person_id: UUID, record_id: UUID) -> list[Corrected]:
    """The newest first. Raises Forbidden."""
    permissions.require(session, Permission.SEE_PERSONS)
    found = session.scalars(
        select(Correction)
        .where(Correction.person_id == person_id, Correction.record_id == record_id)
        .order_by(Correction.correction_id.desc())
    ).all()
    if not found:
        return []
    shape = shape_of(session, found[0].register_id, with_retired=True)
    return [_opened(session, shape, one) for one in found]


def was_known_by(
    session: Session, person_id: UUID, *, told: Mapping[datetime, datetime | None], since: datetime
) -> Mapping[tuple[UUID, UUID], KnownBy | None]:
    """By what whoever has not heard of every correction finds somebody: by record and field.

    Of what they have not heard of alone; None where there was nothing. `told` is when they were told of what was
    corrected at which moment, if they were yet: what was corrected again before that was not heard of. Before `since`
    nothing else was to be told to them: they did not have it. As long as corrections are kept.
    """
    rows = session.scalars(
        select(Correction).where(Correction.person_id == person_id).order_by(Correction.correction_id.desc())
    )
    found: dict[tuple[UUID, UUID], KnownBy | None] = {}
    again: dict[tuple[UUID, UUID], datetime] = {}
    known: set[tuple[UUID, UUID]] = set()
    for row in rows:
        shape, before = shape_of(session, row.register_id, with_retired=True), _before(session, row)
        for slot in shape.identifying:
            place = row.record_id, UUID(slot.id)
            if slot.identifier is None or slot.id not in before.values or place in known:
                continue
            told_at = told.get(row.corrected_at)
            has_heard = told_at is not None and (place not in again or told_at < again[place])
            if has_heard or (row.corrected_at < since and row.corrected_at not in told):
                known.add(place)
                continue
            value, again[place] = before.values[slot.id], row.corrected_at
            found[place] = None if value is None else KnownBy(place[1], slot.identifier, str(value).strip())
    return found


def forget_corrections(session: Session) -> None:
    gone = session.scalars(
        delete(Correction).where(Correction.kept_until < func.now()).returning(Correction.person_id)
    ).all()
    if gone:
        trail.record(session, "corrections.forgotten", about="person", ids=sorted(set(gone)), corrections=len(gone))


def _stated(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(field="reason")
    if len(reason) > LONGEST_REASON:
        raise TooLong(field="reason", most=LONGEST_REASON)
    return reason


def _locked(session: Session, person_id: UUID, record_id: UUID) -> Record:
    wanted = select(Record).where(Record.person_id == person_id, Record.record_id == record_id)
    row = session.scalar(wanted.with_for_update())
    if row is None:
        raise NoSuchValue
    return row


def _allowed(here: Standing, shape: Shape, row: Record, given: Mapping[str, str]) -> None:
    if row.restricted and here.acting.purpose is not PurposeKind.RIGHTS_REQUEST:
        raise KeptAsItIs
    if any(slot.type is FieldType.HETU for key in given if (slot := shape.by_key.get(key))):
        here.require(Permission.USE_IDENTITY_CODES)


def _wrong_from(session: Session, register_id: UUID, before: Kept, fields: frozenset[str]) -> list[str]:
    """The declared sources of values that neither the person nor the company made: they are told (P97)."""
    of_others = select(Field.field_id).where(Field.register_id == register_id, Field.origin == Origin.THIRD_PARTY)
    wrong = {str(field) for field in session.scalars(of_others)} & fields & before.data.keys()
    whence = (before.provenance.values.get(field, before.provenance) for field in wrong)
    return sorted({one.declared for one in whence if one.declared})


def _remember(
    session: Session,
    row: Record,
    before: Kept,
    fields: frozenset[str],
    *,
    whence: Whence,
    reason: str,
    wrong_from: list[str],
) -> UUID:
    correction_id = new_id()
    days = session.scalar(select(Register.corrections_kept_days).where(Register.register_id == row.register_id))
    content = Before({field: _plain(before.data.get(field)) for field in fields}, reason)
    session.add(
        Correction(
            correction_id=correction_id,
            person_id=row.person_id,
            record_id=row.record_id,
            register_id=row.register_id,
            restricted=row.restricted,
            sealed_before=seal(keyring(session), _place(correction_id), msgspec.json.encode(content)),
            source=whence.words,
            declared_source=whence.declared,
            wrong_from=wrong_from,
            corrected_by=acting_of(session).actor_id,
            kept_until=datetime.now(UTC) + timedelta(days=KEPT_DAYS if days is None else days),
        )
    )
    session.flush()
    return correction_id


def _plain(value: Value | None) -> str | int | bool | None:
    """A fraction as it is written, so that it stays exact."""
    return str(value) if isinstance(value, Decimal) else value


def _opened(session: Session, shape: Shape, row: Correction) -> Corrected:
    kept = _before(session, row)
    sealed = seal_of(keyring(session), shape).sealed
    return Corrected(
        at=row.corrected_at,
        by=row.corrected_by,
        whence=Whence(row.source, row.declared_source),
        reason=kept.reason,
        before={UUID(field): None if field in sealed else value for field, value in kept.values.items()},
        kept_until=row.kept_until,
    )


def _before(session: Session, row: Correction) -> Before:
    return msgspec.json.decode(unseal(keyring(session), _place(row.correction_id), row.sealed_before), type=Before)


def _place(correction_id: UUID) -> Place:
    return Place("correction", correction_id, "before")
