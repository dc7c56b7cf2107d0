"""A program drafts a register, sees what changes, and a colleague's program approves it."""

from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from tenants.companies import api_tokens
from tenants.database import walled_session
from tests.make import MadeCompany, MadeMember
from tests.tenants.manifests.drafters import House, house

FIELD = {
    "key": "instalment",
    "label": {"fi": "Maksuerä", "sv": "Betalningspost", "en": "Instalment"},
    "category": "contact",
    "type": "number",
    "origin": "observed",
}


class Program:
    def __init__(self, client: TestClient[Litestar], member: MadeMember, company: MadeCompany) -> None:
        with walled_session(member.acting(company)) as session:
            issued = api_tokens.issue(session, label="koe", days=1, company_id=company.company_id, purpose=None)
        self.client = client
        self.headers = {"Authorization": f"Bearer {issued.token}", "Accept-Language": "en"}

    def get(self, path: str) -> Response:
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def post(self, path: str, **body: Any) -> Response:
        return self.client.post(f"/api/v1{path}", headers=self.headers, json=body)


@pytest.fixture
def group(app: Litestar) -> House:
    return house()


@pytest.fixture
def owner(client: TestClient[Litestar], group: House) -> Program:
    return Program(client, group.owner, group.alfa)


@pytest.fixture
def admin(client: TestClient[Litestar], group: House) -> Program:
    return Program(client, group.admin, group.alfa)


def test_a_draft_goes_from_one_program_to_the_other(group: House, owner: Program, admin: Program) -> None:
    register = group.register_id("credit")
    drafted = owner.post(f"/registers/{register}/drafts").json()
    draft, declaration = f"/registers/drafts/{drafted['draft_id']}", drafted["declaration"]
    assert (drafted["state"], drafted["edition"], drafted["on_version"]) == ("open", 1, 1)
    declaration["register"]["fields"].append(FIELD)
    changed = owner.post(f"{draft}/declaration", edition=1, declaration=declaration)
    assert changed.json()["edition"] == 2
    told = owner.get(f"{draft}/changes").json()
    assert [(one["kind"], one["place"]) for one in told["register"]] == [
        ("added", "registers.credit.fields.instalment")
    ]
    [notice] = told["notices"]
    assert notice["company_id"] == str(group.alfa.company_id)
    assert [one["becomes"] for one in notice["sentences"]] == [
        "Contact details: Contract number, Personal identity code (encrypted), Instalment"
    ]
    assert (told["faults"], told["shares"]) == ([], [])
    assert owner.post(f"{draft}/approval", edition=2).status_code == 403
    assert admin.post(f"{draft}/approval", edition=1).status_code == 409
    published = admin.post(f"{draft}/approval", edition=2).json()
    assert (published["state"], published["published_as"]) == ("published", 2)
    versions = owner.get(f"/registers/{register}/versions").json()
    assert [(one["version"], one["in_editor"]) for one in versions] == [(2, True), (1, False)]


def test_a_declaration_that_makes_no_sense_is_kept_and_told(group: House, owner: Program, admin: Program) -> None:
    drafted = owner.post(f"/registers/{group.register_id('credit')}/drafts").json()
    draft, declaration = f"/registers/drafts/{drafted['draft_id']}", drafted["declaration"]
    declaration["register"]["fields"].append({**FIELD, "category": "telepathy"})
    assert owner.post(f"{draft}/declaration", edition=1, declaration=declaration).status_code == 200
    [fault] = owner.get(f"{draft}/changes").json()["faults"]
    assert fault == {
        "field": "registers.credit.fields.instalment.category",
        "detail": "The manifest declares no such thing: telepathy.",
    }
    refused = admin.post(f"{draft}/approval", edition=2)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["registers.credit.fields.instalment.category"]


def test_a_draft_stays_about_its_register_and_who_drafts_keeps_it(group: House, owner: Program) -> None:
    drafted = owner.post(f"/registers/{group.register_id('credit')}/drafts").json()
    draft, register = f"/registers/drafts/{drafted['draft_id']}", drafted["declaration"]["register"]
    for changed, field in (({"kept_by": ["beta"]}, "register.kept_by"), ({"key": "other"}, "register.key")):
        declaration = {**drafted["declaration"], "register": {**register, **changed}}
        answer = owner.post(f"{draft}/declaration", edition=1, declaration=declaration)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    too_many = {**register, "fields": [{**FIELD, "key": f"f{number}"} for number in range(10_000)]}
    declaration = {**drafted["declaration"], "register": too_many}
    assert owner.post(f"{draft}/declaration", edition=1, declaration=declaration).status_code == 400
    assert owner.get(draft).json()["edition"] == 1


def test_a_program_changes_order_keepers_recipients_gaps_and_rules(group: House, owner: Program) -> None:
    drafted = owner.post(f"/registers/{group.register_id('credit')}/drafts").json()
    draft, declaration = f"/registers/drafts/{drafted['draft_id']}", drafted["declaration"]
    register = declaration["register"]
    register["fields"].reverse()
    register["fields"][0]["only_for"] = {"kinds": ["credit"], "beside": "contract_number"}
    register["kept_by"] = ["alfa", "beta"]
    register["recipients"] = ["bank"]
    label = {"fi": "Pankki", "sv": "Bank", "en": "Bank"}
    declaration["recipients"] = [{"key": "bank", "kind": "payment", "label": label}]
    says = {"fi": "Ei sanota", "sv": "Sägs inte", "en": "Not said"}
    register["gaps"] = [{"rule": "N15", "about": "recipients", "says": says}]
    assert owner.post(f"{draft}/declaration", edition=1, declaration=declaration).json()["state"] == "open"
    told = owner.get(f"{draft}/changes").json()
    assert told["faults"] == []
    assert {one["place"] for one in told["register"]} == {
        "registers.credit.kept_by",
        "registers.credit.recipients",
        "registers.credit.fields",
        "registers.credit.fields.hetu.only_for",
        "registers.credit.gaps.N15 recipients",
        "recipients.bank",
    }
    assert [one["company_id"] for one in told["notices"]] == [
        str(group.alfa.company_id),
        str(group.beta.company_id),
    ]
