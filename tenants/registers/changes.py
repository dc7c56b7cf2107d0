"""What changed of whom, said in the transaction that changed it. Feeds and Art. 19 read it; nothing here is undone."""

from collections.abc import Collection
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Session

from tenants import together
from tenants.acting import PurposeKind
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.registers.model import Cause, Change

# What whoever received the data is told of, and asked to confirm (Art. 19; of consents and objections by promise).
TOLD = frozenset(
    {
        Cause.CORRECTED,
        Cause.RESTRICTED,
        Cause.RESTRICTION_LIFTED,
        Cause.WITHDRAWN,
        Cause.OBJECTED,
        Cause.OBJECTION_LIFTED,
        Cause.ERASED,
        Cause.RETENTION,
    }
)


class TellRecipients(Job, frozen=True):
    """Of what has changed by now. For the purpose for which restricted persons are seen."""

    name: ClassVar[str] = "registers.tell_recipients"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST


def note(
    session: Session,
    cause: Cause,
    person_ids: Collection[UUID],
    *,
    register_id: UUID | None = None,
    record_ids: Collection[UUID] = (),
) -> None:
    """`record_ids` are those of the persons in the same order; left out, it is about all that is kept of them."""
    if person_ids:
        together.add(
            session,
            Change(cause=cause, register_id=register_id, person_ids=list(person_ids), record_ids=list(record_ids)),
        )
        if cause in TOLD:
            enqueue(session, TellRecipients())
