from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfCompany, OfGroup, new_id, refers_to, words
from tenants.registers.model import Cause


class Way(StrEnum):
    """How a recipient is told first. Whoever reads through the door, live, is told by nature."""

    OPENDSR = "opendsr"
    FEED = "feed"
    EMAIL = "email"
    BY_HAND = "by_hand"
    LIVE = "live"


class ConfirmedBy(StrEnum):
    """How it is known that a recipient has done what it was told."""

    CLIENT = "client"
    LINK = "link"
    OPENDSR = "opendsr"
    STAFF = "staff"
    LIVE = "live"
    CONSOLE = "console"


class Excuse(StrEnum):
    """Why a recipient need not be told (Art. 19)."""

    IMPOSSIBLE = "impossible"
    DISPROPORTIONATE = "disproportionate"


class NotificationState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DECLINED = "declined"
    ESCALATED = "escalated"
    EXCUSE_PROPOSED = "excuse_proposed"
    EXCUSED = "excused"
    CONFIRMED = "confirmed"
    READS_LIVE = "reads_live"


class Notification(OfCompany, Base):
    """That one recipient is to be told of one change of one person, and what came of it. Ids only.

    A change is told by its person, its cause and the moment of its transaction. `recipient_id` is a processor, or a
    company of the group; `source` is set instead where it goes to whom wrong data came from: the key by which the
    register declares it. `number` is the last of the change's published numbers, `promised_at` when the recipient says
    that it will be done. The notes are sealed: of `excuse`
    the reasons, of `declined_at` what the recipient answered, of a confirmation by staff how it is known.
    `restricted` for good: that somebody's data is or was restricted is not for those who may not see it. No foreign
    keys to persons and records: what was erased is told.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("agreements", "company_id", "agreement_id"),
        ForeignKeyConstraint(
            ["group_id", "company_id", "letter_id"],
            ["recipient_letters.group_id", "recipient_letters.company_id", "recipient_letters.letter_id"],
        ),
        Index(
            "uq_notifications_once", "group_id", "company_id", "person_id", "changed_at", "cause",
            "recipient_id", "agreement_id", "source", unique=True, postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_notifications_open", "group_id", "company_id", "made_at", "notification_id",
            postgresql_where=text("confirmed_at IS NULL AND excuse_approved_at IS NULL"),
        ),
        Index(
            "ix_notifications_undelivered", "group_id", "agreement_id", "feed_id", "number",
            postgresql_where=text("delivered_at IS NULL"),
        ),
        Index("ix_notifications_agreement", "group_id", "agreement_id", "notification_id"),
        Index("ix_notifications_letter", "group_id", "company_id", "letter_id"),
        CheckConstraint("(recipient_id IS NULL) <> (source IS NULL)", name="to_somebody"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed_somehow"),
        CheckConstraint("(excuse IS NULL) = (excused_by IS NULL)", name="excused_by_somebody"),
        CheckConstraint("excuse_approved_by <> excused_by", name="excused_by_two"),
    )  # fmt: skip

    notification_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    cause: Mapped[Cause] = mapped_column(words(Cause))
    changed_at: Mapped[datetime]
    number: Mapped[int] = mapped_column(BigInteger)
    register_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    record_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    recipient_id: Mapped[UUID | None]
    source: Mapped[str | None]
    agreement_id: Mapped[UUID | None]
    feed_id: Mapped[UUID | None]
    way: Mapped[Way] = mapped_column(words(Way))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    letter_id: Mapped[UUID | None]
    delivered_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[ConfirmedBy | None] = mapped_column(words(ConfirmedBy))
    confirmed_member: Mapped[UUID | None]
    sealed_confirmation: Mapped[bytes | None] = mapped_column(LargeBinary)
    declined_at: Mapped[datetime | None]
    sealed_answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    reminders: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    excuse: Mapped[Excuse | None] = mapped_column(words(Excuse))
    sealed_excuse: Mapped[bytes | None] = mapped_column(LargeBinary)
    excused_by: Mapped[UUID | None]
    excused_at: Mapped[datetime | None]
    excuse_approved_by: Mapped[UUID | None]
    excuse_approved_at: Mapped[datetime | None]
    restricted: Mapped[bool] = mapped_column(Boolean, server_default="true")


class NotificationCursor(OfCompany, Base):
    """Up to which published change of the company its recipients have been found."""

    __tablename__ = "notification_cursors"
    __table_args__ = (refers_to("companies", "company_id"),)

    last: Mapped[int] = mapped_column(BigInteger, server_default="0")


class RecipientLetter(OfCompany, Base):
    """An e-mail to the contact of one agreement about some notifications; which they are, they say themselves."""

    __tablename__ = "recipient_letters"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("agreements", "company_id", "agreement_id"),
        Index("ix_recipient_letters_agreement", "group_id", "agreement_id"),
    )

    letter_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    agreement_id: Mapped[UUID]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]


class ConfirmLink(OfGroup, Base):
    """The way from an e-mail to its page: of the token only the SHA-256 is kept. Each time it is sent, a new one."""

    __tablename__ = "confirm_links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["group_id", "company_id", "letter_id"],
            ["recipient_letters.group_id", "recipient_letters.company_id", "recipient_letters.letter_id"],
        ),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    company_id: Mapped[UUID]
    letter_id: Mapped[UUID]
    agreement_id: Mapped[UUID]
    expires_at: Mapped[datetime]
