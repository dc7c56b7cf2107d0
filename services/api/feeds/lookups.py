"""What a feed gives by an event: a client asks by an order or an overdue invoice, and is told of that one person."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from services.api.feeds.bearer import LetIn
from tenants.acting import system
from tenants.clients import asking
from tenants.clients.scopes import PREFIX
from tenants.database import walled_session
from tenants.feeds import looking_up, reading
from tenants.feeds.refusals import NoSuchEvent


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """`event_id` is the id of a record in the register of events that the scope names."""

    event_id: UUID


class RecordGiven(Struct, frozen=True):
    """`data` is what the scope gives, by the keys of its fields."""

    record_id: UUID
    updated_at: datetime
    data: dict[str, object]


class LookupGiven(Struct, frozen=True):
    lookup_id: UUID
    event_id: UUID
    person_id: UUID
    records: list[RecordGiven]


@post(
    "/{feed:str}/lookups",
    sync_to_thread=True,
    status_code=201,
    summary="One person's data, by an event",
    tags=["feeds"],
)
def look_up(feed: FromPath[str], let_in: NamedDependency[LetIn], data: JSONBody[Asked]) -> Response[LookupGiven]:
    """Each is kept with the id of its event. An event gives within a day of the first time; then it is used up."""
    acting = let_in.acting(PREFIX + feed)
    _count(let_in)
    try:
        with walled_session(acting) as session:
            of = reading.by_name(session, feed)
            found = looking_up.look_up(session, of.feed_id, data.event_id)
    except NoSuchEvent:
        with walled_session(system(let_in.group_id)) as session:
            asking.missed(session, str(let_in.client_id))
        raise
    records = [RecordGiven(one.record_id, one.updated_at, msgspec.json.decode(one.data)) for one in found.records]
    given = LookupGiven(found.lookup_id, found.event_id, found.person_id, records)
    return Response(given, status_code=201, headers={"Cache-Control": "no-store"})


def _count(let_in: LetIn) -> None:
    """Raises TooManyRequestsException."""
    with walled_session(system(let_in.group_id)) as session:
        wait = asking.too_often(session, str(let_in.client_id))
    if wait:
        seconds = max(int(wait.retry_after.total_seconds()), 1)
        raise TooManyRequestsException(headers={"Retry-After": str(seconds)})
