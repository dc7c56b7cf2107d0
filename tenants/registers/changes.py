"""What changed of whom, said in the transaction that changed it. Feeds and Art. 19 read it; nothing here is undone."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from tenants import together
from tenants.registers.model import Cause, Change


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
