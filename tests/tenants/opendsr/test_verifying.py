"""A callback is believed only as it was signed, by whom it may be, for the address it came to, and forwards in time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs

from tenants.opendsr import authority, certificates, signatures
from tenants.opendsr.authority import Signing
from tenants.opendsr.verifying import Callback, Expected, Judged, Outcome, Signer, judge
from tenants.opendsr.wire import RequestStatus

# The clock stands still: no vector of these grows old.
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DOMAIN, URL = "opendsr.processor.example", "https://controller.example/opendsr/callbacks/abc"
ASKED = UUID("a7551968-d5d6-44b2-9831-815ac9017798")

ROOT = authority.root(at=NOW)
GOOD = authority.issue(ROOT, DOMAIN, begins=NOW - timedelta(days=1))


def body(status: str = "completed", **other: object) -> bytes:
    said = {
        "controller_id": "c-1",
        "expected_completion_time": "2026-12-01T00:00:00Z",
        "status_callback_url": URL,
        "subject_request_id": str(ASKED),
        "request_status": status,
        **other,
    }
    return json.dumps(said).encode()


def callback(sent: bytes | None = None, *, by: Signing = GOOD, domain: str | None = DOMAIN) -> Callback:
    said = body() if sent is None else sent
    return Callback(domain, signatures.sign(by.key, said), said, URL)


def expected(by: Signing = GOOD, *, status: RequestStatus | None = RequestStatus.PENDING) -> Expected:
    signer = Signer(domains=[DOMAIN], chain=[by.certificate], roots=[ROOT.certificate], at=NOW)
    return Expected(signer=signer, subject_request_id=ASKED, status=status)


def signed_by(by: Signing = GOOD, **changed: Any) -> Expected:
    known = expected(by)
    return structs.replace(known, signer=structs.replace(known.signer, **changed))


def outcome(given: Callback, known: Expected | None = None) -> tuple[Outcome, int]:
    judged: Judged = judge(given, known or expected())
    return judged.outcome, judged.answer


def test_what_the_processor_signed_is_accepted() -> None:
    judged = judge(callback(), expected())
    assert (judged.outcome, judged.answer) == (Outcome.ACCEPTED, 202)
    assert judged.status is not None
    assert judged.status.status is RequestStatus.COMPLETED


def test_nobody_but_the_allowed_domain_is_listened_to() -> None:
    other = "opendsr.stranger.example"
    stranger = authority.issue(ROOT, other, begins=NOW - timedelta(days=1))
    assert outcome(callback(by=stranger, domain=other), expected(stranger)) == (Outcome.DOMAIN_NOT_ALLOWED, 401)
    assert outcome(callback(domain=None)) == (Outcome.NO_DOMAIN, 401)


def test_a_domain_whose_certificate_is_not_known_yet_is_not_believed() -> None:
    assert outcome(callback(), signed_by(chain=[])) == (Outcome.NO_CERTIFICATE, 401)


def test_another_key_signs_in_vain() -> None:
    other = authority.issue(ROOT, DOMAIN, begins=NOW - timedelta(days=1))
    assert outcome(callback(by=other), expected()) == (Outcome.SIGNATURE_WRONG, 400)


def test_a_body_that_was_written_anew_is_not_what_was_signed() -> None:
    signed = callback()
    anew = json.dumps(json.loads(signed.body), indent=1).encode()
    assert outcome(structs.replace(signed, body=anew)) == (Outcome.SIGNATURE_WRONG, 400)
    assert outcome(structs.replace(signed, body=signed.body + b" ")) == (Outcome.SIGNATURE_WRONG, 400)


@pytest.mark.parametrize("signature", ["", "x", "%%%", "AAAA", "A" * 5_000], ids=range(5))
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert outcome(structs.replace(callback(), signature=signature)) == (Outcome.SIGNATURE_WRONG, 400)


def test_an_expired_certificate_is_refused() -> None:
    old = authority.issue(ROOT, DOMAIN, begins=NOW - timedelta(days=90), life=timedelta(days=30))
    assert outcome(callback(by=old), expected(old)) == (Outcome.CERTIFICATE_OUT_OF_DATE, 401)
    early = authority.issue(ROOT, DOMAIN, begins=NOW + timedelta(days=1))
    assert outcome(callback(by=early), expected(early)) == (Outcome.CERTIFICATE_OUT_OF_DATE, 401)


def test_a_certificate_of_an_unknown_authority_is_refused() -> None:
    elsewhere = authority.issue(authority.root(at=NOW), DOMAIN, begins=NOW - timedelta(days=1))
    assert outcome(callback(by=elsewhere), expected(elsewhere)) == (Outcome.CERTIFICATE_UNKNOWN_ISSUER, 401)


def test_a_certificate_that_names_itself_its_issuer_is_refused() -> None:
    key = authority.new_key()
    alone = Signing(key, ROOT.certificate)
    itself = authority.issue(Signing(key, authority.issue(alone, DOMAIN).certificate), DOMAIN, key=key)
    at = datetime.now(UTC)
    known = signed_by(itself, at=at)
    assert outcome(callback(by=itself), known) == (Outcome.CERTIFICATE_UNKNOWN_ISSUER, 401)


def test_a_name_in_the_subject_alone_is_no_name() -> None:
    unnamed = authority.issue(ROOT, DOMAIN, names=[], begins=NOW - timedelta(days=1))
    assert outcome(callback(by=unnamed), expected(unnamed)) == (Outcome.CERTIFICATE_OTHER_DOMAIN, 401)
    other = authority.issue(ROOT, DOMAIN, names=["other.example"], begins=NOW - timedelta(days=1))
    assert outcome(callback(by=other), expected(other)) == (Outcome.CERTIFICATE_OTHER_DOMAIN, 401)


def test_what_is_no_json_is_refused_though_it_is_signed() -> None:
    for sent in (b"not json", b"[]", b"{}", b"\xff\xfe", b"[" * 10_000):
        assert outcome(callback(sent)) == (Outcome.NOT_JSON, 400)


def test_what_was_meant_for_another_address_or_another_request_is_refused() -> None:
    elsewhere = callback(body(status_callback_url="https://other.example/callbacks"))
    assert outcome(elsewhere) == (Outcome.OTHER_ADDRESS, 400)
    another = callback(body(subject_request_id="b7551968-d5d6-44b2-9831-815ac9017798"))
    assert outcome(another) == (Outcome.OTHER_REQUEST, 400)


@pytest.mark.parametrize("ended", [RequestStatus.COMPLETED, RequestStatus.CANCELLED])
@pytest.mark.parametrize("older", ["pending", "in_progress"])
def test_an_older_status_is_a_replay(older: str, ended: RequestStatus) -> None:
    assert outcome(callback(body(older)), expected(status=ended)) == (Outcome.STALE, 400)


def test_nothing_comes_after_an_end() -> None:
    assert outcome(callback(body("cancelled")), expected(status=RequestStatus.COMPLETED)) == (Outcome.STALE, 400)
    assert outcome(callback(body("pending")), expected(status=RequestStatus.IN_PROGRESS)) == (Outcome.STALE, 400)


def test_what_stands_already_may_be_said_again() -> None:
    told = outcome(callback(body("completed")), expected(status=RequestStatus.COMPLETED))
    assert told == (Outcome.TOLD_BEFORE, 202)


def test_a_word_nobody_knows_counts_as_in_progress_and_is_kept() -> None:
    judged = judge(callback(body("skipped <b>")), expected())
    assert (judged.outcome, judged.answer) == (Outcome.STATUS_UNKNOWN, 202)
    assert judged.status is not None
    assert (judged.status.status, judged.status.raw) == (RequestStatus.IN_PROGRESS, "skipped??b?")


def test_a_key_that_is_not_rsa_is_not_believed() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = authority.issue(ROOT, DOMAIN, begins=NOW - timedelta(days=1), key=key)  # type: ignore[arg-type]
    with pytest.raises(certificates.NotTrusted) as refused:
        certificates.trusted_key([made.certificate], DOMAIN, roots=[ROOT.certificate], at=NOW)
    assert refused.value.flaw is certificates.Flaw.WEAK_KEY


def test_a_chain_is_read_from_what_was_served_or_refused() -> None:
    assert len(certificates.read_chain(GOOD.pem + ROOT.pem)) == 2
    for served in (b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", GOOD.pem * 9):
        with pytest.raises(certificates.NotTrusted):
            certificates.read_chain(served)


def test_the_authorities_of_this_machine_are_read() -> None:
    assert len(certificates.public_roots()) > 20
