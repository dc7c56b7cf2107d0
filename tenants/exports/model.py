from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfCompany, OfGroup, Typed, new_id, refers_to, words
from tenants.registers.model import FileKind


class ExportState(StrEnum):
    QUEUED = "queued"
    READY = "ready"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Evidence(Struct, frozen=True, omit_defaults=True):
    """What stays when an archive is gone: counts, not data."""

    files: int
    records: int
    registers: int
    withheld: int
    manifest_sha256: str


class Export(OfCompany, Base):
    """One archive for one case. Expiry destroys `wrapped_key` and the object, and keeps the rest as evidence.

    `size` and `sha256` are those of the ZIP file in clear. `level` is how surely the person was known.
    """

    __tablename__ = "exports"
    __table_args__ = (
        refers_to("persons", "company_id", "person_id"),
        UniqueConstraint("group_id", "company_id", "case_id"),
        Index(None, "group_id", "request_id"),
        Index(None, "group_id", "company_id", "expires_at"),
    )

    export_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID]
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str]
    level: Mapped[str]
    state: Mapped[ExportState] = mapped_column(words(ExportState))
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    object_key: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    evidence: Mapped[Evidence | None] = mapped_column(Typed(Evidence))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    built_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class DownloadToken(OfCompany, Base):
    """Opens one archive once, within five minutes; kept as a digest.

    It is its person's, or that of the member of staff who hands the archive over.
    """

    __tablename__ = "download_tokens"
    __table_args__ = (
        refers_to("exports", "company_id", "export_id"),
        refers_to("members", "member_id"),
        Index(None, "group_id", "company_id", "export_id"),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    export_id: Mapped[UUID]
    request_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    member_id: Mapped[UUID | None]


class Download(OfCompany, Base):
    """The receipt: this archive left at this time, and whether all of it did."""

    __tablename__ = "downloads"
    __table_args__ = (
        refers_to("exports", "company_id", "export_id"),
        refers_to("members", "member_id"),
        Index(None, "group_id", "company_id", "export_id"),
    )

    download_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    export_id: Mapped[UUID]
    request_id: Mapped[UUID]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    size: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[UUID | None]


class ExtractState(StrEnum):
    """`failed`: whoever ordered it may not have it any more, or the register has grown out of a spreadsheet."""

    QUEUED = "queued"
    BUILDING = "building"
    READY = "ready"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Extract(OfCompany, Base):
    """Some fields of all records of a register as a file, for one purpose of the register.

    Its end destroys `wrapped_key` and the object; who took what along, when and for what stays as evidence.
    """

    __tablename__ = "extracts"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        refers_to("purposes", "purpose_id"),
        ForeignKeyConstraint(["group_id", "ordered_by"], ["members.group_id", "members.member_id"]),
    )

    extract_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    register_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    kind: Mapped[FileKind] = mapped_column(words(FileKind))
    field_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    state: Mapped[ExtractState] = mapped_column(words(ExtractState))
    failure: Mapped[str | None]
    records: Mapped[int] = mapped_column(BigInteger, server_default="0", default=0)
    records_done: Mapped[int] = mapped_column(BigInteger, server_default="0", default=0)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    object_key: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    downloads: Mapped[int] = mapped_column(Integer, server_default="0", default=0)
    ordered_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    built_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SharedCopy(OfGroup, Base):
    """That a company took along as a file what a sister, `company_id`, shares of a register: then it holds a copy."""

    __tablename__ = "shared_copies"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        Index("ix_shared_copies_recipient", "group_id", "recipient_id", "register_id"),
    )

    copy_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    register_id: Mapped[UUID]
    taken_at: Mapped[datetime] = mapped_column(server_default=func.now())
