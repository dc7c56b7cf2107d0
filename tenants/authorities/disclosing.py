"""What was approved is given out: read, sealed in a file of its own, and in the ledger, in one transaction.

The file is taken along once, within a day. Whoever is cut off on the way makes it again, and that is another giving in
the audit: the ledger says since when the recipient has the data.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.authorities import cases, emergencies, refusals
from tenants.authorities.model import DisclosedFile, Period
from tenants.base import new_id
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.exports import register_file
from tenants.exports.formulas import in_csv
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.ledger.model import Disclosure, DisclosureScope
from tenants.ledger.scopes import open_scope
from tenants.processors import stopping
from tenants.processors.model import Processor
from tenants.registers.model import FileKind, Purpose, Record
from tenants.registers.sealed import Data, seal_of
from tenants.registers.shapes import Shape, Slot, shape_of
from tenants.vault import sealing
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place

LIVES = timedelta(days=1)
KINDS = (FileKind.NDJSON, FileKind.CSV)


class ForgetFile(Job, frozen=True):
    """Due when the file's day is over."""

    name: ClassVar[str] = "authorities.forget_file"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    file_id: UUID


class Giving(Struct, frozen=True, kw_only=True):
    """To whom, of whom, and by what it is allowed."""

    source_id: UUID
    about: str
    recipient_id: UUID
    register_id: UUID
    purpose_id: UUID
    kind: PurposeKind
    field_ids: Collection[UUID]
    person_ids: Collection[UUID]
    period: Period | None = None
    secret_until: date | None = None


class Taken(NamedTuple):
    name: str
    content: bytes
    sha256: str


class _Read(Struct, frozen=True):
    lines: list[tuple[UUID, Data]]
    slots: tuple[Slot, ...]
    left_out: int


def of_case(session: Session, case_id: UUID, kind: FileKind = FileKind.NDJSON) -> UUID:
    """By whoever handles or decides.

    Raises NoSuchAuthorityCase, NotApproved, NothingLeft, FlowIsStopped, Forbidden.
    """
    require(session, Permission.HANDLE_AUTHORITIES)
    case = cases.get(session, case_id)
    if case.decision is None or case.decision.refused:
        raise refusals.NotApproved
    row = case.row
    return _give(
        session,
        kind,
        Giving(
            source_id=case_id,
            about="authority_case",
            recipient_id=row.recipient_id,
            register_id=row.register_id,
            purpose_id=row.purpose_id,
            kind=PurposeKind.LEGAL_DUTY,
            field_ids=case.decision.field_ids,
            person_ids=case.decision.person_ids,
            period=case.decision.period,
            secret_until=row.secret_until,
        ),
    )


def in_emergency(
    session: Session,
    emergency_id: UUID,
    person_id: UUID,
    *,
    register_id: UUID,
    field_ids: Collection[UUID],
    kind: FileKind = FileKind.NDJSON,
) -> UUID:
    """By whoever has it open, to the recipient that was asked for and confirmed.

    Raises NotRunning, NotARecipient, NoRegisters, FieldsMissing, NothingLeft, FlowIsStopped, NoSuchEmergency,
    Forbidden.
    """
    found = emergencies.get(session, emergency_id)
    if not found.running or found.row.asked_by != acting_of(session).actor_id:
        raise refusals.NotRunning
    if found.row.recipient_id is None:
        raise refusals.NotARecipient(field="recipient")
    if register_id not in found.row.register_ids:
        raise refusals.NoRegisters(field="register")
    purpose = select(Purpose.purpose_id).where(Purpose.register_id == register_id, Purpose.retired_at.is_(None))
    purpose_id = session.scalars(purpose.order_by(Purpose.position)).first()
    if purpose_id is None or not field_ids:
        raise refusals.FieldsMissing(field="fields")
    return _give(
        session,
        kind,
        Giving(
            source_id=emergency_id,
            about="emergency",
            recipient_id=found.row.recipient_id,
            register_id=register_id,
            purpose_id=purpose_id,
            kind=PurposeKind.LEGAL_CLAIM,
            field_ids=field_ids,
            person_ids=[person_id],
        ),
    )


def made_in(session: Session, emergency_id: UUID) -> list[tuple[DisclosedFile, str]]:
    """What was given out during it, the oldest first, and to whom."""
    require(session, Permission.SEE_AUTHORITIES)
    wanted = (
        select(DisclosedFile, Processor.name)
        .join(Processor, Processor.processor_id == DisclosedFile.recipient_id)
        .where(DisclosedFile.source_id == emergency_id)
        .order_by(DisclosedFile.made_at)
    )
    return [(file, recipient) for file, recipient in session.execute(wanted)]


def take_along(session: Session, file_id: UUID) -> Taken:
    """Once, by whoever made it or decided about it. Raises NoSuchFile, FlowIsStopped."""
    acting = acting_of(session)
    file = session.scalar(select(DisclosedFile).where(DisclosedFile.file_id == file_id).with_for_update())
    if file is None or file.sealed_file is None or file.expires_at <= datetime.now(UTC):
        raise refusals.NoSuchFile
    if acting.actor_id != file.made_by:
        require(session, Permission.APPROVE_AUTHORITIES)
    stopping.refuse_stopped(session, file.recipient_id)
    content = sealing.unseal(keyring(session), _place(file), file.sealed_file)
    file.sealed_file, file.downloaded_at, file.downloaded_by = None, datetime.now(UTC), acting.actor_id
    session.flush()
    trail.record(session, "authority.taken", about="disclosed_file", ids=[file_id], source=str(file.source_id))
    return Taken(f"{file_id}.{file.kind}", content, file.sha256)


def forget(session: Session, file_id: UUID) -> None:
    over = update(DisclosedFile).where(DisclosedFile.file_id == file_id, DisclosedFile.expires_at <= func.now())
    session.execute(over.values(sealed_file=None))


def _give(session: Session, kind: FileKind, giving: Giving) -> UUID:
    stopping.refuse_stopped(session, giving.recipient_id)
    read = _read(session, giving)
    if not read.lines:
        raise refusals.NothingLeft
    content = _written(read, kind)
    people = sorted({person_id for person_id, _ in read.lines})
    file = DisclosedFile(
        file_id=new_id(),
        company_id=acting_of(session).company_id,
        source_id=giving.source_id,
        recipient_id=giving.recipient_id,
        scope_id=_noted(session, giving, read.slots, people),
        kind=kind,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        records=len(read.lines),
        left_out=read.left_out,
        person_ids=people,
        made_by=acting_of(session).actor_id,
        expires_at=datetime.now(UTC) + LIVES,
    )
    file.sealed_file = sealing.seal(keyring(session), _place(file), content)
    session.add(file)
    session.flush()
    enqueue(session, ForgetFile(file.file_id), due_at=file.expires_at)
    trail.record(
        session,
        "authority.disclosed" if giving.about == "authority_case" else "emergency.disclosed",
        about="person",
        ids=people,
        source=str(giving.source_id),
        recipient=str(giving.recipient_id),
        records=len(read.lines),
        fields=len(read.slots),
    )
    return file.file_id


def _read(session: Session, giving: Giving) -> _Read:
    """What is restricted is only stored (Art. 18), and counted."""
    shape = shape_of(session, giving.register_id)
    wanted = {str(one) for one in giving.field_ids}
    slots = tuple(slot for slot in shape.slots if slot.id in wanted)
    of_them = (
        Record.register_id == giving.register_id,
        Record.person_id.in_(giving.person_ids),
        *_within(giving.period),
    )
    rows = session.execute(
        select(Record.person_id, Record.record_id, cast(Record.data, Text))
        .where(*of_them, ~Record.restricted)
        .order_by(Record.person_id, Record.record_id)
    ).all()
    left_out = session.scalars(select(func.count()).select_from(Record).where(*of_them, Record.restricted)).one()
    return _Read([(row[0], _opened(session, shape, slots, row[1], row[2])) for row in rows], slots, left_out)


def _within(period: Period | None) -> tuple[ColumnElement[bool], ...]:
    """Days are kept as ISO 8601 writes them: their order is that of their letters."""
    if period is None:
        return ()
    day = Record.data[str(period.field_id)].astext
    return (day.between(period.first.isoformat(), period.last.isoformat()),)


def _opened(session: Session, shape: Shape, slots: Sequence[Slot], record_id: UUID, kept: str) -> Data:
    seal = seal_of(keyring(session), shape)
    values = seal.raw(kept)
    return {
        slot.id: seal.open_value(record_id, slot.id, str(values[slot.id])) if slot.sealed else values[slot.id]
        for slot in slots
        if values.get(slot.id) is not None
    }


def _written(read: _Read, kind: FileKind) -> bytes:
    keys = {slot.id: slot.key for slot in read.slots}
    if kind is FileKind.CSV:
        rows = ([str(one), *(in_csv(data.get(slot.id)) for slot in read.slots)] for one, data in read.lines)
        return b"".join(register_file.csv_lines([register_file.PERSON, *keys.values()], rows))
    told = ({"person_id": one, **{keys[of]: value for of, value in data.items()}} for one, data in read.lines)
    return b"".join(_ENCODER.encode(line) + b"\n" for line in told)


def _noted(session: Session, giving: Giving, slots: Sequence[Slot], people: Collection[UUID]) -> UUID:
    """In the ledger: what the recipient was given, and of whom."""
    scope_id = open_scope(
        session,
        DisclosureScope(
            scope_id=new_id(),
            company_id=acting_of(session).company_id,
            recipient_id=giving.recipient_id,
            register_id=giving.register_id,
            purpose_id=giving.purpose_id,
            kind=giving.kind,
            fields=[UUID(slot.id) for slot in slots],
            source_id=giving.source_id,
            source_version=1,
            secret_until=giving.secret_until,
        ),
    )
    acting = acting_of(session)
    rows = [
        {
            "group_id": acting.group_id,
            "company_id": acting.company_id,
            "scope_id": scope_id,
            "person_id": one,
            "since": func.clock_timestamp(),
            "recipient_id": giving.recipient_id,
        }
        for one in people
    ]
    session.execute(insert(Disclosure).values(rows))
    return scope_id


def _place(file: DisclosedFile) -> Place:
    return Place("disclosed file", file.file_id, "file", file.company_id)


_ENCODER = msgspec.json.Encoder(decimal_format="number")
