from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import Actor
from tenants.base import Base, OfCompany, OfGroup, Typed, new_id, refers_to, words
from tenants.registers.model import IdentityLevel


class Channel(StrEnum):
    """How a request came. Any channel, any wording."""

    PORTAL = "portal"
    LETTER = "letter"
    PHONE = "phone"
    COUNTER = "counter"
    EMAIL = "email"


class Right(StrEnum):
    """What is asked: Art. 15, Art. 20."""

    ACCESS = "access"
    PORTABILITY = "portability"


class RequestState(StrEnum):
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Request(OfGroup, Base):
    """What a person sent to the group. Sealed; readable by its subject and the system only.

    `sealed_asker` (an `Asker`) and `sealed_words` are under the group's key; `company_ids` are the controllers
    addressed; `verified_by` is the member of staff who checked the identity, if it was not a code.
    """

    __tablename__ = "requests"
    __table_args__ = (refers_to("groups"), Index(None, "group_id", "state", "received_at"))

    request_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str]
    company_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    sealed_asker: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[RequestState] = mapped_column(words(RequestState))
    received_at: Mapped[datetime]
    identity_asked_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    level: Mapped[IdentityLevel] = mapped_column(words(IdentityLevel))
    ended_at: Mapped[datetime | None]
    entered_by: Mapped[UUID | None]
    verified_by: Mapped[UUID | None]


class Verification(OfGroup, Base):
    """One code sent to the address of a request: kept as a digest, single-use, short-lived."""

    __tablename__ = "verifications"
    __table_args__ = (refers_to("requests", "request_id"), Index(None, "group_id", "request_id", "sent_at"))

    verification_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID]
    code_digest: Mapped[bytes] = mapped_column(LargeBinary)
    sent_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    used_at: Mapped[datetime | None]
    session_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    session_expires_at: Mapped[datetime | None]


class RateCount(OfGroup, Base):
    """How often something was done within one window, by a keyed digest of who did it."""

    __tablename__ = "rate_counts"
    __table_args__ = (refers_to("groups"), Index(None, "group_id", "window_start"))

    key_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class CaseState(StrEnum):
    AWAITING_IDENTITY = "awaiting_identity"
    NEEDS_STAFF = "needs_staff"
    AWAITING_DECISION = "awaiting_decision"
    REFUSAL_PROPOSED = "refusal_proposed"
    BUILDING = "building"
    HANDING_OVER = "handing_over"
    TO_BE_POSTED = "to_be_posted"
    ANSWERED = "answered"
    NO_DATA = "no_data"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


OPEN_STATES = frozenset(
    {
        CaseState.AWAITING_IDENTITY,
        CaseState.NEEDS_STAFF,
        CaseState.AWAITING_DECISION,
        CaseState.REFUSAL_PROPOSED,
        CaseState.BUILDING,
        CaseState.HANDING_OVER,
        CaseState.TO_BE_POSTED,
    }
)


class Case(OfCompany, Base):
    """One controller's side of a request: its own clock, decision and letters, inside its own walls.

    Whoever is written to on paper is answered when the answer is posted: until then a case that was decided is
    TO_BE_POSTED, and open. `due_on` steers; it is the earlier of the dates with and without the pause for identity
    (Art. 12(3)).
    `refusal_ground` and `sealed_reason` are those of a refusal, of one that was proposed by `proposed_by`, or of one
    that was given back with the words in `sealed_return`.
    """

    __tablename__ = "cases"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("requests", "request_id"),
        UniqueConstraint("group_id", "company_id", "number"),
        UniqueConstraint("group_id", "request_id", "company_id"),
        Index(None, "group_id", "company_id", "state", "due_on"),
        Index(None, "group_id", "company_id", "person_id"),
        # Art. 12(5): what the controller must be able to demonstrate is not for one to decide alone.
        CheckConstraint(
            "state NOT IN ('to_be_posted', 'refused') OR refusal_ground NOT IN ('manifestly_unfounded', 'excessive')"
            " OR (proposed_by IS NOT NULL AND decided_by IS NOT NULL AND proposed_by <> decided_by)",
            name="refused_by_two",
        ),
    )

    case_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID]
    number: Mapped[str]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str]
    state: Mapped[CaseState] = mapped_column(words(CaseState))
    level: Mapped[IdentityLevel] = mapped_column(words(IdentityLevel))
    received_at: Mapped[datetime]
    received_on: Mapped[date]
    identity_asked_on: Mapped[date | None]
    verified_at: Mapped[datetime | None]
    due_on: Mapped[date]
    due_unsuspended_on: Mapped[date]
    due_suspended_on: Mapped[date]
    latest_on: Mapped[date]
    rule_version: Mapped[str]
    holiday_version: Mapped[str]
    person_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    proposed_at: Mapped[datetime | None]
    proposed_by: Mapped[UUID | None]
    refusal_ground: Mapped[str | None]
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_return: Mapped[bytes | None] = mapped_column(LargeBinary)
    closed_at: Mapped[datetime | None]
    sealed_asker: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)


class CaseNumber(OfCompany, Base):
    """The counter behind display numbers: one a company and year."""

    __tablename__ = "case_numbers"
    __table_args__ = (refers_to("companies", "company_id"),)

    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class CaseMatch(OfCompany, Base):
    """A person whom the request's identifier fits. Several mean that none is verified."""

    __tablename__ = "case_matches"
    __table_args__ = (
        refers_to("cases", "company_id", "case_id"),
        refers_to("persons", "company_id", "person_id"),
        Index(None, "group_id", "company_id", "person_id"),
    )

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    chosen: Mapped[bool] = mapped_column(Boolean, server_default="false")


class CaseFinding(OfCompany, Base):
    """What one register holds of the person: counts only. `withheld` says why it is not handed out."""

    __tablename__ = "case_findings"
    __table_args__ = (refers_to("cases", "company_id", "case_id"), refers_to("registers", "company_id", "register_id"))

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    register_id: Mapped[UUID] = mapped_column(primary_key=True)
    records: Mapped[int] = mapped_column(Integer)
    fields: Mapped[int] = mapped_column(Integer)
    withheld: Mapped[IdentityLevel | None] = mapped_column(words(IdentityLevel))


class CaseEventKind(StrEnum):
    RECEIVED = "received"
    ENTERED = "entered"
    CODE_SENT = "code_sent"
    VERIFIED = "verified"
    IDENTITY_CHECKED = "identity_checked"
    MATCHED = "matched"
    SEVERAL_FIT = "several_fit"
    PERSON_CHOSEN = "person_chosen"
    NOTHING_FOUND = "nothing_found"
    GATHERED = "gathered"
    APPROVED = "approved"
    REFUSAL_PROPOSED = "refusal_proposed"
    REFUSAL_RETURNED = "refusal_returned"
    REFUSED = "refused"
    ARCHIVE_READY = "archive_ready"
    LINK_ASKED = "link_asked"
    DOWNLOADED = "downloaded"
    ARCHIVE_EXPIRED = "archive_expired"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    LETTER_SENT = "letter_sent"
    LETTER_POSTED = "letter_posted"
    HANDED_OVER = "handed_over"


class CaseEvent(OfCompany, Base):
    """The timeline of a case."""

    __tablename__ = "case_events"
    __table_args__ = (
        refers_to("cases", "company_id", "case_id"),
        Index(None, "group_id", "company_id", "case_id", "at"),
        Index(None, "group_id", "request_id", "at"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID]
    request_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    kind: Mapped[CaseEventKind] = mapped_column(words(CaseEventKind))
    actor: Mapped[Actor] = mapped_column(words(Actor))
    actor_id: Mapped[UUID | None]
    figures: Mapped[dict[str, int | str]] = mapped_column(Typed(dict[str, int | str]))


class LetterKind(StrEnum):
    CODE = "code"
    IDENTITY = "identity"
    REMINDER = "reminder"
    ACKNOWLEDGEMENT = "acknowledgement"
    ARCHIVE_READY = "archive_ready"
    NO_DATA = "no_data"
    REFUSAL = "refusal"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Letter(OfGroup, Base):
    """A letter to the person: sealed until it is sent, then only the fact remains.

    One `on_paper` waits for the staff of its company to print and post it; `sent_by` is who did.
    """

    __tablename__ = "letters"
    __table_args__ = (
        refers_to("requests", "request_id"),
        refers_to("companies", "company_id"),
        Index(None, "group_id", "request_id"),
        Index("ix_letters_to_post", "group_id", "company_id", postgresql_where=text("on_paper AND sent_at IS NULL")),
        CheckConstraint("company_id IS NOT NULL OR NOT on_paper", name="on_paper_of_a_company"),
    )

    letter_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None]
    kind: Mapped[LetterKind] = mapped_column(words(LetterKind))
    language: Mapped[str]
    on_paper: Mapped[bool] = mapped_column(Boolean, server_default="false")
    sealed_content: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[UUID | None]
