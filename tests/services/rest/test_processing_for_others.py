"""A company that works for its sisters shows for whom, for what and how (Art. 30(2)), and nothing else of them."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from tenants.acting import PurposeKind
from tenants.companies import api_tokens
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.processors.model import Transfer, TransferKind
from tests import make
from tests.make import MadeCompany, MadeMember
from tests.services.browsing import Browser
from tests.tenants.processors.scene import DOCUMENT, Scene, scene

RIGHTS = PurposeKind.RIGHTS_REQUEST
IN_INDIA = Transfer("IN", TransferKind.STANDARD_CLAUSES, DOCUMENT)


class House(Struct, frozen=True):
    """Beta works for Alfa, with a data centre of its own."""

    scene: Scene
    client: TestClient[Litestar]

    def asks(self, path: str, member: MadeMember, company: MadeCompany | None, purpose: PurposeKind | None) -> Any:
        with walled_session(member.acting(company, purpose)) as session:
            own = company.company_id if company else None
            token = api_tokens.issue(session, label="koe", days=1, company_id=own, purpose=purpose).token
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})

    def record(self, company: MadeCompany) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.asks("/processing-for-others", self.scene.approver, company, RIGHTS).json()
        return found


@pytest.fixture(scope="module")
def house(app: Litestar, client: TestClient[Litestar]) -> House:
    made = scene()
    beta = made.processor("beta-oy", company_id=made.beta.company_id)
    made.engage(beta, made.processor("konesali"), service=Text(fi="=Konesali", en="Data centre"))
    made.approved("own", processor_id=beta, transfers=(IN_INDIA,))
    made.draft("drafted", processor_id=beta)
    return House(made, client)


def test_the_sister_for_whom_it_works_is_shown_nothing_of_it(house: House) -> None:
    assert house.record(house.scene.alfa) == []


def test_a_program_reads_for_whom_the_company_works(house: House) -> None:
    [one] = house.record(house.scene.beta)
    [sister] = one["for_controllers"]
    assert sister["controller"]["company_id"] == str(house.scene.alfa.company_id)
    assert [words["fi"] for words in sister["processing"]] == ["Asiakassuhteen hoito"]
    assert [basis["country"] for basis in sister["transfers"]] == ["IN"]
    assert [(lower["key"], lower["engaged_by"]) for lower in one["sub_processors"]] == [("konesali", "beta-oy")]
    assert sister["state"] == "in_force"


def test_the_same_is_taken_along_as_a_file_in_which_nothing_is_computed(
    house: House, open_browser: Callable[[], Browser]
) -> None:
    browser = open_browser()
    browser.sit_down(house.scene.approver, house.scene.beta)
    answer = browser.get("/office/processors/for-others.csv", **{"Accept-Language": "fi"})
    [line] = csv.DictReader(StringIO(answer.text))
    assert line["processing"] == "Asiakassuhteen hoito"
    assert line["transfers"].startswith("Intia: ")
    assert line["sub_processors"] == "Konesali Oy: =Konesali"
    assert "text/csv" in answer.headers["content-type"]


def test_whoever_oversees_reads_how_agreements_stand_and_others_do_not(house: House) -> None:
    group = house.scene.group
    officer = make.staff(group, (Role.DATA_PROTECTION_OFFICER, None))
    told = house.asks("/oversight/agreements", officer, None, None).json()
    assert {(one["company_id"], one["state"], one["agreements"]) for one in told} == {
        (str(house.scene.alfa.company_id), "in_force", 1),
        (str(house.scene.alfa.company_id), "draft", 1),
    }
    assert house.asks("/oversight/agreements", house.scene.approver, house.scene.alfa, RIGHTS).status_code == 403
