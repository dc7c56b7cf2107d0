from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import PurposeKind
from tenants.base import Base, OfCompany, refers_to, words


class Objection(OfCompany, Base):
    """That a person objected to being processed for a kind of purpose (Art. 21), from when until when."""

    __tablename__ = "objections"
    __table_args__ = (
        refers_to("persons", "company_id", "person_id"),
        Index(
            "uq_objections_in_force",
            "group_id",
            "company_id",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PurposeKind] = mapped_column(words(PurposeKind), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]


class Consent(OfCompany, Base):
    """That a person consented to a kind of purpose (Art. 7); `source` says where it is shown that they did."""

    __tablename__ = "consents"
    __table_args__ = (
        refers_to("persons", "company_id", "person_id"),
        Index(
            "uq_consents_in_force",
            "group_id",
            "company_id",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PurposeKind] = mapped_column(words(PurposeKind), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]
    source: Mapped[str]
