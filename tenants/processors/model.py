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
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.companies.model import Contact
from tenants.languages.speaking import Text as Words
from tenants.registers.model import RecipientKind


class Relation(StrEnum):
    """What the other side is towards the company: decided for each agreement, not for the organisation."""

    PROCESSOR = "processor"
    INDEPENDENT_CONTROLLER = "independent_controller"
    JOINT_CONTROLLER = "joint_controller"


class Point(StrEnum):
    """Art. 28(3) (a) to (h): what a contract with a processor stipulates, in the order of the article."""

    INSTRUCTIONS = "instructions"
    CONFIDENTIALITY = "confidentiality"
    SECURITY = "security"
    SUB_PROCESSORS = "sub_processors"
    RIGHTS = "rights"
    ASSISTANCE = "assistance"
    DELETION = "deletion"
    AUDITS = "audits"


class AtEnd(StrEnum):
    """What happens to the data when the agreement ends (Art. 28(3)(g))."""

    DELETION = "deletion"
    RETURN = "return"


class TransferKind(StrEnum):
    """On what a transfer out of the EEA rests (Chapter V)."""

    ADEQUACY = "adequacy"
    PUBLIC_INSTRUMENT = "public_instrument"
    BINDING_RULES = "binding_rules"
    STANDARD_CLAUSES = "standard_clauses"
    CODE_OF_CONDUCT = "code_of_conduct"
    CERTIFICATION = "certification"
    AUTHORISED_CLAUSES = "authorised_clauses"
    DEROGATION = "derogation"


class AgreementState(StrEnum):
    """Where a version of an agreement stands. An approved one comes into force, and expires, by the clock."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REPLACED = "replaced"
    ENDED = "ended"


class ProposalState(StrEnum):
    """Where a company's proposal to change shared facts stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Document(Struct, frozen=True):
    """A document that is kept elsewhere: its name, and the SHA-256 of it in hexadecimal."""

    name: str
    sha256: str


class Checked(Struct, frozen=True, omit_defaults=True):
    """Whether the document stipulates a point of Art. 28(3), and where in it."""

    point: Point
    met: bool = False
    where: str | None = None


class Transfer(Struct, frozen=True, omit_defaults=True):
    """On what transfers to one country rest. `assessment` is the document that looked into it."""

    country: str
    kind: TransferKind
    assessment: Document | None = None


class Questionnaire(Struct, frozen=True):
    """What the other side answered about its security, and on which day."""

    document: Document
    answered_on: date


class Arrangement(Struct, frozen=True):
    """What joint controllers tell the people whose data it is (Art. 26(2)): the essence of what they have arranged
    between them, and the point where those people turn to."""

    essence: Words
    contact: str


class Description(Struct, frozen=True, kw_only=True):
    """`country` is where it is established, `countries` where it processes; `recipients` are keys of the notice."""

    key: str
    name: str
    kind: RecipientKind
    country: str
    countries: tuple[str, ...] = ()
    business_id: str | None = None
    vat_number: str | None = None
    contact: Contact = Contact()
    domain: str | None = None
    company_id: UUID | None = None
    recipients: tuple[str, ...] = ()


class Processor(OfGroup, Base):
    """An organisation that gets data of the group's companies, known once to all of them.

    `recipients` are the keys of the notice's recipients under which it stands. `company_id` is set where it is itself
    a company of the group. `country` and `countries` (ISO 3166): where it is established, and where it processes.
    """

    __tablename__ = "processors"
    __table_args__ = (
        refers_to("groups"),
        refers_to("companies", "company_id"),
        UniqueConstraint("group_id", "key"),
        UniqueConstraint("group_id", "business_id"),
        UniqueConstraint("group_id", "vat_number"),
        UniqueConstraint("group_id", "company_id"),
    )

    processor_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str]
    name: Mapped[str]
    business_id: Mapped[str | None]
    vat_number: Mapped[str | None]
    kind: Mapped[RecipientKind] = mapped_column(words(RecipientKind))
    country: Mapped[str]
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text))
    contact: Mapped[Contact] = mapped_column(Typed(Contact))
    domain: Mapped[str | None]
    company_id: Mapped[UUID | None]
    recipients: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]


class ProcessorProposal(OfGroup, Base):
    """That `company_id` proposes to change facts on which other companies rely, too, and what became of it.

    `before` is what was known of the processor when it was proposed. `answer` is why it was declined.
    """

    __tablename__ = "processor_proposals"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        CheckConstraint("num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1", name="settled_once"),
        Index(
            "uq_processor_proposals_open",
            "group_id",
            "company_id",
            "processor_id",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    proposal_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    before: Mapped[Description] = mapped_column(Typed(Description))
    proposed: Mapped[Description] = mapped_column(Typed(Description))
    reason: Mapped[str]
    proposed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    proposed_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    answer: Mapped[str | None]

    @property
    def state(self) -> ProposalState:
        if self.accepted_at is not None:
            return ProposalState.ACCEPTED
        if self.declined_at is not None:
            return ProposalState.DECLINED
        return ProposalState.WITHDRAWN if self.withdrawn_at is not None else ProposalState.OPEN


class SubProcessor(OfGroup, Base):
    """That a processor engages another (Art. 28(2), (4)): for what, where, since when, and how it was announced."""

    __tablename__ = "sub_processors"
    __table_args__ = (
        refers_to("processors", "processor_id"),
        ForeignKeyConstraint(["group_id", "sub_processor_id"], ["processors.group_id", "processors.processor_id"]),
        Index("ix_sub_processors_sub_processor", "group_id", "sub_processor_id"),
    )

    processor_id: Mapped[UUID] = mapped_column(primary_key=True)
    sub_processor_id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[Words] = mapped_column(Typed(Words))
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text))
    since: Mapped[date] = mapped_column(Date)
    announced_on: Mapped[date | None] = mapped_column(Date)
    objections_until: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None]


class SubProcessorObjection(OfGroup, Base):
    """That a company objects to a sub-processor, until it is solved. Its own alone."""

    __tablename__ = "sub_processor_objections"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("sub_processors", "processor_id", "sub_processor_id"),
        Index(
            "uq_sub_processor_objections_open",
            "group_id",
            "company_id",
            "processor_id",
            "sub_processor_id",
            unique=True,
            postgresql_where=text("solved_at IS NULL"),
        ),
    )

    objection_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    sub_processor_id: Mapped[UUID]
    reason: Mapped[str]
    objected_at: Mapped[datetime] = mapped_column(server_default=func.now())
    objected_by: Mapped[UUID | None]
    solution: Mapped[str | None]
    solved_at: Mapped[datetime | None]
    solved_by: Mapped[UUID | None]


class ProcessorVerification(OfGroup, Base):
    """Evidence that a processor was found to comply (Art. 28(1)). The whole group reads it.

    `company_id`: the company for whose agreements it stands; none where it was written down for the whole group.
    `valid_until` is the last day for which it is evidence.
    """

    __tablename__ = "processor_verifications"
    __table_args__ = (
        refers_to("processors", "processor_id"),
        refers_to("companies", "company_id"),
        Index("ix_processor_verifications_processor", "group_id", "processor_id", "verified_on"),
    )

    verification_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    processor_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    verified_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    document: Mapped[Document] = mapped_column(Typed(Document))
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]


class FlowStop(OfGroup, Base):
    """That nothing of a company flows out: to one processor, by one feed, or, where neither is named, to anybody.

    One person stops. Where the group asks for two pairs of eyes, one proposes to resume and another resumes. What is
    stopped twice flows when both stops are over. That `feed_id` is a feed, `feeds.model` says: feeds stand above.
    """

    __tablename__ = "flow_stops"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        CheckConstraint("num_nonnulls(processor_id, feed_id) <= 1", name="of_one"),
        Index("ix_flow_stops_in_force", "group_id", "company_id", postgresql_where=text("resumed_at IS NULL")),
    )

    stop_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID | None]
    feed_id: Mapped[UUID | None]
    reason: Mapped[str]
    stopped_at: Mapped[datetime] = mapped_column(server_default=func.now())
    stopped_by: Mapped[UUID | None]
    proposed_at: Mapped[datetime | None]
    proposed_by: Mapped[UUID | None]
    proposed_reason: Mapped[str | None]
    resumed_at: Mapped[datetime | None]
    resumed_by: Mapped[UUID | None]


class Agreement(OfGroup, Base):
    """What one company, `company_id`, has agreed with one processor: what feeds refer to, whatever its version.

    `key` is its name within the company. `declared`: it came from a manifest.
    """

    __tablename__ = "agreements"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        UniqueConstraint("group_id", "company_id", "key"),
        UniqueConstraint("group_id", "company_id", "agreement_id"),
        UniqueConstraint("group_id", "processor_id", "agreement_id"),
    )

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    key: Mapped[str]
    declared: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class ClosingCertificate(OfGroup, Base):
    """That the data of an agreement which is over was deleted or returned (Art. 28(3)(g)), by what document.

    `sub_processors`: those whom the processor engaged have confirmed it, too. The one with the highest number counts;
    `reason` is why it took the place of the one before.
    """

    __tablename__ = "closing_certificates"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("agreements", "company_id", "agreement_id"),
    )

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default="1")
    company_id: Mapped[UUID]
    reason: Mapped[str | None]
    document: Mapped[Document] = mapped_column(Typed(Document))
    issued_on: Mapped[date] = mapped_column(Date)
    sub_processors: Mapped[bool] = mapped_column(Boolean)
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[UUID | None]


class AgreementVersion(OfGroup, Base):
    """A version of an agreement. `registers` and `purposes` of the company are what it covers.

    Steps are kept as the moments when they were taken; `reading.state_of` says what they amount to. `replaced_on` is
    the day from which a later version holds in place of this one. `objection_stops`: while an objection to one of the
    sub-processors is in force, nothing flows under the agreement.
    """

    __tablename__ = "agreement_versions"
    __table_args__ = (
        refers_to("agreements", "company_id", "agreement_id"),
        CheckConstraint("valid_until >= valid_from", name="ends_later"),
    )

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    company_id: Mapped[UUID]
    relation: Mapped[Relation] = mapped_column(words(Relation))
    registers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    purposes: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    checklist: Mapped[list[Checked]] = mapped_column(Typed(list[Checked]))
    document: Mapped[Document | None] = mapped_column(Typed(Document))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    verify_again_on: Mapped[date | None] = mapped_column(Date)
    at_end: Mapped[AtEnd | None] = mapped_column(words(AtEnd))
    transfers: Mapped[list[Transfer]] = mapped_column(Typed(list[Transfer]))
    questionnaire: Mapped[Questionnaire | None] = mapped_column(Typed(Questionnaire))
    arrangement: Mapped[Arrangement | None] = mapped_column(Typed(Arrangement))
    objection_stops: Mapped[bool] = mapped_column(Boolean)
    drafted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    drafted_by: Mapped[UUID | None]
    editors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    replaced_on: Mapped[date | None] = mapped_column(Date)


class JointArrangement(OfGroup, Base):
    """What the notice of `company_id` tells of a joint controller: public, and as it was when it was approved."""

    __tablename__ = "joint_arrangements"
    __table_args__ = (refers_to("agreement_versions", "agreement_id", "version"), refers_to("companies", "company_id"))

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    company_id: Mapped[UUID]
    controller: Mapped[str]
    essence: Mapped[Words] = mapped_column(Typed(Words))
    contact: Mapped[str]
    shown_from: Mapped[date] = mapped_column(Date)
    shown_until: Mapped[date | None] = mapped_column(Date)


class ShownTransfer(OfGroup, Base):
    """What the notice of `company_id` tells of a transfer under one agreement: public, and without the other's name.

    Of every country for which the version names a basis; which of them lie outside the EEA is told by the day.
    `assessed`: a document shows that the basis covers the recipient.
    """

    __tablename__ = "shown_transfers"
    __table_args__ = (refers_to("agreement_versions", "agreement_id", "version"), refers_to("companies", "company_id"))

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    country: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    kind: Mapped[TransferKind] = mapped_column(words(TransferKind))
    assessed: Mapped[bool] = mapped_column(Boolean)
    registers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    shown_from: Mapped[date] = mapped_column(Date)
    shown_until: Mapped[date | None] = mapped_column(Date)
