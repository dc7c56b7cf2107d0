"""The first page of the console: agreements and feeds, how they stand, and what waits."""

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import stops_told
from services.api.console.counter import Counter
from services.api.stops_told import ToldStop
from tenants.contacts import confirming, keys, seeing, wishes
from tenants.contacts.seeing import SeenAgreement, SeenFeed
from tenants.opendsr import shown_there


class ShownAgreement(Struct, frozen=True):
    seen: SeenAgreement
    stops: list[ToldStop]
    feeds: list[SeenFeed]


@get("/", sync_to_thread=True)
def show_start(session: NamedDependency[Session], counter: NamedDependency[Counter]) -> Response[str]:
    feeds = seeing.feeds(session, counter.here)
    return counter.page(
        "console/start.html",
        agreements=[
            ShownAgreement(
                one,
                stops_told.told(counter.language, one.stops),
                [feed for feed in feeds if feed.given.feed.agreement_id == one.agreement_id],
            )
            for one in seeing.agreements(session, counter.here)
        ],
        clients=seeing.clients(session),
        keys_waiting=len(keys.waiting(session)),
        to_confirm=confirming.count(session, counter.here),
        wishes_waiting=len(wishes.waiting(session)),
        opendsr=shown_there.of_processor(session, counter.here.contact.company_id, counter.here.contact.processor_id),
    )
