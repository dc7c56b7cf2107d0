"""The files of a feed: where they go, when, and how the last deliveries went."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office import feeds_told, processors_told
from services.api.office.desk import Desk
from services.api.office.not_chosen import NotOneOfThese
from services.api.office.processors_told import PROCESSORS
from services.api.wording import said
from tenants.companies.permissions import Permission
from tenants.deliveries import ordering, reading, targets
from tenants.deliveries.formats import Format
from tenants.deliveries.model import Every, FileTarget, Place
from tenants.deliveries.model import Form as FileForm
from tenants.deliveries.refusals import NoHourOfADay
from tenants.deliveries.targets import TheirBucket, Wanted
from tenants.errors import Invalid
from tenants.feeds import noticing
from tenants.feeds import reading as feeds
from tenants.feeds.scopes import LONGEST_REASON
from tenants.languages.speaking import Language, sentence, weekday
from tenants.outside import LONGEST as LONGEST_URL
from tenants.processors import reading as agreements

SHOWN = 10
DAYS = frozenset("0123456")


class GivenFiles(Struct, frozen=True):
    """`when` is `by_hand`, `day`, or `week-0` for Mondays. `gzip` is a box: there when it is ticked."""

    place: str = Place.OURS
    when: str = Every.BY_HAND
    hour: str = "5"
    format: str = Format.NDJSON
    gzip: str = ""
    at_once: str = ""
    endpoint: str = ""
    region: str = ""
    bucket: str = ""
    prefix: str = ""
    access_key: str = ""
    secret_key: str = ""


class GivenOrder(Struct, frozen=True):
    anew: str = ""


@get("/processors/feeds/{feed_id:uuid}/files", sync_to_thread=True)
def show_files(
    session: NamedDependency[Session], desk: NamedDependency[Desk], feed_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, feed_id)


@post("/processors/feeds/{feed_id:uuid}/files", sync_to_thread=True)
def set_files(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    feed_id: FromPath[UUID],
    data: Annotated[GivenFiles, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        target = targets.set_target(session, feed_id, _wanted(data), at_once=data.at_once)
    except Invalid as refusal:
        # The secret is not sent back.
        form = refused(desk.language, to_builtins(data) | {"secret_key": ""}, refusal)
        return _page(session, desk, feed_id, form=form, status=422)
    return desk.done(_url(feed_id), "files-announced" if target.coming else "files-set")


@post("/processors/feeds/{feed_id:uuid}/deliveries", sync_to_thread=True)
def deliver_now(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    feed_id: FromPath[UUID],
    data: Annotated[GivenOrder, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    ordering.deliver_now(session, feed_id, anew=bool(data.anew))
    return desk.done(_url(feed_id), "files-ordered")


def _step(path: str, step: Callable[[Session, UUID], None], done: str) -> HTTPRouteHandler:
    @post(f"/processors/feeds/{{feed_id:uuid}}/files/{path}", sync_to_thread=True)
    def take(session: NamedDependency[Session], desk: NamedDependency[Desk], feed_id: FromPath[UUID]) -> Redirect:
        desk.require(Permission.MANAGE_PROCESSORS)
        step(session, feed_id)
        return desk.done(_url(feed_id), done)

    return take


STEPS = (
    _step("disabling", targets.disable, "files-disabled"),
    _step("enabling", targets.enable, "files-enabled"),
)


def _url(feed_id: UUID) -> str:
    return f"{feeds_told.url_of(feed_id)}/files"


def _wanted(data: GivenFiles) -> Wanted:
    """Raises NoHourOfADay, NotOneOfThese."""
    if not (data.hour.isascii() and data.hour.isdecimal()):
        raise NoHourOfADay(field="hour")
    every, _, on = data.when.partition("-")
    if every not in set(Every) or (on and on not in DAYS):
        raise NotOneOfThese(sentence("When"), field="when")
    if data.format not in set(Format):
        raise NotOneOfThese(sentence("Format"), field="format")
    theirs = TheirBucket(
        data.endpoint.strip(),
        data.region.strip(),
        data.bucket.strip(),
        data.access_key.strip(),
        data.secret_key.strip(),
        data.prefix.strip(),
    )
    return Wanted(
        every=Every(every),
        hour=int(data.hour[:3]),
        weekday=int(on or 0),
        gzip=bool(data.gzip),
        format=Format(data.format),
        bucket=theirs if data.place == Place.THEIRS else None,
    )


def _page(session: Session, desk: Desk, feed_id: UUID, *, form: Form | None = None, status: int = 200) -> Response[str]:
    found = feeds.feed(session, feed_id)
    agreed = agreements.agreement(session, found.feed.agreement_id)
    processor = processors_told.catalogue(session).ground.processors[agreed.agreement.processor_id]
    target = targets.of_feed(session, feed_id)
    return desk.page(
        "office/processors/files.html",
        status=status,
        feed=found.feed,
        processor=processor,
        target=target,
        when=_when(target) if target else None,
        deliveries=reading.last(session, feed_id, limit=SHOWN),
        form=form or Form(_values(target)),
        times=_times(desk.language),
        formats=[(str(one), said(desk.language, one)) for one in Format],
        places=[(str(one), said(desk.language, one)) for one in Place],
        notice_days=noticing.days(),
        is_given=found.feed.ended_at is None and not found.shown.bound_to_event,
        may_manage=desk.here.may(Permission.MANAGE_PROCESSORS),
        longest={
            "url": LONGEST_URL,
            "prefix": targets.LONGEST_PREFIX,
            "secret": targets.LONGEST_SECRET,
            "because": LONGEST_REASON,
        },
        url=_url(feed_id),
        feed_url=feeds_told.url_of(feed_id),
        processor_url=processors_told.url_of(agreed.agreement.processor_id),
        list_url=PROCESSORS,
    )


def _times(language: Language) -> list[tuple[str, str]]:
    weekly = said(language, Every.WEEK)
    days = [(f"{Every.WEEK}-{number}", f"{weekly}: {weekday(language, number)}") for number in range(7)]
    return [(str(one), said(language, one)) for one in (Every.BY_HAND, Every.DAY)] + days


def _when(target: FileTarget) -> str:
    return f"{Every.WEEK}-{target.weekday}" if target.every is Every.WEEK else str(target.every)


def _values(target: FileTarget | None) -> dict[str, str]:
    if target is None:
        return {}
    form = target.coming.form if target.coming else target.form
    return {
        "place": str(target.place),
        "when": _when(target),
        "hour": str(target.hour),
        "format": str(form.format),
        "gzip": "yes" if _packs(target, form) else "",
        "endpoint": target.endpoint or "",
        "region": target.region or "",
        "bucket": target.bucket or "",
        "prefix": target.prefix or "",
        "access_key": target.access_key or "",
    }


def _packs(target: FileTarget, form: FileForm) -> bool:
    """Of Parquet nobody has said it: whoever goes back to what is in use gets that as it was."""
    if form.format is not Format.PARQUET:
        return form.gzip
    return target.gzip or target.format is Format.PARQUET
