"""A program that does not know whether its request arrived sends it again."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import func, select, text

from infra.embedded.s3 import S3
from services.api.rest.repeating import Changing
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import given_answers, members
from tenants.companies.model import Assignment, GivenAnswer, Role
from tenants.database import walled_session
from tenants.registers.model import Import
from tenants.requests.model import Case
from tests import make
from tests.queue import run_jobs
from tests.services import stage
from tests.services.routes import BY_HAND_JSON, CORRECTION_JSON, REFUSAL, REST
from tests.services.stage import RIGHTS, STORAGE, Seat, Stage

CSV = b"customer_number;name;email\n77;Uusi Asiakas;uusi77@esimerkki.example\n"


@pytest.fixture
def built(app: Litestar, storage: S3) -> Stage:
    return stage.build()


class Sender:
    """Sends requests with keys of its own."""

    def __init__(self, client: TestClient[Litestar], token: str) -> None:
        self.client = client
        self.token = token

    def post(self, path: str, key: str | None, **body: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.post(f"/api/v1{path}", headers=headers, **body)


@pytest.fixture
def sender(client: TestClient[Litestar], built: Stage) -> Sender:
    return Sender(client, built.token(Seat(built.admin, built.alfa, RIGHTS)))


def cases(built: Stage) -> int:
    with walled_session(built.alfa.system(RIGHTS)) as session:
        return session.scalars(select(func.count()).select_from(Case)).one()


def looks(built: Stage) -> int:
    """How often the audit says that somebody looked at the person."""
    seen = select(func.count()).select_from(AuditEntry)
    with walled_session(built.alfa.system(RIGHTS)) as session:
        return session.scalars(
            seen.where(AuditEntry.action == "person.viewed", AuditEntry.about_ids == [built.ids["person_id"]])
        ).one()


def test_a_request_sent_twice_is_entered_once_and_answered_twice(sender: Sender, built: Stage) -> None:
    before = cases(built)
    first = sender.post("/requests", '"kirje-1"', json=BY_HAND_JSON)
    again = sender.post("/requests", "kirje-1", json=BY_HAND_JSON)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert cases(built) == before + 1


def test_without_a_key_everything_is_new(sender: Sender, built: Stage) -> None:
    before = cases(built)
    for _ in range(2):
        assert sender.post("/requests", None, json=BY_HAND_JSON).status_code == 201
    assert cases(built) == before + 2


def test_a_key_is_for_one_request(sender: Sender, built: Stage) -> None:
    before = cases(built)
    sender.post("/requests", "kirje-2", json=BY_HAND_JSON)
    other_body = sender.post("/requests", "kirje-2", json={**BY_HAND_JSON, "language": "sv"})
    other_address = sender.post(f"/cases/{built.ids['case_id']}/approval", "kirje-2")
    for answer in (other_body, other_address):
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].startswith("This Idempotency-Key came with another request before.")
    assert cases(built) == before + 1


def test_keys_belong_to_whoever_chose_them(sender: Sender, built: Stage, client: TestClient[Litestar]) -> None:
    before = cases(built)
    colleague = make.staff(built.group, (Role.COMPANY_ADMIN, built.alfa))
    for one in (sender, Sender(client, built.token(Seat(colleague, built.alfa, RIGHTS)))):
        answer = one.post("/requests", "sama", json=BY_HAND_JSON)
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, False)
    assert cases(built) == before + 2


def test_what_was_refused_did_nothing_and_may_come_again(sender: Sender, built: Stage) -> None:
    url = f"/cases/{built.ids['case_id']}/refusal"
    assert sender.post(url, "hylkäys".encode().hex(), json={**REFUSAL, "ground": "because"}).status_code == 422
    mended = sender.post(url, "hylkäys".encode().hex(), json=REFUSAL)
    assert (mended.status_code, "idempotency-replayed" in mended.headers) == (200, False)


def test_while_the_first_is_being_answered_the_second_waits_outside(sender: Sender, built: Stage) -> None:
    """Somebody holds the key's lock, as the first request does until its transaction ends."""
    acting = built.admin.acting(built.alfa, RIGHTS)
    with walled_session(acting) as session:
        lock = given_answers._answer_id(acting, "kesken").bytes[8:]
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int.from_bytes(lock, signed=True)})
        meanwhile = sender.post("/requests", "kesken", json=BY_HAND_JSON)
    assert meanwhile.status_code == 409
    assert sender.post("/requests", "kesken", json=BY_HAND_JSON).status_code == 201


def test_of_many_at_once_one_is_done(sender: Sender, built: Stage) -> None:
    before, told = cases(built), []
    barrier = threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        told.append(sender.post("/requests", "yhtä aikaa".encode().hex(), json=BY_HAND_JSON).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cases(built) == before + 1
    assert set(told) <= {201, 409}
    assert 201 in told


def test_a_key_is_new_again_after_a_day(sender: Sender, built: Stage) -> None:
    before = cases(built)
    sender.post("/requests", "eilinen", json=BY_HAND_JSON)
    _grow_old(built)
    assert "idempotency-replayed" not in sender.post("/requests", "eilinen", json=BY_HAND_JSON).headers
    assert cases(built) == before + 2


def test_old_answers_are_forgotten_by_a_job(sender: Sender, built: Stage) -> None:
    sender.post("/requests", "vanha", json=BY_HAND_JSON)
    _grow_old(built)
    sender.post("/requests", "tuore", json=BY_HAND_JSON)
    with walled_session(built.group.system()) as session:
        given_answers.forget_old(session)
        assert session.scalars(select(func.count()).select_from(GivenAnswer)).one() == 1


def test_kept_answers_are_sealed(sender: Sender, built: Stage) -> None:
    number = sender.post("/requests", "sinetti", json=BY_HAND_JSON).json()["number"]
    with walled_session(built.group.system()) as session:
        [row] = session.scalars(select(GivenAnswer))
    assert number.encode() not in row.sealed_answer


def test_whoever_lost_a_role_is_not_told_again_what_it_opened(sender: Sender, built: Stage) -> None:
    sender.post("/requests", "rooli", json=BY_HAND_JSON)
    with walled_session(built.group.system()) as session:
        [held] = session.scalars(select(Assignment).where(Assignment.member_id == built.admin.member_id))
        members.unassign(session, held.assignment_id)
        session.add(Assignment(member_id=built.admin.member_id, role=Role.AUDITOR, company_id=built.alfa.company_id))
    assert sender.post("/requests", "rooli", json=BY_HAND_JSON).status_code == 403


def test_of_whoever_was_restricted_meanwhile_nothing_is_told_again(
    client: TestClient[Litestar], sender: Sender, built: Stage
) -> None:
    carer = make.staff(built.group, (Role.CUSTOMER_CARE, built.alfa))
    care = Sender(client, built.token(Seat(carer, built.alfa, PurposeKind.CUSTOMER_CARE)))
    person = f"/persons/{built.ids['person_id']}"
    url = f"{person}/records/{built.ids['record_id']}/corrections"
    first, again = (care.post(url, "oikaisu", json=CORRECTION_JSON) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    ground = {"ground": "accuracy_contested", "reason": "Kiistetty.", "review_on": "2090-01-31"}
    assert sender.post(f"{person}/restrictions", None, json=ground).status_code == 200
    later = care.post(url, "oikaisu", json=CORRECTION_JSON)
    assert (later.status_code, "Aino" in later.text) == (404, False)


def test_what_is_told_again_of_a_person_is_seen_in_the_audit(sender: Sender, built: Stage) -> None:
    url = f"/persons/{built.ids['person_id']}/records/{built.ids['record_id']}/corrections"
    assert sender.post(url, "oikaisu", json=CORRECTION_JSON).status_code == 200
    before = looks(built)
    assert "idempotency-replayed" in sender.post(url, "oikaisu", json=CORRECTION_JSON).headers
    assert looks(built) == before + 1


def test_of_a_register_that_is_closed_by_now_nothing_is_told_again(
    client: TestClient[Litestar], sender: Sender, built: Stage
) -> None:
    owner = make.staff(built.group, (Role.REGISTER_OWNER, built.alfa))
    program = Sender(client, built.token(Seat(owner, built.alfa, STORAGE)))
    register_id = str(built.register.register_id)
    url, rows = f"/registers/{register_id}/records:batch?source=kassa", [{"customer_number": "81", "name": "Uusi"}]
    first, again = (program.post(url, "era", json=rows) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    department = sender.post("/departments", None, json={"name": "Perintä"}).json()["department_id"]
    bound = {"register_id": register_id, "bound": True}
    assert sender.post(f"/departments/{department}/registers", None, json=bound).status_code == 204
    for key in ("era", None):
        later = program.post(url, key, json=rows)
        assert (later.status_code, later.json()["detail"]) == (
            403,
            "This register is open to the members of its departments only.",
        )


def test_a_search_is_made_anew(sender: Sender, built: Stage) -> None:
    wanted = {"wanted": "4711", "kind": "customer_number"}
    assert sender.post("/persons/searches", "x" * 201, json=wanted).status_code == 400
    answers = [sender.post("/persons/searches", "haku", json=wanted) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert "idempotency-replayed" not in answers[1].headers


@pytest.mark.parametrize("key", ["", '""', "two words", "x" * 201, "\x7f"])
def test_a_key_that_is_none_is_refused(sender: Sender, built: Stage, key: str) -> None:
    before = cases(built)
    answer = sender.post("/requests", key, json=BY_HAND_JSON)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]
    assert cases(built) == before


def test_a_file_sent_twice_is_one_import(client: TestClient[Litestar], built: Stage) -> None:
    importer = Sender(client, built.token(Seat(built.admin, built.alfa, STORAGE)))
    form = {"register_id": str(built.register.register_id), "source": "kassa"}
    with walled_session(built.alfa.system()) as session:
        before = session.scalars(select(func.count()).select_from(Import)).one()
    sent = [importer.post("/imports", "tiedosto", data=form, files={"file": ("a.csv", CSV)}) for _ in range(2)]
    assert [one.status_code for one in sent] == [202, 202]
    assert sent[0].json() == sent[1].json()
    other = importer.post("/imports", "tiedosto", data=form, files={"file": ("a.csv", CSV + b"\n")})
    assert other.status_code == 422
    with walled_session(built.alfa.system()) as session:
        assert session.scalars(select(func.count()).select_from(Import)).one() == before + 1
    run_jobs(built.group, only="imports.check")


def test_an_answer_without_a_body_is_given_again(sender: Sender, built: Stage) -> None:
    url = f"/jobs/{built.ids['job_id']}/replay"
    assert [sender.post(url, "uudelleen").status_code for _ in range(2)] == [204, 204]
    assert sender.post(url, None).status_code == 404


def test_every_operation_that_changes_anything_takes_a_key(app: Litestar, client: TestClient[Litestar]) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    taking = {
        (method.upper(), path)
        for path, item in paths.items()
        for method, operation in item.items()
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    }
    assert len(taking) == len([key for key in REST if key[0] == "POST"])
    assert {method for method, _ in taking} == {"POST"}
    for route in app.routes:
        if route.path.startswith("/api/v1/") and "POST" in getattr(route, "methods", ()):
            handlers = [one for one in route.route_handlers if "POST" in one.http_methods]  # type: ignore[union-attr]
            assert all(isinstance(one, Changing) for one in handlers), route.path


def _grow_old(built: Stage) -> None:
    """As if a day had passed; the runtime roles may not change what was kept, so it is kept anew."""
    with walled_session(built.admin.acting(built.alfa, PurposeKind.RIGHTS_REQUEST)) as session:
        rows = session.scalars(select(GivenAnswer)).all()
        for row in rows:
            session.delete(row)
            session.flush()
            columns = {name: getattr(row, name) for name in GivenAnswer.__table__.columns.keys()}  # noqa: SIM118
            columns["given_at"] = row.given_at - given_answers.KEPT - timedelta(minutes=1)
            session.execute(GivenAnswer.__table__.insert().values(columns))  # type: ignore[attr-defined]
