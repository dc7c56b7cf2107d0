"""What is said in OpenDSR 2.0, typed. Sections are those of its specification; our rulings are in docs/decisions.

A processor reads strictly (`read_request`), a controller reads what others write with patience: what is unknown is
kept as it was said.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

API_VERSION = "2.0"
DOMAIN_HEADER, SIGNATURE_HEADER = "X-OpenDSR-Processor-Domain", "X-OpenDSR-Signature"
# §10.1: the names of before are honoured.
FORMER_DOMAIN_HEADER, FORMER_SIGNATURE_HEADER = "X-OpenGDPR-Processor-Domain", "X-OpenGDPR-Signature"
DOMAINS = (DOMAIN_HEADER, FORMER_DOMAIN_HEADER)
SIGNATURES = (SIGNATURE_HEADER, FORMER_SIGNATURE_HEADER)
REQUESTS, DISCOVERY, FORMER_REQUESTS = "/requests", "/discovery", "/opengdpr_requests"
LARGEST_BODY = 65_536
MOST_IDENTITIES, MOST_CALLBACKS = 20, 5
LONGEST_VALUE, LONGEST_URL = 254, 500


class IdentityType(StrEnum):
    CONTROLLER_CUSTOMER_ID = "controller_customer_id"
    ANDROID_ADVERTISING_ID = "android_advertising_id"
    ANDROID_ID = "android_id"
    EMAIL = "email"
    FIRE_ADVERTISING_ID = "fire_advertising_id"
    IOS_ADVERTISING_ID = "ios_advertising_id"
    IOS_VENDOR_ID = "ios_vendor_id"
    MICROSOFT_ADVERTISING_ID = "microsoft_advertising_id"
    MICROSOFT_PUBLISHER_ID = "microsoft_publisher_id"
    ROKU_PUBLISHER_ID = "roku_publisher_id"
    ROKU_ADVERTISING_ID = "roku_advertising_id"


class IdentityFormat(StrEnum):
    RAW = "raw"
    SHA1 = "sha1"
    MD5 = "md5"
    SHA256 = "sha256"


class RequestType(StrEnum):
    """What may be asked for. The rights that the standard does not know stand in our own extension."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"


class Regulation(StrEnum):
    GDPR = "gdpr"
    CCPA = "ccpa"


class RequestStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (RequestStatus.COMPLETED, RequestStatus.CANCELLED)


_RANK = {
    RequestStatus.PENDING: 0,
    RequestStatus.IN_PROGRESS: 1,
    RequestStatus.COMPLETED: 2,
    RequestStatus.CANCELLED: 2,
}


def follows(later: RequestStatus, earlier: RequestStatus) -> bool:
    """Whether one status may come after the other: never back, and nothing after an end."""
    return _RANK[later] > _RANK[earlier]


class Supported(Struct, frozen=True, order=True):
    """As text: a processor may name kinds that the standard does not know."""

    identity_type: str
    identity_format: str


class Identity(Struct, frozen=True):
    """Personal data: it tells nothing of itself in logs and tracebacks."""

    identity_type: str
    identity_value: str
    identity_format: str

    def __repr__(self) -> str:
        return f"Identity({self.identity_type!r}, …)"


class Discovery(Struct, frozen=True):
    """§6: what a processor is able to do, and where its certificate is."""

    api_version: str
    supported_identities: list[Supported]
    supported_subject_request_types: list[str]
    processor_certificate: str


class GivenIdentity(Struct, frozen=True):
    """As a processor takes it in."""

    identity_type: IdentityType
    identity_value: Annotated[str, Meta(min_length=1, max_length=LONGEST_VALUE)]
    identity_format: IdentityFormat

    def __repr__(self) -> str:
        return f"GivenIdentity({self.identity_type!r}, …)"


class GivenRequest(Struct, frozen=True):
    """§7.1 as a processor takes it in. `regulation` is left out by those who speak as before the standard had it."""

    subject_request_id: UUID
    subject_request_type: RequestType
    submitted_time: Annotated[datetime, Meta(tz=True)]
    subject_identities: Annotated[list[GivenIdentity], Meta(min_length=1, max_length=MOST_IDENTITIES)]
    regulation: Regulation | UnsetType = UNSET
    api_version: str | UnsetType = UNSET
    status_callback_urls: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_URL)]], Meta(max_length=MOST_CALLBACKS)
    ] = []
    extensions: dict[str, Raw] = {}


class Created(Struct, frozen=True):
    """§7.3. No `processor_signature`: it would sign the body that holds it."""

    controller_id: str
    expected_completion_time: datetime
    received_time: datetime
    encoded_request: str
    subject_request_id: str

    def __repr__(self) -> str:
        return f"Created({self.subject_request_id!r}, …)"


class Cancelled(Struct, frozen=True):
    """§9.2."""

    controller_id: str
    received_time: datetime
    subject_request_id: str
    api_version: str = API_VERSION


class Status(Struct, frozen=True, omit_defaults=True):
    """§8.3, and with `status_callback_url` §8.6."""

    controller_id: str
    expected_completion_time: datetime
    subject_request_id: str
    request_status: RequestStatus
    status_callback_url: str | UnsetType = UNSET
    api_version: str | UnsetType = UNSET
    results_url: str | UnsetType = UNSET
    results_count: int | UnsetType = UNSET


class ErrorDetail(Struct, frozen=True):
    domain: str
    reason: str
    message: str


class ErrorBody(Struct, frozen=True):
    code: int
    message: str
    errors: list[ErrorDetail]


class ErrorAnswer(Struct, frozen=True):
    """§7.5. Nothing of anybody's identity, and nothing that was given, stands in it."""

    error: ErrorBody


class Unacceptable(Exception):
    """A request that a processor does not take: the reason is for the other side's program, the message for people."""

    def __init__(self, reason: str, message: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.status = status


class Unreadable(Exception):
    """What another side wrote is not what the standard says."""


def read_request(body: bytes, *, as_before: bool = False) -> GivenRequest:
    """`as_before`: on a route of OpenGDPR, which did not have `regulation`. Raises Unacceptable."""
    try:
        given = _REQUEST.decode(body)
    except msgspec.ValidationError as wrong:
        field = _field(str(wrong))
        raise Unacceptable("invalid", f"{field} is missing or not as the standard says") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unacceptable("malformed", "The body is not JSON") from None
    if given.subject_request_id.version != 4:
        raise Unacceptable("invalid", "subject_request_id is not a UUID of version 4")
    if given.regulation is UNSET and not as_before:
        raise Unacceptable("invalid", "regulation is missing")
    return given


def error(status: int, reason: str, message: str, *, domain: str = "Validation") -> ErrorAnswer:
    return ErrorAnswer(ErrorBody(status, message, [ErrorDetail(domain, reason, message)]))


def now() -> datetime:
    """In whole seconds, as the examples of the standard are."""
    return datetime.now(UTC).replace(microsecond=0)


S = TypeVar("S", bound=Struct)


def read(body: bytes, kind: type[S]) -> S:
    """Of another side. Raises Unreadable, which quotes nothing."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable from None


def write(said: Struct | Mapping[str, object]) -> bytes:
    """The bytes that are signed and sent: they are made once and never again."""
    return msgspec.json.encode(said)


def header(headers: Mapping[str, str], names: Sequence[str]) -> str | None:
    """Under its name of today or of before; None where it is not there, or where the two names say two things."""
    said = {value for name in names if (value := headers.get(name) or headers.get(name.lower()))}
    return said.pop() if len(said) == 1 else None


def _field(told: str) -> str:
    """The place that msgspec names, and nothing of what stands there."""
    named = _PLACE.search(told) or _MISSING.search(told)
    return named.group(1) if named else "A field"


_PLACE = re.compile(r"`\$\.([a-z_]+)")
_MISSING = re.compile(r"required field `([a-z_]+)`")
_REQUEST = msgspec.json.Decoder(GivenRequest)
