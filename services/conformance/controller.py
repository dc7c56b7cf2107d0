"""A controller's address for callbacks, tried from outside: what must be refused first, and at last what is genuine.

The checker plays the processor, with its key. Vectors about certificates need the controller to know a processor whose
certificate is flawed: each is an address of its own, given with the key that belongs to it.
"""

import json
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from msgspec import Struct

from services.conformance.findings import Finding, Findings, Heard, Rule, Talk
from tenants.opendsr import authority, signatures, wire

RULES = tuple(rule for rule in Rule if list(Rule).index(rule) >= list(Rule).index(Rule.OTHER_DOMAIN_REFUSED))
REFUSED = (400, 401, 403)
FLAWS = (Rule.EXPIRED_REFUSED, Rule.UNKNOWN_AUTHORITY_REFUSED, Rule.SUBJECT_NAME_REFUSED)


class Called(Struct, frozen=True):
    """An address that a controller gave for a request that is pending there, and who may call it with which key."""

    url: str
    subject_request_id: str
    domain: str
    key: RSAPrivateKey


class Flawed(Struct, frozen=True):
    """`rule` says what is wrong with the certificate that the controller finds for this domain."""

    rule: Rule
    called: Called


def check(called: Called, talk: Talk, *, flawed: Sequence[Flawed] = ()) -> list[Finding]:
    findings = Findings()
    _refusals(called, talk, findings)
    for one in flawed:
        answer = _sent(one.called, talk, _body(one.called, "in_progress"))
        findings.note(one.rule, answer.status in REFUSED, answer.seen)
    _states(called, talk, findings)
    return findings.listed(RULES)


def _refusals(called: Called, talk: Talk, findings: Findings) -> None:
    """Each is genuine but for one thing."""
    body = _body(called, "in_progress")
    other = authority.new_key()
    anew = json.dumps(json.loads(body), indent=1).encode()
    elsewhere = _body(called, "in_progress", status_callback_url=f"{called.url}x")
    another = _body(called, "in_progress", subject_request_id="00000000-0000-4000-8000-000000000000")
    for rule, answer in (
        (Rule.OTHER_DOMAIN_REFUSED, _sent(called, talk, body, domain=f"other.{called.domain}")),
        (Rule.OTHER_KEY_REFUSED, _sent(called, talk, body, key=other)),
        (Rule.UNSIGNED_REFUSED, _sent(called, talk, body, signed=False)),
        (Rule.REWRITTEN_REFUSED, _sent(called, talk, anew, signature_of=body)),
        (Rule.SIGNED_NO_JSON_REFUSED, _sent(called, talk, b"not json")),
        (Rule.OTHER_ADDRESS_REFUSED, _sent(called, talk, elsewhere)),
        (Rule.OTHER_REQUEST_REFUSED, _sent(called, talk, another)),
    ):
        findings.note(rule, answer.status in REFUSED, answer.seen)


def _states(called: Called, talk: Talk, findings: Findings) -> None:
    early = _body(called, "in_progress")
    for body in (early, _body(called, "completed")):
        answer = _sent(called, talk, body)
        if not findings.note(Rule.GENUINE_TAKEN, answer.status == 202, answer.seen):
            return
    replayed = _sent(called, talk, early)
    findings.note(Rule.REPLAY_REFUSED, replayed.status in REFUSED, replayed.seen)


def _sent(
    called: Called,
    talk: Talk,
    body: bytes,
    *,
    domain: str | None = None,
    key: RSAPrivateKey | None = None,
    signed: bool = True,
    signature_of: bytes | None = None,
) -> Heard:
    headers = {"Content-Type": "application/json", wire.DOMAIN_HEADER: domain or called.domain}
    if signed:
        headers[wire.SIGNATURE_HEADER] = signatures.sign(key or called.key, signature_of or body)
    return talk("POST", called.url, headers, body)


def _body(called: Called, status: str, **other: str) -> bytes:
    said = {
        "controller_id": "opendsr-check",
        "expected_completion_time": wire.now().isoformat(),
        "status_callback_url": called.url,
        "subject_request_id": called.subject_request_id,
        "request_status": status,
        **other,
    }
    return json.dumps(said).encode()
