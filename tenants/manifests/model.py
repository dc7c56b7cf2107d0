"""What a manifest says about one group. Lists of things with a `key`; things name each other by key.

A register is declared once for all the companies that keep it (`kept_by`): each of them keeps its own.
Where a notice is silent, or says what the law does not allow, nothing is invented: a `gap` tells it.
"""

import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tenants.acting import PurposeKind
from tenants.companies.model import Approval
from tenants.deliveries.formats import Format
from tenants.deliveries.model import Every
from tenants.languages.speaking import Language, Text
from tenants.processors.model import AtEnd, Point, Relation, TransferKind
from tenants.registers.model import (
    Cardinality,
    FieldType,
    IdentityLevel,
    LegalBasis,
    Origin,
    RecipientKind,
    RetentionClass,
    SpecialCondition,
)
from tenants.vault.digests import IdentifierKind

# Where a pattern must end: `$` would let a line break through at the end.
_END = r"(?![\s\S])"
KEY = "^[a-z][a-z0-9_-]{0,39}" + _END
PREFIX = "^[A-Z]{2,4}" + _END
DOMAIN = "^([a-z0-9åäö]([a-z0-9åäö-]*[a-z0-9åäö])?[.])+[a-z]{2,}" + _END
BUSINESS_ID = "^[0-9]{7}-[0-9]" + _END
DPV = "^(dpv|pd):[A-Z][A-Za-z0-9]{0,79}" + _END
ABOUT = "^[a-z][a-z0-9_-]*([.][a-z][a-z0-9_-]*)*" + _END
COUNTRY = "^[A-Z]{2}" + _END
VAT_NUMBER = "^[A-Z]{2}[0-9A-Z+*]{2,12}" + _END
SHA256 = "^[0-9a-f]{64}" + _END
ONE_LINE = r"^(?![\s\S]*[\r\n])"

MOST_FIELDS = 500

Key = Annotated[str, Meta(pattern=KEY, examples=["customers"])]
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
Phone = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=ONE_LINE,
        description="In the international form, as in +358 20 123 4567",
        extra_json_schema={"format": "phone"},
    ),
]
Email = Annotated[str, Meta(max_length=200, pattern=ONE_LINE, extra_json_schema={"format": "email"})]


Country = Annotated[str, Meta(pattern=COUNTRY, description="Two letters, as in ISO 3166", examples=["FI"])]


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Rule(StrEnum):
    """Why something is a gap: a defect that a notice may have, or a choice made here because the notice makes none."""

    REPEALED_LAW = "N01"
    NO_CONTACT = "N02"
    DEAD_CONTACT = "N03"
    PLACEHOLDER = "N04"
    NO_RETENTION = "N05"
    NO_BASIS = "N06"
    FORM_DEMANDED = "N07"
    CONSENT_BUNDLED = "N08"
    OPT_OUT_PUBLICATION = "N09"
    NOT_ANONYMOUS = "N10"
    COOKIES_BY_BROWSER = "N11"
    RIGHTS_MISSING = "N12"
    REGISTER_UNDECLARED = "N13"
    OBJECTION_NARROWED = "N14"
    RECIPIENTS_UNNAMED = "N15"
    TRANSFERS_OPEN = "N16"
    ROLES_UNSTATED = "N17"
    DECISION = "decision"


class Gap(Declared, frozen=True, kw_only=True):
    """What the notice does not say, or must not say."""

    rule: Annotated[Rule, Meta(description="N01 to N17 as in the rules for notices, or `decision`")]
    about: Annotated[
        str,
        Meta(
            description="The field here that the gap is about, as in `retention.months`",
            pattern=ABOUT,
        ),
    ]
    says: Annotated[Text, Meta(description="What the notice says or leaves out, in our own words")]
    proposal: Annotated[Text | None, Meta(description="What it could say")] = None


class DeclaredContact(Declared, frozen=True, kw_only=True):
    """A role and its public addresses, never a person or a person's own number."""

    role: Annotated[Text | None, Meta(description="Who answers: a role, such as customer service")] = None
    address: Annotated[Line | None, Meta(description="Postal address on one line")] = None
    visiting_address: Line | None = None
    phone: Phone | None = None
    email: Email | None = None
    web: Annotated[str, Meta(pattern=DOMAIN, examples=["example.fi"])] | None = None


class DeclaredGroup(Declared, frozen=True, kw_only=True):
    slug: Annotated[str, Meta(pattern=KEY, description="The group's name in addresses: /g/{slug}")]
    name: Line
    languages: Annotated[tuple[Language, ...], Meta(min_length=1, extra_json_schema={"uniqueItems": True})]
    default_language: Language
    four_eyes: Annotated[
        bool,
        Meta(
            description="Whoever had a hand in a draft (sharing policy, register, agreement, feed) does not approve it,"
            " and a flow that was stopped is resumed by another than who proposes it"
        ),
    ] = False
    roles_by_two: Annotated[
        bool, Meta(description="A role that one administrator gives takes effect when another has confirmed it")
    ] = False
    maintenance_hours: Annotated[
        int, Meta(ge=1, le=72, description="Hours that a maintenance access to personal data lasts at most")
    ] = 8
    certify_months: Annotated[
        int, Meta(ge=1, le=60, description="Months after which the roles of staff are confirmed anew, or end")
    ] = 12
    commitment: Annotated[
        Text | None,
        Meta(
            description="The confidentiality commitment of staff, in the group's own words; new words are signed anew"
        ),
    ] = None
    contact: Annotated[DeclaredContact | None, Meta(description="The contact of every company that gives none")] = None


class DeclaredDepartment(Declared, frozen=True, kw_only=True):
    """A unit of a company. Who works in it is said in the office."""

    key: Key
    name: Text
    registers: Annotated[
        tuple[Key, ...],
        Meta(
            description="Registers of the company that open to this unit, and to no others unless they are named too",
            extra_json_schema={"uniqueItems": True},
        ),
    ] = ()


class DeclaredDocument(Declared, frozen=True, kw_only=True):
    """A document that is kept elsewhere."""

    name: Line
    sha256: Annotated[str, Meta(pattern=SHA256, description="The SHA-256 of the document, in hexadecimal")]


class CoveredRegister(Declared, frozen=True, kw_only=True):
    """A register of the company, and the purposes of it that an agreement covers."""

    register: Key
    purposes: Annotated[tuple[Key, ...], Meta(min_length=1, extra_json_schema={"uniqueItems": True})]


class DeclaredPoint(Declared, frozen=True, kw_only=True):
    """A point of Art. 28(3) that the document stipulates."""

    point: Point
    where: Annotated[Line | None, Meta(description="Where it stands in the document")] = None


class DeclaredTransfer(Declared, frozen=True, kw_only=True):
    """On what transfers to a country outside the EEA rest (Chapter V)."""

    country: Country
    kind: TransferKind
    assessment: Annotated[DeclaredDocument | None, Meta(description="The document that looked into it")] = None


class DeclaredQuestionnaire(Declared, frozen=True, kw_only=True):
    """What the other side answered about its security."""

    document: DeclaredDocument
    answered_on: datetime.date


class DeclaredArrangement(Declared, frozen=True, kw_only=True):
    """What joint controllers tell the people whose data it is (Art. 26(2))."""

    essence: Annotated[Text, Meta(description="What they have arranged between them, in words for those people")]
    contact: Annotated[Line, Meta(description="Where those people turn to: an address of the office, no person's own")]


class Joined(StrEnum):
    """How the parts of a condition are joined."""

    ALL = "all"
    ANY = "any"


class DeclaredPart(Declared, frozen=True, kw_only=True):
    """One thing that a condition asks: a field and its values, a consent, an objection, or parts of its own."""

    field: Annotated[Key | None, Meta(description="The key of a field that has one of the values")] = None
    has_record: Annotated[
        Key | None,
        Meta(description="The register in which the person has a record with such a field; left out: the record's own"),
    ] = None
    values: tuple[str | bool | int | float, ...] = ()
    consented: Annotated[PurposeKind | None, Meta(description="The person's consent to this is in force")] = None
    not_objected: Annotated[PurposeKind | None, Meta(description="The person has not objected to this")] = None
    joined: Joined = Joined.ALL
    parts: tuple["DeclaredPart", ...] = ()


class DeclaredCondition(Declared, frozen=True, kw_only=True):
    """Of whom, and of which records, something is given."""

    joined: Joined = Joined.ALL
    parts: Annotated[tuple[DeclaredPart, ...], Meta(min_length=1)]


class DeclaredEvent(Declared, frozen=True, kw_only=True):
    """What is asked for by an order or an overdue invoice, one person at a time, and never given in bulk."""

    register: Annotated[Key, Meta(description="The register of the events, of the same company")]
    days: Annotated[int, Meta(ge=1, le=366, description="How many days old an event may be")]


class DeclaredBucket(Declared, frozen=True, kw_only=True):
    """A bucket of the recipient's. A manifest holds no keys: the company gives them, and nothing goes out before."""

    endpoint: Annotated[Line, Meta(description="https:// and a host, reachable on the public Internet")]
    region: Line
    bucket: Line
    prefix: Annotated[str, Meta(max_length=200, pattern=ONE_LINE)] = ""


class DeclaredFiles(Declared, frozen=True, kw_only=True):
    """The feed is delivered as files, too. Without `bucket` they lie here, and the recipient fetches them."""

    every: Annotated[Every, Meta(description="When a delivery begins by itself")]
    hour: Annotated[int, Meta(ge=0, le=23, description="At which hour in Finland")] = 5
    weekday: Annotated[int, Meta(ge=0, le=6, description="On which day of the week, counted from Monday, 0")] = 0
    format: Annotated[Format, Meta(description="Another one is announced before it takes effect")] = Format.NDJSON
    gzip: Annotated[bool, Meta(description="Whether files are packed; Parquet is packed in itself")] = True
    bucket: DeclaredBucket | None = None


class DeclaredFeed(Declared, frozen=True, kw_only=True):
    """What an agreement's processor may fetch. It arrives as a draft; the company approves it."""

    key: Annotated[Key, Meta(description="Its name within the company: clients ask for feed:COMPANY.KEY")]
    name: Text
    register: Annotated[Key, Meta(description="The register that is given")]
    purpose: Annotated[Key, Meta(description="What for: a purpose of the company that uses the register")]
    fields: Annotated[tuple[Key, ...], Meta(extra_json_schema={"uniqueItems": True})] = ()
    sealed_fields: Annotated[
        tuple[Key, ...],
        Meta(description="Sealed fields that are opened for it", extra_json_schema={"uniqueItems": True}),
    ] = ()
    condition: DeclaredCondition | None = None
    consent_required: Annotated[bool, Meta(description="Only of those who have consented to the purpose")] = False
    event: Annotated[DeclaredEvent | None, Meta(description="Given by an event only, never in bulk")] = None
    legal_basis: LegalBasis
    balancing: (
        Annotated[str, Meta(min_length=1, max_length=10_000, description="The balancing test of a legitimate interest")]
        | None
    ) = None
    valid_from: datetime.date
    valid_until: Annotated[datetime.date | None, Meta(description="The last day on which it holds")] = None
    files: DeclaredFiles | None = None


class DeclaredAgreement(Declared, frozen=True, kw_only=True):
    """What the company has agreed with one processor or recipient. It arrives as a draft; the company approves it."""

    key: Key
    processor: Annotated[Key, Meta(description="The key of a processor")]
    relation: Annotated[Relation, Meta(description="What the other side is towards the company")] = Relation.PROCESSOR
    covers: tuple[CoveredRegister, ...] = ()
    checklist: Annotated[
        tuple[DeclaredPoint, ...], Meta(description="The points of Art. 28(3) that the document stipulates")
    ] = ()
    document: DeclaredDocument | None = None
    valid_from: datetime.date
    valid_until: Annotated[datetime.date | None, Meta(description="The last day on which it holds")] = None
    verify_again_on: Annotated[
        datetime.date | None, Meta(description="From this day on only a verification made since is evidence")
    ] = None
    at_end: Annotated[AtEnd | None, Meta(description="What happens to the data when it ends")] = None
    transfers: tuple[DeclaredTransfer, ...] = ()
    questionnaire: DeclaredQuestionnaire | None = None
    arrangement: Annotated[
        DeclaredArrangement | None, Meta(description="Of joint controllers; without it none is approved")
    ] = None
    objection_stops: Annotated[
        bool, Meta(description="Nothing flows while the company objects to one of the sub-processors")
    ] = True
    feeds: tuple[DeclaredFeed, ...] = ()


class DeclaredCompany(Declared, frozen=True, kw_only=True):
    """A controller."""

    key: Key
    name: Line
    business_id: (
        Annotated[
            str,
            Meta(
                pattern=BUSINESS_ID,
                description="Y-tunnus, with its check digit",
                extra_json_schema={"format": "business-id"},
            ),
        ]
        | None
    ) = None
    prefix: Annotated[str, Meta(pattern=PREFIX, description="Begins the company's display numbers: IDE-2026-0042")]
    contact: Annotated[DeclaredContact | None, Meta(description="Where it differs from the group's")] = None
    rights_contact: Annotated[
        DeclaredContact | None, Meta(description="Where requests go, if not to the company's contact")
    ] = None
    approval: Annotated[
        Approval, Meta(description="Who answers a verified request that fits one person without doubt")
    ] = Approval.STAFF
    archive_days: Annotated[
        int, Meta(ge=1, le=30, description="Days for which an answered request's archive can be downloaded")
    ] = 7
    departments: tuple[DeclaredDepartment, ...] = ()
    agreements: tuple[DeclaredAgreement, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Category(Declared, frozen=True, kw_only=True):
    """A category of personal data."""

    key: Key
    label: Text
    special: Annotated[bool, Meta(description="Special categories of personal data (Art. 9)")] = False


class Source(Declared, frozen=True, kw_only=True):
    """Whence data comes regularly."""

    key: Key
    text: Text


class DeclaredRecipient(Declared, frozen=True, kw_only=True):
    """Who else gets the data."""

    key: Key
    kind: RecipientKind
    label: Annotated[Text, Meta(description="The category in words")]
    name: Annotated[Line | None, Meta(description="The recipient, where the notice names it")] = None
    purpose: Annotated[Text | None, Meta(description="What for")] = None
    outside_eea: Annotated[bool | None, Meta(description="Left out where the notice does not say")] = None


class DeclaredSubProcessor(Declared, frozen=True, kw_only=True):
    """Another processor that a processor engages (Art. 28(2), (4))."""

    key: Annotated[Key, Meta(description="The key of the processor that is engaged")]
    service: Annotated[Text, Meta(description="What for")]
    countries: Annotated[tuple[Country, ...], Meta(min_length=1, extra_json_schema={"uniqueItems": True})]
    since: Annotated[datetime.date, Meta(description="The day from which it takes part")]
    announced_on: datetime.date | None = None
    objections_until: Annotated[
        datetime.date | None, Meta(description="The last day on which companies may object")
    ] = None


class DeclaredProcessor(Declared, frozen=True, kw_only=True):
    """A processor or another recipient, known once to all companies of the group."""

    key: Key
    name: Line
    kind: RecipientKind
    country: Annotated[Country, Meta(description="Where it is established")]
    countries: Annotated[
        tuple[Country, ...], Meta(description="Where it processes", extra_json_schema={"uniqueItems": True})
    ] = ()
    business_id: (
        Annotated[
            str,
            Meta(
                pattern=BUSINESS_ID,
                description="Y-tunnus, with its check digit",
                extra_json_schema={"format": "business-id"},
            ),
        ]
        | None
    ) = None
    vat_number: (
        Annotated[str, Meta(pattern=VAT_NUMBER, description="With the letters of its country, without spaces")] | None
    ) = None
    contact: DeclaredContact | None = None
    domain: Annotated[str, Meta(pattern=DOMAIN, max_length=200, examples=["example.fi"])] | None = None
    company: Annotated[Key | None, Meta(description="The key of a company, where it is one of the group")] = None
    recipients: Annotated[
        tuple[Key, ...],
        Meta(
            description="Keys of the recipients under which the notice tells of it",
            extra_json_schema={"uniqueItems": True},
        ),
    ] = ()
    sub_processors: tuple[DeclaredSubProcessor, ...] = ()


class RetentionStart(StrEnum):
    """The event from which a retention time is counted."""

    RELATIONSHIP_END = "relationship_end"
    LAST_EVENT = "last_event"
    FINANCIAL_YEAR_END = "financial_year_end"


class DeclaredRetention(Declared, frozen=True, kw_only=True):
    """As the notice states it."""

    text: Text
    months: (
        Annotated[int, Meta(ge=1, le=600, description="At most so long, where the notice gives a number")] | None
    ) = None
    counted_from: RetentionStart | None = None
    purge_every_months: (
        Annotated[int, Meta(ge=1, le=120, description="Unnecessary data is removed this often")] | None
    ) = None


class Protection(Declared, frozen=True, kw_only=True):
    """How a register is protected: A manual material, B electronic material."""

    manual: Text | None = None
    electronic: Text | None = None


class DeclaredRule(Declared, frozen=True, kw_only=True):
    """When a field may have a value; for any other purpose it stays shut."""

    kinds: Annotated[
        tuple[PurposeKind, ...],
        Meta(
            min_length=1,
            description="Kinds of purpose; one of the register's purposes for the field is of one of them",
            extra_json_schema={"uniqueItems": True},
        ),
    ]
    beside: Annotated[
        Key | None, Meta(description="The field that must have a value in the same record, such as a contract's number")
    ] = None


class DeclaredField(Declared, frozen=True, kw_only=True):
    key: Key
    label: Text
    category: Annotated[Key, Meta(description="The key of a category")]
    type: FieldType = FieldType.TEXT
    origin: Origin
    identifier: Annotated[IdentifierKind | None, Meta(description="The person is found by this field")] = None
    sealed: Annotated[bool, Meta(description="Kept as ciphertext")] = False
    required: bool = False
    record_key: Annotated[bool, Meta(description="The record's own key, such as an order number")] = False
    only_for: Annotated[DeclaredRule | None, Meta(description="Where the field is bound to a purpose")] = None
    retention_class: Annotated[
        RetentionClass | None, Meta(description="What decides how long it is kept; left out: the register's own time")
    ] = None
    dpv: (
        Annotated[
            str, Meta(pattern=DPV, description="Its term in the Data Privacy Vocabulary", examples=["pd:EmailAddress"])
        ]
        | None
    ) = None


class DeclaredPaper(Declared, frozen=True, kw_only=True):
    """Where manual material of the register lies, and how it is locked."""

    key: Key
    place: Text
    lock: Annotated[Text, Meta(description="How the place is locked and guarded")]
    key_holder: Annotated[Text, Meta(description="Who has the key: a role, never a person")]
    companies: Annotated[
        tuple[Key, ...] | None,
        Meta(
            description="Only these; left out: every company that keeps the register",
            extra_json_schema={"uniqueItems": True},
        ),
    ] = None


class DeclaredRegister(Declared, frozen=True, kw_only=True):
    key: Key
    kept_by: Annotated[
        tuple[Key, ...],
        Meta(
            min_length=1,
            description="The companies that keep such a register, each its own",
            extra_json_schema={"uniqueItems": True},
        ),
    ]
    name: Text
    data_subjects: Text | None = None
    identity_level: Annotated[
        IdentityLevel, Meta(description="How surely a person must be known before this data is handed out")
    ] = IdentityLevel.L1
    cardinality: Annotated[Cardinality, Meta(description="Records per person")] = Cardinality.ONE
    retention: DeclaredRetention
    corrections_kept_days: (
        Annotated[int, Meta(ge=1, le=3650, description="How long it is kept what a corrected value was before")] | None
    ) = None
    sources: Annotated[
        tuple[Key, ...], Meta(description="Keys of sources", extra_json_schema={"uniqueItems": True})
    ] = ()
    recipients: Annotated[
        tuple[Key, ...], Meta(description="Keys of recipients", extra_json_schema={"uniqueItems": True})
    ] = ()
    protection: Annotated[Protection | None, Meta(description="Where it differs from the notice's")] = None
    paper: tuple[DeclaredPaper, ...] = ()
    fields: Annotated[tuple[DeclaredField, ...], Meta(min_length=1, max_length=MOST_FIELDS)]
    gaps: tuple[Gap, ...] = ()


class PurposeData(Declared, frozen=True, kw_only=True):
    """The data that a purpose needs: of one register, all fields or those named."""

    register: Key
    fields: Annotated[tuple[Key, ...], Meta(min_length=1, extra_json_schema={"uniqueItems": True})] | None = None


class DeclaredPurpose(Declared, frozen=True, kw_only=True):
    key: Key
    kind: Annotated[PurposeKind, Meta(description="What the data may be read for")]
    basis: Annotated[
        LegalBasis | None, Meta(description="Art. 6(1); left out, with a gap, where the notice is silent")
    ] = None
    special: Annotated[
        SpecialCondition | None, Meta(description="Art. 9(2), where data of a special category is used")
    ] = None
    label: Text
    interest: Annotated[Text | None, Meta(description="The legitimate interest, where that is the basis")] = None
    companies: Annotated[
        tuple[Key, ...] | None,
        Meta(
            description="Only these; left out: every company that keeps the registers",
            extra_json_schema={"uniqueItems": True},
        ),
    ] = None
    data: Annotated[tuple[PurposeData, ...], Meta(min_length=1)]
    gaps: tuple[Gap, ...] = ()


class Right(StrEnum):
    """What the wording of a notice's rights is about."""

    HOW_TO_ASK = "how_to_ask"
    IDENTIFICATION = "identification"
    ANSWER = "answer"
    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    MARKETING = "marketing"
    PORTABILITY = "portability"
    WITHDRAWAL = "withdrawal"
    PROFILE = "profile"
    ANONYMISATION = "anonymisation"


class RightWording(Declared, frozen=True, kw_only=True):
    """What the notice says of one right."""

    key: Right
    text: Text


class DeclaredNotice(Declared, frozen=True, kw_only=True):
    """The rest of the notice."""

    title: Text
    dated: datetime.date | None = None
    scope: Text | None = None
    rights: tuple[RightWording, ...] = ()
    complaint: Annotated[Text | None, Meta(description="The right to complain to a supervisory authority")] = None
    profiling: Text | None = None
    sharing: Annotated[Text | None, Meta(description="What the notice says of disclosures as a whole")] = None
    transfers: Annotated[Text | None, Meta(description="Transfers outside the EU and the EEA")] = None
    protection: Protection = Protection()
    cookies: Text | None = None
    gaps: tuple[Gap, ...] = ()


class Manifest(Declared, frozen=True, kw_only=True):
    """What a group declares: its companies, registers, purposes and the rest of its notice."""

    format: Annotated[Literal[1], Meta(description="The version of this format")]
    base_version: (
        Annotated[int, Meta(ge=1, description="The version in the database that this file was made from")] | None
    ) = None
    group: DeclaredGroup
    companies: Annotated[tuple[DeclaredCompany, ...], Meta(min_length=1)]
    categories: tuple[Category, ...] = ()
    sources: tuple[Source, ...] = ()
    recipients: tuple[DeclaredRecipient, ...] = ()
    processors: tuple[DeclaredProcessor, ...] = ()
    registers: tuple[DeclaredRegister, ...] = ()
    purposes: tuple[DeclaredPurpose, ...] = ()
    notice: DeclaredNotice
    gaps: tuple[Gap, ...] = ()
