"""A feed as its client pulls it: page after page, and behind each page the place to go on from."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC
from email.utils import format_datetime
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from litestar import HttpMethod, Response, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.feeds import bearer, giving, places, waiting
from services.api.feeds.bearer import AnyRequest, LetIn
from services.api.oauth import addresses
from tenants.acting import Acting, system
from tenants.clients import failing, registering
from tenants.clients.model import FailureReason
from tenants.clients.scopes import PREFIX
from tenants.database import walled_session
from tenants.deliveries.formats import Format
from tenants.errors import Refusal
from tenants.feeds import columns, cursors, following, reading
from tenants.feeds.columns import Column
from tenants.feeds.cursors import Changes
from tenants.feeds.delivering import Page, Standing
from tenants.feeds.noticing import Coming
from tenants.feeds.refusals import BeginAnew
from tenants.notifying import confirming

FromCursor = Annotated[str | None, QueryParameter(description="From `op: page`; left out, all is read")]
Length = Annotated[int | None, QueryParameter(description="How many records a page has at most")]
InFormat = Annotated[
    str | None, QueryParameter(name="format", description="`ndjson`, `csv` or `parquet`; goes before `Accept`")
]
Patience = Annotated[
    int, QueryParameter(ge=0, le=waiting.LONGEST, description="Seconds to wait at the end of the feed for what comes")
]


class Wanted(Struct, frozen=True):
    """What a request asks for."""

    acting: Acting
    feed: str
    cursor: str | None
    limit: int | None
    format: Format


@get("/{feed:str}", media_type=giving.NDJSON_TYPE, summary="A feed from a place in it on", tags=["feeds"])
async def pull(
    request: AnyRequest,
    feed: FromPath[str],
    let_in: NamedDependency[LetIn],
    *,
    cursor: FromCursor = None,
    limit: Length = None,
    in_format: InFormat = None,
    wait: Patience = 0,
) -> Response[Any]:
    """Without a cursor all that is in scope, then what became of those who changed; with one, what is behind it.

    NDJSON and Parquet are all there is, page after page; CSV is one page, and its headers say how to go on.
    """
    form = giving.format_of(request, in_format)
    wanted = Wanted(let_in.acting(PREFIX + feed), feed, cursor, limit, form)
    if wait and cursor is not None:
        await waiting.for_changes(let_in, cursor, wait)
    return await to_thread.run_sync(_answer, request, let_in, wanted)


@route(
    "/{feed:str}",
    http_method=HttpMethod.HEAD,
    sync_to_thread=True,
    summary="Whether there is more behind a place in a feed",
    tags=["feeds"],
)
def look(request: AnyRequest, feed: FromPath[str], let_in: NamedDependency[LetIn], cursor: FromCursor = None) -> Stream:
    """Gives nothing, so nothing is noted in the ledger."""
    acting = let_in.acting(PREFIX + feed)
    opened = following.open_feed(acting, feed)
    with _told_of(let_in):
        standing = following.glance(acting, opened.feed_id, cursor, beside=_reached(cursor))
    headers = _headers(standing, opened.coming) | {"Seloste-More": giving.flag(standing.more)}
    is_known = not standing.more and _is_known(request, headers["ETag"])
    return giving.as_nothing(headers, status=304 if is_known else 200)


def _answer(request: AnyRequest, let_in: LetIn, wanted: Wanted) -> Response[Any]:
    opened = following.open_feed(wanted.acting, wanted.feed)
    made = following.pages_of(
        wanted.acting,
        opened.feed_id,
        wanted.cursor,
        most=wanted.limit,
        ahead=wanted.format is not Format.CSV,
        beside=_reached(wanted.cursor),
    )
    pages = places.kept_for(let_in.client_id, made)
    # What is refused is refused before anything is sent.
    with _told_of(let_in):
        first = next(pages)
    # It may have taken a while: of a client that was shut out meanwhile nothing leaves.
    bearer.look_once_more(let_in)
    headers = _headers(first, opened.coming)
    if wanted.cursor and not first.text and not first.more and _is_known(request, headers["ETag"]):
        return Response(b"", status_code=304, headers=headers)
    if wanted.format is Format.CSV:
        pages.close()
        return giving.as_table(request, first, headers, limit=wanted.limit)
    given = while_open(let_in, first, pages)
    if wanted.format is Format.PARQUET:
        return giving.as_parquet(given, headers, partial(_columns, wanted))
    return giving.as_lines(request, given, headers)


def _columns(wanted: Wanted, page: Page) -> Sequence[Column]:
    with walled_session(wanted.acting) as session:
        feed = reading.by_name(session, wanted.feed)
        return columns.of_version(session, feed.feed_id, page.version)


def _headers(at: Page | Standing, announced: Coming | None) -> dict[str, str]:
    """The tag says where the feed stands: whoever has read to the end and brings it is told that nothing has come."""
    headers = {"Cache-Control": "no-store", "ETag": f'W/"{at.epoch}.{at.version}.{at.last}"'}
    return headers | (_of_change(announced) if announced else {})


def _of_change(announced: Coming) -> dict[str, str]:
    """RFC 9745 and RFC 8594: as it is now, the feed is given until then."""
    page = addresses.external(f"/console/{announced.slug}/feeds/{announced.feed_id}")
    return {
        "Deprecation": f"@{int(announced.announced_at.timestamp())}",
        "Sunset": format_datetime(announced.takes_effect_at.astimezone(UTC), usegmt=True),
        "Link": f'<{page}>; rel="deprecation"; type="text/html", <{page}>; rel="sunset"; type="text/html"',
    }


def _is_known(request: AnyRequest, tag: str) -> bool:
    """By `If-None-Match`, compared weakly (RFC 9110 §13.1.2)."""
    known = [one.strip().removeprefix("W/") for one in giving.said(request, "if-none-match").split(",")]
    return tag.removeprefix("W/") in known


@contextmanager
def _told_of(let_in: LetIn) -> Iterator[None]:
    """A cursor of another feed or of another epoch is refused; those who look after the client see that it was."""
    try:
        yield
    except BeginAnew:
        with walled_session(system(let_in.group_id, company_id=let_in.company_id)) as session:
            failing.trace(session, registering.get(session, let_in.client_id), FailureReason.OTHER_CURSOR)
        raise


def _reached(cursor: str | None) -> Callable[[Session], None] | None:
    """Whoever goes on from a place among the changes has got all that was told before it: this notes so."""
    at = cursors.read(cursor) if cursor else None
    if at is None or not isinstance(at.place, Changes):
        return None
    return partial(confirming.read_past, feed_id=at.feed_id, number=at.number)


def while_open(let_in: LetIn, first: Page, others: Generator[Page]) -> Iterator[Page]:
    """A feed or a client that is shut meanwhile ends behind a page that says `more`: the next request is told why."""
    with closing(others):
        page = first
        while True:
            yield page
            if not page.more:
                return
            try:
                page = next(others)
                bearer.look_again(let_in)
            except Refusal:
                return
