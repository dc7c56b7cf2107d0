"""Programs draft, grant, accept and revoke, read through the door, and ask why."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from infra.embedded.s3 import S3
from tenants.companies.model import Role
from tenants.companies.permissions import Permission
from tests import make
from tests.make import MadeCompany
from tests.services import sharing, stage
from tests.services.sharing import SHARED_NAME
from tests.services.stage import STORAGE, Seat, Stage

POLICIES = "/sharing/policies"


@pytest.fixture
def built(app: Litestar, storage: S3) -> Stage:
    return stage.build("draft_id", "policy_id", "offered_id")


class Program:
    def __init__(self, client: TestClient[Litestar], token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def get(self, path: str, **parameters: Any) -> Response:
        return self._client.get(f"/api/v1{path}", params=parameters, headers=self._headers)

    def post(self, path: str, body: object = None, **headers: str) -> Response:
        given: dict[str, Any] = {"json": body} if body is not None else {}
        return self._client.post(f"/api/v1{path}", headers=self._headers | headers, **given)


@pytest.fixture
def start(client: TestClient[Litestar], built: Stage) -> Callable[[Seat], Program]:
    return lambda seat: Program(client, built.token(seat))


@pytest.fixture
def owner(start: Callable[[Seat], Program], built: Stage) -> Program:
    return start(Seat(built.admin, built.alfa, STORAGE))


def admin_of(built: Stage, company: MadeCompany) -> Seat:
    return Seat(make.staff(built.group, (Role.COMPANY_ADMIN, company)), company, STORAGE)


def terms(built: Stage, **other: object) -> dict[str, object]:
    whole = sharing.terms(built.register, to=built.beta)
    given: dict[str, object] = {
        "register_id": str(whole.register_id),
        "purpose_id": str(whole.purpose_id),
        "recipients": [str(one) for one in whole.recipients],
        "fields": ["name", "segment"],
        "condition": {"type": "any", "of": [{"type": "field_is", "field": "segment", "values": ["A", "B"]}]},
        "legal_basis": "contract",
        "agreement": {"name": "Sopimus", "sha256": "ab" * 32},
        "valid_from": "2026-01-01",
        "review_on": "2090-01-31",
    }
    return given | other


def test_a_policy_is_drafted_granted_accepted_and_revoked(
    owner: Program, start: Callable[[Seat], Program], built: Stage
) -> None:
    drafted = owner.post(POLICIES, terms(built))
    assert drafted.status_code == 201
    url = drafted.headers["location"].removeprefix("/api/v1")
    looked_at = drafted.json()["versions"][0]["looked_at"]
    assert drafted.json()["missing"] == []
    assert owner.get(f"{url}/simulation").json()[0]["opening"]["count"] == 0
    granted = owner.post(f"{url}/grant", {"looked_at": looked_at})
    assert granted.json()["summary"]["state"] == "granted"
    receiver = start(admin_of(built, built.beta))
    assert receiver.post(f"{url}/acceptance", {"looked_at": looked_at}).json()["summary"]["state"] == "active"
    assert owner.post(f"{url}/suspension").json()["summary"]["state"] == "suspended"
    assert owner.post(f"{url}/resumption").json()["summary"]["state"] == "active"
    assert owner.get(f"{url}/losses").status_code == 200
    assert owner.post(f"{url}/revocation").json()["summary"]["state"] == "revoked"
    assert owner.post(f"{url}/revocation").status_code == 409


def test_all_that_is_missing_is_named_at_once(owner: Program, built: Stage) -> None:
    unfinished = terms(built, agreement=None, review_on=None, legal_basis="legitimate_interest")
    drafted = owner.post(POLICIES, unfinished).json()
    assert [one["field"] for one in drafted["missing"]] == ["balancing", "agreement", "review_on"]
    refused = owner.post(f"{POLICIES}/{drafted['summary']['policy_id']}/grant", {})
    assert refused.status_code == 422
    assert refused.json()["errors"] == drafted["missing"]


def test_what_no_draft_can_say_is_refused_whole(owner: Program, built: Stage) -> None:
    given = terms(built, recipients=[str(built.elsewhere.company_id)], fields=["nothing", "iban"])
    refused = owner.post(POLICIES, given)
    assert {one["field"] for one in refused.json()["errors"]} == {"recipients", "fields.nothing", "fields.iban"}


def test_an_unknown_word_in_a_condition_is_named(owner: Program, built: Stage) -> None:
    given = terms(built, condition={"type": "any", "of": [{"type": "consented", "kind": "marketing", "who": "x"}]})
    refused = owner.post(POLICIES, given)
    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["errors"]] == ["condition.of.0.who"]


def test_a_draft_is_made_once_however_often_it_is_sent(owner: Program, built: Stage) -> None:
    key = {"Idempotency-Key": "sharing-1"}
    first, again = (owner.post(POLICIES, terms(built), **key) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_terms_that_changed_meanwhile_are_not_granted(owner: Program, built: Stage) -> None:
    url = f"{POLICIES}/{built.ids['draft_id']}"
    seen = owner.get(url).json()["versions"][0]["looked_at"]
    assert owner.post(f"{url}/terms", {"terms": terms(built), "looked_at": seen}).status_code == 200
    assert owner.post(f"{url}/grant", {"looked_at": seen}).status_code == 409
    assert owner.post(f"{url}/terms", {"terms": terms(built), "looked_at": seen}).status_code == 409


def test_policies_are_walked_page_by_page(owner: Program, built: Stage) -> None:
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        page = owner.get(POLICIES, **asked).json()
        seen += [one["policy_id"] for one in page["policies"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert {str(built.ids[name]) for name in ("draft_id", "policy_id", "suspended_id", "offered_id")} < set(seen)


def test_shared_people_are_read_through_the_door(start: Callable[[Seat], Program], built: Stage) -> None:
    reader = start(built.permitted(Permission.READ_SHARED))
    [offer] = reader.get("/shared/offers").json()
    assert [one["key"] for one in offer["fields"]] == ["name", "segment"]
    page = reader.get(f"/shared/registers/{offer['register_id']}/records").json()
    assert [one["values"] for one in page["records"]] == [{"name": SHARED_NAME, "segment": "A"}]
    url = f"/shared/companies/{built.ids['giver_id']}/persons/{built.ids['shared_person_id']}"
    assert reader.get(url).json() == page["records"]


def test_consents_and_objections_are_noted_and_ended(owner: Program, built: Stage) -> None:
    url = f"/persons/{built.ids['person_id']}"
    given = owner.post(f"{url}/consents", {"kind": "customer_care", "source": "Lomake"}).json()
    assert {(one["kind"], one["until"]) for one in given["consents"]} == {("customer_care", None), ("marketing", None)}
    assert owner.post(f"{url}/consents", {"kind": "customer_care", "source": "Lomake"}).status_code == 409
    assert owner.post(f"{url}/consents/withdrawal", {"kind": "customer_care"}).status_code == 200
    assert owner.post(f"{url}/objections", {"kind": "customer_care"}).status_code == 200
    assert owner.post(f"{url}/objections/lifting", {"kind": "customer_care"}).status_code == 200
    ended = owner.get(f"{url}/choices").json()
    assert all(one["until"] for one in ended["objections"] if one["kind"] == "customer_care")


def test_why_is_told_for_each_policy_and_who_received(owner: Program, built: Stage) -> None:
    url = f"/persons/{built.ids['person_id']}"
    asked = {"company_id": str(built.ids["giver_id"]), "field_id": str(built.register.fields["segment"])}
    [verdict] = owner.get(f"{url}/explanation", **asked).json()
    assert (verdict["why"], verdict["shared"], verdict["version"]) == ("not_accepted", False, 1)
    assert [one for one in owner.get(f"{url}/disclosures").json() if not one["outside"]] == []
