"""A contact confirms what became of data that the processor received (Art. 19), or says that it cannot be done.

It is done as the recipient under each agreement that is the contact's to look after, in a transaction of each; the
audit's entry of the same transaction says which contact it was.
"""

from collections.abc import Collection, Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import Acting, client
from tenants.audit import trail
from tenants.contacts.people import Here
from tenants.database import acting_of, walled_session
from tenants.notifying import confirming, reading
from tenants.notifying.model import ConfirmedBy
from tenants.notifying.reading import Told
from tenants.notifying.refusals import NoSuchNotification, NothingChosen
from tenants.processors.model import Agreement

SHOWN = 200


def waiting(session: Session) -> list[Told]:
    """What was not confirmed, the oldest first. Ids only."""
    found: list[Told] = []
    for acting in _recipients(session):
        with walled_session(acting) as own:
            found += reading.of_client(own, only_open=True, limit=SHOWN)
    return sorted(found, key=lambda one: one.row.notification_id)[:SHOWN]


def confirm(session: Session, here: Here, ids: Collection[UUID]) -> None:
    """It has been done. Raises NothingChosen, NoSuchNotification, TooLong."""
    for acting, own_ids in _sorted(session, ids):
        with walled_session(acting) as own:
            trail.mark(own, contact=str(here.contact.contact_id))
            confirming.by_recipient(own, own_ids, by=ConfirmedBy.CONSOLE)
    _note(session, here, "contact.confirmed", ids)


def decline(session: Session, here: Here, ids: Collection[UUID], *, why: str) -> None:
    """It cannot be done. Raises NothingChosen, NoSuchNotification, AnswerMissing, TooLong."""
    for acting, own_ids in _sorted(session, ids):
        with walled_session(acting) as own:
            trail.mark(own, contact=str(here.contact.contact_id))
            confirming.decline_several(own, own_ids, why=why, by=ConfirmedBy.CONSOLE)
    _note(session, here, "contact.declined", ids)


def _sorted(session: Session, ids: Collection[UUID]) -> list[tuple[Acting, set[UUID]]]:
    """To whom of them each is told; one that is nobody's here is none at all."""
    if not ids:
        raise NothingChosen(field="ids")
    found = []
    for acting in _recipients(session):
        with walled_session(acting) as own:
            found.append((acting, reading.known_of(own, ids)))
    if set().union(*(known for _, known in found)) != set(ids):
        raise NoSuchNotification
    return [(acting, known) for acting, known in found if known]


def _recipients(session: Session) -> Iterator[Acting]:
    group_id = acting_of(session).group_id
    for agreement_id in session.scalars(select(Agreement.agreement_id).order_by(Agreement.agreement_id)).all():
        yield client(group_id, agreement_id)


def _note(session: Session, here: Here, action: str, ids: Collection[UUID]) -> None:
    trail.record(session, action, about="notification", ids=ids, company_id=here.contact.company_id)
