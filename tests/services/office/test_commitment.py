"""A newcomer is led to the commitment and back; programs are told what is wanting."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.companies import api_tokens, committing
from tenants.companies.model import CommitmentSignature, Role
from tenants.database import walled_session
from tenants.languages.speaking import Language, Text
from tests import make
from tests.make import MadeCompany, MadeMember
from tests.services.browsing import Browser, Page

RIGHTS = PurposeKind.RIGHTS_REQUEST


@pytest.fixture
def alfa(database: object) -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def newcomer(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa), signed=False)


def test_a_newcomer_is_led_to_the_commitment_and_back(
    browser: Browser, alfa: MadeCompany, newcomer: MadeMember
) -> None:
    browser.sit_down(newcomer, alfa, RIGHTS)
    assert browser.get("/office").headers["location"] == "/office/commitment"
    led = browser.get("/office/cases")
    assert led.headers["location"] == "/office/commitment?next=/office/cases"
    page = Page(browser.follow(led))
    assert "Tehtävissäni näen henkilötietoja" in page.words
    signed = browser.post("/office/commitment", page.fields)
    assert signed.headers["location"] == "/office/cases"
    assert browser.get("/office/cases").status_code == 200


def test_the_signature_says_which_text_was_read(browser: Browser, alfa: MadeCompany, newcomer: MadeMember) -> None:
    with walled_session(alfa.group.system()) as session:
        committing.declare(session, Text(fi="Lupaan.", sv="Jag lovar."))
    browser.sit_down(newcomer, alfa, RIGHTS)
    browser.post("/office/commitment", {"version": "1"})
    with walled_session(alfa.group.system()) as session:
        found = session.scalars(select(CommitmentSignature)).one()
    assert (found.member_id, found.version, found.language) == (newcomer.member_id, 1, "fi")
    assert found.digest == committing.digest(Text(fi="Lupaan."), Language.FI)


def test_a_text_that_changed_meanwhile_is_not_signed(browser: Browser, alfa: MadeCompany, newcomer: MadeMember) -> None:
    browser.sit_down(newcomer, alfa, RIGHTS)
    for text in ("Ensimmäinen", "Toinen"):
        with walled_session(alfa.group.system()) as session:
            committing.declare(session, Text(fi=text))
    assert browser.post("/office/commitment", {"version": "1"}).status_code == 409
    assert browser.get("/office/cases").status_code == 303


def test_the_way_back_is_a_page_of_the_office(browser: Browser, alfa: MadeCompany, newcomer: MadeMember) -> None:
    browser.sit_down(newcomer, alfa, RIGHTS)
    answer = browser.post("/office/commitment", {"version": "1", "next": "//elsewhere.example/office"})
    assert answer.headers["location"] == "/office"


def test_a_program_is_told_that_its_member_has_to_sign(
    client: TestClient[Litestar], alfa: MadeCompany, newcomer: MadeMember
) -> None:
    with walled_session(newcomer.acting(alfa, RIGHTS)) as session:
        token = api_tokens.issue(session, label="koe", days=1, company_id=alfa.company_id, purpose=RIGHTS).token
    answer = client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert "/office/commitment" in answer.json()["detail"]
