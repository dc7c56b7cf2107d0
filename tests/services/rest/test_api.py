"""What programs do with a key, and what they are told when it does not work."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from infra.embedded.s3 import S3
from services.api.login import store
from services.api.rest import bearer
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import members
from tenants.companies.model import Assignment
from tenants.database import walled_session
from tests.queue import run_jobs
from tests.services import stage
from tests.services.stage import RIGHTS, STORAGE, Seat, Stage

# Whose bodies name what may not be there.
NAMING_IN_THE_BODY = frozenset(
    f"post /api/v1/{path}"
    for path in (
        "agreements",
        "processors/webhooks",
        "contracts",
        "feeds",
        "flow/stops",
        "imports",
        "maintenance",
        "members",
        "notifications/confirmations",
        "sharing/policies",
    )
)
CSV = b"customer_number;name;email\n77;Uusi Asiakas;uusi77@esimerkki.example\n78;;not-an-address\n"


@pytest.fixture
def built(app: Litestar, storage: S3) -> Stage:
    return stage.build()


class Program:
    """Carries a key and asks."""

    def __init__(self, client: TestClient[Litestar], token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def get(self, path: str, **parameters: Any) -> Response:
        return self.client.get(f"/api/v1{path}", params=parameters, headers=self.headers)

    def post(self, path: str, body: object = None, **options: Any) -> Response:
        given = options or ({"json": body} if body is not None else {})
        return self.client.post(f"/api/v1{path}", headers=self.headers, **given)

    def delete(self, path: str) -> Response:
        return self.client.delete(f"/api/v1{path}", headers=self.headers)


@pytest.fixture
def program(client: TestClient[Litestar], built: Stage) -> Callable[[PurposeKind], Program]:
    def start(purpose: PurposeKind) -> Program:
        return Program(client, built.token(Seat(built.admin, built.alfa, purpose)))

    return start


@pytest.fixture
def handler(program: Callable[[PurposeKind], Program]) -> Program:
    return program(RIGHTS)


@pytest.fixture
def importer(program: Callable[[PurposeKind], Program]) -> Program:
    return program(STORAGE)


def test_a_key_says_what_it_opens(handler: Program, built: Stage) -> None:
    me = handler.get("/me").json()
    assert me["company_id"] == str(built.alfa.company_id)
    assert (me["purpose"], me["roles"]) == ("rights_request", ["company_admin"])
    assert "decide_cases" in me["permissions"]
    assert "import_records" not in me["permissions"]


def test_a_role_taken_away_is_gone_at_the_next_request(handler: Program, built: Stage) -> None:
    assert handler.get("/cases").status_code == 200
    with walled_session(built.group.system()) as session:
        [held] = session.scalars(select(Assignment).where(Assignment.member_id == built.admin.member_id))
        members.unassign(session, held.assignment_id)
    assert handler.get("/cases").status_code == 403


def test_a_member_who_left_has_no_key_any_more(handler: Program, built: Stage) -> None:
    with walled_session(built.group.system()) as session:
        members.deactivate(session, built.admin.member_id)
    assert handler.get("/cases").status_code == 401


def test_cases_are_walked_page_by_page(handler: Program, built: Stage) -> None:
    every = sorted(str(built.ids[name]) for name in ("case_id", "unclear_id", "proposed_id", "unproven_id"))
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 1}
    while True:
        page = handler.get("/cases", **asked).json()
        seen += [case["case_id"] for case in page["cases"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert sorted(seen) == every


def test_cases_of_one_state_are_found(handler: Program, built: Stage) -> None:
    found = handler.get("/cases", shown="all", state="needs_staff").json()["cases"]
    assert [case["case_id"] for case in found] == [str(built.ids["unclear_id"])]


def test_a_case_is_told_whole_and_the_reading_is_audited(handler: Program, built: Stage) -> None:
    whole = handler.get(f"/cases/{built.ids['case_id']}").json()
    assert whole["summary"]["state"] == "awaiting_decision"
    assert whole["words"] == "Haluan tietoni"
    assert [(one["name"]["fi"], one["records"]) for one in whole["found"]] == [("Asiakasrekisteri", 1)]
    with walled_session(built.alfa.system(RIGHTS)) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.read")).one()
    assert (entry.actor_id, entry.purpose) == (built.admin.member_id, "rights_request")
    assert entry.about_ids == [built.ids["case_id"]]


def test_a_case_is_approved_once(handler: Program, built: Stage) -> None:
    url = f"/cases/{built.ids['case_id']}/approval"
    first = handler.post(url)
    assert (first.status_code, first.json()["state"]) == (202, "building")
    again = handler.post(url)
    assert again.status_code == 409
    assert again.json()["detail"] == "The case is not in a state in which this can be done. Look at it again."


def test_a_refusal_needs_its_reasons(handler: Program, built: Stage) -> None:
    url = f"/cases/{built.ids['case_id']}/refusal"
    assert handler.post(url, {"ground": "manifestly_unfounded", "reason": ""}).status_code == 400
    unknown = handler.post(url, {"ground": "because", "reason": "Näin vain."})
    assert unknown.status_code == 422
    assert [error["field"] for error in unknown.json()["errors"]] == ["ground"]
    done = handler.post(url, {"ground": "rights_of_others", "reason": "Perusteltu syy."})
    assert (done.status_code, done.json()["state"]) == (200, "refused")


def test_a_refusal_that_must_be_demonstrated_needs_the_key_of_a_second_member(handler: Program, built: Stage) -> None:
    url = f"/cases/{built.ids['case_id']}/refusal"
    proposed = handler.post(url, {"ground": "manifestly_unfounded", "reason": "Perusteltu syy."})
    assert (proposed.status_code, proposed.json()["state"]) == (200, "refusal_proposed")
    assert handler.post(f"{url}/confirmation").status_code == 403
    of_a_colleague = f"/cases/{built.ids['proposed_id']}/refusal"
    assert handler.post(f"{of_a_colleague}/return", {"words": ""}).status_code == 422
    assert handler.post(f"{of_a_colleague}/confirmation").json()["state"] == "refused"


def test_a_letter_on_paper_is_told_posted_and_its_person_confirmed(handler: Program, built: Stage) -> None:
    url = f"/cases/{built.ids['unproven_id']}"
    [letter] = handler.get(url).json()["letters_on_paper"]
    assert (letter["kind"], letter["posted_at"]) == ("identity", None)
    posting = f"{url}/letters/{letter['letter_id']}/posting"
    assert handler.post(posting).status_code == 204
    assert handler.post(posting).status_code == 409
    assert handler.get(url).json()["letters_on_paper"][0]["posted_at"]
    assert handler.post(f"{url}/identity", {"checked": "document_seen"}).status_code == 202
    run_jobs(built.group, only="requests", but="requests.send_letter")
    assert handler.get(url).json()["summary"]["state"] == "awaiting_decision"


def test_of_several_persons_a_second_identifier_chooses_one(handler: Program, built: Stage) -> None:
    url = f"/cases/{built.ids['unclear_id']}"
    assert len(handler.get(url).json()["candidates"]) == 2
    assert handler.post(f"{url}/person", {"kind": "customer_number", "value": "99"}).status_code == 422
    chosen = handler.post(f"{url}/person", {"kind": "customer_number", "value": "3"})
    assert (chosen.status_code, chosen.json()["state"]) == (200, "awaiting_decision")


def test_a_request_by_letter_is_entered(handler: Program, built: Stage) -> None:
    body = {
        "channel": "letter",
        "received_at": "2026-11-20T10:00:00+02:00",
        "rights": ["access", "portability"],
        "asker": {"email": "kirje@esimerkki.example"},
        "language": "sv",
        "words": "Jag vill ha mina uppgifter",
    }
    made = handler.post("/requests", body)
    assert made.status_code == 201
    case = handler.client.get(made.headers["location"], headers=handler.headers).json()
    assert case["summary"]["received_on"] == "2026-11-20"
    assert case["words"] == "Jag vill ha mina uppgifter"


def test_several_problems_are_told_at_once(handler: Program) -> None:
    body = {
        "channel": "portal",
        "received_at": "2099-11-20T10:00:00+02:00",
        "rights": ["access"],
        "asker": {"email": "no address"},
        "language": "fi",
    }
    told = handler.post("/requests", body)
    assert told.status_code == 422
    assert {error["field"] for error in told.json()["errors"]} == {"channel", "received_at", "email"}


def test_a_file_is_checked_approved_and_written(importer: Program, built: Stage) -> None:
    fields = {"register_id": str(built.register.register_id), "source": "verkkokauppa"}
    sent = importer.post("/imports", data=fields, files={"file": ("asiakkaat.csv", CSV, "text/csv")})
    assert sent.status_code == 202
    url = sent.headers["location"].removeprefix("/api/v1")
    run_jobs(built.group, only="imports.check")
    checked = importer.get(url).json()
    assert (checked["summary"]["state"], checked["summary"]["rows_bad"]) == ("checked", 1)
    assert [(one["line"], one["field"]) for one in checked["faults"]] == [(3, "email")]
    assert importer.post(f"{url}/approval", {}).status_code == 409
    assert importer.post(f"{url}/approval", {"keep_good": True}).status_code == 202
    run_jobs(built.group, only="imports.write")
    done = importer.get(url).json()["summary"]
    assert (done["state"], done["rows_written"], done["persons_new"]) == ("done", 1, 1)


def test_an_import_is_discarded(importer: Program, built: Stage) -> None:
    url = f"/imports/{built.ids['import_id']}"
    assert importer.delete(url).status_code == 204
    assert importer.get(url).json()["summary"]["state"] == "refused"


def test_registers_are_told_with_their_fields(handler: Program, built: Stage) -> None:
    [register] = handler.get("/registers").json()
    assert register["register_id"] == str(built.register.register_id)
    assert {(field["key"], field["origin"], field["sealed"]) for field in register["fields"]} >= {
        ("segment", "derived", False),
        ("iban", "provided", True),
    }


def test_the_audit_is_searched_by_what_it_is_about(handler: Program, built: Stage) -> None:
    found = handler.get("/audit/entries", about=str(built.ids["case_id"])).json()["entries"]
    assert found
    assert all(str(built.ids["case_id"]) in entry["about_ids"] for entry in found)
    assert {"entry_id", "at", "actor", "purpose", "action", "sealed"} <= set(found[0])


def test_the_audit_is_walked_page_by_page(handler: Program) -> None:
    first = handler.get("/audit/entries", limit=2).json()
    second = handler.get("/audit/entries", limit=2, cursor=first["next"]).json()
    ids = [UUID(entry["entry_id"]) for entry in (*first["entries"], *second["entries"])]
    assert len(set(ids)) == 4
    assert ids == sorted(ids, reverse=True)


def test_a_failed_job_is_tried_again(handler: Program, built: Stage) -> None:
    [job] = handler.get("/jobs/failed").json()
    assert (job["job_id"], job["failure"]) == (str(built.ids["job_id"]), "NoSuchImport")
    assert handler.post(f"/jobs/{job['job_id']}/replay").status_code == 204
    assert handler.get("/jobs/failed").json() == []
    assert handler.post(f"/jobs/{job['job_id']}/replay").status_code == 404


def test_a_failed_job_is_dismissed_for_a_reason(handler: Program, built: Stage) -> None:
    url = f"/jobs/{built.ids['job_id']}/dismissal"
    assert handler.post(url, {"reason": "I know that one"}).status_code == 400
    assert handler.post(url, {"reason": "not_needed"}).status_code == 204
    assert handler.get("/jobs/failed").json() == []
    assert handler.post(url, {"reason": "not_needed"}).status_code == 404


def test_a_key_that_asks_too_often_waits(handler: Program) -> None:
    token = handler.headers["Authorization"].removeprefix("Bearer ")
    store.connection().set(f"seloste:api:{store.digest(token)}", bearer.PER_MINUTE, ex=60)
    answer = handler.get("/me")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/cases", 405), ("POST", "/me", 405)]
)
def test_problems_are_told_as_rfc_9457_says(handler: Program, method: str, path: str, status: int) -> None:
    answer = handler.client.request(method, f"/api/v1{path}", headers=handler.headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told.get("type", "about:blank"), told["status"]) == ("about:blank", status)
    assert told["title"]


def test_problems_are_told_in_the_language_that_was_asked_for(handler: Program, built: Stage) -> None:
    missing = f"/api/v1/cases/{built.ids['register_id']}"
    said = {
        language: handler.client.get(missing, headers={**handler.headers, "Accept-Language": language}).json()["detail"]
        for language in ("fi", "sv", "en")
    }
    assert said["en"] == "There is no such case here."
    assert len(set(said.values())) == 3


def test_the_document_and_its_page_are_there_for_everybody(client: TestClient[Litestar]) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    page = client.get("/api/v1")
    assert "/api/v1/openapi.json" in page.text
    assert "GET /api/v1/cases/{case_id}" in page.text.replace("<wbr>", "")


def test_every_operation_tells_its_problems_with_examples(client: TestClient[Litestar]) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    operations = {
        f"{method} {path}": operation
        for path, item in paths.items()
        if path.startswith("/api/v1")
        for method, operation in item.items()
    }
    assert len(operations) > 25  # none is left out of what follows
    for name, operation in operations.items():
        told = {status: response for status, response in operation["responses"].items() if int(status) >= 400}
        assert {"400", "401", "403", "429", "503"} <= set(told), name
        assert ("404" in told) is ("{" in name) or name in NAMING_IN_THE_BODY, name
        for response in told.values():
            assert list(response["content"]) == ["application/problem+json"], name
            assert response["content"]["application/problem+json"]["examples"], name


def test_programs_are_told_of_no_form_and_no_page(handler: Program) -> None:
    answers = [handler.get("/nowhere"), handler.post("/requests", {})]
    assert [answer.status_code for answer in answers] == [404, 400]
    for answer in answers:
        assert not {"form", "page", "back"} & set(answer.json()["detail"].lower().replace(".", "").split())
