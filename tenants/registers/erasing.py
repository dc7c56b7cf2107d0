"""Erasure (Art. 17): one record, or all that a company keeps of a person in given registers, is gone for good.

What corrections kept of it goes too, and so does what the person was found by. The ledger, the audit and the row of
changes keep ids: whoever received the data is told by them (Art. 19).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Row, delete, func, select, true, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Conflict, Invalid, TooLong
from tenants.languages.speaking import Text
from tenants.registers import changes, identifiers, known_by, restricting, viewing
from tenants.registers.known_by import KnownBy
from tenants.registers.model import (
    Cause,
    Correction,
    Erasure,
    ErasureGround,
    Person,
    Record,
    Register,
    RestrictionGround,
    RestrictionState,
)
from tenants.registers.viewing import NoSuchValue
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LONGEST_REASON = 2_000


class ErasureReasonMissing(Invalid):
    """Say why it is erased."""


class NothingChosen(Invalid):
    """Choose what is erased."""


class KeptByRestriction(Conflict):
    """The processing of this data is restricted: it is erased only after the restriction has been lifted."""


class Goes(Struct, frozen=True):
    """What is kept of a person in one register, before it goes."""

    register_id: UUID
    name: Text
    records: int


class Erased(Struct, frozen=True):
    """An erasure with its reason opened."""

    row: Erasure
    reason: str


def would_go(session: Session, person_id: UUID, record_id: UUID | None = None) -> list[Goes]:
    """By register, in the order of the notices; of one record its register.

    Raises Forbidden, NoSuchPerson, HeldAsAnother.
    """
    permissions.require(session, Permission.ERASE_RECORDS)
    viewing.exists(session, person_id)
    which = Record.record_id == record_id if record_id else true()
    rows = session.execute(
        select(Register.register_id, Register.name, func.count())
        .join(Record, Record.register_id == Register.register_id)
        .where(Record.person_id == person_id, which)
        .group_by(Register.register_id, Register.name, Register.position)
        .order_by(Register.position)
    )
    return [Goes(*row) for row in rows]


def erase(
    session: Session,
    person_id: UUID,
    *,
    ground: ErasureGround,
    reason: str,
    record_id: UUID | None = None,
    register_ids: Collection[UUID] = (),
) -> int:
    """One record, or all that is kept in these registers; how many records went.

    Raises Forbidden, NoSuchPerson, HeldAsAnother, NoSuchValue, Invalid, KeptByRestriction.
    """
    permissions.require(session, Permission.ERASE_RECORDS)
    viewing.exists(session, person_id)
    why = _stated(reason)
    if record_id is None and not register_ids:
        raise NothingChosen(field="registers")
    restricting.alone(session)
    session.execute(select(Person.person_id).where(Person.person_id == person_id).with_for_update()).all()
    viewing.exists(session, person_id)
    by_register = _chosen(session, person_id, record_id, register_ids)
    for_good = [one for records in by_register.values() for one in records]
    known = known_by.in_records(session, Record.record_id.in_(for_good))
    _free(session, person_id, for_good, ground)
    session.execute(delete(Correction).where(Correction.record_id.in_(for_good)))
    session.execute(delete(Record).where(Record.record_id.in_(for_good)))
    identifiers.renew(session, [person_id])
    for register_id, records in by_register.items():
        row = _row(session, person_id, register_id, records, ground=ground, reason=why)
        _keep_for_recipients(session, row, known.get(register_id, ()))
        _tell(session, row)
    return len(for_good)


def of_person(session: Session, person_id: UUID) -> list[Erased]:
    """The newest first. Raises Forbidden."""
    permissions.require(session, Permission.SEE_PERSONS)
    rows = session.scalars(
        select(Erasure).where(Erasure.person_id == person_id).order_by(Erasure.erasure_id.desc())
    ).all()
    if not rows:
        return []
    keys = keyring(session)
    return [Erased(one, unseal(keys, _place(one.erasure_id), one.sealed_reason).decode()) for one in rows]


def was_known_by(session: Session, person_id: UUID, at: datetime) -> list[KnownBy]:
    """What was erased of a person at this moment had these, as long as the recipients have not been found."""
    rows = session.scalars(
        select(Erasure)
        .where(Erasure.person_id == person_id, Erasure.erased_at == at, Erasure.sealed_known.is_not(None))
        .order_by(Erasure.erasure_id)
    )
    keys = keyring(session)
    opened = (unseal(keys, _place(one.erasure_id, "known"), one.sealed_known or b"") for one in rows)
    return [one for each in opened for one in msgspec.json.decode(each, type=list[KnownBy])]


def forget_known(session: Session, person_id: UUID, at: datetime) -> None:
    """Of what was erased at this moment nobody needs it any more."""
    session.execute(
        update(Erasure)
        .where(Erasure.person_id == person_id, Erasure.erased_at == at, Erasure.sealed_known.is_not(None))
        .values(sealed_known=None)
    )


def _stated(reason: str) -> str:
    if not reason.strip():
        raise ErasureReasonMissing(field="reason")
    if len(reason) > LONGEST_REASON:
        raise TooLong(field="reason", most=LONGEST_REASON)
    return reason.strip()


def _chosen(
    session: Session, person_id: UUID, record_id: UUID | None, register_ids: Collection[UUID]
) -> Mapping[UUID, list[UUID]]:
    wanted = select(Record.register_id, Record.record_id).where(Record.person_id == person_id)
    of_these = Record.register_id.in_(register_ids) if record_id is None else Record.record_id == record_id
    rows: Sequence[Row[UUID, UUID]] = session.execute(
        wanted.where(of_these).order_by(Record.record_id).with_for_update()
    ).all()
    if not rows:
        raise NoSuchValue
    chosen: dict[UUID, list[UUID]] = {}
    for register_id, one in rows:
        chosen.setdefault(register_id, []).append(one)
    return chosen


def _free(session: Session, person_id: UUID, records: Collection[UUID], ground: ErasureGround) -> None:
    """Whoever asked for restriction instead of erasure keeps their data (Art. 18(1)(b), (c)); an objection that was
    found right ends in erasure (Art. 17(1)(c))."""
    for one in restricting.open_of(session, person_id):
        if one.record_id is not None and one.record_id not in records:
            continue
        pending = one.state is RestrictionState.IN_FORCE and one.ground is RestrictionGround.OBJECTION_PENDING
        if not (pending and ground is ErasureGround.OBJECTED):
            raise KeptByRestriction


def _row(
    session: Session, person_id: UUID, register_id: UUID, records: list[UUID], *, ground: ErasureGround, reason: str
) -> Erasure:
    row = Erasure(
        erasure_id=new_id(),
        person_id=person_id,
        register_id=register_id,
        record_ids=records,
        ground=ground,
        erased_by=acting_of(session).actor_id,
    )
    row.sealed_reason = seal(keyring(session), _place(row.erasure_id), reason.encode())
    session.add(row)
    return row


def _keep_for_recipients(session: Session, row: Erasure, known: Sequence[KnownBy]) -> None:
    """Whoever is asked to erase somebody must be told whom, and here nobody knows it any more by then."""
    if known:
        row.sealed_known = seal(keyring(session), _place(row.erasure_id, "known"), msgspec.json.encode(known))


def _tell(session: Session, row: Erasure) -> None:
    cause = Cause.RETENTION if row.ground is ErasureGround.RETENTION_ENDED else Cause.ERASED
    gone = row.record_ids
    changes.note(session, cause, [row.person_id] * len(gone), register_id=row.register_id, record_ids=gone)
    trail.record(
        session,
        "records.erased",
        about="person",
        ids=[row.person_id],
        register=str(row.register_id),
        records=len(gone),
        ground=row.ground,
    )


def _place(erasure_id: UUID, field: str = "reason") -> Place:
    return Place("erasure", erasure_id, field)
