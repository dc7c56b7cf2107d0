"""A callback, judged in the order of the standard (§8.8 and the security guidelines), and nothing read before its time.

domain -> certificate -> signature over the raw bytes -> JSON -> the address that was called -> the state. Answers are
those of the guidelines: 202, 401 for domain and certificate, 400 for all that comes after.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cryptography.x509 import Certificate
from msgspec import Struct

from tenants.opendsr import certificates, dialects, signatures, wire
from tenants.opendsr.certificates import NotTrusted
from tenants.opendsr.dialects import ReadStatus, Told
from tenants.opendsr.wire import RequestStatus


class Outcome(StrEnum):
    """What became of a callback, as its trace tells it."""

    ACCEPTED = "accepted"
    TOLD_BEFORE = "told_before"
    STATUS_UNKNOWN = "status_unknown"
    NO_DOMAIN = "no_domain"
    DOMAIN_NOT_ALLOWED = "domain_not_allowed"
    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    CERTIFICATE_OUT_OF_DATE = "certificate_out_of_date"
    CERTIFICATE_OTHER_DOMAIN = "certificate_other_domain"
    CERTIFICATE_UNKNOWN_ISSUER = "certificate_unknown_issuer"
    CERTIFICATE_NOT_FOR_SIGNATURES = "certificate_not_for_signatures"
    CERTIFICATE_WEAK_KEY = "certificate_weak_key"
    SIGNATURE_WRONG = "signature_wrong"
    NOT_JSON = "not_json"
    OTHER_ADDRESS = "other_address"
    OTHER_REQUEST = "other_request"
    STALE = "stale"

    @property
    def may_be_mended(self) -> bool:
        """By the processor's certificate of today, where ours is older."""
        return self is Outcome.SIGNATURE_WRONG or self.startswith("certificate_")


# In force from the call on, or said already; the rest is refused.
GOOD = frozenset({Outcome.ACCEPTED, Outcome.TOLD_BEFORE, Outcome.STATUS_UNKNOWN})


class Callback(Struct, frozen=True):
    """What arrived, unread. `url` is the address that was called."""

    domain: str | None
    signature: str | None
    body: bytes
    url: str


class Signer(Struct, frozen=True, kw_only=True):
    """`chain` is the certificate that the processor's discovery led to, and those behind it; empty if unknown yet."""

    domains: Collection[str]
    chain: Sequence[Certificate]
    roots: Sequence[Certificate]
    at: datetime


class Expected(Struct, frozen=True, kw_only=True):
    signer: Signer
    subject_request_id: UUID
    status: RequestStatus | None


class Judged(Struct, frozen=True):
    outcome: Outcome
    told: Told | None = None
    status: ReadStatus | None = None

    @property
    def answer(self) -> int:
        if self.outcome in GOOD:
            return 202
        about_whom = self.outcome in (Outcome.NO_DOMAIN, Outcome.DOMAIN_NOT_ALLOWED, Outcome.NO_CERTIFICATE)
        return 401 if about_whom or self.outcome.startswith("certificate_") else 400


def judge(callback: Callback, expected: Expected) -> Judged:
    """Where it is not good, nothing of it is passed on."""
    doubt = doubted(callback.domain, callback.signature, callback.body, expected.signer)
    return Judged(doubt) if doubt is not None else _read(callback, expected)


def doubted(said_domain: str | None, signature: str | None, body: bytes, signer: Signer) -> Outcome | None:
    """Why these bytes are not believed to be the processor's; None where they are."""
    if not said_domain:
        return Outcome.NO_DOMAIN
    domain = said_domain.strip().lower()
    if domain not in {one.lower() for one in signer.domains}:
        return Outcome.DOMAIN_NOT_ALLOWED
    if not signer.chain:
        return Outcome.NO_CERTIFICATE
    try:
        key = certificates.trusted_key(signer.chain, domain, roots=signer.roots, at=signer.at)
    except NotTrusted as reason:
        return Outcome(f"certificate_{reason.flaw}")
    return None if signature and signatures.is_genuine(key, signature, body) else Outcome.SIGNATURE_WRONG


def _read(callback: Callback, expected: Expected) -> Judged:
    """It is known by now who says it."""
    try:
        told = wire.read(callback.body, Told)
    except wire.Unreadable:
        return Judged(Outcome.NOT_JSON)
    if told.status_callback_url != callback.url:
        return Judged(Outcome.OTHER_ADDRESS)
    if told.subject_request_id.lower() != str(expected.subject_request_id):
        return Judged(Outcome.OTHER_REQUEST)
    status = dialects.read_status(told.request_status)
    return Judged(_progress(status, expected.status), told, status)


def _progress(status: ReadStatus, before: RequestStatus | None) -> Outcome:
    """Once more what stands is no fault: an answer of ours may have been lost. What is older is a replay."""
    if before is not None and status.status is before:
        return Outcome.TOLD_BEFORE if status.known else Outcome.STATUS_UNKNOWN
    if before is not None and not wire.follows(status.status, before):
        return Outcome.STALE
    return Outcome.ACCEPTED if status.known else Outcome.STATUS_UNKNOWN
