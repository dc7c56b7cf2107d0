"""How processors differ in what they call OpenDSR. As a controller we write each dialect, and read any.

The two that are known to be spoken besides the standard: mParticle's API 3.0 and AppsFlyer's.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct

from tenants.opendsr import wire
from tenants.opendsr.wire import Identity, Regulation, RequestStatus


class Dialect(StrEnum):
    STANDARD = "standard"
    OPENGDPR = "opengdpr"
    MPARTICLE = "mparticle"
    APPSFLYER = "appsflyer"


class Paths(Struct, frozen=True):
    """Under the address that was registered, which holds the major version already."""

    requests: str
    discovery: str = wire.DISCOVERY


PATHS = {
    Dialect.STANDARD: Paths(wire.REQUESTS),
    Dialect.OPENGDPR: Paths(wire.FORMER_REQUESTS),
    Dialect.MPARTICLE: Paths(wire.REQUESTS),
    Dialect.APPSFLYER: Paths("/opendsr_requests", "/opendsr_requests/discovery"),
}
# Every answer bears a signature (§6). The others do not promise it: it counts where there is one.
SIGNING_ANSWERS = frozenset({Dialect.STANDARD, Dialect.OPENGDPR})
# mParticle takes identities as they are and no digests of them.
RAW_ONLY = frozenset({Dialect.MPARTICLE})


class Asked(Struct, frozen=True, kw_only=True):
    """What a controller asks, whatever the dialect. `type` may be one that only our extension knows.

    `corrected` is what those of the identities are now that were corrected.
    """

    subject_request_id: UUID
    type: str
    identities: Sequence[Identity]
    corrected: Sequence[Identity] = ()
    submitted_at: datetime
    callback_url: str
    regulation: Regulation = Regulation.GDPR
    # AppsFlyer: the application; mParticle: what belongs together.
    property_id: str | None = None
    group_id: str | None = None
    extensions: dict[str, dict[str, object]] = {}


class ReadStatus(Struct, frozen=True):
    """`raw` is what was said. What is not `known` counts as in progress, and somebody is told of it."""

    status: RequestStatus
    raw: str
    known: bool


class Told(Struct, frozen=True):
    """What a processor tells of a request, as far as we look at it. `status_message` is mParticle's."""

    subject_request_id: str
    request_status: str
    controller_id: str = ""
    status_callback_url: str = ""
    expected_completion_time: str = ""
    results_url: str | None = None
    results_count: int | None = None
    extensions: dict[str, object] | None = None


class Problem(StrEnum):
    """What a refusal of a processor means for the request."""

    REFUSED = "refused"
    SAME_IN_PROGRESS = "same_in_progress"
    NOT_LET_IN = "not_let_in"
    UNKNOWN_THERE = "unknown_there"
    GONE = "gone"
    LATER = "later"


def body_of(dialect: Dialect, asked: Asked) -> bytes:
    """The whole body of the request, ready to be sent."""
    said: dict[str, object] = {
        "regulation": asked.regulation,
        "subject_request_id": str(asked.subject_request_id),
        "subject_request_type": asked.type,
        "submitted_time": _instant(asked.submitted_at),
        "api_version": "3.0" if dialect is Dialect.MPARTICLE else wire.API_VERSION,
        "status_callback_urls": [asked.callback_url],
        "subject_identities": _identities(dialect, asked.identities),
    }
    if asked.extensions:
        said["extensions"] = asked.extensions
    if dialect is Dialect.APPSFLYER and asked.property_id:
        said["property_id"] = asked.property_id
    if dialect is Dialect.MPARTICLE and asked.group_id:
        said["group_id"] = asked.group_id
    if dialect is Dialect.OPENGDPR:
        del said["regulation"]
        said["api_version"] = "1.0"
    return wire.write(said)


def read_status(raw: str) -> ReadStatus:
    """Spellings with a hyphen or of American English are the same words."""
    word = raw.strip().lower().replace("-", "_")
    word = {"canceled": "cancelled"}.get(word, word)
    try:
        return ReadStatus(RequestStatus(word), raw, known=True)
    except ValueError:
        return ReadStatus(RequestStatus.IN_PROGRESS, _printable(raw), known=False)


def problem_of(status: int) -> Problem:
    """What an answer that is none of success says."""
    match status:
        case 401 | 403:
            return Problem.NOT_LET_IN
        case 404:
            return Problem.UNKNOWN_THERE
        case 409:
            return Problem.SAME_IN_PROGRESS
        case 410:
            return Problem.GONE
        case 429:
            return Problem.LATER
    return Problem.LATER if status >= 500 else Problem.REFUSED


def code_of(body: bytes) -> str:
    """The code that AppsFlyer's programs give beside the status, or nothing. Never a sentence: it may quote."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    error = said.get("error") if isinstance(said, dict) else None
    code = error.get("af_gdpr_code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _identities(dialect: Dialect, identities: Sequence[Identity]) -> object:
    if dialect is Dialect.MPARTICLE:
        return {one.identity_type: {"value": one.identity_value, "encoding": "raw"} for one in identities}
    return [msgspec.structs.asdict(one) for one in identities]


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _printable(raw: str) -> str:
    """A word of somebody else, kept for people to read: short, and nothing but letters, digits, _ and -."""
    return re.sub(r"[^A-Za-z0-9_-]", "?", raw)[:40]


_CODE = re.compile(r"e\d{3}")
