from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Boolean, CheckConstraint, Index, Integer, LargeBinary, SmallInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.deliveries.formats import Format
from tenants.outside import Unreached


class Place(StrEnum):
    """OURS: our own bucket, from which the recipient fetches. THEIRS: a bucket of the recipient's."""

    OURS = "ours"
    THEIRS = "theirs"


class Every(StrEnum):
    """When a delivery begins by itself."""

    DAY = "day"
    WEEK = "week"
    BY_HAND = "by_hand"


class DeliveryState(StrEnum):
    """READY: its manifest is written; without one nothing of it counts. STOPPED: its feed was stopped meanwhile."""

    RUNNING = "running"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"


class DeliveredFile(Struct, frozen=True):
    """`rows` are upserts and tombstones, `sha256` is that of the bytes as they lie in the bucket."""

    name: str
    rows: int
    tombstones: int
    bytes: int
    sha256: str


class Form(Struct, frozen=True):
    """What files are written as."""

    format: Format
    gzip: bool


class ComingForm(Struct, frozen=True):
    """Another form that was announced, and when files come in it."""

    form: Form
    announced_at: datetime
    takes_effect_at: datetime


def form_of(format: Format, *, gzip: bool) -> Form:
    """Parquet is packed in itself."""
    return Form(format, gzip and format is not Format.PARQUET)


class FileTarget(OfGroup, Base):
    """Where the files of one feed go, and as what. `weekday` is 0 on Mondays; `hour` is that of Helsinki.

    What was delivered before `anew_at` went elsewhere: what comes next begins with all that is in scope.
    `at_once_because`: why the last change of the form was not announced.
    """

    __tablename__ = "feed_file_targets"
    __table_args__ = (
        refers_to("feeds", "company_id", "agreement_id", "feed_id"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour_of_a_day"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="day_of_a_week"),
        CheckConstraint("place = 'theirs' OR sealed_secret IS NULL", name="ours_has_no_key"),
    )

    feed_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    agreement_id: Mapped[UUID]
    place: Mapped[Place] = mapped_column(words(Place))
    every: Mapped[Every] = mapped_column(words(Every))
    hour: Mapped[int] = mapped_column(SmallInteger)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    format: Mapped[Format] = mapped_column(words(Format), server_default=Format.NDJSON)
    gzip: Mapped[bool] = mapped_column(Boolean)
    coming: Mapped[ComingForm | None] = mapped_column(Typed(ComingForm))
    at_once_because: Mapped[str | None]
    endpoint: Mapped[str | None]
    region: Mapped[str | None]
    bucket: Mapped[str | None]
    prefix: Mapped[str | None]
    access_key: Mapped[str | None]
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    set_by: Mapped[UUID | None]
    anew_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[UUID | None]

    @property
    def form(self) -> Form:
        return form_of(self.format, gzip=self.gzip)

    @property
    def waits_for_key(self) -> bool:
        """Whether a file named the recipient's bucket, and nobody has said since by which key it is opened."""
        return self.place is Place.THEIRS and self.sealed_secret is None


class FeedDelivery(OfGroup, Base):
    """A feed from a place in it to its end, as files with a manifest behind them.

    `cursor` is how far the files reach that lie there. From `sealed_at` on all of them do, and only the manifest is
    missing: it follows from this row. `snapshot` begins with all that is in scope. `coming` is what was announced
    when it was sealed.
    """

    __tablename__ = "feed_deliveries"
    __table_args__ = (
        refers_to("feeds", "company_id", "agreement_id", "feed_id"),
        Index("ix_feed_deliveries_feed", "group_id", "feed_id", "delivery_id"),
        Index("ix_feed_deliveries_agreement", "group_id", "agreement_id", "delivery_id"),
        Index("uq_feed_deliveries_running", "group_id", "feed_id", unique=True, postgresql_where="state = 'running'"),
    )

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    agreement_id: Mapped[UUID]
    feed_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    place: Mapped[Place] = mapped_column(words(Place))
    format: Mapped[Format] = mapped_column(words(Format), server_default=Format.NDJSON)
    gzip: Mapped[bool] = mapped_column(Boolean)
    coming: Mapped[ComingForm | None] = mapped_column(Typed(ComingForm))
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState), server_default=DeliveryState.RUNNING)
    snapshot: Mapped[bool] = mapped_column(Boolean)
    previous_id: Mapped[UUID | None]
    cursor_from: Mapped[str | None]
    cursor: Mapped[str | None]
    epoch: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int | None] = mapped_column(Integer)
    agreement_version: Mapped[int | None] = mapped_column(Integer)
    files: Mapped[list[DeliveredFile]] = mapped_column(Typed(list[DeliveredFile]))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[UUID | None]
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sealed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    status: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[Unreached | None] = mapped_column(words(Unreached))
    fetched_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.files)

    @property
    def tombstones(self) -> int:
        return sum(one.tombstones for one in self.files)
