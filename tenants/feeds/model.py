from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import PurposeKind
from tenants.base import Base, OfCompany, OfGroup, Typed, new_id, refers_to, words
from tenants.languages.speaking import Text as Words
from tenants.processors.model import FlowStop
from tenants.registers.model import LegalBasis
from tenants.sharing.conditions import Condition


class ScopeState(StrEnum):
    """Where a version of a feed's scope stands. An approved one comes into force, and expires, by the clock."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REPLACED = "replaced"
    ENDED = "ended"


class AtOnce(StrEnum):
    """Why a version that gives less was not announced first.

    UNCOVERED: notice or agreement did not let the former give any more. DECIDED: the company said why.
    """

    UNCOVERED = "uncovered"
    DECIDED = "decided"


class Feed(OfGroup, Base):
    """What one company, `company_id`, gives under one agreement, whatever the version of its scope.

    `key` is its name within the company: clients ask for `feed:<key of the company>.<key>`. Whoever follows it begins
    anew with each `epoch`.
    """

    __tablename__ = "feeds"
    __table_args__ = (
        refers_to("agreements", "company_id", "agreement_id"),
        UniqueConstraint("group_id", "company_id", "key"),
        UniqueConstraint("group_id", "company_id", "agreement_id", "feed_id"),
        Index(None, "group_id", "agreement_id"),
    )

    feed_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    agreement_id: Mapped[UUID]
    key: Mapped[str]
    name: Mapped[Words] = mapped_column(Typed(Words))
    epoch: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


# A stop is known further down, where nobody knows of feeds: whoever loads it alone must not need this table.
Base.metadata.tables[FlowStop.__tablename__].append_constraint(refers_to("feeds", "feed_id"))


class FeedScope(OfGroup, Base):
    """A version of what a feed gives: fields of a register, for a purpose, of whom the condition holds.

    Sealed fields are opened only where `sealed_fields` names them. What is `bound_to_event` is never given in bulk: it
    is asked for by a record of the event register that is at most `event_days` old, and is of the same person.
    Steps are kept as the moments when they were taken; `reading.state_of` says what they amount to.

    What gives less than the version in force is announced, and approved when it takes effect, at `takes_effect_at`; or
    `at_once` says why it did not wait, and `at_once_because` in the company's words.

    From `kind` on it is what the approved version comes to, by ids: what the door looks at. `asked` are the registers
    that the condition looks into, `reads` those and the one that is given.
    """

    __tablename__ = "feed_scopes"
    __table_args__ = (
        refers_to("feeds", "company_id", "agreement_id", "feed_id"),
        refers_to("registers", "company_id", "register_id"),
        refers_to("purposes", "purpose_id"),
        refers_to("disclosure_scopes", "scope_id"),
        Index(None, "group_id", "agreement_id"),
        ForeignKeyConstraint(
            ["group_id", "company_id", "event_register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
        ),
        CheckConstraint("valid_until >= valid_from", name="ends_later"),
        CheckConstraint("(event_register_id IS NULL) = (event_days IS NULL)", name="event_and_its_age"),
        CheckConstraint("(approved_at IS NULL) = (scope_id IS NULL)", name="compiled_when_approved"),
        CheckConstraint("(announced_at IS NULL) = (takes_effect_at IS NULL)", name="announced_for_a_day"),
        CheckConstraint("(at_once = 'decided') = (at_once_because IS NOT NULL)", name="decided_for_a_reason"),
    )

    feed_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    company_id: Mapped[UUID]
    agreement_id: Mapped[UUID]
    register_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sealed_fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    condition: Mapped[Condition | None] = mapped_column(Typed(Condition))
    consent_required: Mapped[bool] = mapped_column(Boolean)
    bound_to_event: Mapped[bool] = mapped_column(Boolean)
    event_register_id: Mapped[UUID | None]
    event_days: Mapped[int | None] = mapped_column(Integer)
    legal_basis: Mapped[LegalBasis] = mapped_column(words(LegalBasis))
    balancing: Mapped[str | None]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    drafted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    drafted_by: Mapped[UUID | None]
    editors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    announced_at: Mapped[datetime | None]
    announced_by: Mapped[UUID | None]
    takes_effect_at: Mapped[datetime | None]
    at_once: Mapped[AtOnce | None] = mapped_column(words(AtOnce))
    at_once_because: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    suspended_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    kind: Mapped[PurposeKind | None] = mapped_column(words(PurposeKind))
    field_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    sealed_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    compiled: Mapped[Condition | None] = mapped_column(Typed(Condition))
    asked: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    reads: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    scope_id: Mapped[UUID | None]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]


class FeedDay(OfGroup, Base):
    """How much of a feed was given on one day (of Helsinki): pages, and the lines in them. Nobody is named.

    `pulled_at` is when the last of them was given, and `reached` the number of the change up to which it told. By a
    lookup one answer counts as a page, its records as lines.
    """

    __tablename__ = "feed_days"
    __table_args__ = (
        refers_to("feeds", "company_id", "agreement_id", "feed_id"),
        Index("ix_feed_days_agreement", "group_id", "agreement_id", "day"),
    )

    feed_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    company_id: Mapped[UUID]
    agreement_id: Mapped[UUID]
    pages: Mapped[int] = mapped_column(Integer)
    upserts: Mapped[int] = mapped_column(BigInteger)
    tombstones: Mapped[int] = mapped_column(BigInteger)
    reached: Mapped[int | None] = mapped_column(BigInteger)
    pulled_at: Mapped[datetime]


class FeedHolding(OfCompany, Base):
    """That a feed's recipient was given this record, as one of this person's. The door alone writes it.

    `gone_number` is the number of the change with which the recipient was told that the record is gone; empty while it
    holds it. No foreign keys: what was erased is told as gone.
    """

    __tablename__ = "feed_holdings"
    __table_args__ = (
        refers_to("feeds", "feed_id"),
        Index("ix_feed_holdings_person", "group_id", "company_id", "feed_id", "person_id", "record_id"),
    )

    feed_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    gone_number: Mapped[int | None] = mapped_column(BigInteger)


class FeedLookup(OfCompany, Base):
    """That a feed's recipient was given one person's data by an event, a record of theirs. The door alone writes it.

    No foreign keys to the event and the person: what was told outlives the erasure.
    """

    __tablename__ = "feed_lookups"
    __table_args__ = (
        refers_to("feeds", "feed_id"),
        refers_to("disclosure_scopes", "scope_id"),
        Index("ix_feed_lookups_event", "group_id", "company_id", "feed_id", "event_id"),
        Index("ix_feed_lookups_person", "group_id", "company_id", "person_id"),
    )

    lookup_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    feed_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    scope_id: Mapped[UUID]
    event_id: Mapped[UUID]
    person_id: Mapped[UUID]
    looked_up_at: Mapped[datetime] = mapped_column(server_default=func.now())
