from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, LargeBinary, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.opendsr.dialects import Dialect
from tenants.opendsr.wire import Discovery, RequestStatus, RequestType


class Wanted(StrEnum):
    """What we ask of a processor: what the standard knows, and what only our extension does (Art. 7(3), 16, 18, 21)."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    WITHDRAWAL = "withdrawal"


STANDARD = frozenset(Wanted(one) for one in RequestType)


class LetIn(StrEnum):
    """How a processor's endpoint is shown who asks."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    BEARER = "bearer"
    BASIC = "basic"


class Step(StrEnum):
    """What happened to a request or an endpoint, in either direction."""

    RECEIVED = "received"
    CANCELLED = "cancelled"
    TAKEN_UP = "taken_up"
    COMPLETED = "completed"
    CONTROLLER_TOLD = "controller_told"
    RESULTS_FETCHED = "results_fetched"
    DISCOVERED = "discovered"
    ASKED = "asked"
    POLLED = "polled"
    CANCEL_ASKED = "cancel_asked"
    CALLED_BACK = "called_back"


class DsrController(OfGroup, Base):
    """An organisation for which the company acts as processor, and which asks by OpenDSR through an OAuth client.

    `registers` are those that the company keeps for it: nothing else is looked into on its behalf. Its callbacks go to
    hosts of `callback_domains` only.
    """

    __tablename__ = "opendsr_controllers"
    __table_args__ = (
        refers_to("processors", "processor_id"),
        refers_to("oauth_clients", "company_id", "client_id"),
        UniqueConstraint("group_id", "company_id", "controller_id"),
        Index(
            "uq_opendsr_controllers_client",
            "group_id",
            "client_id",
            unique=True,
            postgresql_where=text("stopped_at IS NULL"),
        ),
        Index("ix_opendsr_controllers_processor", "group_id", "processor_id"),
    )

    controller_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    client_id: Mapped[UUID]
    callback_domains: Mapped[list[str]] = mapped_column(ARRAY(Text))
    identity_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    registers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    entered_by: Mapped[UUID | None]
    stopped_at: Mapped[datetime | None]


class ReceivedRequest(OfGroup, Base):
    """What a controller asked of us. The identities are sealed, and gone when the request has ended.

    `results_digest` is that of the one secret that opens the results; `as_before`: it came on a route of OpenGDPR.
    """

    __tablename__ = "opendsr_received"
    __table_args__ = (
        refers_to("opendsr_controllers", "company_id", "controller_id"),
        UniqueConstraint("group_id", "controller_id", "subject_request_id"),
        UniqueConstraint("group_id", "company_id", "received_id"),
        Index("ix_opendsr_received_company", "group_id", "company_id", "received_at"),
    )

    received_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    controller_id: Mapped[UUID]
    subject_request_id: Mapped[UUID]
    type: Mapped[RequestType] = mapped_column(words(RequestType))
    status: Mapped[RequestStatus] = mapped_column(words(RequestStatus))
    as_before: Mapped[bool] = mapped_column(Boolean)
    submitted_at: Mapped[datetime]
    received_at: Mapped[datetime]
    expected_at: Mapped[datetime]
    callback_urls: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sealed_identities: Mapped[bytes | None] = mapped_column(LargeBinary)
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    results_count: Mapped[int | None] = mapped_column(Integer)
    results_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_results_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    results_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class DsrEndpoint(OfGroup, Base):
    """Where a processor takes requests of this company: one in use for each of the two.

    `domain` is the only one that its callbacks may come from. `issuer` ties its certificate to an authority of its own;
    without one those are trusted that the machine trusts. `declares`: the rights of our extension that it understands.
    `sealed_secret` is the token, the password, or our private key (a JWK), as `let_in` says.
    """

    __tablename__ = "opendsr_endpoints"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        UniqueConstraint("group_id", "company_id", "endpoint_id"),
        Index(
            "uq_opendsr_endpoints_processor",
            "group_id",
            "company_id",
            "processor_id",
            unique=True,
            postgresql_where=text("stopped_at IS NULL"),
        ),
    )

    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    base_url: Mapped[str]
    domain: Mapped[str]
    dialect: Mapped[Dialect] = mapped_column(words(Dialect))
    let_in: Mapped[LetIn] = mapped_column(words(LetIn))
    user_name: Mapped[str | None]
    token_url: Mapped[str | None]
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    property_id: Mapped[str | None]
    issuer: Mapped[str | None]
    declares: Mapped[list[str]] = mapped_column(ARRAY(Text))
    discovery: Mapped[Discovery | None] = mapped_column(Typed(Discovery))
    certificates: Mapped[str | None]
    discovered_at: Mapped[datetime | None]
    registered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    registered_by: Mapped[UUID | None]
    stopped_at: Mapped[datetime | None]


class SentRequest(OfGroup, Base):
    """What this company asks of a processor about one person. The identities are sealed, and gone when it has ended.

    `status` is none until the processor has taken it in; `raw_status` what it said last, where nobody knows the word.
    `callback_digest` is that of the secret in the address that the processor calls. `notification_ids` are those that
    it tells the processor: what becomes of it becomes of them. `sealed_corrected`: what the identities are now that
    were corrected.
    """

    __tablename__ = "opendsr_sent"
    __table_args__ = (
        refers_to("opendsr_endpoints", "company_id", "endpoint_id"),
        UniqueConstraint("group_id", "subject_request_id"),
        UniqueConstraint("group_id", "callback_digest"),
        Index("ix_opendsr_sent_company", "group_id", "company_id", "asked_at"),
        Index("ix_opendsr_sent_endpoint", "group_id", "endpoint_id"),
    )

    sent_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    endpoint_id: Mapped[UUID]
    subject_request_id: Mapped[UUID]
    wanted: Mapped[Wanted] = mapped_column(words(Wanted))
    person_id: Mapped[UUID | None]
    status: Mapped[RequestStatus | None] = mapped_column(words(RequestStatus))
    raw_status: Mapped[str | None]
    failure: Mapped[str | None]
    notification_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    callback_digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_callback: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_identities: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_corrected: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_results_url: Mapped[bytes | None] = mapped_column(LargeBinary)
    results_count: Mapped[int | None] = mapped_column(Integer)
    submitted_at: Mapped[datetime]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    asked_by: Mapped[UUID | None]
    taken_at: Mapped[datetime | None]
    expected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    polls: Mapped[int] = mapped_column(Integer, server_default="0")


class DsrStep(OfGroup, Base):
    """One line of the trace of a request, or of an endpoint. `outcome` is a word of ours, never of the other side."""

    __tablename__ = "opendsr_steps"
    __table_args__ = (
        refers_to("companies", "company_id"),
        Index("ix_opendsr_steps_about", "group_id", "company_id", "about_id"),
    )

    step_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    about_id: Mapped[UUID]
    step: Mapped[Step] = mapped_column(words(Step))
    outcome: Mapped[str]
    http_status: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
