"""What is to be looked at, as it stands above the work of the day."""

from datetime import date, datetime

from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.office.authorities import AUTHORITIES
from services.api.office.desk import Desk
from services.api.office.emergencies import EMERGENCIES
from services.api.office.feeds_told import FEEDS
from services.api.office.flow_stops_told import STOPS
from services.api.office.policies_told import SHARING
from services.api.office.processors_told import AGREEMENTS, PROCESSORS
from tenants.languages.speaking import HELSINKI
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
    """`since` where the day is that from which it has waited."""

    kind: Kind
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
    return Agenda([_shown(one, today) for one in found[:SHOWN]], max(0, len(found) - SHOWN))


def _shown(item: Item, today: date) -> ShownItem:
    since = item.kind in WAITING
    url = f"{PAGES[item.kind]}/{item.about}" if item.kind in PAGES else LISTS[item.kind]
    url += BELOW.get(item.kind, "")
    return ShownItem(item.kind, url, item.day, since, not since and item.day < today)
