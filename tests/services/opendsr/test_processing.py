"""A controller asks us by OpenDSR: strangers learn nothing, and what is asked is carried out and told."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import func, select

from tenants.database import walled_session
from tenants.opendsr import carrying_out, controllers, refusals, signatures, wire
from tenants.opendsr.authority import Signing
from tenants.opendsr.wire import RequestStatus
from tenants.registers.model import Record
from tests import queue
from tests.receivers import Says, receiving
from tests.services.oauth import wires
from tests.services.opendsr.asking import CALLED, RIGHTS, Asker, Kept, id_of, new_email, request


def signed(answer: Response, signing: Signing) -> bool:
    key = signing.certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    assert answer.headers["x-opendsr-processor-domain"] == "testserver.example"
    return signatures.is_genuine(key, answer.headers["x-opendsr-signature"], answer.content)


def records_of(house: Kept, person_id: UUID) -> int:
    with walled_session(house.scene.alfa.system()) as session:
        return session.scalars(select(func.count()).where(Record.person_id == person_id)).one()


def look_into(house: Kept) -> None:
    queue.bring_due(house.scene.group, "opendsr.look_into")
    queue.run_jobs(house.scene.group, only="opendsr.look_into")


def test_anybody_may_see_what_may_be_asked(client: TestClient[Litestar], house: Kept, signing: Signing) -> None:
    answer = client.get(f"/opendsr/{house.scene.group.slug}/v2/discovery")
    assert (answer.status_code, signed(answer, signing)) == (200, True)
    told = answer.json()
    assert told["supported_subject_request_types"] == ["access", "portability", "erasure"]
    assert {one["identity_format"] for one in told["supported_identities"]} == {"raw"}
    served = client.get(told["processor_certificate"])
    assert (served.status_code, served.content) == (200, signing.pem)
    assert client.get("/opendsr/no-such-group/v2/discovery").status_code == 404


@pytest.mark.parametrize("path", ["/v2/requests", "/v2/opengdpr_requests", "/opengdpr_requests"])
def test_a_stranger_asks_in_vain(client: TestClient[Litestar], house: Kept, signing: Signing, path: str) -> None:
    asked = f"/opendsr/{house.scene.group.slug}{path}"
    for answer in (
        client.post(asked, content=request(new_email())),
        client.get(f"{asked}/{uuid4()}"),
        client.delete(f"{asked}/{uuid4()}"),
    ):
        assert (answer.status_code, signed(answer, signing)) == (401, True)
        assert "DPoP" in answer.headers["www-authenticate"]
        assert answer.json()["error"]["code"] == 401


def test_a_client_that_no_office_has_entered_gets_no_token_to_ask_with(
    client: TestClient[Litestar], house: Kept
) -> None:
    answer = wires.program(client, house.scene).bound(scope=controllers.SCOPE)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_token_of_another_group_opens_nothing_here(client: TestClient[Litestar], asker: Asker) -> None:
    elsewhere = Asker(asker.program, asker.controller_id, asker.token)
    other = f"/opendsr/{uuid4().hex[:8]}/v2/requests"
    assert elsewhere.call("POST", other, request(new_email())).status_code in (403, 404)


def test_what_is_asked_is_taken_in_and_answered_with_what_was_sent(asker: Asker, house: Kept, signing: Signing) -> None:
    body = request(new_email())
    answer = asker.ask(body)
    assert (answer.status_code, signed(answer, signing)) == (201, True), answer.text
    told = answer.json()
    assert base64.b64decode(told["encoded_request"]) == body
    assert told["controller_id"] == str(asker.controller_id)
    assert "processor_signature" not in told
    stands = asker.status(id_of(body))
    assert (stands.status_code, stands.json()["request_status"], signed(stands, signing)) == (200, "pending", True)
    assert house.trace(house.received(id_of(body)).received_id) == [("received", "erasure")]


def test_the_names_of_before_are_honoured(asker: Asker, signing: Signing) -> None:
    body = request(new_email(), regulation=None)
    answer = asker.ask(body, path=wire.FORMER_REQUESTS)
    assert (answer.status_code, signed(answer, signing)) == (201, True)
    assert answer.headers["x-opengdpr-signature"] == answer.headers["x-opendsr-signature"]
    assert asker.status(id_of(body), path=wire.FORMER_REQUESTS).status_code == 200
    assert asker.cancel(id_of(body), path=wire.FORMER_REQUESTS).status_code == 202


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"regulation": None}, "invalid"),
        ({"subject_request_type": "rectification"}, "invalid"),
        ({"subject_identities": None}, "invalid"),
        ({"status_callback_urls": ["https://stranger.example/x"]}, "callback_not_allowed"),
        ({"status_callback_urls": ["http://controller.example/x"]}, "callback_not_allowed"),
        ({"status_callback_urls": ["https://169.254.169.254/latest"]}, "callback_not_allowed"),
    ],
    ids=range(6),
)
def test_what_cannot_be_taken_is_refused_with_a_reason(
    asker: Asker, signing: Signing, change: dict[str, Any], reason: str
) -> None:
    email = new_email()
    answer = asker.ask(request(email, **change))
    assert (answer.status_code, signed(answer, signing)) == (400, True)
    assert answer.json()["error"]["errors"][0]["reason"] == reason
    assert email not in answer.text


def test_a_digest_of_somebody_else_is_not_taken(asker: Asker) -> None:
    digest = {"identity_type": "email", "identity_value": "ab" * 32, "identity_format": "sha256"}
    answer = asker.ask(request(new_email(), subject_identities=[digest]))
    assert answer.json()["error"]["errors"][0]["reason"] == "unsupported_identity"


def test_an_id_is_used_once(asker: Asker, signing: Signing) -> None:
    body = request(new_email())
    assert asker.ask(body).status_code == 201
    again = asker.ask(body)
    assert (again.status_code, signed(again, signing)) == (400, True)
    assert again.json()["error"]["errors"][0]["reason"] == "duplicate"


def test_what_nobody_has_begun_is_taken_back_and_the_person_is_forgotten(asker: Asker, house: Kept) -> None:
    body = request(new_email())
    asker.ask(body)
    cancelled = asker.cancel(id_of(body))
    assert (cancelled.status_code, cancelled.json()["subject_request_id"]) == (202, id_of(body))
    row = house.received(id_of(body))
    assert (row.status, row.sealed_identities) == (RequestStatus.CANCELLED, None)
    assert asker.cancel(id_of(body)).status_code == 400


def test_what_has_begun_is_not_taken_back(asker: Asker, house: Kept) -> None:
    email = new_email()
    house.person(email)
    body = request(email)
    asker.ask(body)
    with walled_session(house.handler.acting(house.scene.alfa, RIGHTS)) as session:
        carrying_out.take_up(session, house.received(id_of(body)).received_id)
    refused = asker.cancel(id_of(body))
    assert (refused.status_code, refused.json()["error"]["errors"][0]["reason"]) == (400, "not_pending")
    assert asker.status(id_of(body)).json()["request_status"] == "in_progress"


def test_one_controller_never_learns_of_anothers_requests(
    client: TestClient[Litestar], asker: Asker, house: Kept
) -> None:
    body = request(new_email())
    asker.ask(body)
    other = house.asker(client)
    assert other.status(id_of(body)).status_code == 404
    assert other.cancel(id_of(body)).status_code == 404
    assert other.status("x").status_code == 404


def test_a_controller_that_is_stopped_is_stopped_at_once(client: TestClient[Litestar], house: Kept) -> None:
    asker = house.asker(client)
    with walled_session(house.scene.approver.acting(house.scene.alfa)) as session:
        controllers.stop(session, asker.controller_id)
    assert asker.ask(request(new_email())).status_code == 403


def test_a_human_erases_what_is_kept_for_the_controller_and_nothing_else(asker: Asker, house: Kept) -> None:
    email = new_email()
    meant, own = house.person(email), house.person(email, register=house.own)
    body = request(email)
    asker.ask(body)
    look_into(house)
    row = house.received(id_of(body))
    assert row.status is RequestStatus.PENDING
    with walled_session(house.handler.acting(house.scene.alfa, RIGHTS)) as session:
        assert carrying_out.fitting(session, carrying_out.get(session, row.received_id)) == [meant]
        carrying_out.take_up(session, row.received_id)
    with (
        pytest.raises(refusals.NotOfThisRequest),
        walled_session(house.handler.acting(house.scene.alfa, RIGHTS)) as session,
    ):
        carrying_out.carry_out(session, row.received_id, [own])
    with walled_session(house.handler.acting(house.scene.alfa, RIGHTS)) as session:
        carrying_out.carry_out(session, row.received_id, [meant])
    assert (records_of(house, meant), records_of(house, own)) == (0, 1)
    told = asker.status(id_of(body)).json()
    assert (told["request_status"], told["results_count"]) == ("completed", 1)
    assert house.received(id_of(body)).sealed_identities is None


def test_of_somebody_nobody_knows_there_is_nothing_to_do(asker: Asker, house: Kept) -> None:
    body = request(new_email())
    asker.ask(body)
    look_into(house)
    told = asker.status(id_of(body)).json()
    assert (told["request_status"], told["results_count"]) == ("completed", 0)


def test_results_are_given_once_to_the_controller_that_asked(
    client: TestClient[Litestar], asker: Asker, house: Kept
) -> None:
    email = new_email()
    house.person(email, number="4711")
    body = request(email, "access")
    asker.ask(body)
    look_into(house)
    told = asker.status(id_of(body)).json()
    assert told["request_status"] == "completed"
    path = told["results_url"].removeprefix("https://testserver.example")
    assert client.get(path).status_code == 401
    assert house.asker(client).call("GET", path).status_code == 404
    given = asker.call("GET", path)
    assert given.status_code == 200
    [register] = given.json()["registers"]
    assert [one["customer_number"] for one in register["records"]] == ["4711"]
    assert asker.call("GET", path).status_code == 404
    assert "results_url" not in asker.status(id_of(body)).json()


def test_two_who_share_an_address_are_for_a_human(asker: Asker, house: Kept) -> None:
    email = new_email()
    for _ in range(2):
        house.person(email)
    body = request(email, "portability")
    asker.ask(body)
    look_into(house)
    assert asker.status(id_of(body)).json()["request_status"] == "pending"


def test_the_controller_is_told_at_its_address_until_it_has_heard(asker: Asker, house: Kept, signing: Signing) -> None:
    with receiving(lambda asked: Says(500)) as receiver:
        url = f"http://{CALLED}:{receiver.port}/callbacks/1"
        body = request(new_email(), status_callback_urls=[url])
        assert asker.ask(body).status_code == 201
        look_into(house)
        queue.run_jobs(house.scene.group, only="opendsr.tell_controller", failing=True)
        assert len(receiver.asked) == 1
        receiver.answers = lambda asked: Says(202)
        queue.bring_due(house.scene.group, "opendsr.tell_controller")
        queue.run_jobs(house.scene.group, only="opendsr.tell_controller")
    heard = receiver.asked[-1]
    told = json.loads(heard.body)
    assert (told["status_callback_url"], told["request_status"]) == (url, "completed")
    key = signing.certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    assert signatures.is_genuine(key, heard.headers["x-opendsr-signature"], heard.body)
    assert ("controller_told", "completed") in house.trace(house.received(id_of(body)).received_id)
