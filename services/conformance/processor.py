"""A processor, tried from outside: it is asked about somebody who does not exist, and what it took is taken back."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate
from msgspec import Struct

from services.conformance.findings import Finding, Findings, Heard, Rule, Talk
from tenants.opendsr import certificates, signatures, wire
from tenants.opendsr.certificates import NotTrusted
from tenants.opendsr.wire import Discovery

RULES = tuple(rule for rule in Rule if list(Rule).index(rule) < list(Rule).index(Rule.OTHER_DOMAIN_REFUSED))
# RFC 2606: nobody's, anywhere.
NOBODY = "opendsr-check-{}@nobody.invalid"


class CreatedBody(Struct):
    controller_id: str
    expected_completion_time: datetime
    received_time: datetime
    encoded_request: str
    subject_request_id: str


class StatusBody(Struct):
    controller_id: str
    expected_completion_time: datetime
    subject_request_id: str
    request_status: str


class CancelledBody(Struct):
    controller_id: str
    received_time: datetime
    subject_request_id: str


class ErrorCode(Struct):
    code: int


class ErrorBody(Struct):
    error: ErrorCode


S = TypeVar("S", bound=Struct)


class Access(Struct, frozen=True):
    """How the checker is let in: the headers of each of its calls."""

    headers: dict[str, str]

    def __repr__(self) -> str:
        return "Access(…)"


def check(
    base_url: str,
    talk: Talk,
    *,
    access: Access,
    roots: Sequence[Certificate],
    at: datetime,
    in_progress: str | None = None,
) -> list[Finding]:
    """`base_url` holds the version (…/v2). `in_progress` is an id of a request that the processor has begun."""
    trial = Trial(base_url.rstrip("/"), talk, access, Findings())
    if trial.discover(roots, at) and trial.create():
        trial.refuse()
        trial.cancel(in_progress)
        trial.former_names()
    return trial.findings.listed(RULES)


class Trial:
    def __init__(self, base_url: str, talk: Talk, access: Access, findings: Findings) -> None:
        self.base_url, self.talk, self.access, self.findings = base_url, talk, access, findings
        self.email = NOBODY.format(uuid4().hex[:12])
        self.key: RSAPublicKey | None = None
        self.taken: str | None = None

    def discover(self, roots: Sequence[Certificate], at: datetime) -> bool:
        """Whether there is anybody to be tried."""
        answer = self._call("GET", wire.DISCOVERY)
        if not self.findings.note(Rule.DISCOVERY_ANSWERS, answer.status == 200, answer.seen):
            return not answer.unreached
        told = _read(answer, Discovery)
        if not self.findings.note(Rule.DISCOVERY_SAYS_ALL, told is not None, "schema") or told is None:
            return True
        domain = wire.header(answer.headers, (wire.DOMAIN_HEADER, wire.FORMER_DOMAIN_HEADER)) or ""
        host = urlsplit(self.base_url).hostname or ""
        place = urlsplit(told.processor_certificate).hostname
        self.findings.note(Rule.CERTIFICATE_PLACE, place == host, "other_domain")
        served = self.talk("GET", told.processor_certificate, {}, b"")
        try:
            chain = certificates.read_chain(served.body if served.status == 200 else b"")
            self.key = certificates.trusted_key(chain, host, roots=roots, at=at)
            self.findings.note(Rule.CERTIFICATE_TRUSTED, True)
        except NotTrusted as reason:
            self.findings.note(Rule.CERTIFICATE_TRUSTED, False, reason.flaw)
        self._note_signed(Rule.DISCOVERY_SIGNED, answer)
        if domain != host:
            self.findings.note(Rule.DISCOVERY_SIGNED, False, "signature")
        return True

    def create(self) -> bool:
        """Whether the checker is let in: what a stranger is refused tells nothing of the rules."""
        body, asked = self._request()
        stranger = self.talk("POST", self.base_url + wire.REQUESTS, {"Content-Type": "application/json"}, body)
        self.findings.note(Rule.STRANGERS_REFUSED, stranger.status in (401, 403), stranger.seen)
        answer = self._call("POST", wire.REQUESTS, body)
        if answer.status in (401, 403):
            self.findings.leave(Rule.CREATED, answer.seen)
            return False
        if not self.findings.note(Rule.CREATED, answer.status == 201, answer.seen):
            return True
        self.taken = asked
        told = _read(answer, CreatedBody)
        self.findings.note(Rule.CREATED_SAYS_ALL, told is not None and told.subject_request_id == asked, "schema")
        self.findings.note(Rule.CREATED_QUOTES, told is not None and _quotes(told, body), "encoded_request")
        self._note_signed(Rule.CREATED_SIGNED, answer)
        again = self._call("POST", wire.REQUESTS, body)
        self.findings.note(Rule.DUPLICATE_REFUSED, again.status in (400, 409), again.seen)
        self._error(again)
        self._status(asked, "pending", "in_progress", "completed")
        return True

    def refuse(self) -> None:
        for rule, body in (
            (Rule.NO_JSON_REFUSED, b'{"subject_request_id": 1,}'),
            (Rule.INCOMPLETE_REFUSED, self._request(regulation=None)[0]),
            (Rule.UNKNOWN_TYPE_REFUSED, self._request(subject_request_type="rectification")[0]),
        ):
            answer = self._call("POST", wire.REQUESTS, body)
            self.findings.note(rule, answer.status == 400, answer.seen)
            self._error(answer)

    def cancel(self, in_progress: str | None) -> None:
        if in_progress is not None:
            begun = self._call("DELETE", f"{wire.REQUESTS}/{in_progress}")
            self.findings.note(Rule.ONLY_PENDING_CANCELLED, 400 <= begun.status < 500, begun.seen)
        if self.taken is None:
            return
        path = f"{wire.REQUESTS}/{self.taken}"
        answer = self._call("DELETE", path)
        if not self.findings.note(Rule.CANCELLED, answer.status == 202, answer.seen):
            return
        told = _read(answer, CancelledBody)
        self.findings.note(Rule.CANCEL_SAYS_ALL, told is not None and told.subject_request_id == self.taken, "schema")
        self._note_signed(Rule.CANCEL_SIGNED, answer)
        stands = _read(self._call("GET", path), StatusBody)
        self.findings.note(Rule.CANCELLED_STAYS, stands is not None and stands.request_status == "cancelled", "status")
        again = self._call("DELETE", path)
        self.findings.note(Rule.ONLY_PENDING_CANCELLED, 400 <= again.status < 500, again.seen)

    def former_names(self) -> None:
        body, asked = self._request()
        answer = self._call("POST", wire.FORMER_REQUESTS, body)
        if self.findings.note(Rule.FORMER_ROUTE, answer.status == 201, answer.seen):
            self._note_signed(Rule.FORMER_HEADERS, answer, (wire.FORMER_SIGNATURE_HEADER,))
            self._call("DELETE", f"{wire.FORMER_REQUESTS}/{asked}")

    def _status(self, asked: str, *fine: str) -> None:
        answer = self._call("GET", f"{wire.REQUESTS}/{asked}")
        if not self.findings.note(Rule.STATUS_ANSWERS, answer.status == 200, answer.seen):
            return
        told = _read(answer, StatusBody)
        says_all = told is not None and told.subject_request_id == asked and told.request_status in fine
        self.findings.note(Rule.STATUS_SAYS_ALL, says_all, "schema")
        self._note_signed(Rule.STATUS_SIGNED, answer)

    def _error(self, answer: Heard) -> None:
        told = _read(answer, ErrorBody)
        self.findings.note(Rule.ERRORS_AS_AGREED, told is not None and told.error.code == answer.status, "schema")
        self.findings.note(Rule.ERRORS_QUOTE_NOBODY, self.email.encode() not in answer.body, "identity")

    def _call(self, method: str, path: str, body: bytes = b"") -> Heard:
        typed = {"Content-Type": "application/json"} if body else {}
        return self.talk(method, self.base_url + path, {**typed, **self.access.headers}, body)

    def _note_signed(self, rule: Rule, answer: Heard, names: Sequence[str] = wire.SIGNATURES) -> None:
        """Without a certificate that is believed nobody can say what a signature is worth."""
        said = wire.header(answer.headers, names)
        if said is None:
            self.findings.note(rule, False, "unsigned")
        elif self.key is not None:
            self.findings.note(rule, signatures.is_genuine(self.key, said, answer.body), "signature")

    def _request(self, **other: str | None) -> tuple[bytes, str]:
        asked = str(uuid4())
        said: dict[str, Any] = {
            "regulation": "gdpr",
            "subject_request_id": asked,
            "subject_request_type": "erasure",
            "submitted_time": wire.now().isoformat(),
            "subject_identities": [{"identity_type": "email", "identity_value": self.email, "identity_format": "raw"}],
            "api_version": wire.API_VERSION,
            **other,
        }
        return json.dumps({name: value for name, value in said.items() if value is not None}).encode(), asked


def _read(answer: Heard, kind: type[S]) -> S | None:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _quotes(told: CreatedBody, body: bytes) -> bool:
    try:
        return base64.b64decode(told.encoded_request, validate=True) == body
    except ValueError:
        return False
