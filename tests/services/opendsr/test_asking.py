"""A company asks its processor by OpenDSR: discovered first, asked in its dialect, followed to the end."""

import base64
import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tenants import outside
from tenants.database import walled_session
from tenants.opendsr import asking, authority, endpoints, refusals
from tenants.opendsr.authority import Signing
from tenants.opendsr.dialects import Dialect
from tenants.opendsr.endpoints import Terms
from tenants.opendsr.model import LetIn, Wanted
from tenants.opendsr.wire import RequestStatus
from tests.receivers import Says
from tests.services.opendsr import processors
from tests.services.opendsr.asking import RIGHTS, Kept
from tests.services.opendsr.processors import DOMAIN, Other, ask, register, run, sent


def test_an_endpoint_is_discovered_when_it_is_registered(house: Kept, there: Other, endpoint_id: UUID) -> None:
    run(house)
    known = processors.endpoint(house, endpoint_id)
    assert known.discovery is not None
    assert known.certificates == there.signing.pem.decode()
    assert house.trace(endpoint_id) == [("discovered", "discovered")]
    assert there.receiver.asked[0].headers["authorization"] == "Bearer sesam"
    assert "authorization" not in there.receiver.asked[1].headers


def test_what_the_processor_offers_is_what_it_is_told(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID
) -> None:
    sent_id = ask(house, endpoint_id, person)
    run(house)
    said = there.last()
    [identity] = said["subject_identities"]
    assert (identity["identity_type"], identity["identity_format"]) == ("email", "raw")
    row = sent(house, sent_id)
    assert (row.status, row.subject_request_id.version) == (RequestStatus.PENDING, 4)
    assert (row.expected_at is not None, row.sealed_identities is not None) == (True, True)
    assert ("asked", "taken") in house.trace(sent_id)


def test_a_digest_is_sent_to_who_offers_nothing_else_and_nothing_weaker(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID
) -> None:
    there.offered = [{"identity_type": "email", "identity_format": one} for one in ("md5", "sha256")]
    ask(house, endpoint_id, person)
    run(house)
    [identity] = there.last()["subject_identities"]
    assert (identity["identity_format"], len(identity["identity_value"])) == ("sha256", 64)


def test_what_is_not_offered_is_not_asked(house: Kept, there: Other, endpoint_id: UUID, person: UUID) -> None:
    there.offered = [{"identity_type": "email", "identity_format": "md5"}]
    sent_id = ask(house, endpoint_id, person)
    run(house)
    assert there.requests() == []
    row = sent(house, sent_id)
    assert (row.failure, row.sealed_identities) == ("not_offered", None)


def test_who_overlooks_a_right_of_ours_is_asked_what_harms_nobody(
    house: Kept, there: Other, root: Signing, person: UUID
) -> None:
    declared = register(house, there, root, declares=(Wanted.RESTRICTION,))
    ask(house, declared, person, Wanted.RESTRICTION)
    run(house)
    said = there.last()
    assert said["subject_request_type"] == "access"
    assert said["extensions"] == {"testserver.example": {"right": "restriction"}}
    with pytest.raises(refusals.NotSupported):
        ask(house, declared, person, Wanted.RECTIFICATION)


def test_mparticle_is_spoken_to_in_its_dialect(house: Kept, there: Other, root: Signing, person: UUID) -> None:
    there.offered = [{"identity_type": one, "identity_format": "raw"} for one in ("email", "controller_customer_id")]
    basic = register(house, there, root, dialect=Dialect.MPARTICLE, let_in=LetIn.BASIC, user_name="avain")
    ask(house, basic, person)
    run(house)
    assert there.last()["subject_identities"]["controller_customer_id"] == {"value": "12345", "encoding": "raw"}
    assert base64.b64decode(there.requests()[-1].headers["authorization"].removeprefix("Basic ")) == b"avain:sesam"


def test_a_key_of_ours_opens_where_no_secret_is_shared(house: Kept, there: Other, root: Signing, person: UUID) -> None:
    token_url = f"http://localhost:{there.receiver.port}/token"
    by_key = register(
        house, there, root, let_in=LetIn.PRIVATE_KEY_JWT, user_name="seloste", token_url=token_url, secret=""
    )
    there.to_request = lambda asked: (
        Says(200, {}, b'{"access_token": "t-1"}') if asked.path == "/token" else there.taken(asked)
    )
    sent_id = ask(house, by_key, person)
    run(house)
    assert sent(house, sent_id).status is RequestStatus.PENDING
    assert there.requests()[-1].headers["authorization"] == "Bearer t-1"
    with walled_session(house.scene.alfa.system()) as session:
        assert "PUBLIC KEY" in endpoints.public_key(session, endpoints.get(session, by_key))


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        (Says(429, {"Retry-After": "60"}), "later"),
        (Says(500), "later"),
        (Says(409), "same_in_progress"),
        (Says(302, {"Location": "http://169.254.169.254/latest/meta-data/"}), "redirect"),
    ],
    ids=range(4),
)
def test_what_time_may_mend_is_tried_again(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID, *, says: Says, outcome: str
) -> None:
    there.to_request = lambda asked: says
    sent_id = ask(house, endpoint_id, person)
    run(house)
    assert house.trace(sent_id)[-1] == ("asked", outcome)
    assert sent(house, sent_id).ended_at is None
    there.to_request = there.taken
    run(house, "opendsr.ask")
    assert sent(house, sent_id).status is RequestStatus.PENDING


def test_while_the_flow_is_stopped_nobody_is_named_and_afterwards_it_is_asked(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID
) -> None:
    stop_id = house.scene.stop(processor_id=processors.endpoint(house, endpoint_id).processor_id)
    sent_id = ask(house, endpoint_id, person)
    run(house)
    assert [asked.path for asked in there.receiver.asked if asked.path.endswith("/requests")] == []
    assert sent(house, sent_id).status is None
    house.scene.propose_resuming(stop_id)
    house.scene.resume(stop_id)
    run(house, "opendsr.ask")
    assert sent(house, sent_id).status is RequestStatus.PENDING


def test_a_processor_that_never_answers_is_given_up_in_the_end(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID
) -> None:
    there.to_request = lambda asked: Says(503)
    sent_id = ask(house, endpoint_id, person)
    run(house)
    for _ in asking.ATTEMPTS:
        run(house, "opendsr.ask")
    row = sent(house, sent_id)
    assert (row.failure, row.sealed_identities, len(there.requests())) == ("later", None, len(asking.ATTEMPTS) + 1)


@pytest.mark.parametrize(
    ("status", "failure"), [(400, "refused e211"), (401, "not_let_in"), (404, "unknown_there")], ids=range(3)
)
def test_what_time_does_not_mend_is_told_at_once(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID, *, status: int, failure: str
) -> None:
    body = b'{"error": {"af_gdpr_code": "e211", "message": "x"}}' if status == 400 else b""
    there.to_request = lambda asked: Says(status, {}, body)
    sent_id = ask(house, endpoint_id, person)
    run(house)
    assert sent(house, sent_id).failure == failure


def test_an_answer_that_was_lost_is_made_good_by_asking_how_it_stands(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID
) -> None:
    there.to_request = lambda asked: Says(500)
    sent_id = ask(house, endpoint_id, person)
    run(house)
    there.to_request = lambda asked: Says(400) if asked.method == "POST" else there.stands("in-progress")(asked)
    run(house, "opendsr.ask")
    assert sent(house, sent_id).status is RequestStatus.IN_PROGRESS


def test_without_a_callback_it_is_asked_how_it_stands_until_it_ends(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID
) -> None:
    sent_id = ask(house, endpoint_id, person)
    run(house)
    for said in ("in_progress", "sent-to-someone"):
        there.to_request = there.stands(said)
        run(house, "opendsr.poll")
    row = sent(house, sent_id)
    assert (row.status, row.raw_status) == (RequestStatus.IN_PROGRESS, "sent-to-someone")
    assert house.trace(sent_id)[-1] == ("polled", "status_unknown")
    there.to_request = there.stands("completed", results_count=3)
    run(house, "opendsr.poll")
    row = sent(house, sent_id)
    assert (row.status, row.results_count, row.raw_status) == (RequestStatus.COMPLETED, 3, None)
    assert (row.sealed_identities, row.sealed_callback) == (None, None)


@pytest.mark.parametrize("doubt", ["no_domain", "domain_not_allowed", "signature_wrong"])
def test_what_nobody_signed_as_the_processor_is_not_taken_for_its_answer(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID, root: Signing, *, doubt: str
) -> None:
    there.vouches, there.domain = {
        "no_domain": (None, DOMAIN),
        "domain_not_allowed": (there.signing, "opendsr.stranger.example"),
        "signature_wrong": (authority.issue(root, DOMAIN), DOMAIN),
    }[doubt]
    sent_id = ask(house, endpoint_id, person)
    run(house)
    assert (sent(house, sent_id).status, house.trace(sent_id)[-1]) == (None, ("asked", doubt))
    there.vouches, there.domain = there.signing, DOMAIN
    run(house, "opendsr.ask")
    assert sent(house, sent_id).status is RequestStatus.PENDING


def test_a_state_and_a_cancellation_of_somebody_else_change_nothing(
    house: Kept, there: Other, endpoint_id: UUID, person: UUID, root: Signing
) -> None:
    sent_id = ask(house, endpoint_id, person)
    run(house)
    there.vouches = authority.issue(root, DOMAIN)
    there.to_request = there.stands("completed")
    run(house, "opendsr.poll")
    assert house.trace(sent_id)[-1] == ("polled", "signature_wrong")
    there.to_request = lambda asked: Says(202)
    with walled_session(house.scene.alfa.system(RIGHTS)) as session:
        asking.cancel(session, sent_id)
    run(house)
    assert house.trace(sent_id)[-1] == ("cancel_asked", "signature_wrong")
    assert sent(house, sent_id).status is RequestStatus.PENDING


def test_whose_dialect_promises_no_signature_is_believed_as_it_answers(
    house: Kept, there: Other, root: Signing, person: UUID
) -> None:
    there.vouches = None
    unsigned = register(house, there, root, dialect=Dialect.APPSFLYER, property_id="app-1")
    sent_id = ask(house, unsigned, person)
    run(house)
    assert sent(house, sent_id).status is RequestStatus.PENDING


def test_what_is_pending_there_is_taken_back(house: Kept, there: Other, endpoint_id: UUID, person: UUID) -> None:
    sent_id = ask(house, endpoint_id, person)
    run(house)
    there.to_request = lambda asked: Says(202)
    with walled_session(house.scene.alfa.system(RIGHTS)) as session:
        asking.cancel(session, sent_id)
    run(house)
    assert sent(house, sent_id).status is RequestStatus.CANCELLED
    assert there.requests("DELETE")[-1].path.endswith(str(sent(house, sent_id).subject_request_id))
    with pytest.raises(refusals.NotPendingThere), walled_session(house.scene.alfa.system(RIGHTS)) as session:
        asking.cancel(session, sent_id)


def test_a_certificate_that_nobody_vouches_for_is_not_kept(house: Kept, there: Other, person: UUID) -> None:
    stranger = register(house, there, authority.root())
    sent_id = ask(house, stranger, person)
    run(house)
    assert processors.endpoint(house, stranger).certificates is None
    assert ("discovered", "certificate_unknown_issuer") in house.trace(stranger)
    assert (there.requests(), sent(house, sent_id).status) == ([], None)


def test_a_discovery_that_leads_elsewhere_is_not_followed(house: Kept, there: Other, endpoint_id: UUID) -> None:
    answer = there.answer
    there.receiver.answers = lambda asked: msgspec.structs.replace(
        answer(asked), body=answer(asked).body.replace(b"localhost", b"169.254.169.254")
    )
    run(house)
    assert house.trace(endpoint_id)[-1] == ("discovered", "no_discovery")
    assert len(there.receiver.asked) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"base_url": "http://processor.example"}, outside.NotHttps),
        ({"base_url": "https://10.0.0.1/v2"}, outside.NotPublic),
        ({"base_url": "https://a:b@processor.example"}, outside.SignInInAddress),
        ({"base_url": "https://processor.example/?a=1"}, outside.NotAnAddress),
        ({"domain": "x y"}, refusals.NotADomain),
        ({"secret": " "}, refusals.NeedsSecret),
        ({"let_in": LetIn.BASIC}, refusals.NeedsSecret),
        ({"issuer": "x"}, refusals.NotACertificate),
    ],
    ids=range(8),
)
def test_an_endpoint_that_cannot_be_is_refused(house: Kept, change: dict[str, Any], refusal: type[Exception]) -> None:
    terms = {"base_url": "https://processor.example/v2", "domain": DOMAIN, "secret": "x", **change}
    with pytest.raises(refusal), walled_session(house.scene.approver.acting(house.scene.alfa)) as session:
        endpoints.register(session, house.scene.pilvi, Terms(**terms))


def test_a_processor_has_one_endpoint_at_a_time(house: Kept, there: Other, endpoint_id: UUID, person: UUID) -> None:
    known = processors.endpoint(house, endpoint_id)
    terms = Terms(base_url="https://processor.example", domain=DOMAIN, secret="x")
    with (
        pytest.raises(refusals.HasEndpoint),
        walled_session(house.scene.approver.acting(house.scene.alfa)) as session,
    ):
        endpoints.register(session, known.processor_id, terms)
    with walled_session(house.scene.approver.acting(house.scene.alfa)) as session:
        endpoints.stop(session, endpoint_id)
    assert processors.endpoint(house, endpoint_id).sealed_secret is None
    with pytest.raises(refusals.EndpointStopped):
        ask(house, endpoint_id, person)


# What a processor calls back.


@pytest.fixture
def pending(house: Kept, there: Other, endpoint_id: UUID, person: UUID) -> UUID:
    sent_id = ask(house, endpoint_id, person)
    run(house)
    return sent_id


def test_a_callback_ends_the_request_and_the_person_is_forgotten(
    client: TestClient[Litestar], house: Kept, there: Other, pending: UUID
) -> None:
    assert there.call_back(client, there.callback("in_progress")).status_code == 202
    assert there.call_back(client, there.callback("completed", results_count=2)).status_code == 202
    row = sent(house, pending)
    assert (row.status, row.results_count, row.sealed_identities) == (RequestStatus.COMPLETED, 2, None)
    assert there.call_back(client, there.callback("completed")).status_code == 202
    assert [one for one in house.trace(pending) if one[0] == "called_back"] == [
        ("called_back", "in_progress"),
        ("called_back", "completed"),
        ("called_back", "told_before"),
    ]


def test_nothing_that_a_stranger_calls_back_is_believed(
    client: TestClient[Litestar], house: Kept, there: Other, root: Signing, pending: UUID
) -> None:
    body = there.callback("completed")
    elsewhere = there.callback("completed", status_callback_url="https://other.example/x")
    anew = json.dumps(json.loads(body), indent=2).encode()
    answers = [
        there.call_back(client, body, domain="stranger.example"),
        there.call_back(client, body, by=authority.issue(root, DOMAIN)),
        there.call_back(client, body, sent=anew),
        there.call_back(client, elsewhere),
        there.call_back(client, b"not json"),
        client.post(there.last()["status_callback_urls"][0], content=body),
    ]
    assert [one.status_code for one in answers] == [401, 400, 400, 400, 400, 401]
    assert sent(house, pending).status is RequestStatus.PENDING
    assert [outcome for step, outcome in house.trace(pending) if step == "called_back"] == [
        "domain_not_allowed",
        "signature_wrong",
        "signature_wrong",
        "other_address",
        "not_json",
        "no_domain",
    ]


def test_a_replayed_older_status_is_refused(
    client: TestClient[Litestar], house: Kept, there: Other, pending: UUID
) -> None:
    early = there.callback("in_progress")
    assert there.call_back(client, early).status_code == 202
    assert there.call_back(client, there.callback("completed")).status_code == 202
    assert there.call_back(client, early).status_code == 400
    assert sent(house, pending).status is RequestStatus.COMPLETED
    assert house.trace(pending)[-1] == ("called_back", "stale")


def test_an_address_nobody_gave_out_is_not_there(client: TestClient[Litestar], house: Kept) -> None:
    for opaque in ("x", "x_y", f"{house.scene.group.group_id.hex}_abc", f"{house.scene.group.group_id.hex}_"):
        assert client.post(f"/opendsr/callbacks/{opaque}", content=b"{}").status_code == 404


@pytest.mark.usefixtures("pending")
def test_an_address_of_one_request_is_not_that_of_another(
    client: TestClient[Litestar], house: Kept, there: Other, endpoint_id: UUID, person: UUID
) -> None:
    first = there.last()["status_callback_urls"][0]
    signed_for_first = there.callback("completed")
    second = ask(house, endpoint_id, person)
    run(house)
    assert there.call_back(client, signed_for_first).status_code == 400
    assert first != there.last()["status_callback_urls"][0]
    assert sent(house, second).status is RequestStatus.PENDING


def test_a_stopped_endpoint_is_not_believed(
    client: TestClient[Litestar], house: Kept, there: Other, endpoint_id: UUID, pending: UUID
) -> None:
    with walled_session(house.scene.approver.acting(house.scene.alfa)) as session:
        endpoints.stop(session, endpoint_id)
    assert there.call_back(client, there.callback("completed")).status_code == 401
    assert house.trace(pending)[-1] == ("called_back", "no_certificate")


def test_a_new_certificate_of_the_processor_is_found_after_one_refusal(
    client: TestClient[Litestar], house: Kept, there: Other, root: Signing, pending: UUID
) -> None:
    there.signing = authority.issue(root, DOMAIN)
    assert there.call_back(client, there.callback("completed")).status_code == 400
    run(house)
    assert there.call_back(client, there.callback("completed")).status_code == 202
    assert sent(house, pending).status is RequestStatus.COMPLETED
