"""As a processor: what was asked is looked into, in the registers that are kept for that controller and in no others.

Where nobody fits, or one person does and it is only to be told what is kept, Seloste does it by itself. Erasing, and
saying who is meant where several fit, is for a human of the company.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.errors import Invalid
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.opendsr import identities, refusals, telling, tracing, wire
from tenants.opendsr.model import DsrController, ReceivedRequest, Step
from tenants.opendsr.wire import IdentityType, RequestStatus, RequestType
from tenants.registers import erasing, identifiers
from tenants.registers.model import ErasureGround, Record
from tenants.vault import sealing
from tenants.vault.keys import keyring

RESULTS_LIVE = timedelta(days=7)
# The controller decides; for whoever keeps it on its behalf there is no need of it any more (Art. 28(3)(a)).
REASON = "The controller on whose behalf it was kept has said so (OpenDSR)."


class LookInto(Job, frozen=True):
    name: ClassVar[str] = "opendsr.look_into"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    received_id: UUID


class EndResults(Job, frozen=True):
    name: ClassVar[str] = "opendsr.end_results"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    received_id: UUID


def listed(session: Session, *, limit: int = 200) -> Sequence[ReceivedRequest]:
    """Of the company that is acted for: those that wait first, then the newest. Raises Forbidden."""
    require(session, Permission.SEE_CASES)
    order = ReceivedRequest.ended_at.is_not(None), ReceivedRequest.received_id.desc()
    return session.scalars(select(ReceivedRequest).order_by(*order).limit(limit)).all()


def get(session: Session, received_id: UUID) -> ReceivedRequest:
    """Raises Forbidden, NoSuchReceived."""
    require(session, Permission.SEE_CASES)
    found = _locked(session, received_id)
    if found is None:
        raise refusals.NoSuchReceived
    return found


def fitting(session: Session, row: ReceivedRequest) -> list[UUID]:
    """The persons of whom anything that was named is known, in the registers kept for the controller."""
    if row.sealed_identities is None:
        return []
    found: set[UUID] = set()
    for one in identities.opened(session, identities.RECEIVED, row.received_id, row.company_id, row.sealed_identities):
        try:
            kind = identities.KINDS[IdentityType(one.identity_type)]
            found |= set(identifiers.find(session, kind, one.identity_value))
        except Invalid:
            continue  # what is no address can be nobody's
    registers = select(DsrController.registers).where(DsrController.controller_id == row.controller_id)
    kept = select(Record.person_id).where(
        Record.person_id.in_(found), Record.register_id.in_(session.scalars(registers).one())
    )
    return sorted(set(session.scalars(kept)))


def take_up(session: Session, received_id: UUID) -> None:
    """From now on it cannot be taken back. Raises Forbidden, NoSuchReceived, HasEnded."""
    require(session, Permission.DECIDE_CASES)
    row = get(session, received_id)
    if row.status is not RequestStatus.PENDING:
        raise refusals.HasEnded
    _begin(session, row)


def carry_out(session: Session, received_id: UUID, person_ids: Sequence[UUID]) -> None:
    """For these of the persons who fit; for none, where a human finds that nobody is meant.

    Raises Forbidden, NoSuchReceived, NotTakenUp, HasEnded, NotOfThisRequest, KeptByRestriction.
    """
    require(session, Permission.DECIDE_CASES)
    row = get(session, received_id)
    if row.status.is_final:
        raise refusals.HasEnded
    if row.status is not RequestStatus.IN_PROGRESS:
        raise refusals.NotTakenUp
    if not set(person_ids) <= set(fitting(session, row)):
        raise refusals.NotOfThisRequest(field="person")
    count = _records(session, row, person_ids)
    if row.type is RequestType.ERASURE:
        for person_id in person_ids:
            erasing.erase(
                session,
                person_id,
                ground=ErasureGround.NOT_NEEDED,
                reason=REASON,
                register_ids=_registers(session, row),
            )
    _complete(session, row, person_ids, count)


def look_into(session: Session, received_id: UUID) -> None:
    """By Seloste itself, where there is nothing to decide."""
    row = _locked(session, received_id)
    if row is None or row.status is not RequestStatus.PENDING:
        return
    persons = fitting(session, row)
    if not persons or (len(persons) == 1 and row.type is not RequestType.ERASURE):
        _complete(session, row, persons, _records(session, row, persons))


def end_results(session: Session, received_id: UUID) -> None:
    row = _locked(session, received_id)
    if row is not None:
        row.results_digest = row.sealed_results_secret = None
        row.person_ids = []


def _begin(session: Session, row: ReceivedRequest) -> None:
    row.status = RequestStatus.IN_PROGRESS
    session.flush()
    tracing.note(session, row.company_id, row.received_id, Step.TAKEN_UP)
    trail.record(session, "opendsr_request.taken_up", about="opendsr_request", ids=[row.received_id])
    telling.tell(session, row)


def _complete(session: Session, row: ReceivedRequest, persons: Sequence[UUID], count: int) -> None:
    """What named the person is forgotten; of results, who they are of is kept until they have been fetched."""
    row.status, row.ended_at, row.results_count = RequestStatus.COMPLETED, wire.now(), count
    row.sealed_identities = None
    if row.type is not RequestType.ERASURE and persons:
        row.person_ids = list(persons)
        row.results_until = wire.now() + RESULTS_LIVE
        secret = secrets.token_urlsafe(32)
        row.results_digest = hashlib.sha256(secret.encode()).digest()
        row.sealed_results_secret = sealing.seal(keyring(session), telling.results_place(row), secret.encode())
        enqueue(session, EndResults(row.received_id), due_at=row.results_until)
    session.flush()
    tracing.note(session, row.company_id, row.received_id, Step.COMPLETED, str(count))
    trail.record(session, "opendsr_request.completed", about="opendsr_request", ids=[row.received_id], records=count)
    telling.tell(session, row)


def _records(session: Session, row: ReceivedRequest, persons: Sequence[UUID]) -> int:
    wanted = select(func.count()).where(Record.person_id.in_(persons), Record.register_id.in_(_registers(session, row)))
    return session.scalars(wanted).one()


def _registers(session: Session, row: ReceivedRequest) -> list[UUID]:
    kept = select(DsrController.registers).where(DsrController.controller_id == row.controller_id)
    return session.scalars(kept).one()


def _locked(session: Session, received_id: UUID) -> ReceivedRequest | None:
    return session.scalar(select(ReceivedRequest).where(ReceivedRequest.received_id == received_id).with_for_update())
