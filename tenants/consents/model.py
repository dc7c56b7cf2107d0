from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from tenants.acting import PurposeKind
from tenants.base import Base, OfCompany, refers_to, words


class Period(OfCompany, Base):
    """What a person said of a kind of purpose, from when until when; at most one of a kind holds at a time."""

    __abstract__ = True

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PurposeKind] = mapped_column(words(PurposeKind), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]
    taken_over_by: Mapped[UUID | None]
    """The merge or split of persons that brought it from one to the other; undone, it goes."""

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        in_force = ("group_id", "company_id", "person_id", "kind")
        name, holds = f"uq_{cls.__tablename__}_in_force", text("until IS NULL")
        return (
            refers_to("persons", "company_id", "person_id"),
            Index(name, *in_force, unique=True, postgresql_where=holds),
        )


class Objection(Period):
    """That a person objected to being processed for a kind of purpose (Art. 21)."""

    __tablename__ = "objections"


class Consent(Period):
    """That a person consented to a kind of purpose (Art. 7); `source` says where it is shown that they did."""

    __tablename__ = "consents"

    source: Mapped[str]
