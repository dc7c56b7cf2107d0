from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import CheckConstraint, Date, ForeignKeyConstraint, Index, Integer, Text, UniqueConstraint, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import PurposeKind
from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.registers.model import LegalBasis
from tenants.sharing.conditions import Condition


class PolicyState(StrEnum):
    """Where a version of a policy stands. What is granted becomes active for each receiver that accepts it."""

    DRAFT = "draft"
    GRANTED = "granted"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"


class Agreement(Struct, frozen=True):
    """The document that the companies agreed on: its name, and the SHA-256 of it in hexadecimal."""

    name: str
    sha256: str


class SharingPolicy(OfGroup, Base):
    """A version of what one company shares with others. `company_id` owns the data and alone writes the policy.

    Steps are kept as the moments when they were taken; `reading.state_of` says what they amount to.
    """

    __tablename__ = "sharing_policies"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        refers_to("purposes", "purpose_id"),
        Index("ix_sharing_policies_company", "group_id", "company_id"),
    )

    policy_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    company_id: Mapped[UUID]
    recipients: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    register_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    condition: Mapped[Condition | None] = mapped_column(Typed(Condition))
    legal_basis: Mapped[LegalBasis] = mapped_column(words(LegalBasis))
    balancing: Mapped[str | None]
    agreement: Mapped[Agreement | None] = mapped_column(Typed(Agreement))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    review_on: Mapped[date | None] = mapped_column(Date)
    drafted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    drafted_by: Mapped[UUID | None]
    editors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    granted_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]
    suspended_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]


class SharingGrant(OfGroup, Base):
    """What a granted policy comes to for one receiver: what the door looks at. `company_id` gives.

    Opens nothing without the receiver's acceptance, which only the receiver can write. `reads` are the registers that
    the door must look into: the shared one and those that the condition names.
    """

    __tablename__ = "sharing_grants"
    __table_args__ = (
        ForeignKeyConstraint(
            ["group_id", "policy_id", "version"],
            ["sharing_policies.group_id", "sharing_policies.policy_id", "sharing_policies.version"],
        ),
        refers_to("disclosure_scopes", "scope_id"),
        ForeignKeyConstraint(["group_id", "recipient_id"], ["companies.group_id", "companies.company_id"]),
        UniqueConstraint("group_id", "grant_id", "recipient_id"),
        UniqueConstraint("group_id", "policy_id", "version", "recipient_id"),
        Index("ix_sharing_grants_recipient", "group_id", "recipient_id", "kind"),
        CheckConstraint("company_id <> recipient_id", name="given_to_another"),
    )

    grant_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    policy_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    register_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    kind: Mapped[PurposeKind] = mapped_column(words(PurposeKind))
    fields: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    condition: Mapped[Condition | None] = mapped_column(Typed(Condition))
    reads: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    scope_id: Mapped[UUID]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]


class SharingAcceptance(OfGroup, Base):
    """That the receiver, `company_id`, accepts a grant. The key to it that the giver does not hold."""

    __tablename__ = "sharing_acceptances"
    __table_args__ = (
        ForeignKeyConstraint(
            ["group_id", "grant_id", "company_id"],
            ["sharing_grants.group_id", "sharing_grants.grant_id", "sharing_grants.recipient_id"],
        ),
    )

    grant_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    accepted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    accepted_by: Mapped[UUID | None]
