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
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import Actor, PurposeKind
from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.languages.speaking import Text as Words


class Approval(StrEnum):
    """Who answers a verified request that fits one person without doubt."""

    STAFF = "staff"
    AUTOMATIC = "automatic"


class Role(StrEnum):
    GROUP_ADMIN = "group_admin"
    COMPANY_ADMIN = "company_admin"
    REGISTER_OWNER = "register_owner"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    REQUEST_HANDLER = "request_handler"
    CUSTOMER_CARE = "customer_care"
    MAINTENANCE = "maintenance"
    AUDITOR = "auditor"


class Contact(Struct, frozen=True, omit_defaults=True):
    """How a controller is reached: roles and generic addresses, never a person's own."""

    role: Words | None = None
    address: str | None = None
    visiting_address: str | None = None
    phone: str | None = None
    email: str | None = None
    web: str | None = None


class Company(OfGroup, Base):
    """A controller (rekisterinpitäjä) of the group. `key` is its name in manifests and URLs."""

    __tablename__ = "companies"
    __table_args__ = (refers_to("groups"), UniqueConstraint("group_id", "key"), UniqueConstraint("group_id", "prefix"))

    company_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str]
    name: Mapped[str]
    business_id: Mapped[str | None]
    prefix: Mapped[str]
    contact: Mapped[Contact] = mapped_column(Typed(Contact))
    rights_contact: Mapped[Contact | None] = mapped_column(Typed(Contact))
    approval: Mapped[Approval] = mapped_column(words(Approval))
    archive_days: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]

    @property
    def answers(self) -> Contact:
        """Where requests about rights go."""
        return self.rights_contact or self.contact


class Member(OfGroup, Base):
    """A person of staff, known by the subject their identity provider gives them.

    `brought_by` is the company whose administrator added the account; empty where somebody did for the whole group.
    """

    __tablename__ = "members"
    __table_args__ = (
        refers_to("groups"),
        refers_to("staff_contracts", "contract_id"),
        ForeignKeyConstraint(("group_id", "brought_by"), ["companies.group_id", "companies.company_id"]),
        UniqueConstraint("group_id", "issuer", "subject"),
    )

    member_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    contract_id: Mapped[UUID | None]
    brought_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deactivated_at: Mapped[datetime | None]


class StaffContract(OfGroup, Base):
    """A processor's contract with one company, to which accounts of the processor's people are tied (Art. 28)."""

    __tablename__ = "staff_contracts"
    __table_args__ = (refers_to("companies", "company_id"), UniqueConstraint("group_id", "company_id", "reference"))

    contract_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor: Mapped[str]
    reference: Mapped[str]
    ends_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class Assignment(OfGroup, Base):
    """A member's role at one company, or group-wide where `company_id` is empty.

    `provider_id` names the identity provider whose claims gave it; empty where an administrator did.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        refers_to("members", "member_id"),
        refers_to("companies", "company_id"),
        refers_to("identity_providers", "provider_id"),
        UniqueConstraint("group_id", "member_id", "company_id", "role", postgresql_nulls_not_distinct=True),
    )

    assignment_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    role: Mapped[Role] = mapped_column(words(Role))
    provider_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ProposedRole(OfGroup, Base):
    """A role that one administrator has given and another has yet to confirm. It opens nothing."""

    __tablename__ = "proposed_roles"
    __table_args__ = (
        refers_to("members", "member_id"),
        refers_to("companies", "company_id"),
        ForeignKeyConstraint(("group_id", "proposed_by"), ["members.group_id", "members.member_id"]),
        UniqueConstraint("group_id", "member_id", "company_id", "role", postgresql_nulls_not_distinct=True),
        CheckConstraint("proposed_by <> member_id", name="by_another"),
    )

    proposal_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    role: Mapped[Role] = mapped_column(words(Role))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Commitment(OfGroup, Base):
    """A version of the confidentiality commitment. The newest is in force; no version is ever changed."""

    __tablename__ = "commitments"
    __table_args__ = (refers_to("groups"),)

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    text: Mapped[Words] = mapped_column(Typed(Words))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CommitmentSignature(OfGroup, Base):
    """Who signed which version, in which language; `digest` is the SHA-256 of the text that was shown."""

    __tablename__ = "commitment_signatures"
    __table_args__ = (refers_to("members", "member_id"), refers_to("commitments", "version"))

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    language: Mapped[str]
    digest: Mapped[bytes]
    signed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Department(OfGroup, Base):
    """A unit of a company, to which registers may be bound. `declared`: the manifest says it, and which registers."""

    __tablename__ = "departments"
    __table_args__ = (
        refers_to("companies", "company_id"),
        UniqueConstraint("group_id", "company_id", "key"),
        UniqueConstraint("group_id", "company_id", "department_id"),
    )

    department_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    key: Mapped[str]
    name: Mapped[Words] = mapped_column(Typed(Words))
    declared: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]


class DepartmentMember(OfGroup, Base):
    """A member of staff who works in a department."""

    __tablename__ = "department_members"
    __table_args__ = (refers_to("departments", "department_id"), refers_to("members", "member_id"))

    department_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


# A grant answers exactly what was asked: for whom, at which company, for which purpose.
ASKED = ("group_id", "ask_id", "member_id", "company_id", "purpose")


class MaintenanceAsk(OfGroup, Base):
    """Somebody asks to look into a company's data for one fault, until a certain time."""

    __tablename__ = "maintenance_asks"
    __table_args__ = (
        refers_to("members", "member_id"),
        refers_to("companies", "company_id"),
        UniqueConstraint(*ASKED, name="uq_maintenance_asks_ask"),
        Index(None, "group_id", "company_id", "asked_at"),
        CheckConstraint("ends_at > asked_at", name="ends_later"),
        CheckConstraint("purpose IN ('storage', 'customer_care')", name="purpose_of_maintenance"),
    )

    ask_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID]
    purpose: Mapped[PurposeKind] = mapped_column(words(PurposeKind))
    ticket: Mapped[str]
    reason: Mapped[str]
    ends_at: Mapped[datetime]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MaintenanceGrant(OfGroup, Base):
    """What somebody else of the company answered. It opens until `ends_at`, or until it was ended; a refusal never."""

    __tablename__ = "maintenance_grants"
    __table_args__ = (
        ForeignKeyConstraint(ASKED, [f"maintenance_asks.{key}" for key in ASKED], name="fk_maintenance_grants_ask"),
        ForeignKeyConstraint(("group_id", "granted_by"), ["members.group_id", "members.member_id"]),
        Index(None, "group_id", "member_id", "ends_at"),
        CheckConstraint("granted_by <> member_id", name="by_another"),
    )

    ask_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID]
    purpose: Mapped[PurposeKind] = mapped_column(words(PurposeKind))
    refused: Mapped[bool] = mapped_column(Boolean)
    granted_by: Mapped[UUID]
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class EmergencyGround(StrEnum):
    """What is protected: vital interests (Art. 6(1)(d)), or property (Art. 6(1)(f))."""

    LIFE_OR_HEALTH = "life_or_health"
    PROPERTY = "property"


class Emergency(OfGroup, Base):
    """Registers that somebody asks to open, in their own name, to protect life, health or property (P54).

    It opens nothing before another has confirmed it. `recipient_id` is the processor to whom data may be given.
    """

    __tablename__ = "emergencies"
    __table_args__ = (
        refers_to("members", "asked_by", targets=("member_id",)),
        refers_to("companies", "company_id"),
        UniqueConstraint("group_id", "company_id", "emergency_id", "asked_by", name="uq_emergencies_asked"),
        Index(None, "group_id", "company_id", "asked_at"),
        CheckConstraint("minutes BETWEEN 5 AND 4320", name="lasts_three_days_at_most"),
    )

    emergency_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ground: Mapped[EmergencyGround] = mapped_column(words(EmergencyGround))
    reason: Mapped[str]
    minutes: Mapped[int] = mapped_column(Integer)
    register_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    recipient_id: Mapped[UUID | None]


class EmergencyAnswer(OfGroup, Base):
    """What another answered. It opens until `ends_at`, or until it was ended; what was read is reported and reviewed.

    `report` is what the audit says was done under it, as ids and counts.
    """

    __tablename__ = "emergency_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["group_id", "company_id", "emergency_id", "asked_by"],
            [f"emergencies.{key}" for key in ("group_id", "company_id", "emergency_id", "asked_by")],
            name="fk_emergency_answers_asked",
        ),
        refers_to("members", "answered_by", targets=("member_id",)),
        Index(None, "group_id", "asked_by", "ends_at"),
        CheckConstraint("answered_by <> asked_by", name="by_another"),
        CheckConstraint("reviewed_by NOT IN (asked_by, answered_by)", name="reviewed_by_a_third"),
        CheckConstraint("ends_at <= answered_at + interval '72 hours'", name="ends_within_three_days"),
    )

    emergency_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    asked_by: Mapped[UUID]
    answered_by: Mapped[UUID]
    answered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    refused: Mapped[bool] = mapped_column(Boolean)
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    report: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB)
    reported_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]
    review: Mapped[str | None]


class Campaign(OfGroup, Base):
    """Every role at a company is confirmed anew until a day, or taken away; without a company, the group-wide ones."""

    __tablename__ = "certification_campaigns"
    __table_args__ = (
        refers_to("companies", "company_id"),
        Index(
            "uq_certification_campaigns_open",
            "group_id",
            "company_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql_text("closed_at IS NULL"),
        ),
    )

    campaign_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID | None]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_on: Mapped[date] = mapped_column(Date)
    told_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Verdict(StrEnum):
    KEPT = "kept"
    REVOKED = "revoked"
    LAPSED = "lapsed"


class Certification(OfGroup, Base):
    """One role within a campaign. What nobody decided lapses on the campaign's day."""

    __tablename__ = "certifications"
    __table_args__ = (
        refers_to("certification_campaigns", "campaign_id"),
        refers_to("members", "member_id"),
        CheckConstraint("decided_by <> member_id", name="by_another"),
    )

    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(words(Role))
    verdict: Mapped[Verdict | None] = mapped_column(words(Verdict))
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]


class ApiToken(OfGroup, Base):
    """A member's token for /api/v1, bound to one company and purpose; kept as a digest."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        refers_to("members", "member_id"),
        refers_to("companies", "company_id"),
        UniqueConstraint("group_id", "digest"),
    )

    token_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    purpose: Mapped[PurposeKind | None] = mapped_column(words(PurposeKind))
    label: Mapped[str]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class GivenAnswer(OfGroup, Base):
    """What a program was answered, under the key that it gave its request. `answer_id` is made of the key."""

    __tablename__ = "given_answers"
    __table_args__ = (refers_to("groups"), refers_to("companies", "company_id"), Index(None, "group_id", "given_at"))

    answer_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID | None]
    actor: Mapped[Actor] = mapped_column(words(Actor))
    actor_id: Mapped[UUID | None]
    sealed_answer: Mapped[bytes]
    given_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ClaimRule(OfGroup, Base):
    """Whoever signs in at this provider with this value of this claim holds this role, and as long as that is so."""

    __tablename__ = "claim_rules"
    __table_args__ = (
        refers_to("identity_providers", "provider_id"),
        refers_to("companies", "company_id"),
        UniqueConstraint(
            "group_id",
            "provider_id",
            "claim",
            "value",
            "role",
            "company_id",
            name="uq_claim_rules_said",
            postgresql_nulls_not_distinct=True,
        ),
    )

    rule_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[UUID]
    claim: Mapped[str]
    value: Mapped[str]
    role: Mapped[Role] = mapped_column(words(Role))
    company_id: Mapped[UUID | None]


class IdentityProvider(OfGroup, Base):
    """An OpenID provider at which a group's staff sign in; `label` tells several apart."""

    __tablename__ = "identity_providers"
    __table_args__ = (refers_to("groups"), UniqueConstraint("group_id", "issuer", "client_id"))

    provider_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str]
    client_id: Mapped[str]
    label: Mapped[str | None]
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    acr_values: Mapped[list[str]] = mapped_column(ARRAY(Text))
    required_amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
