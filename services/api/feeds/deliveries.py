"""A feed's files, as the client of its agreement fetches them: what is ready, and URLs of a few minutes."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.feeds.bearer import LetIn
from tenants.acting import client
from tenants.clients.scopes import PREFIX
from tenants.database import walled_session
from tenants.deliveries import fetching
from tenants.deliveries.model import DeliveredFile, FeedDelivery, Place
from tenants.deliveries.refusals import NoSuchDelivery
from tenants.feeds import cursors
from tenants.notifying import confirming


class DeliveryReady(Struct, frozen=True, kw_only=True):
    """`here`: its files lie in our bucket, and may be fetched until they are removed."""

    delivery_id: UUID
    feed: str
    snapshot: bool
    previous_id: UUID | None
    ready_at: datetime | None
    rows: int
    tombstones: int
    here: bool


class FileToFetch(Struct, frozen=True, kw_only=True):
    name: str
    rows: int
    tombstones: int
    bytes: int
    sha256: str
    url: str


class DeliveryToFetch(Struct, frozen=True, kw_only=True):
    """The URLs open their files for `seconds`, to whoever has them, and need no token."""

    delivery_id: UUID
    feed: str
    snapshot: bool
    previous_id: UUID | None
    ready_at: datetime | None
    seconds: int
    manifest_url: str
    files: list[FileToFetch]


@get("/deliveries", sync_to_thread=True, summary="Deliveries of files that are ready", tags=["feeds"])
def list_deliveries(let_in: NamedDependency[LetIn], after: FromQuery[UUID | None] = None) -> list[DeliveryReady]:
    """Of the feeds that the token opens; the oldest first, behind the one with the id `after`, a hundred at most."""
    found: list[DeliveryReady] = []
    for agreement_id, names in _open(let_in).items():
        with walled_session(client(let_in.group_id, agreement_id)) as session:
            _note_reached(session, names, after)
            found += [_shown(row, name) for row, name in fetching.of_client(session, names, after)]
    return sorted(found, key=lambda one: one.delivery_id)[: fetching.MOST]


@get("/deliveries/{id:uuid}", sync_to_thread=True, summary="A delivery, and URLs of its files", tags=["feeds"])
def show_delivery(let_in: NamedDependency[LetIn], id: FromPath[UUID]) -> Response[DeliveryToFetch]:
    for agreement_id, names in _open(let_in).items():
        try:
            with walled_session(client(let_in.group_id, agreement_id)) as session:
                row, name = fetching.get(session, id, names)
                told = _to_fetch(row, name, fetching.fetch(session, row))
        except NoSuchDelivery:
            continue
        return Response(told, headers={"Cache-Control": "no-store"})
    raise NoSuchDelivery


def _note_reached(session: Session, names: Collection[str], after: UUID | None) -> None:
    """Whoever goes on behind a delivery has got all that was told in it."""
    if after is None:
        return
    try:
        row, _ = fetching.get(session, after, names)
    except NoSuchDelivery:
        return
    at = cursors.read(row.cursor) if row.cursor else None
    if row.fetched_at is not None and at is not None:
        confirming.read_past(session, row.feed_id, at.number)


def _open(let_in: LetIn) -> dict[UUID, set[str]]:
    """Names of feeds by their agreements."""
    found: dict[UUID, set[str]] = {}
    for scope, agreement_id in let_in.open.items():
        found.setdefault(agreement_id, set()).add(scope.removeprefix(PREFIX))
    return found


def _shown(row: FeedDelivery, name: str) -> DeliveryReady:
    return DeliveryReady(
        delivery_id=row.delivery_id,
        feed=name,
        snapshot=row.snapshot,
        previous_id=row.previous_id,
        ready_at=row.ended_at,
        rows=row.rows,
        tombstones=row.tombstones,
        here=row.place is Place.OURS and row.removed_at is None,
    )


def _to_fetch(row: FeedDelivery, name: str, fetched: fetching.Fetched) -> DeliveryToFetch:
    return DeliveryToFetch(
        delivery_id=row.delivery_id,
        feed=name,
        snapshot=row.snapshot,
        previous_id=row.previous_id,
        ready_at=row.ended_at,
        seconds=fetching.URL_SECONDS,
        manifest_url=fetched.manifest,
        files=[_file(one, fetched.files[one.name]) for one in row.files],
    )


def _file(one: DeliveredFile, url: str) -> FileToFetch:
    return FileToFetch(
        name=one.name, rows=one.rows, tombstones=one.tombstones, bytes=one.bytes, sha256=one.sha256, url=url
    )
