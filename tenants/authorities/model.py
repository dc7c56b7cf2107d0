from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfCompany, Typed, new_id, refers_to, words


class VerifiedHow(StrEnum):
    """How the company made sure that the authority itself asks."""

    CALLED_BACK = "called_back"
    OFFICIAL_CHANNEL = "official_channel"
    SIGNED_DOCUMENT = "signed_document"
    IN_PERSON = "in_person"


class CaseState(StrEnum):
    OPEN = "open"
    REFUSED = "refused"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    DISCLOSED = "disclosed"


class Period(Struct, frozen=True):
    """Only records whose day, in this field of theirs, is one of these; one without a day is none of them."""

    field_id: UUID
    first: date
    last: date

    def holds(self, other: "Period") -> bool:
        return self.field_id == other.field_id and self.first <= other.first and other.last <= self.last


class AuthorityCase(OfCompany, Base):
    """An authority asks for data of persons. Written once by whoever took the request in; the answer stands beside it.

    `provision` is the key of one in `law.provisions`, or `provision_text` says it in own words. `sealed_asker` is who
    asked in the authority's name. Without a `period` records of all days are asked for. The persons are not to be told
    until `secret_until` is over, by `secret_provision`.
    """

    __tablename__ = "authority_cases"
    __table_args__ = (
        refers_to("processors", "recipient_id", targets=("processor_id",)),
        refers_to("registers", "company_id", "register_id"),
        refers_to("purposes", "purpose_id"),
        refers_to("members", "opened_by", targets=("member_id",)),
        CheckConstraint("provision IS NULL OR provision_text IS NULL", name="one_provision"),
        CheckConstraint("(secret_until IS NULL) = (secret_provision IS NULL)", name="secret_by_a_provision"),
        UniqueConstraint("group_id", "company_id", "case_id", "opened_by", name="uq_authority_cases_opened"),
        Index(None, "group_id", "company_id", "opened_at"),
    )

    case_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    recipient_id: Mapped[UUID]
    reference: Mapped[str]
    provision: Mapped[str | None]
    provision_text: Mapped[str | None]
    document: Mapped[str]
    document_sha256: Mapped[str | None]
    sealed_asker: Mapped[bytes] = mapped_column(LargeBinary)
    verified_how: Mapped[VerifiedHow] = mapped_column(words(VerifiedHow))
    register_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    field_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    period: Mapped[Period | None] = mapped_column(Typed(Period))
    secret_provision: Mapped[str | None]
    secret_until: Mapped[date | None] = mapped_column(Date)
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AuthorityDecision(OfCompany, Base):
    """What another decided about a case, once: refused, or these fields of these persons, which may be fewer.

    `period` is the one that holds: as it was asked for, or within it.
    """

    __tablename__ = "authority_decisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["group_id", "company_id", "case_id", "opened_by"],
            [f"authority_cases.{key}" for key in ("group_id", "company_id", "case_id", "opened_by")],
            name="fk_authority_decisions_case",
        ),
        refers_to("members", "decided_by", targets=("member_id",)),
        CheckConstraint("decided_by <> opened_by", name="by_another"),
    )

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    opened_by: Mapped[UUID]
    decided_by: Mapped[UUID]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())
    refused: Mapped[bool] = mapped_column(Boolean)
    field_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    period: Mapped[Period | None] = mapped_column(Typed(Period))
    reason: Mapped[str]


class DisclosedFile(OfCompany, Base):
    """What was given out, sealed until it is downloaded once, or its day is over. The ledger is written with it.

    `source_id` is the case of an authority or the emergency.
    """

    __tablename__ = "disclosed_files"
    __table_args__ = (
        refers_to("disclosure_scopes", "scope_id"),
        refers_to("members", "made_by", targets=("member_id",)),
        refers_to("processors", "recipient_id", targets=("processor_id",)),
        Index(None, "group_id", "company_id", "source_id"),
    )

    file_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    scope_id: Mapped[UUID]
    kind: Mapped[str]
    sealed_file: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(Integer)
    records: Mapped[int] = mapped_column(Integer)
    left_out: Mapped[int] = mapped_column(Integer)
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    made_by: Mapped[UUID]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    downloaded_at: Mapped[datetime | None]
    downloaded_by: Mapped[UUID | None]
