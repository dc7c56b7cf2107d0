"""How a feed fares, as its company and its recipient see it: what was fetched, what is behind, what was refused.

Nothing here names a person, and nothing is shown of what was sent along with a refused request.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.pictures import flow
from services.api.pictures.flow import Day, Span
from tenants.acting import PurposeKind, system
from tenants.clients import failing, registering
from tenants.clients.model import ClientFailure
from tenants.database import acting_of, walled_session
from tenants.deliveries import reading as files
from tenants.deliveries.model import FeedDelivery
from tenants.feeds import lagging, tallying
from tenants.feeds.lagging import Lag
from tenants.feeds.model import ScopeState
from tenants.feeds.reading import Given
from tenants.feeds.tallying import LastPull
from tenants.opendsr import asking, tracing
from tenants.opendsr import endpoints as opendsr
from tenants.opendsr.model import DsrEndpoint, DsrStep, SentRequest
from tenants.processors import reading as agreements
from tenants.webhooks import endpoints, reading
from tenants.webhooks.model import WebhookEndpoint
from tenants.webhooks.reading import Sent

DAYS = 30
SHOWN = 5
STEPS = 3


class Listener(Struct, frozen=True):
    """A webhook endpoint of the feed's agreement, with what it was told last."""

    row: WebhookEndpoint
    sent: Sequence[Sent]


class Refused(Struct, frozen=True):
    """A request of one of the recipient's clients, or in its name."""

    client: str
    row: ClientFailure


class Asked(Struct, frozen=True):
    """A request by OpenDSR, with the last steps of its trace."""

    row: SentRequest
    steps: Sequence[DsrStep]


class Health(Struct, frozen=True, kw_only=True):
    """`lag` is known of what was read to its end once. Refusals and OpenDSR are those of the whole recipient.

    `found` is what came of the last look at the recipient's OpenDSR server, if it has one.
    """

    last: LastPull | None
    spans: tuple[Span, ...]
    lag: Lag | None
    listeners: list[Listener]
    files: Sequence[FeedDelivery]
    refused: list[Refused]
    asked: Sequence[Asked]
    found: DsrStep | None

    @property
    def flowed(self) -> bool:
        return any(one.lines or one.tombstones for one in self.spans)


def of_feed(session: Session, given: Given, processor_id: UUID) -> Health:
    """By the company that gives it."""
    feed = given.feed
    asked, found = _by_opendsr(session, opendsr.of_processor(session, processor_id))
    last = tallying.last_pulls(session, [feed.feed_id]).get(feed.feed_id)
    until = agreements.today()
    since = until - timedelta(days=DAYS - 1)
    counted = tallying.of_feed(session, feed.feed_id, since=since, until=until)
    return Health(
        last=last,
        spans=flow.spans(
            [Day(one.day, one.upserts, one.tombstones) for one in counted],
            since=since,
            until=until,
            confirmations=False,
        ),
        lag=_lag(session, given, last) if last and given.state is ScopeState.IN_FORCE else None,
        listeners=[
            Listener(one, reading.last(session, one.endpoint_id, limit=SHOWN))
            for one in endpoints.listed(session, [feed.agreement_id])
        ],
        files=files.last(session, feed.feed_id, limit=SHOWN),
        refused=_refused(session, processor_id),
        asked=asked,
        found=found,
    )


def _lag(session: Session, given: Given, last: LastPull) -> Lag | None:
    """Changes are for whoever has a purpose; how many there are names nobody, so Seloste itself counts them."""
    if last.reached is None:
        return None
    acting = system(acting_of(session).group_id, company_id=given.feed.company_id, purpose=PurposeKind.STORAGE)
    with walled_session(acting) as own:
        return lagging.lag(own, given.shown, last.reached)


def _refused(session: Session, processor_id: UUID) -> list[Refused]:
    names = {one.client_id: one.name for one in registering.listed(session, processor_id)}
    return [Refused(names[one.client_id], one) for one in failing.traces(session, list(names))[: 2 * SHOWN]]


def _by_opendsr(session: Session, endpoint: DsrEndpoint | None) -> tuple[Sequence[Asked], DsrStep | None]:
    """What was asked, and what came of the last look at the server."""
    if endpoint is None:
        return (), None
    rows, own = asking.listed(session, [endpoint.endpoint_id], limit=SHOWN), endpoint.endpoint_id
    steps = tracing.last(session, [own, *(one.sent_id for one in rows)], each=STEPS)
    return [Asked(one, steps[one.sent_id]) for one in rows], next(iter(steps[own]), None)
