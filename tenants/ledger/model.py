from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, Integer, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import PurposeKind
from tenants.base import Base, OfCompany, OfGroup, new_id, refers_to, words


class DisclosureScope(OfGroup, Base):
    """What a recipient may receive at once: fields of a register, for a purpose, under a version of what allows it.

    `company_id` gives. A scope never changes; other fields, another version or a pause make another one. It ends at
    `closed_at`, which may lie ahead. The recipient is a company of the group, and `source_id` and `source_version` are
    those of a sharing policy; or it is a processor, and they are those of a feed's scope, or of what an authority or
    somebody in an emergency was given. Until the day `secret_until` is over the person is not to be told.
    """

    __tablename__ = "disclosure_scopes"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("registers", "company_id", "register_id"),
        refers_to("purposes", "purpose_id"),
        Index("ix_disclosure_scopes_recipient", "group_id", "recipient_id"),
    )

    scope_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    register_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    kind: Mapped[PurposeKind] = mapped_column(words(PurposeKind))
    fields: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    source_id: Mapped[UUID]
    source_version: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]
    secret_until: Mapped[date | None] = mapped_column(Date)


class Disclosure(OfCompany, Base):
    """That one person's data was within a scope and received, from when until when.

    A row for each change of that, not for each reading. `until` is empty while nothing is known to have changed; a
    scope that has ended ends all of its rows. No foreign key to the person: what was told outlives the erasure.
    """

    __tablename__ = "disclosures"
    __table_args__ = (
        refers_to("disclosure_scopes", "scope_id"),
        Index(
            "uq_disclosures_going_on", "group_id", "scope_id", "person_id", unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_disclosures_person", "group_id", "company_id", "person_id"),
    )  # fmt: skip

    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID]
    until: Mapped[datetime | None]


class DisclosureBlock(OfCompany, Base):
    """That these people's data, all of it that was within a scope, was received at once, and no row says else of them.

    `record_ids` are their records, in the places of their persons; both are in order. No two blocks of a scope overlap.
    What becomes of somebody in it later is a `Disclosure` with the same `since`; a block never changes. The door alone
    writes it. No foreign keys to the people, as for disclosures.
    """

    __tablename__ = "disclosure_blocks"
    __table_args__ = (
        refers_to("disclosure_scopes", "scope_id"),
        CheckConstraint("cardinality(person_ids) = cardinality(record_ids)", name="records_of_persons"),
    )

    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_person_id: Mapped[UUID] = mapped_column(primary_key=True)
    first_person_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    since: Mapped[datetime]
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    record_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
