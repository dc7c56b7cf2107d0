"""Pages on their way to a client: as lines or as Parquet page after page, or one page as a table."""

from collections.abc import Iterator, Mapping
from itertools import islice
from urllib.parse import urlencode

import msgspec
from litestar.response import Stream
from msgspec import Struct

from services.api.feeds import formats, packing
from services.api.feeds.bearer import AnyRequest
from services.api.oauth import addresses
from tenants.deliveries.formats import ColumnsOf, Format, parquet
from tenants.deliveries.tables import Table
from tenants.feeds.delivering import Page

NDJSON_TYPE = "application/x-ndjson"
CSV_TYPE = "text/csv; charset=utf-8; header=present"
PARQUET_TYPE = "application/vnd.apache.parquet"
Headers = Mapping[str, str]
# An answer ends behind so many, with `more`. The end of a Parquet file tells of each, and until then all that is in
# memory; and whoever asks for short ones has a transaction for every one of them.
MOST_PAGES = 2_000


class EndOfPage(Struct, frozen=True, tag_field="op", tag="page"):
    """Whoever has read so far goes on from `cursor`, whether the answer broke off behind it or not."""

    cursor: str
    epoch: int
    more: bool


def format_of(request: AnyRequest, asked: str | None) -> Format:
    """Raises NoSuchFormat."""
    return formats.chosen(asked, said(request, "accept"))


def as_lines(request: AnyRequest, pages: Iterator[Page], headers: Headers) -> Stream:
    return _packed(request, _told_with_ends(pages), headers, NDJSON_TYPE)


def as_table(request: AnyRequest, page: Page, headers: Headers, *, limit: int | None) -> Stream:
    """What in NDJSON the line behind a page says is in the headers."""
    places = {"Seloste-Cursor": page.cursor, "Seloste-Epoch": str(page.epoch), "Seloste-More": flag(page.more)}
    if page.more:
        asked = {"cursor": page.cursor, "format": Format.CSV} | ({"limit": limit} if limit else {})
        following = f'<{addresses.external(request.scope["path"])}?{urlencode(asked)}>; rel="next"'
        places["Link"] = ", ".join(one for one in (following, headers.get("Link", "")) if one)
    return _packed(request, iter((Table().add(page),)), {**headers, **places}, CSV_TYPE)


def as_parquet(pages: Iterator[Page], headers: Headers, columns: ColumnsOf) -> Stream:
    """All there is, packed in itself. What in NDJSON the line behind a page says is at the end of the file."""
    return Stream(_columnar(pages, columns), headers=_told(headers, PARQUET_TYPE))


def as_nothing(headers: Headers, *, status: int) -> Stream:
    """For whoever only looks: the type and no length, as where the lines follow."""
    return Stream((), status_code=status, headers=_told(headers, NDJSON_TYPE))


def said(request: AnyRequest, name: str) -> str:
    return ",".join(request.headers.getall(name, []))


def flag(value: bool) -> str:
    return "true" if value else "false"


def _packed(request: AnyRequest, parts: Iterator[bytes], headers: Headers, media_type: str) -> Stream:
    coding = packing.coding(said(request, "accept-encoding"))
    told = _told(headers, media_type)
    if coding is None:
        return Stream(parts, headers=told)
    return Stream(packing.packed(parts, coding), headers=told | {"Content-Encoding": coding})


def _told(headers: Headers, media_type: str) -> dict[str, str]:
    """The type as a header: for a stream, the one that the handler documents goes before its own."""
    return {"Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding", "Content-Type": media_type, **headers}


def _columnar(pages: Iterator[Page], columns: ColumnsOf) -> Iterator[bytes]:
    file = parquet(columns)
    for page in islice(pages, MOST_PAGES):
        yield file.add(page)
    yield file.end()


def _told_with_ends(pages: Iterator[Page]) -> Iterator[bytes]:
    """What a page says is large, and not copied for the line behind it."""
    for page in islice(pages, MOST_PAGES):
        if page.text:
            yield page.text
        yield _ENCODER.encode(EndOfPage(page.cursor, page.epoch, page.more)) + b"\n"


_ENCODER = msgspec.json.Encoder()
