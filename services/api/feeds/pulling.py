"""A feed as its client pulls it: lines of JSON, page after page, and behind each page the place to go on from."""

from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from services.api.feeds import packing
from services.api.feeds.bearer import AnyRequest, LetIn
from tenants.acting import Acting
from tenants.clients.scopes import PREFIX
from tenants.database import walled_session
from tenants.errors import Refusal
from tenants.feeds import cursors, following
from tenants.feeds.cursors import Changes
from tenants.feeds.delivering import Page
from tenants.notifying import confirming

MEDIA_TYPE = "application/x-ndjson"


class EndOfPage(Struct, frozen=True, tag_field="op", tag="page"):
    """Whoever has read so far goes on from `cursor`, whether the answer broke off behind it or not."""

    cursor: str
    epoch: int
    more: bool


@get("/{feed:str}", sync_to_thread=True, media_type=MEDIA_TYPE, summary="A feed from a place in it on", tags=["feeds"])
def pull(
    request: AnyRequest,
    feed: FromPath[str],
    let_in: NamedDependency[LetIn],
    cursor: Annotated[str | None, QueryParameter(description="From `op: page`; left out, all is read")] = None,
    limit: Annotated[int | None, QueryParameter(description="How many records a page has at most")] = None,
) -> Stream:
    """Without a cursor all that is in scope, then what became of those who changed; with one, what is behind it."""
    acting = let_in.acting(PREFIX + feed)
    pages = following.pages(acting, feed, cursor, most=limit)
    # What is refused is refused before anything is sent.
    first = next(pages)
    _note_reached(acting, cursor)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    lines = _lines(first, pages)
    if packing.takes_gzip(",".join(request.headers.getall("accept-encoding", []))):
        return Stream(packing.packed(lines), media_type=MEDIA_TYPE, headers=headers | {"Content-Encoding": "gzip"})
    return Stream(lines, media_type=MEDIA_TYPE, headers=headers)


def _note_reached(acting: Acting, cursor: str | None) -> None:
    """Whoever goes on from a place has got all that was told before it."""
    at = cursors.read(cursor) if cursor else None
    if at is not None and isinstance(at.place, Changes):
        with walled_session(acting) as session:
            confirming.read_past(session, at.feed_id, at.number)


def _lines(first: Page, others: Generator[Page]) -> Iterator[bytes]:
    """A feed that is shut meanwhile ends behind a page that says `more`: whoever asks again is told why."""
    with closing(others):
        try:
            for page in chain((first,), others):
                yield encoded(page)
        except Refusal:
            return


def encoded(page: Page) -> bytes:
    return page.text + _ENCODER.encode(EndOfPage(page.cursor, page.epoch, page.more)) + b"\n"


_ENCODER = msgspec.json.Encoder()
