from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import PurposeKind
from tenants.base import Base, OfCompany, OfGroup, Typed, new_id, refers_to, words
from tenants.languages.speaking import Said
from tenants.languages.speaking import Text as Words
from tenants.vault.digests import IdentifierKind


class IdentityLevel(StrEnum):
    """How surely a person must be known before a register's data is handed out."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


class Cardinality(StrEnum):
    """How many records of a register one person has."""

    ONE = "one"
    MANY = "many"


class Origin(StrEnum):
    """Where a value comes from; portability covers provided and observed data only (WP242 rev.01)."""

    PROVIDED = "provided"
    OBSERVED = "observed"
    DERIVED = "derived"
    THIRD_PARTY = "third_party"


class LegalBasis(StrEnum):
    """Art. 6(1) (a) to (f), in the order of the article."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTEREST = "vital_interest"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


class SpecialCondition(StrEnum):
    """Art. 9(2) (a) to (j), in the order of the article."""

    EXPLICIT_CONSENT = "explicit_consent"
    EMPLOYMENT = "employment"
    VITAL_INTEREST = "vital_interest"
    NOT_FOR_PROFIT = "not_for_profit"
    MADE_PUBLIC = "made_public"
    LEGAL_CLAIMS = "legal_claims"
    PUBLIC_INTEREST = "public_interest"
    HEALTH_CARE = "health_care"
    PUBLIC_HEALTH = "public_health"
    RESEARCH = "research"


class RetentionClass(StrEnum):
    """What decides how long a field's values are kept, where it is not the register's own retention time."""

    CONSENT = "consent"
    CONTRACT = "contract"
    ACCOUNTING_VOUCHERS = "accounting_vouchers"
    ACCOUNTING_BOOKS = "accounting_books"
    LEGAL_CLAIMS = "legal_claims"


class FieldType(StrEnum):
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    NUMBER = "number"
    BOOLEAN = "boolean"
    HETU = "hetu"
    IBAN = "iban"
    BUSINESS_ID = "business_id"
    POSTAL_CODE = "postal_code"


class Retention(Struct, frozen=True, omit_defaults=True):
    """As the notice states it; `months` only where it gives a number."""

    text: Words
    months: int | None = None


class RecipientKind(StrEnum):
    """What kind of recipient a notice names, and of which kind a processor is."""

    GROUP_COMPANY = "group_company"
    ICT_PROVIDER = "ict_provider"
    DATA_PROVIDER = "data_provider"
    CREDIT_INFORMATION = "credit_information"
    COLLECTION = "collection"
    ACCOUNTING = "accounting"
    PAYMENT = "payment"
    TRANSPORT = "transport"
    SUPPLIER = "supplier"
    DISTRIBUTION_PARTNER = "distribution_partner"
    ADVERTISING = "advertising"
    WEB_ANALYTICS = "web_analytics"
    OTHER_PARTNER = "other_partner"
    AUTHORITY = "authority"


class Recipient(Struct, frozen=True, omit_defaults=True):
    """Who else gets the data: a category, or a name where one is known; what the notice leaves out is None.

    `in_group`: the category is that of the group's own companies. `key` is how the manifest calls it; what was written
    before that was kept has none until a manifest is applied anew.
    """

    category: Words
    name: str | None = None
    purpose: Words | None = None
    outside_eea: bool | None = None
    in_group: bool = False
    key: str | None = None


class FieldRule(Struct, frozen=True, omit_defaults=True):
    """When a field may have a value: for which kinds of purpose, and beside which other field of the same record.

    For any other purpose the value stays shut, but for a request of the person's own (Art. 15).
    """

    kinds: tuple[PurposeKind, ...]
    beside: str | None = None


class Register(OfGroup, Base):
    """A filing system (Art. 4(6)) of one company, as its notice describes it."""

    __tablename__ = "registers"
    __table_args__ = (
        refers_to("companies", "company_id"),
        UniqueConstraint("group_id", "company_id", "key"),
        UniqueConstraint("group_id", "company_id", "register_id"),
    )

    register_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    key: Mapped[str]
    name: Mapped[Words] = mapped_column(Typed(Words))
    identity_level: Mapped[IdentityLevel] = mapped_column(words(IdentityLevel))
    cardinality: Mapped[Cardinality] = mapped_column(words(Cardinality))
    data_subjects: Mapped[Words | None] = mapped_column(Typed(Words))
    retention: Mapped[Retention | None] = mapped_column(Typed(Retention))
    sources: Mapped[list[Words]] = mapped_column(Typed(list[Words]))
    # The keys of `sources`, in their order. Empty where none is declared: then a source is told in words.
    source_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    recipients: Mapped[list[Recipient]] = mapped_column(Typed(list[Recipient]))
    corrections_kept_days: Mapped[int | None] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]


class Field(OfGroup, Base):
    """A field of a register; `field_id` never changes, records are keyed by it."""

    __tablename__ = "fields"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        UniqueConstraint("group_id", "register_id", "key"),
    )

    field_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    register_id: Mapped[UUID]
    key: Mapped[str]
    label: Mapped[Words] = mapped_column(Typed(Words))
    category: Mapped[Words] = mapped_column(Typed(Words))
    type: Mapped[FieldType] = mapped_column(words(FieldType))
    identifier: Mapped[IdentifierKind | None] = mapped_column(words(IdentifierKind))
    origin: Mapped[Origin] = mapped_column(words(Origin))
    sealed: Mapped[bool] = mapped_column(Boolean)
    required: Mapped[bool] = mapped_column(Boolean)
    record_key: Mapped[bool] = mapped_column(Boolean)
    rule: Mapped[FieldRule | None] = mapped_column(Typed(FieldRule))
    retention_class: Mapped[RetentionClass | None] = mapped_column(words(RetentionClass))
    dpv: Mapped[str | None]
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    position: Mapped[int] = mapped_column(Integer)
    retired_at: Mapped[datetime | None]


class RegisterDepartment(OfGroup, Base):
    """A department whose members open this register; a register that is bound to none is open to all who may."""

    __tablename__ = "register_departments"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        refers_to("departments", "company_id", "department_id"),
        Index(None, "group_id", "company_id"),
    )

    register_id: Mapped[UUID] = mapped_column(primary_key=True)
    department_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    bound_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Purpose(OfGroup, Base):
    """Why a register is kept. `legal_basis` is empty where the notice is silent; `special` is for Art. 9 data."""

    __tablename__ = "purposes"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        UniqueConstraint("group_id", "register_id", "key"),
    )

    purpose_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    register_id: Mapped[UUID]
    key: Mapped[str]
    kind: Mapped[PurposeKind] = mapped_column(words(PurposeKind))
    legal_basis: Mapped[LegalBasis | None] = mapped_column(words(LegalBasis))
    special: Mapped[SpecialCondition | None] = mapped_column(words(SpecialCondition))
    label: Mapped[Words] = mapped_column(Typed(Words))
    position: Mapped[int] = mapped_column(Integer)
    retired_at: Mapped[datetime | None]


class PaperPlace(OfGroup, Base):
    """Where the manual material of a register lies (P67, P68). The holder of its key is a role, never a person."""

    __tablename__ = "paper_places"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        UniqueConstraint("group_id", "register_id", "key"),
        UniqueConstraint("group_id", "company_id", "place_id"),
    )

    place_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    register_id: Mapped[UUID]
    key: Mapped[str]
    place: Mapped[Words] = mapped_column(Typed(Words))
    lock: Mapped[Words] = mapped_column(Typed(Words))
    key_holder: Mapped[Words] = mapped_column(Typed(Words))
    position: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]


class Attestation(OfGroup, Base):
    """That somebody of the company went and saw a place of paper as it is declared. Never changed."""

    __tablename__ = "attestations"
    __table_args__ = (
        refers_to("paper_places", "company_id", "place_id"),
        ForeignKeyConstraint(["group_id", "attested_by"], ["members.group_id", "members.member_id"]),
        Index(None, "group_id", "place_id", "attested_at"),
    )

    attestation_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    place_id: Mapped[UUID]
    attested_by: Mapped[UUID]
    attested_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Person(OfCompany, Base):
    """A data subject of one company. A sister company's customer is another person."""

    __tablename__ = "persons"
    __table_args__ = (refers_to("companies", "company_id"),)

    person_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    restricted: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Provenance(Struct, frozen=True, omit_defaults=True):
    """Whence and when values came. `values` names the fields whose provenance differs from the record's.

    `declared` is the key of the source as the register declares it, `source` the same in words, or more exactly.
    `notice` is the version of the group's declarations that was in force then.
    """

    source: str
    at: datetime
    import_id: UUID | None = None
    declared: str | None = None
    notice: int | None = None
    values: dict[str, "Provenance"] = {}


class Record(OfCompany, Base):
    """One person's data in one register. `data` maps field ids to values; sealed values are base64 ciphertext."""

    __tablename__ = "records"
    __table_args__ = (
        refers_to("registers", "company_id", "register_id"),
        refers_to("persons", "company_id", "person_id"),
        # Ends in the row's own id, so that a person's many records are read page by page without a sort.
        Index(None, "group_id", "company_id", "person_id", "register_id", "record_id"),
        Index("ix_records_register", "group_id", "register_id", "person_id", "record_id"),
        Index(
            None,
            "group_id",
            "company_id",
            "register_id",
            "record_key",
            unique=True,
            postgresql_where=text("record_key IS NOT NULL"),
        ),
        Index("ix_records_restricted", "group_id", "company_id", "register_id", postgresql_where=text("restricted")),
    )

    record_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    register_id: Mapped[UUID]
    person_id: Mapped[UUID]
    record_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    data: Mapped[dict[str, object]] = mapped_column(JSONB)
    provenance: Mapped[Provenance] = mapped_column(Typed(Provenance))
    restricted: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Correction(OfCompany, Base):
    """What the values of a record were before staff corrected them, sealed with the reason; gone after `kept_until`."""

    __tablename__ = "corrections"
    __table_args__ = (
        refers_to("persons", "company_id", "person_id"),
        refers_to("records", "company_id", "record_id"),
        refers_to("registers", "company_id", "register_id"),
        Index(None, "group_id", "company_id", "person_id"),
        Index(None, "group_id", "company_id", "record_id", "correction_id"),
        Index(None, "group_id", "company_id", "kept_until"),
    )

    correction_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    record_id: Mapped[UUID]
    register_id: Mapped[UUID]
    sealed_before: Mapped[bytes] = mapped_column(LargeBinary)
    source: Mapped[str]
    declared_source: Mapped[str | None]
    # Whence the wrong values came that are of a third party's making, as the register declares it.
    wrong_from: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    corrected_by: Mapped[UUID | None]
    corrected_at: Mapped[datetime] = mapped_column(server_default=func.now())
    kept_until: Mapped[datetime]
    restricted: Mapped[bool] = mapped_column(Boolean, server_default="false")


class RestrictionGround(StrEnum):
    """Art. 18(1)(a) to (d), in the order of the article."""

    ACCURACY_CONTESTED = "accuracy_contested"
    UNLAWFUL = "unlawful"
    LEGAL_CLAIMS = "legal_claims"
    OBJECTION_PENDING = "objection_pending"


class RestrictionState(StrEnum):
    """While it is being lifted it is still in force: the person is told first (Art. 18(3))."""

    IN_FORCE = "in_force"
    BEING_LIFTED = "being_lifted"
    LIFTED = "lifted"


class Restriction(OfCompany, Base):
    """A restriction on a person, or on one record where there is a `record_id`.

    `sealed_notice` waits to be sent and is destroyed then. The row itself is `restricted` for good: that somebody's
    data is or was restricted is not for those who may not see it. No foreign key to the record: it may be erased since.
    """

    __tablename__ = "restrictions"
    __table_args__ = (
        refers_to("persons", "company_id", "person_id"),
        Index(None, "group_id", "company_id", "person_id"),
        CheckConstraint("state <> 'lifted' OR told_at IS NOT NULL", name="told_first"),
    )

    restriction_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    record_id: Mapped[UUID | None]
    state: Mapped[RestrictionState] = mapped_column(words(RestrictionState))
    ground: Mapped[RestrictionGround] = mapped_column(words(RestrictionGround))
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    placed_by: Mapped[UUID | None]
    placed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    review_on: Mapped[date] = mapped_column(Date)
    language: Mapped[str | None]
    on_paper: Mapped[bool] = mapped_column(Boolean, server_default="false")
    sealed_notice: Mapped[bytes | None] = mapped_column(LargeBinary)
    told_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    restricted: Mapped[bool] = mapped_column(Boolean, server_default="true")


class Identifier(OfCompany, Base):
    """By which a person is found: a keyed digest of an e-mail address, a customer number and the like."""

    __tablename__ = "identifiers"
    __table_args__ = (
        refers_to("persons", "company_id", "person_id"),
        Index(None, "group_id", "company_id", "person_id"),
    )

    kind: Mapped[IdentifierKind] = mapped_column(words(IdentifierKind), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_version: Mapped[int] = mapped_column(Integer)
    restricted: Mapped[bool] = mapped_column(Boolean, server_default="false")


class FileKind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"


class FileForm(Struct, frozen=True, omit_defaults=True):
    """How a file is written, as it was found or chosen; only text has an encoding, only CSV a separator."""

    kind: FileKind
    encoding: str = ""
    separator: str = ""


class Choice(Struct, frozen=True, omit_defaults=True):
    """What somebody chose where it was not as it was found.

    `columns` is a field's key for every column; an empty one leaves the column out, None is a column without a name.
    `names` says it of some columns by their names; the others are recognised.
    """

    encoding: str | None = None
    separator: str | None = None
    names: dict[str, str] = {}
    columns: list[str | None] | None = None


class ImportState(StrEnum):
    """`unmapped`: somebody must say which column is which field. `paused`: half written, until somebody goes on."""

    RECEIVED = "received"
    CHECKING = "checking"
    UNMAPPED = "unmapped"
    CHECKED = "checked"
    WRITING = "writing"
    PAUSED = "paused"
    DONE = "done"
    REFUSED = "refused"


class Import(OfCompany, Base):
    """A file on its way into a register; the file itself is a sealed object until the import ends.

    `sealed_head` (its first rows) and `sealed_examples` (what would change) are gone then, too. `matched_by` are the
    identifiers that say whom a row is about; none are all of them.
    """

    __tablename__ = "imports"
    __table_args__ = (refers_to("registers", "company_id", "register_id"),)

    import_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    register_id: Mapped[UUID]
    state: Mapped[ImportState] = mapped_column(words(ImportState))
    source: Mapped[str]
    declared_source: Mapped[str | None]
    notice: Mapped[int | None] = mapped_column(Integer)
    keep_good: Mapped[bool] = mapped_column(Boolean, server_default="false")
    object_key: Mapped[str | None]
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(Integer, server_default="0")
    named: Mapped[FileKind | None] = mapped_column(words(FileKind))
    form: Mapped[FileForm | None] = mapped_column(Typed(FileForm))
    choice: Mapped[Choice | None] = mapped_column(Typed(Choice))
    matched_by: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    columns: Mapped[list[str | None]] = mapped_column(Typed(list[str | None]))
    sealed_head: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_examples: Mapped[bytes | None] = mapped_column(LargeBinary)
    records_new: Mapped[int] = mapped_column(Integer, server_default="0", default=0)
    records_changed: Mapped[int] = mapped_column(Integer, server_default="0", default=0)
    records_same: Mapped[int] = mapped_column(Integer, server_default="0", default=0)
    rows_checked: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_bad: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_written: Mapped[int] = mapped_column(Integer, server_default="0")
    persons_new: Mapped[int] = mapped_column(Integer, server_default="0")
    cursor: Mapped[int] = mapped_column(Integer, server_default="0")
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class ImportMapping(OfCompany, Base):
    """Which column was said to be which field, for files with the same columns. `fields` is by the names' digests."""

    __tablename__ = "import_mappings"
    __table_args__ = (refers_to("registers", "company_id", "register_id"),)

    register_id: Mapped[UUID] = mapped_column(primary_key=True)
    header_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    fields: Mapped[dict[str, str]] = mapped_column(JSONB)
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ImportFault(OfCompany, Base):
    """Why one row of a file was refused: the line, the field and the reason, never the value.

    `said` are the names that the reason speaks of.
    """

    __tablename__ = "import_faults"
    __table_args__ = (refers_to("imports", "company_id", "import_id"),)

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    column: Mapped[int] = mapped_column(Integer, primary_key=True)
    field: Mapped[str | None]
    reason: Mapped[str]
    said: Mapped[dict[str, Said]] = mapped_column(Typed(dict[str, Said]), server_default="{}", default=dict)


class ChangeKind(StrEnum):
    """Two persons that are one human became one, or one that is two became two."""

    MERGE = "merge"
    SPLIT = "split"


class PersonChange(OfCompany, Base):
    """A merge or a split of persons. In a merge `other_id` came to be held as `kept_id`; in a split it is the new one.

    `sealed_moved` says what was moved and changed, so that undoing it restores just that. No foreign keys: what was
    once whose is to be known for as long as the ledger is, whatever becomes of the persons.
    """

    __tablename__ = "person_changes"
    __table_args__ = (
        Index(None, "group_id", "company_id", "kept_id"),
        Index(None, "group_id", "company_id", "other_id"),
        CheckConstraint("kept_id <> other_id", name="of_two"),
    )

    change_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ChangeKind] = mapped_column(words(ChangeKind))
    kept_id: Mapped[UUID]
    other_id: Mapped[UUID]
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_moved: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
    sealed_undo_reason: Mapped[bytes | None] = mapped_column(LargeBinary)

    @property
    def is_one(self) -> bool:
        """Whether the two are held as one person now."""
        return (self.kind is ChangeKind.MERGE) is (self.undone_at is None)


class Distinction(OfCompany, Base):
    """Two persons of whom somebody knows that they are two people, whatever they share. `one_id` is the smaller id.

    No foreign keys, as for changes.
    """

    __tablename__ = "distinctions"
    __table_args__ = (
        Index(
            "uq_distinctions_in_force",
            "group_id",
            "company_id",
            "one_id",
            "other_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index(None, "group_id", "company_id", "other_id"),
        CheckConstraint("one_id <> other_id", name="of_two"),
    )

    distinction_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    one_id: Mapped[UUID]
    other_id: Mapped[UUID]
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    made_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
    sealed_undo_reason: Mapped[bytes | None] = mapped_column(LargeBinary)


class Cause(StrEnum):
    """Why what is kept of a person is not what it was for whoever received it."""

    WRITTEN = "written"
    CORRECTED = "corrected"
    RESTRICTED = "restricted"
    RESTRICTION_LIFTED = "restriction_lifted"
    CONSENTED = "consented"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    OBJECTION_LIFTED = "objection_lifted"
    MERGED = "merged"
    SPLIT = "split"
    ERASED = "erased"
    RETENTION = "retention"


class Change(OfCompany, Base):
    """That one statement changed what is kept of these persons: in these of their records, or in all of them.

    `record_ids` is empty, or has the record of each of `person_ids` in the same place. `number` is that of the last
    of them in the company's row of published changes; the others have those before it, in their order. No foreign
    keys: what was changed is told after it was erased.
    """

    __tablename__ = "changes"
    __table_args__ = (
        Index(
            "uq_changes_number", "group_id", "company_id", "number", unique=True,
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index(
            "ix_changes_unpublished", "group_id", "company_id", "change_id", postgresql_where=text("number IS NULL")
        ),
        CheckConstraint("cardinality(person_ids) > 0", name="of_somebody"),
        CheckConstraint("cardinality(record_ids) IN (0, cardinality(person_ids))", name="records_of_persons"),
    )  # fmt: skip

    change_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    cause: Mapped[Cause] = mapped_column(words(Cause))
    register_id: Mapped[UUID | None]
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    record_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    number: Mapped[int | None] = mapped_column(BigInteger)


class ErasureGround(StrEnum):
    """Art. 17(1)(a) to (f), in the order of the article; and that the time for which the notice keeps it is over."""

    NOT_NEEDED = "not_needed"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OBJECTED = "objected"
    UNLAWFUL = "unlawful"
    LEGAL_DUTY = "legal_duty"
    OF_A_CHILD = "of_a_child"
    RETENTION_ENDED = "retention_ended"


class Erasure(OfCompany, Base):
    """That records of a person were erased from one register: ids, the ground and a sealed reason, and no more.

    `sealed_known` is by what the person was known in them: only until the recipients have been found that are asked
    to erase by it. No foreign keys: it outlives what was erased.
    """

    __tablename__ = "erasures"
    __table_args__ = (Index(None, "group_id", "company_id", "person_id"),)

    erasure_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    register_id: Mapped[UUID]
    record_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    ground: Mapped[ErasureGround] = mapped_column(words(ErasureGround))
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_known: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_by: Mapped[UUID | None]
    erased_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ChangeCounter(OfCompany, Base):
    """The number of the last published change of a company. Whoever publishes holds the row."""

    __tablename__ = "change_counters"
    __table_args__ = (refers_to("companies", "company_id"),)

    last: Mapped[int] = mapped_column(BigInteger, server_default="0")
