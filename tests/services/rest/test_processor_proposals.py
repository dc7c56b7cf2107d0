"""A program proposes to change shared facts, and another accepts it for the whole group."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tenants.acting import PurposeKind
from tenants.companies import api_tokens
from tenants.database import walled_session
from tenants.processors import agreements
from tenants.processors.terms import Terms
from tests.make import MadeCompany, MadeMember
from tests.tenants.processors.scene import Scene, scene, today

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def house(app: Litestar) -> Scene:
    made = scene()
    made.draft()
    with walled_session(made.approver.acting(made.beta)) as session:
        agreements.draft(session, made.pilvi, "betan", Terms(valid_from=today()))
    return made


@pytest.fixture
def ask(house: Scene, client: TestClient[Litestar]) -> Ask:
    def asked(member: MadeMember, company: MadeCompany | None, method: str, path: str, json: Any = None) -> Any:
        purpose = PurposeKind.RIGHTS_REQUEST if company else None
        with walled_session(member.acting(company, purpose)) as session:
            own = company.company_id if company else None
            token = api_tokens.issue(session, label="koe", days=1, company_id=own, purpose=purpose).token
        headers = {"Authorization": f"Bearer {token}"}
        return client.request(method, f"/api/v1/processors{path}", json=json, headers=headers)

    return asked


def test_a_program_proposes_and_another_accepts_for_the_whole_group(house: Scene, ask: Ask) -> None:
    facts: dict[str, Any] = {
        "key": "pilvi",
        "name": "Pilvi Oyj",
        "kind": "ict_provider",
        "country": "FI",
        "recipients": ["ict"],
    }
    facts |= {"countries": ["FI"], "contact": {"email": "tietosuoja@pilvi.example"}}
    made = ask(house.approver, house.alfa, "POST", f"/{house.pilvi}/proposals", {"facts": facts, "reason": "Tiedote"})
    assert made.status_code == 201
    told = made.json()
    assert (told["changes"], told["state"], told["outdated"]) == (["name"], "open", [])
    one = f"/proposals/{told['proposal_id']}"
    assert made.headers["location"] == f"/api/v1/processors{one}"
    assert ask(house.approver, house.beta, "GET", one).status_code == 404
    assert ask(house.approver, house.alfa, "POST", f"{one}/acceptance", {}).status_code == 403
    assert [each["proposal_id"] for each in ask(house.admin, None, "GET", "/proposals").json()] == [told["proposal_id"]]
    accepted = ask(house.admin, None, "POST", f"{one}/acceptance", {})
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert ask(house.approver, house.alfa, "GET", f"/{house.pilvi}").json()["summary"]["name"] == "Pilvi Oyj"
    assert ask(house.approver, house.alfa, "POST", f"{one}/withdrawal").status_code == 409
