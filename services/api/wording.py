"""What the domain's words are called in front of people; English here, Finnish and Swedish in the catalogues."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from tenants.acting import Actor, PurposeKind
from tenants.authorities.model import CaseState as AuthorityCaseState
from tenants.authorities.model import VerifiedHow
from tenants.clients.model import FailureReason, KeySetProblem, Method
from tenants.companies.model import EmergencyGround, Role, Verdict
from tenants.contacts.model import Duty
from tenants.deliveries.formats import Format
from tenants.deliveries.model import DeliveryState, Every, Place
from tenants.exports.model import ExportState, ExtractState
from tenants.feeds.model import AtOnce, ScopeState
from tenants.groups.model import SuspensionReason
from tenants.jobs.model import DismissalReason
from tenants.languages.speaking import Language, sentence, translate
from tenants.manifests.drafting import DraftState
from tenants.manifests.model import RetentionStart, Rule
from tenants.manifests.planning import ChangeKind
from tenants.notifying.model import ConfirmedBy, Excuse, NotificationState, Way
from tenants.opendsr.dialects import Dialect
from tenants.opendsr.model import LetIn, Step, Wanted
from tenants.opendsr.wire import IdentityType, RequestStatus, RequestType
from tenants.outside import Unreached
from tenants.processors.model import AgreementState, AtEnd, Point, ProposalState, Relation, TransferKind
from tenants.processors.standing import AgreementsStand
from tenants.processors.transferring import Adequacy
from tenants.registers.model import (
    Cardinality,
    Cause,
    ErasureGround,
    FieldType,
    FileKind,
    IdentityLevel,
    ImportState,
    LegalBasis,
    Origin,
    RecipientKind,
    RestrictionGround,
    RestrictionState,
    RetentionClass,
    SpecialCondition,
)
from tenants.reminding.agenda import Kind as ToLookAt
from tenants.requests.handing_over import How
from tenants.requests.intake import Checked
from tenants.requests.model import CaseEventKind, CaseState, Channel, LetterKind, RequestState, Right
from tenants.sharing.explaining import Why
from tenants.sharing.model import PolicyState
from tenants.vault.digests import IdentifierKind
from tenants.webhooks.model import EventType, MessageState, SecretKind


def said(language: Language, word: StrEnum) -> str:
    return translate(language, WORDS[type(word)][word])


def rights(language: Language, names: Iterable[str]) -> str:
    """What a request asks, with one capital letter at the start."""
    first, *others = (said(language, Right(name)) for name in names)
    return ", ".join((first, *(other[:1].lower() + other[1:] for other in others)))


def tongue(language: Language, code: str) -> str:
    """In Finnish, in Swedish, in English."""
    return said(language, Language(code))


def tone(word: StrEnum) -> str:
    """The colour that a state's word is in: kept, soon, late, or none."""
    return TONES.get(type(word), {}).get(word, "")


def hue(kind: PurposeKind) -> str:
    """The colour that a kind of purpose has in pictures and lists; its words always stand beside it."""
    return next((name for name, kinds in HUES.items() if kind in kinds), "other")


class ProblemWords(Struct, frozen=True):
    title: str
    sentence: str


def problem(status: int, *, of_program: bool = False) -> ProblemWords:
    """A program has no form to go back to, and no page that was open."""
    words = PROBLEMS.get(status) or PROBLEMS[500 if status >= 500 else 400]
    return ProblemWords(words.title, OF_PROGRAMS.get(status, words.sentence)) if of_program else words


WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    SuspensionReason: {
        SuspensionReason.AT_REQUEST: sentence("at the group's own request"),
        SuspensionReason.NOT_PAID: sentence("the service was not paid for"),
        SuspensionReason.SECURITY: sentence("for security"),
        SuspensionReason.CLOSING: sentence("the group's service is ending"),
    },
    DismissalReason: {
        DismissalReason.DONE_OTHERWISE: sentence("done otherwise"),
        DismissalReason.NOT_NEEDED: sentence("not needed any more"),
        DismissalReason.CANNOT_BE_DONE: sentence("cannot be done"),
    },
    Right: {
        Right.ACCESS: sentence("Copy of own data"),
        Right.PORTABILITY: sentence("Data to take along"),
    },
    Channel: {
        Channel.PORTAL: sentence("by the portal"),
        Channel.LETTER: sentence("by letter"),
        Channel.PHONE: sentence("by telephone"),
        Channel.COUNTER: sentence("at a counter"),
        Channel.EMAIL: sentence("by e-mail"),
    },
    Language: {
        Language.FI: sentence("in Finnish"),
        Language.SV: sentence("in Swedish"),
        Language.EN: sentence("in English"),
    },
    RequestState: {
        RequestState.UNVERIFIED: sentence("waiting for the code"),
        RequestState.VERIFIED: sentence("in progress"),
        RequestState.WITHDRAWN: sentence("withdrawn"),
        RequestState.LAPSED: sentence("lapsed"),
    },
    CaseState: {
        CaseState.AWAITING_IDENTITY: sentence("awaiting identity"),
        CaseState.NEEDS_STAFF: sentence("identity to be checked"),
        CaseState.AWAITING_DECISION: sentence("awaiting decision"),
        CaseState.REFUSAL_PROPOSED: sentence("refusal to be confirmed"),
        CaseState.BUILDING: sentence("building the archive"),
        CaseState.HANDING_OVER: sentence("to be handed over"),
        CaseState.TO_BE_POSTED: sentence("answer to be posted"),
        CaseState.ANSWERED: sentence("answered"),
        CaseState.NO_DATA: sentence("answered: no data"),
        CaseState.REFUSED: sentence("refused"),
        CaseState.WITHDRAWN: sentence("withdrawn"),
        CaseState.LAPSED: sentence("lapsed"),
    },
    CaseEventKind: {
        CaseEventKind.RECEIVED: sentence("Request received"),
        CaseEventKind.ENTERED: sentence("Request entered by a member of staff"),
        CaseEventKind.CODE_SENT: sentence("Code sent to the e-mail address"),
        CaseEventKind.VERIFIED: sentence("E-mail address verified by the code"),
        CaseEventKind.IDENTITY_CHECKED: sentence("Identity checked by a member of staff"),
        CaseEventKind.MATCHED: sentence("Person found in the registers"),
        CaseEventKind.SEVERAL_FIT: sentence("The address fits several persons; a member of staff decides"),
        CaseEventKind.PERSON_CHOSEN: sentence("Person chosen by a member of staff"),
        CaseEventKind.NOTHING_FOUND: sentence("Nothing found in the registers"),
        CaseEventKind.GATHERED: sentence("Data gathered from the registers"),
        CaseEventKind.APPROVED: sentence("Approved"),
        CaseEventKind.REFUSAL_PROPOSED: sentence("Refusal proposed; another member of staff confirms it"),
        CaseEventKind.REFUSAL_RETURNED: sentence("Proposed refusal given back"),
        CaseEventKind.REFUSED: sentence("Refused"),
        CaseEventKind.ARCHIVE_READY: sentence("Archive built and encrypted"),
        CaseEventKind.LINK_ASKED: sentence("Download link asked for"),
        CaseEventKind.DOWNLOADED: sentence("Archive downloaded"),
        CaseEventKind.ARCHIVE_EXPIRED: sentence("Archive destroyed, its receipt kept"),
        CaseEventKind.WITHDRAWN: sentence("Request withdrawn"),
        CaseEventKind.LAPSED: sentence("Request lapsed: the code was not used"),
        CaseEventKind.LETTER_SENT: sentence("Letter sent"),
        CaseEventKind.LETTER_POSTED: sentence("Letter posted"),
        CaseEventKind.HANDED_OVER: sentence("Archive handed over"),
    },
    LetterKind: {
        LetterKind.CODE: sentence("Code"),
        LetterKind.IDENTITY: sentence("Question for the identity"),
        LetterKind.REMINDER: sentence("Reminder to verify"),
        LetterKind.ACKNOWLEDGEMENT: sentence("Acknowledgement"),
        LetterKind.ARCHIVE_READY: sentence("The archive is ready"),
        LetterKind.NO_DATA: sentence("No data held"),
        LetterKind.REFUSAL: sentence("Refusal"),
        LetterKind.WITHDRAWN: sentence("Withdrawal confirmed"),
        LetterKind.LAPSED: sentence("The request lapsed"),
    },
    ToLookAt: {
        ToLookAt.RESTRICTION_REVIEW: sentence("A restriction of processing is to be reviewed"),
        ToLookAt.SHARING_REVIEW: sentence("A sharing policy is to be reviewed"),
        ToLookAt.SHARING_END: sentence("A sharing policy ends"),
        ToLookAt.SHARING_OFFER: sentence("A sister company offers to share data; to be accepted or left"),
        ToLookAt.SHARING_DRAFT: sentence("A draft of a sharing policy waits for another pair of eyes"),
        ToLookAt.REGISTER_DRAFT: sentence("A draft of a register waits for another pair of eyes"),
        ToLookAt.RECEIVING_END: sentence("Data that another company shares with us ends"),
        ToLookAt.PAPER_ATTESTATION: sentence("A paper archive is to be checked"),
        ToLookAt.CERTIFICATION: sentence("Roles are to be confirmed"),
        ToLookAt.CONTRACT_END: sentence("A contract of a processor ends, and its people's access with it"),
        ToLookAt.MAINTENANCE_END: sentence("A maintenance access is open, and ends"),
        ToLookAt.AGREEMENT_END: sentence("An agreement with a processor ends"),
        ToLookAt.VERIFICATION_END: sentence("The evidence about a processor goes out of date"),
        ToLookAt.KEY_OFFERED: sentence("A processor has brought a key, which waits to be released"),
        ToLookAt.KEY_LOST: sentence("A processor has lost a key"),
        ToLookAt.SCOPE_WISH: sentence("A processor asks for other fields of a feed"),
        ToLookAt.CLIENT_FAILURES: sentence("A system of a processor failed too often to prove who it is"),
        ToLookAt.FILES_FAILED: sentence("The files of a feed were not taken, and the delivery was given up"),
        ToLookAt.WEBHOOK_DISABLED: sentence("A webhook endpoint of a processor does not answer and was disabled"),
        ToLookAt.FEED_END: sentence("The scope of a feed ends"),
        ToLookAt.FEED_DRAFT: sentence("A draft of a feed waits for another pair of eyes"),
        ToLookAt.FEED_STOPPED: sentence("An agreement stops a feed that is in force"),
        ToLookAt.CERTIFICATE_DUE: sentence("A certificate of deletion or return is waited for"),
        ToLookAt.RECIPIENT_SILENT: sentence("A recipient has not confirmed in time what became of somebody's data"),
        ToLookAt.AUTHORITY_ASKS: sentence("A request of an authority waits for another person's decision"),
        ToLookAt.EMERGENCY_ASKED: sentence("An emergency access waits for another person's confirmation"),
        ToLookAt.EMERGENCY_OPEN: sentence("An emergency access is open, and ends"),
        ToLookAt.EMERGENCY_REPORT: sentence("The report of an emergency access waits to be reviewed"),
        ToLookAt.FLOW_STOPPED: sentence("Outgoing flow is stopped by hand"),
        ToLookAt.CHANGE_PROPOSED: sentence("A company proposes to change the facts of a processor"),
        ToLookAt.AGREEMENT_DRAFT: sentence("A draft of an agreement with a processor waits for another pair of eyes"),
    },
    AuthorityCaseState: {
        AuthorityCaseState.OPEN: sentence("waits for a decision"),
        AuthorityCaseState.REFUSED: sentence("nothing given out"),
        AuthorityCaseState.APPROVED: sentence("approved as asked"),
        AuthorityCaseState.PARTLY_APPROVED: sentence("approved in part"),
        AuthorityCaseState.DISCLOSED: sentence("given out"),
    },
    VerifiedHow: {
        VerifiedHow.CALLED_BACK: sentence("called back to the authority's published number"),
        VerifiedHow.OFFICIAL_CHANNEL: sentence("through the authority's own secured channel"),
        VerifiedHow.SIGNED_DOCUMENT: sentence("an electronically signed document"),
        VerifiedHow.IN_PERSON: sentence("shown an official card in person"),
    },
    EmergencyGround: {
        EmergencyGround.LIFE_OR_HEALTH: sentence("somebody's life or health (Art. 6(1)(d))"),
        EmergencyGround.PROPERTY: sentence("property (Art. 6(1)(f))"),
    },
    ExportState: {
        ExportState.QUEUED: sentence("being built"),
        ExportState.READY: sentence("ready to download"),
        ExportState.EXPIRED: sentence("destroyed"),
        ExportState.CANCELLED: sentence("cancelled"),
    },
    ExtractState: {
        ExtractState.QUEUED: sentence("waiting to be built"),
        ExtractState.BUILDING: sentence("being built"),
        ExtractState.READY: sentence("ready to download"),
        ExtractState.EXPIRED: sentence("destroyed"),
        ExtractState.CANCELLED: sentence("discarded"),
        ExtractState.FAILED: sentence("not given"),
    },
    ImportState: {
        ImportState.RECEIVED: sentence("received"),
        ImportState.CHECKING: sentence("being checked"),
        ImportState.UNMAPPED: sentence("columns to be chosen"),
        ImportState.CHECKED: sentence("checked"),
        ImportState.WRITING: sentence("being written"),
        ImportState.PAUSED: sentence("paused"),
        ImportState.DONE: sentence("written"),
        ImportState.REFUSED: sentence("discarded"),
    },
    FileKind: {
        FileKind.CSV: sentence("CSV"),
        FileKind.XLSX: sentence("XLSX (spreadsheet)"),
        FileKind.NDJSON: sentence("NDJSON (one JSON object a line)"),
    },
    IdentityLevel: {
        IdentityLevel.L0: sentence("address confirmed (L0)"),
        IdentityLevel.L1: sentence("code to a known address (L1)"),
        IdentityLevel.L2: sentence("signed in to a service (L2)"),
        IdentityLevel.L3: sentence("an identity document or strong electronic identification (L3)"),
    },
    Checked: {
        Checked.DOCUMENT_SEEN: sentence("an identity document was shown"),
        Checked.CALLED_BACK: sentence("called back to a known number"),
        Checked.KNOWN_IN_PERSON: sentence("known in person"),
    },
    How: {
        How.POST: sentence("by post"),
        How.COUNTER: sentence("at the counter"),
    },
    IdentifierKind: {
        IdentifierKind.EMAIL: sentence("e-mail address"),
        IdentifierKind.PHONE: sentence("telephone number"),
        IdentifierKind.CUSTOMER_NUMBER: sentence("customer number"),
        IdentifierKind.HETU: sentence("personal identity code"),
        IdentifierKind.BUSINESS_ID: sentence("business ID"),
        IdentifierKind.USER_NAME: sentence("user name"),
        IdentifierKind.NAME: sentence("name"),
    },
    RestrictionGround: {
        RestrictionGround.ACCURACY_CONTESTED: sentence("the person contests the accuracy (Art. 18(1)(a))"),
        RestrictionGround.UNLAWFUL: sentence("the processing is unlawful, and erasure is not wanted (Art. 18(1)(b))"),
        RestrictionGround.LEGAL_CLAIMS: sentence("the person needs the data for legal claims (Art. 18(1)(c))"),
        RestrictionGround.OBJECTION_PENDING: sentence("an objection is being considered (Art. 18(1)(d))"),
    },
    ErasureGround: {
        ErasureGround.NOT_NEEDED: sentence("the data is no longer needed (Art. 17(1)(a))"),
        ErasureGround.CONSENT_WITHDRAWN: sentence("consent was withdrawn (Art. 17(1)(b))"),
        ErasureGround.OBJECTED: sentence("the person objected (Art. 17(1)(c))"),
        ErasureGround.UNLAWFUL: sentence("the processing was unlawful (Art. 17(1)(d))"),
        ErasureGround.LEGAL_DUTY: sentence("the law demands erasure (Art. 17(1)(e))"),
        ErasureGround.OF_A_CHILD: sentence("the data was collected of a child online (Art. 17(1)(f))"),
        ErasureGround.RETENTION_ENDED: sentence("the retention time that the notice promises is over (Art. 5(1)(e))"),
    },
    Cause: {
        Cause.WRITTEN: sentence("data written"),
        Cause.CORRECTED: sentence("data corrected"),
        Cause.RESTRICTED: sentence("processing restricted"),
        Cause.RESTRICTION_LIFTED: sentence("restriction lifted"),
        Cause.CONSENTED: sentence("consent given"),
        Cause.WITHDRAWN: sentence("consent withdrawn"),
        Cause.OBJECTED: sentence("objection made"),
        Cause.OBJECTION_LIFTED: sentence("objection taken back"),
        Cause.MERGED: sentence("held as one person with another"),
        Cause.SPLIT: sentence("divided into two persons"),
        Cause.ERASED: sentence("data erased"),
        Cause.RETENTION: sentence("data erased as its time was over"),
    },
    NotificationState: {
        NotificationState.PENDING: sentence("on its way"),
        NotificationState.DELIVERED: sentence("delivered, not confirmed"),
        NotificationState.DECLINED: sentence("recipient cannot"),
        NotificationState.ESCALATED: sentence("not confirmed in time"),
        NotificationState.EXCUSE_PROPOSED: sentence("to be left untold?"),
        NotificationState.EXCUSED: sentence("left untold"),
        NotificationState.CONFIRMED: sentence("confirmed"),
        NotificationState.READS_LIVE: sentence("reads live"),
    },
    Way: {
        Way.OPENDSR: sentence("by OpenDSR"),
        Way.FEED: sentence("by feed"),
        Way.EMAIL: sentence("by e-mail"),
        Way.BY_HAND: sentence("by hand"),
        Way.LIVE: sentence("reads through the door"),
    },
    ConfirmedBy: {
        ConfirmedBy.CLIENT: sentence("Confirmed by the recipient's system"),
        ConfirmedBy.LINK: sentence("Confirmed by the link of a letter"),
        ConfirmedBy.OPENDSR: sentence("Confirmed by the end of an OpenDSR request"),
        ConfirmedBy.CONSOLE: sentence("Confirmed in the console"),
        ConfirmedBy.STAFF: sentence("Confirmed otherwise, written down by staff"),
        ConfirmedBy.LIVE: sentence("Reads live: shown nothing any more that is not so"),
    },
    Excuse: {
        Excuse.IMPOSSIBLE: sentence("it is impossible"),
        Excuse.DISPROPORTIONATE: sentence("it would take a disproportionate effort"),
    },
    RestrictionState: {
        RestrictionState.IN_FORCE: sentence("in force"),
        RestrictionState.BEING_LIFTED: sentence("in force until the notice is sent"),
        RestrictionState.LIFTED: sentence("lifted"),
    },
    PolicyState: {
        PolicyState.DRAFT: sentence("draft"),
        PolicyState.GRANTED: sentence("granted, not accepted yet"),
        PolicyState.ACTIVE: sentence("active"),
        PolicyState.SUSPENDED: sentence("suspended"),
        PolicyState.EXPIRED: sentence("expired"),
        PolicyState.REVOKED: sentence("revoked"),
        PolicyState.REPLACED: sentence("replaced"),
    },
    Why: {
        Why.SHARED: sentence("May be seen."),
        Why.NOTHING_GRANTED: sentence("May not be seen: nothing of this register is granted to this company."),
        Why.NOT_ACCEPTED: sentence("May not be seen: the receiver has not accepted the policy."),
        Why.NOT_YET: sentence("May not be seen yet: the first day of the policy is ahead."),
        Why.ENDED: sentence("May not be seen: the policy has ended, was revoked or is suspended."),
        Why.NOT_IN_NOTICE: sentence(
            "May not be seen: the notice in force does not name the recipient, the purpose or the field any more."
        ),
        Why.FIELD_NOT_GRANTED: sentence("May not be seen: the policy does not include this field."),
        Why.PERSON_RESTRICTED: sentence("May not be seen: the processing of this person's data is restricted."),
        Why.OBJECTED: sentence("May not be seen: the person has objected to this kind of purpose."),
        Why.NO_RECORD: sentence("May not be seen: there is no record of this person in the register."),
        Why.RECORD_RESTRICTED: sentence("May not be seen: the processing of the record is restricted."),
        Why.CONDITION_NOT_MET: sentence("May not be seen: the condition of the policy is not met."),
    },
    SpecialCondition: {
        SpecialCondition.EXPLICIT_CONSENT: sentence("explicit consent (Art. 9(2)(a))"),
        SpecialCondition.EMPLOYMENT: sentence("employment, social security and social protection law (Art. 9(2)(b))"),
        SpecialCondition.VITAL_INTEREST: sentence("vital interest of somebody who cannot consent (Art. 9(2)(c))"),
        SpecialCondition.NOT_FOR_PROFIT: sentence("members of a not-for-profit body (Art. 9(2)(d))"),
        SpecialCondition.MADE_PUBLIC: sentence("made public by the person (Art. 9(2)(e))"),
        SpecialCondition.LEGAL_CLAIMS: sentence("legal claims (Art. 9(2)(f))"),
        SpecialCondition.PUBLIC_INTEREST: sentence("substantial public interest, by law (Art. 9(2)(g))"),
        SpecialCondition.HEALTH_CARE: sentence("health or social care (Art. 9(2)(h))"),
        SpecialCondition.PUBLIC_HEALTH: sentence("public health (Art. 9(2)(i))"),
        SpecialCondition.RESEARCH: sentence("archiving, research or statistics (Art. 9(2)(j))"),
    },
    RetentionStart: {
        RetentionStart.RELATIONSHIP_END: sentence("the end of the customer relationship"),
        RetentionStart.LAST_EVENT: sentence("the last event"),
        RetentionStart.FINANCIAL_YEAR_END: sentence("the end of the financial year"),
    },
    RecipientKind: {
        RecipientKind.GROUP_COMPANY: sentence("company of the group"),
        RecipientKind.ICT_PROVIDER: sentence("provider of information systems"),
        RecipientKind.DATA_PROVIDER: sentence("provider of data"),
        RecipientKind.CREDIT_INFORMATION: sentence("credit information company"),
        RecipientKind.COLLECTION: sentence("debt collection company"),
        RecipientKind.ACCOUNTING: sentence("accounting and invoicing"),
        RecipientKind.PAYMENT: sentence("payment service"),
        RecipientKind.TRANSPORT: sentence("transport company"),
        RecipientKind.SUPPLIER: sentence("supplier"),
        RecipientKind.DISTRIBUTION_PARTNER: sentence("distribution partner"),
        RecipientKind.ADVERTISING: sentence("advertising network"),
        RecipientKind.WEB_ANALYTICS: sentence("web analytics"),
        RecipientKind.OTHER_PARTNER: sentence("other partner"),
        RecipientKind.AUTHORITY: sentence("authority"),
    },
    Dialect: {
        Dialect.STANDARD: sentence("the standard, 2.0"),
        Dialect.OPENGDPR: sentence("OpenGDPR, as it was before"),
        Dialect.MPARTICLE: "mParticle 3.0",
        Dialect.APPSFLYER: "AppsFlyer",
    },
    LetIn: {
        LetIn.BEARER: sentence("a token that it gave us"),
        LetIn.BASIC: sentence("a name and a password"),
        LetIn.PRIVATE_KEY_JWT: sentence("our signature (private_key_jwt)"),
    },
    IdentityType: {
        IdentityType.EMAIL: sentence("E-mail address"),
        IdentityType.CONTROLLER_CUSTOMER_ID: sentence("Customer number"),
        IdentityType.ANDROID_ADVERTISING_ID: sentence("Android advertising ID"),
        IdentityType.ANDROID_ID: sentence("Android ID"),
        IdentityType.FIRE_ADVERTISING_ID: sentence("Fire advertising ID"),
        IdentityType.IOS_ADVERTISING_ID: sentence("iOS advertising ID"),
        IdentityType.IOS_VENDOR_ID: sentence("iOS vendor ID"),
        IdentityType.MICROSOFT_ADVERTISING_ID: sentence("Microsoft advertising ID"),
        IdentityType.MICROSOFT_PUBLISHER_ID: sentence("Microsoft publisher ID"),
        IdentityType.ROKU_PUBLISHER_ID: sentence("Roku publisher ID"),
        IdentityType.ROKU_ADVERTISING_ID: sentence("Roku advertising ID"),
    },
    RequestType: {
        RequestType.ACCESS: sentence("Access"),
        RequestType.PORTABILITY: sentence("Portability"),
        RequestType.ERASURE: sentence("Erasure"),
    },
    Wanted: {
        Wanted.ACCESS: sentence("Access"),
        Wanted.PORTABILITY: sentence("Portability"),
        Wanted.ERASURE: sentence("Erasure"),
        Wanted.RECTIFICATION: sentence("Rectification"),
        Wanted.RESTRICTION: sentence("Restriction"),
        Wanted.OBJECTION: sentence("Objection"),
        Wanted.WITHDRAWAL: sentence("Withdrawal of consent"),
    },
    RequestStatus: {
        RequestStatus.PENDING: sentence("not begun"),
        RequestStatus.IN_PROGRESS: sentence("begun"),
        RequestStatus.COMPLETED: sentence("carried out"),
        RequestStatus.CANCELLED: sentence("taken back"),
    },
    Step: {
        Step.RECEIVED: sentence("received"),
        Step.CANCELLED: sentence("taken back"),
        Step.TAKEN_UP: sentence("taken up"),
        Step.COMPLETED: sentence("carried out"),
        Step.CONTROLLER_TOLD: sentence("controller told"),
        Step.RESULTS_FETCHED: sentence("results fetched"),
        Step.DISCOVERED: sentence("discovery"),
        Step.ASKED: sentence("request sent"),
        Step.POLLED: sentence("asked how it stands"),
        Step.CANCEL_ASKED: sentence("asked to take it back"),
        Step.CALLED_BACK: sentence("called back"),
    },
    Method: {
        Method.PRIVATE_KEY_JWT: sentence("keys (private_key_jwt)"),
        Method.CLIENT_SECRET_BASIC: sentence("a secret (client_secret_basic)"),
    },
    FailureReason: {
        FailureReason.MALFORMED: sentence("what was sent is not made as it should be"),
        FailureReason.ALGORITHM: sentence("signed with an algorithm that is not accepted, or not signed at all"),
        FailureReason.OTHER_METHOD: sentence("it tried to prove who it is in another way than it is registered for"),
        FailureReason.UNKNOWN_KEY: sentence("signed with a key that is not the client's"),
        FailureReason.SIGNATURE: sentence("the signature does not fit the client's key"),
        FailureReason.SECRET: sentence("the secret is not the client's"),
        FailureReason.OTHER_NAMES: sentence("it names different clients in one request"),
        FailureReason.AUDIENCE: sentence("signed for somebody else than this service"),
        FailureReason.TIMES: sentence("too old, from the future, or meant to last too long"),
        FailureReason.REUSED_ASSERTION: sentence("the same signed request was sent a second time"),
        FailureReason.PROOF: sentence("the proof of possession (DPoP) does not hold"),
        FailureReason.REUSED_PROOF: sentence("the same proof of possession (DPoP) was sent a second time"),
        FailureReason.OTHER_KEY: sentence("its token was used with another key than the one that it is bound to"),
        FailureReason.WIDER_SCOPE: sentence("it asked for more than an agreement in force lets it have"),
        FailureReason.OTHER_CURSOR: sentence("it came with a cursor that is no place in the feed as it is now"),
        FailureReason.WITHOUT_KEY: sentence("its token was used without the key that it is bound to"),
    },
    KeySetProblem: {
        KeySetProblem.UNREACHED: sentence("nobody answered at the address"),
        KeySetProblem.REFUSED_ADDRESS: sentence("the address leads into a private network"),
        KeySetProblem.REDIRECT: sentence("the address leads on to another one"),
        KeySetProblem.TOO_LARGE: sentence("the answer was too large"),
        KeySetProblem.NOT_FOUND: sentence("there is nothing at the address"),
        KeySetProblem.NOT_A_SET: sentence("the answer is no set of keys (JWKS)"),
        KeySetProblem.PRIVATE: sentence("a private key is published there"),
        KeySetProblem.NO_KEYS: sentence("no key there can be used"),
    },
    EventType: {
        EventType.FEED_CHANGED: sentence("a feed has changed"),
        EventType.FEED_STOPPED: sentence("a feed has stopped"),
        EventType.FEED_RESUMED: sentence("a feed goes on"),
        EventType.SCOPE_CHANGED: sentence("what a feed gives has changed"),
        EventType.FILES_READY: sentence("files are ready"),
        EventType.CONFIRMATION_PENDING: sentence("a confirmation is waited for"),
        EventType.PING: sentence("test message"),
    },
    DeliveryState: {
        DeliveryState.RUNNING: sentence("on its way"),
        DeliveryState.READY: sentence("delivered whole"),
        DeliveryState.STOPPED: sentence("stopped midway"),
        DeliveryState.FAILED: sentence("given up"),
    },
    Place: {
        Place.OURS: sentence("in our bucket, from which the recipient fetches"),
        Place.THEIRS: sentence("in a bucket of the recipient"),
    },
    Format: {
        Format.NDJSON: sentence("lines of JSON (NDJSON)"),
        Format.CSV: sentence("a table (CSV)"),
        Format.PARQUET: sentence("a table with types (Parquet)"),
    },
    Every: {
        Every.DAY: sentence("every day"),
        Every.WEEK: sentence("every week"),
        Every.BY_HAND: sentence("by hand only"),
    },
    MessageState: {
        MessageState.PENDING: sentence("on its way"),
        MessageState.DELIVERED: sentence("heard"),
        MessageState.FAILED: sentence("given up"),
        MessageState.DROPPED: sentence("not sent: the endpoint was disabled"),
    },
    SecretKind: {
        SecretKind.V1: sentence("a shared secret (v1, HMAC-SHA256)"),
        SecretKind.V1A: sentence("a key pair (v1a, Ed25519)"),
    },
    Unreached: {
        Unreached.REFUSED_ADDRESS: sentence("the address is not called: it leads into a private network"),
        Unreached.NOT_RESOLVED: sentence("the name has no address"),
        Unreached.TLS: sentence("its certificate is not believed"),
        Unreached.TIMED_OUT: sentence("no answer in time"),
        Unreached.TOO_LARGE: sentence("the answer was too large"),
        Unreached.REDIRECT: sentence("it pointed elsewhere; that is not followed"),
        Unreached.CONNECTION: sentence("no connection"),
    },
    Relation: {
        Relation.PROCESSOR: sentence("processor"),
        Relation.INDEPENDENT_CONTROLLER: sentence("independent controller"),
        Relation.JOINT_CONTROLLER: sentence("joint controller"),
    },
    Point: {
        Point.INSTRUCTIONS: sentence("(a) only on documented instructions"),
        Point.CONFIDENTIALITY: sentence("(b) confidentiality of the staff"),
        Point.SECURITY: sentence("(c) security of processing"),
        Point.SUB_PROCESSORS: sentence("(d) conditions for sub-processors"),
        Point.RIGHTS: sentence("(e) help with people's rights"),
        Point.ASSISTANCE: sentence("(f) help with security, breaches and assessments"),
        Point.DELETION: sentence("(g) deletion or return at the end"),
        Point.AUDITS: sentence("(h) information and audits"),
    },
    AtEnd: {
        AtEnd.DELETION: sentence("the data is deleted"),
        AtEnd.RETURN: sentence("the data is returned, and copies are deleted"),
    },
    TransferKind: {
        TransferKind.ADEQUACY: sentence("decision of adequacy (Art. 45)"),
        TransferKind.PUBLIC_INSTRUMENT: sentence("instrument between authorities (Art. 46(2)(a))"),
        TransferKind.BINDING_RULES: sentence("binding corporate rules (Art. 46(2)(b))"),
        TransferKind.STANDARD_CLAUSES: sentence("standard clauses (Art. 46(2)(c))"),
        TransferKind.CODE_OF_CONDUCT: sentence("code of conduct (Art. 46(2)(e))"),
        TransferKind.CERTIFICATION: sentence("certification (Art. 46(2)(f))"),
        TransferKind.AUTHORISED_CLAUSES: sentence("clauses that an authority has authorised (Art. 46(3))"),
        TransferKind.DEROGATION: sentence("derogation for specific situations (Art. 49)"),
    },
    ProposalState: {
        ProposalState.OPEN: sentence("waits for a decision"),
        ProposalState.ACCEPTED: sentence("accepted"),
        ProposalState.DECLINED: sentence("declined"),
        ProposalState.WITHDRAWN: sentence("withdrawn"),
    },
    Adequacy: {
        Adequacy.FOUND: sentence("The Commission has found the protection there adequate (Art. 45)."),
        Adequacy.FOUND_FOR_SOME: sentence(
            "The Commission has found the protection there adequate for some recipients only (Art. 45)."
        ),
        Adequacy.NOT_FOUND: sentence(
            "The Commission has made no decision on the adequacy of the protection there (Art. 45)."
        ),
    },
    ScopeState: {
        ScopeState.DRAFT: sentence("draft"),
        ScopeState.ANNOUNCED: sentence("announced"),
        ScopeState.APPROVED: sentence("approved, not begun"),
        ScopeState.IN_FORCE: sentence("in force"),
        ScopeState.SUSPENDED: sentence("suspended"),
        ScopeState.EXPIRED: sentence("expired"),
        ScopeState.REPLACED: sentence("replaced by a later version"),
        ScopeState.ENDED: sentence("ended"),
    },
    AtOnce: {
        AtOnce.UNCOVERED: sentence("what was given until then may not be given any more"),
        AtOnce.DECIDED: sentence("the company said why it could not wait"),
    },
    Duty: {
        Duty.SYSTEMS: sentence("systems"),
        Duty.DATA_PROTECTION: sentence("data protection"),
        Duty.AGREEMENTS: sentence("agreements"),
    },
    AgreementState: {
        AgreementState.DRAFT: sentence("draft"),
        AgreementState.APPROVED: sentence("approved, not begun"),
        AgreementState.IN_FORCE: sentence("in force"),
        AgreementState.EXPIRED: sentence("expired"),
        AgreementState.REPLACED: sentence("replaced by a later version"),
        AgreementState.ENDED: sentence("ended"),
    },
    AgreementsStand: {
        AgreementsStand.GOOD: sentence("in good standing"),
        AgreementsStand.STOPPED: sentence("nothing flows"),
        AgreementsStand.NONE: sentence("no agreement"),
    },
    Rule: {
        Rule.REPEALED_LAW: sentence("cites a law that is repealed"),
        Rule.NO_CONTACT: sentence("no business ID or contact"),
        Rule.DEAD_CONTACT: sentence("a contact that nobody can use"),
        Rule.PLACEHOLDER: sentence("a placeholder was left in"),
        Rule.NO_RETENTION: sentence("no retention time or criterion"),
        Rule.NO_BASIS: sentence("no legal basis for the purpose"),
        Rule.FORM_DEMANDED: sentence("a signature or paper is demanded"),
        Rule.CONSENT_BUNDLED: sentence("consent is assumed or bundled"),
        Rule.OPT_OUT_PUBLICATION: sentence("published unless somebody objects"),
        Rule.NOT_ANONYMOUS: sentence("called anonymous, and is not"),
        Rule.COOKIES_BY_BROWSER: sentence("browser settings taken for consent"),
        Rule.RIGHTS_MISSING: sentence("rights or the complaint are not told"),
        Rule.REGISTER_UNDECLARED: sentence("a register in use is not declared"),
        Rule.OBJECTION_NARROWED: sentence("the right to object is narrowed"),
        Rule.RECIPIENTS_UNNAMED: sentence("recipients told by category only"),
        Rule.TRANSFERS_OPEN: sentence("transfers without a named safeguard"),
        Rule.ROLES_UNSTATED: sentence("the companies' roles are not told"),
        Rule.DECISION: sentence("a choice made here, where the notice makes none"),
    },
    RetentionClass: {
        RetentionClass.CONSENT: sentence("as long as the consent is in force"),
        RetentionClass.CONTRACT: sentence("as long as the contract is in force"),
        RetentionClass.ACCOUNTING_VOUCHERS: sentence(
            "six years after the end of the financial year (accounting vouchers)"
        ),
        RetentionClass.ACCOUNTING_BOOKS: sentence("ten years after the end of the financial year (accounting books)"),
        RetentionClass.LEGAL_CLAIMS: sentence("until claims are barred by limitation"),
    },
    FieldType: {
        FieldType.TEXT: sentence("text"),
        FieldType.EMAIL: sentence("e-mail address"),
        FieldType.PHONE: sentence("telephone number"),
        FieldType.DATE: sentence("date"),
        FieldType.NUMBER: sentence("number"),
        FieldType.BOOLEAN: sentence("yes or no"),
        FieldType.HETU: sentence("personal identity code"),
        FieldType.IBAN: sentence("bank account (IBAN)"),
        FieldType.BUSINESS_ID: sentence("business ID"),
        FieldType.POSTAL_CODE: sentence("postal code"),
    },
    Cardinality: {
        Cardinality.ONE: sentence("one record of each person"),
        Cardinality.MANY: sentence("many records of one person"),
    },
    DraftState: {
        DraftState.OPEN: sentence("being drafted"),
        DraftState.WAITING: sentence("waiting for approval"),
        DraftState.PUBLISHED: sentence("in force, published"),
        DraftState.DISCARDED: sentence("draft discarded"),
    },
    ChangeKind: {
        ChangeKind.ADDED: sentence("new"),
        ChangeKind.CHANGED: sentence("changed"),
        ChangeKind.REMOVED: sentence("removed"),
        ChangeKind.MOVED: sentence("moved"),
    },
    LegalBasis: {
        LegalBasis.CONSENT: sentence("consent"),
        LegalBasis.CONTRACT: sentence("contract"),
        LegalBasis.LEGAL_OBLIGATION: sentence("legal obligation"),
        LegalBasis.VITAL_INTEREST: sentence("vital interest"),
        LegalBasis.PUBLIC_TASK: sentence("public interest"),
        LegalBasis.LEGITIMATE_INTEREST: sentence("legitimate interest"),
    },
    Origin: {
        Origin.PROVIDED: sentence("given by the person"),
        Origin.OBSERVED: sentence("observed in use of the service"),
        Origin.DERIVED: sentence("derived from other data"),
        Origin.THIRD_PARTY: sentence("from another source"),
    },
    PurposeKind: {
        PurposeKind.CUSTOMER_CARE: sentence("customer care"),
        PurposeKind.SALES: sentence("sales"),
        PurposeKind.INVOICING: sentence("invoicing"),
        PurposeKind.DELIVERY: sentence("delivery"),
        PurposeKind.MARKETING: sentence("marketing"),
        PurposeKind.ANALYTICS: sentence("analytics"),
        PurposeKind.RESEARCH: sentence("research"),
        PurposeKind.CREDIT: sentence("credit decisions"),
        PurposeKind.CREDIT_SALE: sentence("credit sales"),
        PurposeKind.ACCOUNTING: sentence("accounting"),
        PurposeKind.SERVICE_USE: sentence("use of the service"),
        PurposeKind.COMPETITION: sentence("draws and competitions"),
        PurposeKind.LEGAL_DUTY: sentence("legal duty"),
        PurposeKind.RIGHTS_REQUEST: sentence("rights request"),
        PurposeKind.RETENTION: sentence("retention"),
        PurposeKind.STORAGE: sentence("storage"),
        PurposeKind.LEGAL_CLAIM: sentence("legal claim"),
    },
    Verdict: {
        Verdict.KEPT: sentence("confirmed"),
        Verdict.REVOKED: sentence("taken away"),
        Verdict.LAPSED: sentence("ended unconfirmed"),
    },
    Role: {
        Role.GROUP_ADMIN: sentence("group administrator"),
        Role.COMPANY_ADMIN: sentence("company administrator"),
        Role.REGISTER_OWNER: sentence("register owner"),
        Role.DATA_PROTECTION_OFFICER: sentence("data protection officer"),
        Role.REQUEST_HANDLER: sentence("request handler"),
        Role.CUSTOMER_CARE: sentence("customer service"),
        Role.MAINTENANCE: sentence("technical maintenance"),
        Role.AUDITOR: sentence("auditor"),
    },
    Actor: {
        Actor.VISITOR: sentence("visitor"),
        Actor.SUBJECT: sentence("data subject"),
        Actor.MEMBER: sentence("member of staff"),
        Actor.CLIENT: sentence("processor"),
        Actor.CONTACT: sentence("person of a processor"),
        Actor.SYSTEM: sentence("Seloste"),
    },
}

TONES: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    DeliveryState: {
        DeliveryState.RUNNING: "soon",
        DeliveryState.READY: "kept",
        DeliveryState.STOPPED: "late",
        DeliveryState.FAILED: "late",
    },
    MessageState: {
        MessageState.PENDING: "soon",
        MessageState.DELIVERED: "kept",
        MessageState.FAILED: "late",
    },
    AuthorityCaseState: {
        AuthorityCaseState.OPEN: "soon",
        AuthorityCaseState.APPROVED: "kept",
        AuthorityCaseState.PARTLY_APPROVED: "kept",
    },
    NotificationState: {
        NotificationState.PENDING: "soon",
        NotificationState.DELIVERED: "soon",
        NotificationState.DECLINED: "late",
        NotificationState.ESCALATED: "late",
        NotificationState.EXCUSE_PROPOSED: "soon",
        NotificationState.CONFIRMED: "kept",
        NotificationState.READS_LIVE: "kept",
    },
    CaseState: {
        CaseState.NEEDS_STAFF: "soon",
        CaseState.AWAITING_DECISION: "soon",
        CaseState.REFUSAL_PROPOSED: "soon",
        CaseState.HANDING_OVER: "soon",
        CaseState.TO_BE_POSTED: "soon",
        CaseState.ANSWERED: "kept",
        CaseState.NO_DATA: "kept",
        CaseState.REFUSED: "late",
    },
    ExportState: {ExportState.READY: "kept"},
    ExtractState: {ExtractState.READY: "kept", ExtractState.FAILED: "late"},
    ImportState: {
        ImportState.UNMAPPED: "soon",
        ImportState.CHECKED: "soon",
        ImportState.PAUSED: "soon",
        ImportState.DONE: "kept",
    },
    PolicyState: {
        PolicyState.GRANTED: "soon",
        PolicyState.ACTIVE: "kept",
        PolicyState.SUSPENDED: "soon",
        PolicyState.REVOKED: "late",
    },
    Why: {why: "kept" if why is Why.SHARED else "late" for why in Why},
    ScopeState: {
        ScopeState.DRAFT: "soon",
        ScopeState.ANNOUNCED: "soon",
        ScopeState.APPROVED: "soon",
        ScopeState.IN_FORCE: "kept",
        ScopeState.SUSPENDED: "late",
        ScopeState.EXPIRED: "late",
    },
    ProposalState: {
        ProposalState.OPEN: "soon",
        ProposalState.ACCEPTED: "kept",
        ProposalState.DECLINED: "late",
    },
    AgreementState: {
        AgreementState.DRAFT: "soon",
        AgreementState.APPROVED: "soon",
        AgreementState.IN_FORCE: "kept",
        AgreementState.EXPIRED: "late",
    },
    AgreementsStand: {AgreementsStand.GOOD: "kept", AgreementsStand.STOPPED: "late"},
    DraftState: {DraftState.OPEN: "soon", DraftState.WAITING: "soon", DraftState.PUBLISHED: "kept"},
    ChangeKind: {ChangeKind.ADDED: "kept", ChangeKind.CHANGED: "soon", ChangeKind.REMOVED: "late"},
    RestrictionState: {RestrictionState.IN_FORCE: "soon", RestrictionState.BEING_LIFTED: "soon"},
}

HUES: Mapping[str, frozenset[PurposeKind]] = {
    "care": frozenset({PurposeKind.CUSTOMER_CARE, PurposeKind.SALES, PurposeKind.DELIVERY, PurposeKind.SERVICE_USE}),
    "finance": frozenset({PurposeKind.INVOICING, PurposeKind.ACCOUNTING, PurposeKind.CREDIT, PurposeKind.LEGAL_DUTY}),
    "targeting": frozenset(
        {PurposeKind.MARKETING, PurposeKind.ANALYTICS, PurposeKind.RESEARCH, PurposeKind.COMPETITION}
    ),
}

PROBLEMS: Mapping[int, ProblemWords] = {
    400: ProblemWords(
        sentence("This could not be read"),
        sentence("The address or the form was not whole. Go back, and try again."),
    ),
    401: ProblemWords(
        sentence("Sign in first"),
        sentence("This page is for people who are signed in. Nothing was done."),
    ),
    403: ProblemWords(
        sentence("Not permitted"),
        sentence("Your role does not include this, or the page was open too long. Nothing was changed."),
    ),
    404: ProblemWords(
        sentence("Nothing here"),
        sentence("There is no page at this address, or it is not yours to see. A link may have been cut short."),
    ),
    405: ProblemWords(
        sentence("Not in this way"),
        sentence("This address answers, but not to what was asked of it. Nothing was changed."),
    ),
    409: ProblemWords(
        sentence("Not possible now"),
        sentence("What was asked does not fit the present state. Nothing was done; look at it again, then decide."),
    ),
    413: ProblemWords(
        sentence("Too large"),
        sentence("What was sent is larger than this page takes. Nothing was kept."),
    ),
    422: ProblemWords(
        sentence("Something needs mending"),
        sentence("What was given cannot be used as it is. Go back, mend it, and send it again; nothing was kept."),
    ),
    429: ProblemWords(
        sentence("Too many attempts"),
        sentence(
            "This was tried too often in a short time. Wait a while, then try again; nothing already sent is lost."
        ),
    ),
    500: ProblemWords(
        sentence("The fault is ours"),
        sentence("Something broke here. What was being done was not done, not even in part. Try again in a moment."),
    ),
    503: ProblemWords(
        sentence("Not available just now"),
        sentence("A part that this page needs does not answer. Nothing is lost; try again in a few minutes."),
    ),
}

OF_PROGRAMS: Mapping[int, str] = {
    400: sentence("What was sent could not be read as what this address takes. Nothing was done."),
    401: sentence("This address asks for an API key that is valid. Nothing was done."),
    403: sentence("What the API key may do does not include this. Nothing was changed."),
    404: sentence("There is nothing at this address, or it is not the API key's to see."),
    413: sentence("What was sent is larger than this address takes. Nothing was kept."),
    422: sentence("What was sent cannot be used as it is. Mend it, and send it again; nothing was kept."),
    503: sentence("A part that this needs does not answer. Nothing is lost; try again in a few minutes."),
}
