"""One feed as its recipient sees it: what it gives, an example, how it changed, how it fares, what is asked of it."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import conditions, delivery_health
from services.api.console.counter import Counter
from services.api.forms import Form, refused
from tenants.contacts import confirming, keys, seeing, wishes
from tenants.contacts.seeing import SeenFeed
from tenants.database import walled_session
from tenants.deliveries import targets
from tenants.errors import Invalid
from tenants.feeds import reading, sandbox
from tenants.feeds.delivering import Tombstone, Upsert
from tenants.sharing import naming


class AskedChange(Struct, frozen=True):
    fields: str | list[str] = []
    reason: str = ""


class ShownField(Struct, frozen=True):
    """`example` is that of the sandbox: of nobody."""

    key: str
    label: object
    type: object
    sealed: bool
    required: bool
    example: str


@get("/feeds/{feed_id:uuid}", sync_to_thread=True)
def show_feed(
    session: NamedDependency[Session], counter: NamedDependency[Counter], feed_id: FromPath[UUID]
) -> Response[str]:
    return _page(session, counter, feed_id, Form())


@post("/feeds/{feed_id:uuid}/wishes", sync_to_thread=True)
def ask_change(
    session: NamedDependency[Session],
    counter: NamedDependency[Counter],
    feed_id: FromPath[UUID],
    data: Annotated[AskedChange, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    fields = [data.fields] if isinstance(data.fields, str) else data.fields
    try:
        wishes.ask(session, counter.here, feed_id, fields=fields, reason=data.reason)
    except Invalid as refusal:
        given = {"fields": fields, "reason": data.reason}
        return _page(session, counter, feed_id, refused(counter.language, given, refusal), status=422)
    return counter.done(counter.url("feeds", feed_id), "wish-made")


def _page(session: Session, counter: Counter, feed_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    seen = seeing.feed(session, counter.here, feed_id)
    scope = seen.given.shown
    names = naming.names(session, {seen.given.feed.company_id})
    with walled_session(counter.of_company) as own:
        target = targets.of_feed(own, feed_id)
        health = delivery_health.of_feed(own, reading.feed(own, feed_id), counter.here.contact.processor_id)
    place = {"company_id": scope.company_id, "register_id": scope.register_id}
    return counter.page(
        "console/feed.html",
        status=status,
        seen=seen,
        scope=scope,
        condition=conditions.told(counter.language, scope.condition, names, **place) if scope.condition else None,
        fields=_fields(seen),
        sample=_lines(seen),
        clients=seeing.clients(session),
        health=health,
        files=target if target and not target.disabled_at else None,
        to_confirm=confirming.count(session, counter.here),
        confirmations_url=counter.url("confirmations"),
        wishes=wishes.listed(session, feed_id=feed_id),
        choices=[(one.key, one.label, one.sealed) for one in wishes.choices(session, scope.register_id)],
        given=tuple(one.key for one in seen.fields),
        longest=keys.LONGEST_REASON,
        form=form,
        guide_url=counter.url("feeds", feed_id, "pulling"),
        wish_url=counter.url("feeds", feed_id, "wishes"),
        records=sandbox.RECORDS,
    )


def _fields(seen: SeenFeed) -> list[ShownField]:
    first = _first(seen)
    data: dict[str, object] = msgspec.json.decode(first.data)
    return [
        ShownField(one.key, one.label, one.type, one.sealed, one.required, _written(data.get(one.key)))
        for one in seen.fields
    ]


def _lines(seen: SeenFeed) -> list[str]:
    """One of each kind, as they are sent."""
    gone = sandbox.line(seen.sandbox, sandbox.RECORDS)
    return [msgspec.json.encode(one).decode() for one in (_first(seen), gone)]


def _first(seen: SeenFeed) -> Upsert:
    first = sandbox.line(seen.sandbox, 0)
    if isinstance(first, Tombstone):
        raise TypeError("The first line of a sandbox is a record")
    return first


def _written(value: object) -> str:
    return msgspec.json.encode(value).decode()
