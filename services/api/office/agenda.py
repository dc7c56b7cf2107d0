"""What is to be looked at, as it stands above the work of the day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api.office.authorities import AUTHORITIES
from services.api.office.desk import Desk
from services.api.office.emergencies import EMERGENCIES
from services.api.office.feeds_told import FEEDS
from services.api.office.flow_stops_told import STOPS
from services.api.office.policies_told import SHARING
from services.api.office.processors_told import AGREEMENTS, PROCESSORS, PROPOSALS
from tenants.feeds.model import Feed
from tenants.languages.speaking import HELSINKI, Language
from tenants.processors.model import Agreement, Processor, ProcessorProposal
from tenants.reminding import agenda, reminders
from tenants.reminding.agenda import Item, Kind

SHOWN = 20
# Each with a page of its own there.
PAGES = {
    Kind.RESTRICTION_REVIEW: "/office/persons",
    Kind.SHARING_REVIEW: SHARING,
    Kind.SHARING_END: SHARING,
    Kind.SHARING_OFFER: SHARING,
    Kind.RECEIVING_END: SHARING,
    Kind.SHARING_DRAFT: SHARING,
    Kind.REGISTER_DRAFT: "/office/registers/drafts",
    Kind.AGREEMENT_END: AGREEMENTS,
    Kind.AGREEMENT_DRAFT: AGREEMENTS,
    Kind.CHANGE_PROPOSED: PROPOSALS,
    Kind.VERIFICATION_END: PROCESSORS,
    Kind.CLIENT_FAILURES: PROCESSORS,
    Kind.WEBHOOK_DISABLED: PROCESSORS,
    Kind.FILES_FAILED: FEEDS,
    Kind.FEED_END: FEEDS,
    Kind.FEED_DRAFT: FEEDS,
    Kind.FEED_STOPPED: FEEDS,
    Kind.KEY_OFFERED: PROCESSORS,
    Kind.KEY_LOST: PROCESSORS,
    Kind.SCOPE_WISH: PROCESSORS,
    Kind.CERTIFICATE_DUE: AGREEMENTS,
    Kind.RECIPIENT_SILENT: "/office/notifications",
    Kind.AUTHORITY_ASKS: AUTHORITIES,
    Kind.EMERGENCY_ASKED: EMERGENCIES,
    Kind.EMERGENCY_OPEN: EMERGENCIES,
    Kind.EMERGENCY_REPORT: EMERGENCIES,
}
# All on one page.
LISTS = reminders.PAGES | {Kind.CERTIFICATION: "/office/certification", Kind.FLOW_STOPPED: STOPS}
WAITING = frozenset(
    {
        Kind.SHARING_DRAFT,
        Kind.SHARING_OFFER,
        Kind.REGISTER_DRAFT,
        Kind.AGREEMENT_DRAFT,
        Kind.CHANGE_PROPOSED,
        Kind.CLIENT_FAILURES,
        Kind.WEBHOOK_DISABLED,
        Kind.FILES_FAILED,
        Kind.FEED_DRAFT,
        Kind.FLOW_STOPPED,
        Kind.KEY_OFFERED,
        Kind.KEY_LOST,
        Kind.SCOPE_WISH,
        Kind.RECIPIENT_SILENT,
        Kind.AUTHORITY_ASKS,
        Kind.EMERGENCY_ASKED,
        Kind.EMERGENCY_REPORT,
    }
)


# On a page below that one.
BELOW = {
    Kind.KEY_OFFERED: "/contacts",
    Kind.KEY_LOST: "/contacts",
    Kind.SCOPE_WISH: "/contacts",
    Kind.FILES_FAILED: "/files",
}


class ShownItem(Struct, frozen=True):
    """`name`: of the feed or the processor; `since` where the day is that from which it has waited."""

    kind: Kind
    name: str
    url: str
    day: date
    since: bool
    overdue: bool


class Agenda(Struct, frozen=True):
    """The earliest; `more` are not shown."""

    items: list[ShownItem]
    more: int


def agenda_of(session: Session, desk: Desk) -> Agenda:
    today = datetime.now(HELSINKI).date()
    found = agenda.to_look_at(session, desk.here, today=today)
    names = _names(session, desk.language, found[:SHOWN])
    return Agenda([_shown(one, names, today) for one in found[:SHOWN]], max(0, len(found) - SHOWN))


def _names(session: Session, language: Language, items: Sequence[Item]) -> dict[UUID, str]:
    def about(place: str) -> list[UUID]:
        return [one.about for one in items if one.about and PAGES.get(one.kind) == place]

    processors = select(Processor.processor_id, Processor.name).where(Processor.processor_id.in_(about(PROCESSORS)))
    agreed = select(Agreement.agreement_id, Processor.name).join(
        Processor, Agreement.processor_id == Processor.processor_id
    )
    proposed = select(ProcessorProposal.proposal_id, Processor.name).join(
        Processor, ProcessorProposal.processor_id == Processor.processor_id
    )
    feeds = select(Feed.feed_id, Feed.name).where(Feed.feed_id.in_(about(FEEDS)))
    named = {one: name.in_(language) for one, name in session.execute(feeds)}
    for wanted in (
        processors,
        agreed.where(Agreement.agreement_id.in_(about(AGREEMENTS))),
        proposed.where(ProcessorProposal.proposal_id.in_(about(PROPOSALS))),
    ):
        named |= {one: name for one, name in session.execute(wanted)}  # noqa: C416 (typed rows, not pairs)
    return named


def _shown(item: Item, names: Mapping[UUID, str], today: date) -> ShownItem:
    since = item.kind in WAITING
    url = f"{PAGES[item.kind]}/{item.about}" if item.kind in PAGES else LISTS[item.kind]
    url += BELOW.get(item.kind, "")
    name = names.get(item.about, "") if item.about else ""
    return ShownItem(item.kind, name, url, item.day, since, not since and item.day < today)
