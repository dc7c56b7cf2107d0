"""What is to be looked at stands above the requests: reviews, ends, and drafts of others."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from tenants.companies import contracts
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.languages.speaking import HELSINKI
from tenants.registers.model import Restriction
from tenants.sharing.model import SharingPolicy
from tests import make
from tests.services.browsing import Browser, Page
from tests.services.stage import RIGHTS, Stage

TODAY = datetime.now(HELSINKI).date()
REVIEW = "A restriction of processing is to be reviewed"
SHARING = "A sharing policy is to be reviewed"
DRAFT = "A draft of a sharing policy waits for another pair of eyes"


@pytest.fixture
def built(built: Stage) -> Stage:
    """With all that could wait for somebody."""
    built.ids.name_all()
    return built


def review_restrictions(built: Stage, *, in_days: int) -> None:
    with walled_session(built.alfa.system(RIGHTS)) as session:
        session.execute(update(Restriction).values(review_on=TODAY + timedelta(days=in_days)))


def review_policy(built: Stage, *, in_days: int) -> None:
    with walled_session(built.alfa.system(RIGHTS)) as session:
        session.execute(
            update(SharingPolicy)
            .where(SharingPolicy.policy_id == built.ids["policy_id"])
            .values(review_on=TODAY + timedelta(days=in_days), valid_until=TODAY + timedelta(days=in_days + 1))
        )


def test_a_review_that_comes_near_leads_to_the_person(handler: Browser, built: Stage) -> None:
    review_restrictions(built, in_days=31)
    assert REVIEW not in Page(handler.get("/office/cases")).words
    review_restrictions(built, in_days=30)
    page = Page(handler.get("/office/cases"))
    assert REVIEW in page.words
    assert [link for link in page.links if link.startswith("/office/persons/")] != []
    assert "overdue" not in page.words


def test_an_overdue_review_says_so(handler: Browser, built: Stage) -> None:
    review_restrictions(built, in_days=-1)
    assert "overdue" in Page(handler.get("/office/cases")).words


def test_a_policy_is_to_be_reviewed_and_ends(handler: Browser, built: Stage) -> None:
    review_policy(built, in_days=3)
    page = Page(handler.get("/office/cases"))
    assert SHARING in page.words
    assert "A sharing policy ends" in page.words
    assert f"/office/sharing/{built.ids['policy_id']}" in page.links


def test_a_draft_waits_for_others_than_its_author(
    handler: Browser, built: Stage, open_browser: Callable[[], Browser]
) -> None:
    assert DRAFT not in Page(handler.get("/office/cases")).words
    other = open_browser()
    other.sit_down(make.staff(built.group, (Role.COMPANY_ADMIN, built.alfa)), built.alfa, RIGHTS)
    page = Page(other.get("/office/cases?language=en"))
    assert DRAFT in page.words
    assert f"/office/sharing/{built.ids['draft_id']}" in page.links
    assert "A draft of a register waits for another pair of eyes" in page.words
    assert f"/office/registers/drafts/{built.ids['register_draft_id']}" in page.links


def test_what_a_sister_offers_waits_for_whoever_may_accept_it(handler: Browser, built: Stage) -> None:
    page = Page(handler.get("/office/cases"))
    assert "A sister company offers to share data" in page.words
    assert f"/office/sharing/{built.ids['offered_id']}" in page.links


def test_who_may_not_decide_is_told_of_no_draft_and_a_sister_company_of_nothing(
    built: Stage, open_browser: Callable[[], Browser]
) -> None:
    review_restrictions(built, in_days=3)
    review_policy(built, in_days=3)
    care, sister = open_browser(), open_browser()
    care.sit_down(make.staff(built.group, (Role.REQUEST_HANDLER, built.alfa)), built.alfa, RIGHTS)
    assert DRAFT not in Page(care.get("/office/cases?language=en")).words
    sister.sit_down(make.staff(built.group, (Role.COMPANY_ADMIN, built.beta)), built.beta, RIGHTS)
    assert "To be looked at" not in Page(sister.get("/office/cases?language=en")).words


def test_what_does_not_concern_requests_stands_above_the_registers(importer: Browser, built: Stage) -> None:
    with walled_session(built.admin.acting(built.alfa, RIGHTS)) as session:
        contract_id = contracts.add(
            session, company_id=built.alfa.company_id, processor="P", reference="S", ends_on=TODAY + timedelta(days=3)
        )
        contracts.tie(session, make.staff(built.group, (Role.CUSTOMER_CARE, built.alfa)).member_id, contract_id)
    page = Page(importer.get("/office/registers"))
    assert "A contract of a processor ends" in page.words
    assert "Roles are to be confirmed" in page.words
    assert {"/office/contracts", "/office/certification"} <= set(page.links)
    assert REVIEW not in page.words
