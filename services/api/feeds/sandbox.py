"""The sandbox of a feed: pulled as the feed is, by the same client, before and after its agreement is in force."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from services.api.feeds import giving
from services.api.feeds.bearer import AnyRequest, LetIn
from services.api.feeds.pulling import FromCursor, InFormat
from tenants.clients import scopes, trying
from tenants.database import walled_session
from tenants.deliveries.formats import Format
from tenants.feeds import sandbox
from tenants.feeds import trying as sandboxes
from tenants.feeds.delivering import Page
from tenants.feeds.refusals import BeginAnew
from tenants.feeds.sandbox import Sandbox


@get(
    "/sandbox/{feed:str}",
    sync_to_thread=True,
    media_type=giving.NDJSON_TYPE,
    summary="A feed of people who do not exist",
    tags=["feeds"],
)
def pull_sandbox(
    request: AnyRequest,
    feed: FromPath[str],
    let_in: NamedDependency[LetIn],
    *,
    cursor: FromCursor = None,
    limit: Annotated[int, QueryParameter(description="How many records a page has at most")] = 1_000,
    in_format: InFormat = None,
) -> Stream:
    """The same lines and cursors as of the feed itself. Each full hour, in UTC, a new epoch begins."""
    form = giving.format_of(request, in_format)
    tried = trying.PREFIX + feed
    with walled_session(let_in.acting(tried if tried in let_in.open else scopes.PREFIX + feed)) as session:
        found = sandboxes.sandbox(session, feed)
    first = sandbox.page(found, cursor, most=limit)
    if form is Format.CSV:
        return giving.as_table(request, first, {}, limit=limit)
    pages = _pages(found, first, limit)
    if form is Format.PARQUET:
        return giving.as_parquet(pages, {}, lambda page: found.fields)
    return giving.as_lines(request, pages, {})


def _pages(of: Sandbox, page: Page, most: int) -> Iterator[Page]:
    """Where a new epoch begins meanwhile it ends behind a page that says `more`, as a feed does that is shut."""
    yield page
    with suppress(BeginAnew):
        while page.more:
            page = sandbox.page(of, page.cursor, most=most)
            yield page
