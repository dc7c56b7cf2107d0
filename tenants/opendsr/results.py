"""As a processor: what was asked for, given once, to the client that asked, and to nobody else."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.opendsr import tracing, wire
from tenants.opendsr.model import DsrController, ReceivedRequest, Step
from tenants.opendsr.wire import Unacceptable
from tenants.processors import stopping
from tenants.registers.model import Record, Register
from tenants.registers.sealed import seal_of
from tenants.registers.shapes import shape_of
from tenants.registers.values import Value
from tenants.vault.keys import keyring


class KeptIn(Struct, frozen=True):
    """The records of one register, by the keys of its fields."""

    register: str
    records: list[dict[str, Value]]


class Results(Struct, frozen=True):
    subject_request_id: str
    registers: list[KeptIn]

    def __repr__(self) -> str:
        return f"Results({self.subject_request_id!r}, …)"


def fetch(session: Session, controller: DsrController, secret: str) -> Results:
    """Once: the second time there is nothing. Raises Unacceptable."""
    row = session.scalar(
        select(ReceivedRequest)
        .where(
            ReceivedRequest.controller_id == controller.controller_id,
            ReceivedRequest.results_digest == hashlib.sha256(secret.encode()).digest(),
        )
        .with_for_update()
    )
    if row is None:
        raise Unacceptable("unknown", "There are no such results", status=404)
    if row.results_until is None or row.results_until <= wire.now():
        raise Unacceptable("gone", "The results are not kept any longer", status=410)
    if stopping.is_stopped(session, row.company_id, processor_id=controller.processor_id):
        raise Unacceptable("stopped", "Nothing is given out at the moment: ask again later", status=503)
    persons = row.person_ids
    row.results_digest = row.sealed_results_secret = None
    row.person_ids = []
    session.flush()
    tracing.note(session, row.company_id, row.received_id, Step.RESULTS_FETCHED)
    trail.record(session, "opendsr_request.results_fetched", about="person", ids=persons)
    return Results(str(row.subject_request_id), [_kept(session, one, persons) for one in controller.registers])


def _kept(session: Session, register_id: UUID, persons: Sequence[UUID]) -> KeptIn:
    """Sealed values too: the data is the controller's own."""
    shape = shape_of(session, register_id, with_retired=True)
    seal = seal_of(keyring(session), shape)
    keys = {slot.id: slot.key for slot in shape.slots}
    rows = session.execute(
        select(Record.record_id, cast(Record.data, Text))
        .where(Record.person_id.in_(persons), Record.register_id == register_id)
        .order_by(Record.record_id)
    )
    opened = [seal.open(record_id, data) for record_id, data in rows]
    name = session.scalars(select(Register.key).where(Register.register_id == register_id)).one()
    return KeptIn(name, [{keys[field]: value for field, value in one.items() if field in keys} for one in opened])
