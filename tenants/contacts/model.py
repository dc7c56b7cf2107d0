from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.clients.model import Jwk


class Duty(StrEnum):
    """For what a person of a processor is there. All may do the same; the company knows whom to ask."""

    SYSTEMS = "systems"
    DATA_PROTECTION = "data_protection"
    AGREEMENTS = "agreements"


class ProcessorContact(OfGroup, Base):
    """A person of a processor who may sign in to look after what one company, `company_id`, gives it.

    Of the person nothing but the e-mail address is kept, sealed. `invitation_digest` is that of the link in the
    letter, until it is used.
    """

    __tablename__ = "processor_contacts"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        Index("ix_processor_contacts_processor", "group_id", "company_id", "processor_id"),
    )

    contact_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    duty: Mapped[Duty] = mapped_column(words(Duty))
    sealed_email: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str]
    invited_at: Mapped[datetime] = mapped_column(server_default=func.now())
    invited_by: Mapped[UUID | None]
    invitation_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    invitation_expires_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class ContactSignIn(OfGroup, Base):
    """That somebody wants to sign in. `contact_ids` are those who have the address given; none where nobody has.

    The code is made when its letter is sent, and kept as a digest.
    """

    __tablename__ = "contact_sign_ins"
    __table_args__ = (refers_to("groups"), Index("ix_contact_sign_ins_expires", "group_id", "expires_at"))

    sign_in_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    contact_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    code_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OfferedKey(OfGroup, Base):
    """A public key that a contact has brought, or the address where a client publishes its keys from now on.

    It proves nothing before the company has released it. `client_id` is empty for a first key, with which a client by
    this `name` is registered.
    """

    __tablename__ = "offered_keys"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        Index("ix_offered_keys_processor", "group_id", "company_id", "processor_id"),
        CheckConstraint("(released_at IS NULL) OR (declined_at IS NULL)", name="decided_once"),
        CheckConstraint(
            "num_nonnulls(jwks_uri, kid) = 1 AND num_nonnulls(jwks_uri, thumbprint) = 1",
            name="a_key_or_its_address",
        ),
    )

    offer_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    client_id: Mapped[UUID | None]
    name: Mapped[str]
    kid: Mapped[str | None]
    jwk: Mapped[Jwk | None] = mapped_column(Typed(Jwk))
    thumbprint: Mapped[str | None]
    jwks_uri: Mapped[str | None]
    offered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    released_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]


class LostKey(OfGroup, Base):
    """That a key in use was reported as lost: it was retired at once. `seen_at`: somebody of the company has looked."""

    __tablename__ = "lost_keys"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        refers_to("oauth_clients", "company_id", "client_id"),
        Index("ix_lost_keys_processor", "group_id", "company_id", "processor_id"),
    )

    lost_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    client_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    kid: Mapped[str]
    reported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[UUID | None]


class ScopeWish(OfGroup, Base):
    """That a contact asks for other fields of a feed, all that are wanted from then on, and why.

    Granted it becomes a draft, which goes the way of all drafts. `version` is that of the draft.
    """

    __tablename__ = "scope_wishes"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        refers_to("feeds", "feed_id"),
        Index("ix_scope_wishes_processor", "group_id", "company_id", "processor_id"),
        CheckConstraint("(granted_at IS NULL) OR (declined_at IS NULL)", name="decided_once"),
    )

    wish_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    feed_id: Mapped[UUID]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    why: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    granted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    version: Mapped[int | None] = mapped_column(Integer)
