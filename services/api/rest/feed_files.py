"""Feeds as files: where those of a feed go, when, and what was delivered."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from services.api.rest.steps import step
from tenants.companies.permissions import Permission, Standing
from tenants.deliveries import ordering, reading, targets
from tenants.deliveries.formats import Format
from tenants.deliveries.model import ComingForm, DeliveryState, Every, FeedDelivery, FileTarget, Place
from tenants.deliveries.targets import TheirBucket, Wanted
from tenants.feeds import reading as feeds
from tenants.outside import Unreached

TAGS = ["processors"]
Endpoint = Annotated[str, Meta(max_length=10_000, examples=["https://s3.eu-north-1.amazonaws.com"])]
Region = Annotated[str, Meta(max_length=100, examples=["eu-north-1"])]
Bucket = Annotated[str, Meta(max_length=100, examples=["esimerkkipilvi-syotteet"])]
Prefix = Annotated[str, Meta(max_length=1000, examples=["seloste/kinkerips"])]
AccessKey = Annotated[str, Meta(max_length=200, examples=["AKIAESIMERKKI"])]
SecretKey = Annotated[str, Meta(max_length=1000, examples=["salainen-avain"])]
AtOnce = Annotated[str, Meta(max_length=1000, examples=["Vastaanottaja pyysi."])]
Hour = Annotated[int, Meta(ge=0, le=23, examples=[5])]
Weekday = Annotated[int, Meta(ge=0, le=6, examples=[0])]


class GivenBucket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without a `secret_key` the one that is kept for this endpoint and access key stays."""

    endpoint: Endpoint
    region: Region
    bucket: Bucket
    access_key: AccessKey
    secret_key: SecretKey = ""
    prefix: Prefix = ""


class GivenTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`bucket` is the recipient's; without one files lie in ours. `weekday` counts from Monday, 0.

    `gzip` is for `ndjson` and `csv`; Parquet is packed in itself. Where files were delivered, another form is
    announced first, unless `at_once` says why it cannot wait; what was announced is called off by the one in use.
    """

    every: Every
    hour: Hour = 5
    weekday: Weekday = 0
    format: Format = Format.NDJSON
    gzip: bool = True
    at_once: AtOnce = ""
    bucket: GivenBucket | None = None


class OrderedDelivery(Struct, frozen=True, forbid_unknown_fields=True):
    """`anew`: from the start, with all that is in scope."""

    anew: bool = False


class BucketShown(Struct, frozen=True, kw_only=True):
    """The secret key is not told again."""

    endpoint: Endpoint
    region: Region
    bucket: Bucket
    access_key: AccessKey
    prefix: Prefix


class FormShown(Struct, frozen=True, kw_only=True):
    """What was announced."""

    format: Format
    gzip: bool
    announced_at: datetime
    takes_effect_at: datetime


class TargetShown(Struct, frozen=True, kw_only=True):
    """`hour` is that of Helsinki. `waits_for_key`: a manifest named the bucket, and no key was given since."""

    feed_id: UUID
    place: Place
    every: Every
    hour: Hour
    weekday: Weekday
    format: Format
    gzip: bool
    coming: FormShown | None
    bucket: BucketShown | None
    waits_for_key: bool
    disabled_at: datetime | None


class DeliveryShown(Struct, frozen=True, kw_only=True):
    """`status` or `reason`: why a bucket did not take a file the last time."""

    delivery_id: UUID
    state: DeliveryState
    place: Place
    format: Format
    snapshot: bool
    created_at: datetime
    ended_at: datetime | None
    files: int
    rows: int
    tombstones: int
    tries: int
    status: Annotated[int, Meta(examples=[403])] | None
    reason: Unreached | None
    fetched_at: datetime | None
    removed_at: datetime | None


class DeliveryBegun(Struct, frozen=True):
    delivery_id: UUID


@get(
    "/feeds/{feed_id:uuid}/files",
    sync_to_thread=True,
    summary="Show where the files of a feed go",
    tags=TAGS,
    responses=problems(404),
)
def show_files(
    session: NamedDependency[Session], standing: NamedDependency[Standing], feed_id: FromPath[UUID]
) -> TargetShown:
    standing.require(Permission.SEE_PROCESSORS)
    return _target(reading.target(session, feed_id))


@changing(
    "/feeds/{feed_id:uuid}/files",
    status_code=200,
    summary="Say where the files of a feed go, and when",
    tags=TAGS,
    responses=problems(404, 409),
)
def set_files(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    feed_id: FromPath[UUID],
    data: JSONBody[GivenTarget],
) -> TargetShown:
    """Another place than before begins with all that is in scope. Nothing is called yet."""
    standing.require(Permission.MANAGE_PROCESSORS)
    theirs = data.bucket
    bucket = (
        TheirBucket(theirs.endpoint, theirs.region, theirs.bucket, theirs.access_key, theirs.secret_key, theirs.prefix)
        if theirs
        else None
    )
    wanted = Wanted(data.every, data.hour, data.weekday, data.gzip, data.format, bucket)
    return _target(targets.set_target(session, feed_id, wanted, at_once=data.at_once))


@get(
    "/feeds/{feed_id:uuid}/deliveries",
    sync_to_thread=True,
    summary="List the last deliveries of a feed",
    tags=TAGS,
    responses=problems(404),
)
def list_deliveries(
    session: NamedDependency[Session], standing: NamedDependency[Standing], feed_id: FromPath[UUID]
) -> list[DeliveryShown]:
    """The newest first."""
    standing.require(Permission.SEE_PROCESSORS)
    feeds.feed(session, feed_id)
    return [_delivery(one) for one in reading.last(session, feed_id)]


@changing(
    "/feeds/{feed_id:uuid}/deliveries",
    status_code=202,
    summary="Deliver the files of a feed now",
    tags=TAGS,
    responses=problems(404, 409),
)
def deliver_now(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    feed_id: FromPath[UUID],
    data: JSONBody[OrderedDelivery],
) -> Response[DeliveryBegun]:
    """One at a time."""
    standing.require(Permission.MANAGE_PROCESSORS)
    return Response(DeliveryBegun(ordering.deliver_now(session, feed_id, anew=data.anew)), status_code=202)


_step = partial(step, of="feed_id", tags=TAGS)
_AT = "/feeds/{feed_id:uuid}/files"

STEPS = (
    _step(f"{_AT}/disabling", targets.disable, "disable_files", "Disable the delivery of a feed's files"),
    _step(f"{_AT}/enabling", targets.enable, "enable_files", "Enable the delivery of a feed's files again"),
)


def _target(row: FileTarget) -> TargetShown:
    theirs = BucketShown(
        endpoint=row.endpoint or "",
        region=row.region or "",
        bucket=row.bucket or "",
        access_key=row.access_key or "",
        prefix=row.prefix or "",
    )
    return TargetShown(
        feed_id=row.feed_id,
        place=row.place,
        every=row.every,
        hour=row.hour,
        weekday=row.weekday,
        format=row.format,
        gzip=row.gzip,
        coming=_coming(row.coming) if row.coming else None,
        bucket=theirs if row.place is Place.THEIRS else None,
        waits_for_key=row.waits_for_key,
        disabled_at=row.disabled_at,
    )


def _coming(coming: ComingForm) -> FormShown:
    return FormShown(
        format=coming.form.format,
        gzip=coming.form.gzip,
        announced_at=coming.announced_at,
        takes_effect_at=coming.takes_effect_at,
    )


def _delivery(row: FeedDelivery) -> DeliveryShown:
    return DeliveryShown(
        delivery_id=row.delivery_id,
        state=row.state,
        place=row.place,
        format=row.format,
        snapshot=row.snapshot,
        created_at=row.created_at,
        ended_at=row.ended_at,
        files=len(row.files),
        rows=row.rows,
        tombstones=row.tombstones,
        tries=row.tries,
        status=row.status,
        reason=row.reason,
        fetched_at=row.fetched_at,
        removed_at=row.removed_at,
    )
