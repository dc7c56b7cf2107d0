"""Whose data a receiver has at hand is another's from the moment a person is merged or divided.

What is going on under the ids of both ends then; the next reading begins anew. Undone before anybody read again, the
ledger says what it said before.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, tuple_, update
from sqlalchemy.orm import Session

from tenants.database import acting_of
from tenants.ledger import blocks
from tenants.ledger.model import Disclosure


class Ended(NamedTuple):
    """The key of an interval that was going on."""

    scope_id: UUID
    person_id: UUID
    since: datetime


def interrupt(session: Session, person_ids: Collection[UUID]) -> list[Ended]:
    """What was given of the acting company's persons and is at hand still, ended."""
    blocks.single_out(session, person_ids)
    rows = session.execute(
        update(Disclosure)
        .where(
            Disclosure.company_id == acting_of(session).company_id,
            Disclosure.person_id.in_(person_ids),
            Disclosure.until.is_(None),
        )
        .values(until=func.now())
        .returning(Disclosure.scope_id, Disclosure.person_id, Disclosure.since)
    )
    return [Ended(*row) for row in rows]


def go_on(session: Session, ended: Collection[Ended], *, at: datetime) -> None:
    """What ended `at` that moment for this reason alone, as if it had not; `interrupt` comes before."""
    if not ended:
        return
    these = tuple_(Disclosure.scope_id, Disclosure.person_id, Disclosure.since).in_([tuple(one) for one in ended])
    own = Disclosure.company_id == acting_of(session).company_id
    session.execute(update(Disclosure).where(own, these, Disclosure.until == at).values(until=None))
