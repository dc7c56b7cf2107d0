from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Index, Integer, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
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
    """A person of staff, known by the subject their identity provider gives them."""

    __tablename__ = "members"
    __table_args__ = (refers_to("groups"), UniqueConstraint("group_id", "issuer", "subject"))

    member_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deactivated_at: Mapped[datetime | None]


class Assignment(OfGroup, Base):
    """A member's role at one company, or group-wide where `company_id` is empty."""

    __tablename__ = "assignments"
    __table_args__ = (
        refers_to("members", "member_id"),
        refers_to("companies", "company_id"),
        UniqueConstraint("group_id", "member_id", "company_id", "role", postgresql_nulls_not_distinct=True),
    )

    assignment_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    role: Mapped[Role] = mapped_column(words(Role))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


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


class IdentityProvider(OfGroup, Base):
    """The OpenID provider at which a group's staff sign in."""

    __tablename__ = "identity_providers"
    __table_args__ = (refers_to("groups"), UniqueConstraint("group_id", "issuer", "client_id"))

    provider_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str]
    client_id: Mapped[str]
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    acr_values: Mapped[list[str]] = mapped_column(ARRAY(Text))
    required_amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
