"""Pages on their way to a client: as lines page after page, or one page as a table, packed as the request takes it."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import msgspec
from litestar.response import Stream
from msgspec import Struct

from services.api.feeds import formats, packing, tables
from services.api.feeds.bearer import AnyRequest
from services.api.feeds.formats import Format
from services.api.oauth import addresses
from tenants.feeds.delivering import Page

NDJSON_TYPE = "application/x-ndjson"
CSV_TYPE = "text/csv; charset=utf-8; header=present"
Headers = Mapping[str, str]


class EndOfPage(Struct, frozen=True, tag_field="op", tag="page"):
    """Whoever has read so far goes on from `cursor`, whether the answer broke off behind it or not."""

    cursor: str
    epoch: int
    more: bool


def format_of(request: AnyRequest, asked: str | None) -> Format:
    """Raises NoSuchFormat."""
    return formats.chosen(asked, said(request, "accept"))


def as_lines(request: AnyRequest, pages: Iterator[Page], headers: Headers) -> Stream:
    return _packed(request, (_encoded(page) for page in pages), headers, NDJSON_TYPE)


def as_table(request: AnyRequest, page: Page, headers: Headers, *, limit: int | None) -> Stream:
    """What in NDJSON the line behind a page says is in the headers."""
    places = {"Seloste-Cursor": page.cursor, "Seloste-Epoch": str(page.epoch), "Seloste-More": flag(page.more)}
    if page.more:
        asked = {"cursor": page.cursor, "format": Format.CSV} | ({"limit": limit} if limit else {})
        places["Link"] = f'<{addresses.external(request.scope["path"])}?{urlencode(asked)}>; rel="next"'
    return _packed(request, iter((tables.table(page),)), {**headers, **places}, CSV_TYPE)


def said(request: AnyRequest, name: str) -> str:
    return ",".join(request.headers.getall(name, []))


def flag(value: bool) -> str:
    return "true" if value else "false"


def _packed(request: AnyRequest, parts: Iterator[bytes], headers: Headers, media_type: str) -> Stream:
    coding = packing.coding(said(request, "accept-encoding"))
    # The type as a header: for a stream, the one that the handler documents goes before its own.
    told = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding", "Content-Type": media_type, **headers}
    if coding is None:
        return Stream(parts, headers=told)
    return Stream(packing.packed(parts, coding), headers=told | {"Content-Encoding": coding})


def _encoded(page: Page) -> bytes:
    return page.text + _ENCODER.encode(EndOfPage(page.cursor, page.epoch, page.more)) + b"\n"


_ENCODER = msgspec.json.Encoder()
