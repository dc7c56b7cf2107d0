"""A contact confirms what became of data that the processor received (Art. 19), or says that it cannot be done.

Seloste itself looks up what waits under the agreements that are the contact's to look after. An answer is given as the
recipient, in a transaction of each agreement that it is about, mostly one; the audit's entry of the same transaction
says which contact it was.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import Acting, PurposeKind, client, system
from tenants.audit import trail
from tenants.contacts.people import Here
from tenants.database import acting_of, walled_session
from tenants.notifying import confirming, reading
from tenants.notifying.model import ConfirmedBy
from tenants.notifying.reading import Told
from tenants.notifying.refusals import NoSuchNotification, NothingChosen
from tenants.processors.model import Agreement

PAGE = reading.PAGE


class Waiting(Struct, frozen=True):
    """A page of what waits; how much it is altogether; behind which notification more follows."""

    told: Sequence[Told]
    count: int
    following: UUID | None


def waiting(session: Session, here: Here, *, after: UUID | None = None) -> Waiting:
    """What has waited longest first. Ids only."""
    agreements = _agreements(session)
    with walled_session(_of_company(session, here)) as own:
        told = reading.waiting_under(own, agreements, after=after, limit=PAGE + 1)
        count = reading.count_under(own, agreements)
    page = told[:PAGE]
    return Waiting(page, count, page[-1].row.notification_id if len(told) > PAGE else None)


def count(session: Session, here: Here) -> int:
    agreements = _agreements(session)
    with walled_session(_of_company(session, here)) as own:
        return reading.count_under(own, agreements)


def confirm(session: Session, here: Here, ids: Collection[UUID]) -> None:
    """It has been done. Raises NothingChosen, NoSuchNotification, TooLong."""
    for acting, own_ids in _sorted(session, here, ids):
        with walled_session(acting) as own:
            trail.mark(own, contact=str(here.contact.contact_id))
            confirming.by_recipient(own, own_ids, by=ConfirmedBy.CONSOLE)
    _note(session, here, "contact.confirmed", ids)


def decline(session: Session, here: Here, ids: Collection[UUID], *, why: str) -> None:
    """It cannot be done. Raises NothingChosen, NoSuchNotification, AnswerMissing, TooLong."""
    for acting, own_ids in _sorted(session, here, ids):
        with walled_session(acting) as own:
            trail.mark(own, contact=str(here.contact.contact_id))
            confirming.decline_several(own, own_ids, why=why, by=ConfirmedBy.CONSOLE)
    _note(session, here, "contact.declined", ids)


def _sorted(session: Session, here: Here, ids: Collection[UUID]) -> list[tuple[Acting, list[UUID]]]:
    """To whom of them each is told; one that is nobody's here is none at all."""
    if not ids:
        raise NothingChosen(field="ids")
    agreements = _agreements(session)
    with walled_session(_of_company(session, here)) as own:
        told = reading.agreements_of(own, ids)
    found = defaultdict(list)
    for one in dict.fromkeys(ids):
        if (agreement_id := told.get(one)) not in agreements:
            raise NoSuchNotification
        found[agreement_id].append(one)
    group_id = acting_of(session).group_id
    return [(client(group_id, agreement_id), own_ids) for agreement_id, own_ids in found.items() if agreement_id]


def _agreements(session: Session) -> set[UUID]:
    """Those that are the contact's to look after: the wall lets no others be seen."""
    return set(session.scalars(select(Agreement.agreement_id)))


def _of_company(session: Session, here: Here) -> Acting:
    group_id, purpose = acting_of(session).group_id, PurposeKind.RIGHTS_REQUEST
    return system(group_id, company_id=here.contact.company_id, purpose=purpose)


def _note(session: Session, here: Here, action: str, ids: Collection[UUID]) -> None:
    trail.record(session, action, about="notification", ids=ids, company_id=here.contact.company_id)
