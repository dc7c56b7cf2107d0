"""What is taken in, strictly, and what others write, with patience."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from tenants.opendsr import dialects, wire
from tenants.opendsr.dialects import Asked, Dialect, Problem
from tenants.opendsr.wire import Identity, RequestStatus, Unacceptable

ASKED = UUID("a7551968-d5d6-44b2-9831-815ac9017798")
EMAIL = "aino@esimerkki.example"


def request(**other: object) -> bytes:
    said: dict[str, object] = {
        "regulation": "gdpr",
        "subject_request_id": str(ASKED),
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-20T15:00:00Z",
        "subject_identities": [{"identity_type": "email", "identity_value": EMAIL, "identity_format": "raw"}],
        **other,
    }
    return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def reason(body: bytes) -> str:
    with pytest.raises(Unacceptable) as refused:
        wire.read_request(body)
    assert EMAIL not in refused.value.message
    assert refused.value.status == 400
    return refused.value.message


def test_a_request_of_the_standard_is_read() -> None:
    read = wire.read_request(request(extensions={"processor.example": {"property_id": "1"}}, api_version="2.0"))
    assert (read.subject_request_id, read.subject_request_type) == (ASKED, "erasure")
    assert EMAIL not in repr(read)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"regulation": None}, "regulation"),
        ({"regulation": EMAIL}, "regulation"),
        ({"subject_request_id": "1"}, "subject_request_id"),
        ({"subject_request_id": str(UUID(int=ASKED.int, version=1))}, "subject_request_id"),
        ({"subject_request_type": "rectification"}, "subject_request_type"),
        ({"submitted_time": "2026-11-20T15:00:00"}, "submitted_time"),
        ({"submitted_time": None}, "submitted_time"),
        ({"subject_identities": []}, "subject_identities"),
        ({"subject_identities": {"email": {"value": EMAIL}}}, "subject_identities"),
        ({"subject_identities": [{"identity_type": EMAIL, "identity_value": "1"}]}, "subject_identities"),
        ({"status_callback_urls": ["x"] * 6}, "status_callback_urls"),
    ],
    ids=range(11),
)
def test_what_is_not_as_the_standard_says_is_refused_by_its_name_alone(change: dict[str, object], named: str) -> None:
    assert named in reason(request(**change))


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": 1,}', b"\xff"], ids=range(4))
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert reason(body) == "The body is not JSON"


def test_before_the_standard_had_it_a_regulation_was_not_asked_for() -> None:
    assert wire.read_request(request(regulation=None), as_before=True).regulation is msgspec.UNSET


@pytest.mark.parametrize(
    ("raw", "status", "known"),
    [
        ("pending", RequestStatus.PENDING, True),
        ("in-progress", RequestStatus.IN_PROGRESS, True),
        ("canceled", RequestStatus.CANCELLED, True),
        ("cancelled", RequestStatus.CANCELLED, True),
        ("Completed", RequestStatus.COMPLETED, True),
        ("sent", RequestStatus.IN_PROGRESS, False),
        ("", RequestStatus.IN_PROGRESS, False),
    ],
)
def test_a_status_is_read_in_every_spelling(raw: str, status: RequestStatus, known: bool) -> None:
    read = dialects.read_status(raw)
    assert (read.status, read.known, read.raw) == (status, known, raw)


def asked(**other: object) -> Asked:
    said: dict[str, object] = {
        "subject_request_id": uuid4(),
        "type": "erasure",
        "identities": [Identity("email", EMAIL, "raw")],
        "submitted_at": datetime(2026, 11, 20, 15, tzinfo=UTC),
        "callback_url": "https://controller.example/callbacks/1",
        **other,
    }
    return msgspec.convert(said, Asked)


def test_what_we_ask_is_what_we_would_take() -> None:
    one = asked()
    assert wire.read_request(dialects.body_of(Dialect.STANDARD, one)).subject_request_id == one.subject_request_id
    before = dialects.body_of(Dialect.OPENGDPR, one)
    assert b"regulation" not in before
    assert wire.read_request(before, as_before=True).subject_request_id == one.subject_request_id


def test_each_dialect_has_its_own_words() -> None:
    mparticle = json.loads(dialects.body_of(Dialect.MPARTICLE, asked(group_id="g-1")))
    assert mparticle["subject_identities"] == {"email": {"value": EMAIL, "encoding": "raw"}}
    assert (mparticle["group_id"], mparticle["api_version"]) == ("g-1", "3.0")
    appsflyer = json.loads(dialects.body_of(Dialect.APPSFLYER, asked(property_id="id1")))
    assert appsflyer["property_id"] == "id1"
    assert appsflyer["subject_identities"][0]["identity_type"] == "email"


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (400, Problem.REFUSED),
        (401, Problem.NOT_LET_IN),
        (404, Problem.UNKNOWN_THERE),
        (409, Problem.SAME_IN_PROGRESS),
        (410, Problem.GONE),
        (429, Problem.LATER),
        (503, Problem.LATER),
    ],
)
def test_a_refusal_says_whether_time_may_mend_it(status: int, problem: Problem) -> None:
    assert dialects.problem_of(status) is problem


def test_of_an_error_only_its_code_is_kept() -> None:
    assert dialects.code_of(b'{"error": {"af_gdpr_code": "e211", "message": "x"}}') == "e211"
    for body in (b'{"error": {"af_gdpr_code": "aino@esimerkki.example"}}', b"{}", b"x", b'{"error": 1}'):
        assert dialects.code_of(body) == ""


def test_two_names_of_a_header_that_say_two_things_say_nothing() -> None:
    names = (wire.DOMAIN_HEADER, wire.FORMER_DOMAIN_HEADER)
    assert wire.header({"x-opengdpr-processor-domain": "a.example"}, names) == "a.example"
    assert wire.header({names[0].lower(): "a.example", names[1].lower(): "b.example"}, names) is None
