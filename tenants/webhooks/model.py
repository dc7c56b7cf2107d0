from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, SmallInteger, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.outside import Unreached


class EventType(StrEnum):
    """What is told of. `ping` is sent by hand only, and nobody subscribes to it."""

    FEED_CHANGED = "feed.changed"
    FEED_STOPPED = "feed.stopped"
    FEED_RESUMED = "feed.resumed"
    SCOPE_CHANGED = "scope.changed"
    FILES_READY = "files.ready"
    CONFIRMATION_PENDING = "confirmation.pending"
    PING = "ping"


SUBSCRIBED = tuple(one for one in EventType if one is not EventType.PING)


class Event(Struct, frozen=True, omit_defaults=True):
    """Ids of things and numbers, never of persons: whoever reads it at the receiver's learns nothing about anybody.

    `number` is that of the last change at the time; `notification_id` and `delivery_id` are asked for by their ids.
    """

    type: EventType
    feed_id: UUID | None = None
    epoch: int | None = None
    version: int | None = None
    number: int | None = None
    notification_id: UUID | None = None
    delivery_id: UUID | None = None


class DisabledFor(StrEnum):
    """GONE: it answered 410. EXHAUSTED: message after message got no good answer for days."""

    BY_HAND = "by_hand"
    GONE = "gone"
    EXHAUSTED = "exhausted"


class SecretKind(StrEnum):
    """HMAC-SHA256 with a secret of both sides (`whsec_`); Ed25519 with ours, of which others know the public half."""

    V1 = "v1"
    V1A = "v1a"


class MessageState(StrEnum):
    """DROPPED: its endpoint was disabled before it could be sent."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class WebhookEndpoint(OfGroup, Base):
    """An address of a recipient that is told what happens under one agreement of the company `company_id`.

    `exhausted` counts messages in a row that were given up. Nothing is sent before `quiet_until`: it asked for that.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        refers_to("agreements", "company_id", "agreement_id"),
        UniqueConstraint("group_id", "company_id", "endpoint_id"),
        Index("ix_webhook_endpoints_agreement", "group_id", "agreement_id"),
    )

    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    agreement_id: Mapped[UUID]
    url: Mapped[str]
    description: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[UUID | None]
    disabled_at: Mapped[datetime | None]
    disabled_for: Mapped[DisabledFor | None] = mapped_column(words(DisabledFor))
    disabled_by: Mapped[UUID | None]
    quiet_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    exhausted: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    last_ok_at: Mapped[datetime | None]


class WebhookSecret(OfGroup, Base):
    """With which messages are signed. After a rotation the former signs beside the new one until `retires_at`."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (
        refers_to("webhook_endpoints", "company_id", "endpoint_id"),
        Index("ix_webhook_secrets_endpoint", "group_id", "endpoint_id"),
    )

    secret_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    endpoint_id: Mapped[UUID]
    company_id: Mapped[UUID]
    kind: Mapped[SecretKind] = mapped_column(words(SecretKind))
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    made_by: Mapped[UUID | None]
    retires_at: Mapped[datetime | None]


class WebhookMessage(OfGroup, Base):
    """What one endpoint is told. `tries` are those of the present round; `held_at` while nothing flows to it."""

    __tablename__ = "webhook_messages"
    __table_args__ = (
        refers_to("webhook_endpoints", "company_id", "endpoint_id"),
        UniqueConstraint("group_id", "company_id", "message_id"),
        Index("ix_webhook_messages_endpoint", "group_id", "endpoint_id", "message_id"),
        Index(
            "ix_webhook_messages_pending",
            "group_id",
            "endpoint_id",
            "type",
            postgresql_where="state = 'pending'",
        ),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    endpoint_id: Mapped[UUID]
    company_id: Mapped[UUID]
    type: Mapped[EventType] = mapped_column(words(EventType))
    event: Mapped[Event] = mapped_column(Typed(Event))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[MessageState] = mapped_column(words(MessageState), server_default=MessageState.PENDING)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    held_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class WebhookAttempt(OfGroup, Base):
    """A call and what became of it: a status, or the reason why there is none. What was answered is not kept."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        refers_to("webhook_messages", "company_id", "message_id"),
        Index("ix_webhook_attempts_message", "group_id", "message_id"),
    )

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID]
    company_id: Mapped[UUID]
    at: Mapped[datetime]
    milliseconds: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[Unreached | None] = mapped_column(words(Unreached))


class WebhookWatch(OfGroup, Base):
    """What an endpoint was last told of a feed, and up to which change it was looked whether there is more to tell."""

    __tablename__ = "webhook_watches"
    __table_args__ = (
        refers_to("webhook_endpoints", "company_id", "endpoint_id"),
        refers_to("feeds", "feed_id"),
    )

    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    giving: Mapped[bool] = mapped_column(Boolean)
