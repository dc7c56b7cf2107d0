"""The staff in the office: roles that two give, where everybody signs in, who has signed, whose people are here."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import update

from tenants.companies import claiming, contracts, providers
from tenants.companies.model import Role, StaffContract
from tenants.database import walled_session
from tenants.groups.model import Group
from tests import make
from tests.make import MadeCompany, MadeGroup
from tests.services.browsing import Browser, Page
from tests.services.stage import RIGHTS

MEMBERS = "/office/members"


@pytest.fixture
def group(app: object) -> MadeGroup:
    made = make.group()
    with walled_session(made.system()) as session:
        session.execute(update(Group).values(roles_by_two=True))
    return made


@pytest.fixture
def alfa(group: MadeGroup) -> MadeCompany:
    return make.company(group, "alfa")


@pytest.fixture
def sit(open_browser: Callable[[], Browser], alfa: MadeCompany) -> Callable[[], Browser]:
    """One more administrator of Alfa at the desk."""

    def one() -> Browser:
        browser = open_browser()
        browser.sit_down(make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa)), alfa, RIGHTS)
        browser.get("/office/tokens?language=en")
        return browser

    return one


def test_a_role_waits_for_a_second_administrator(sit: Callable[[], Browser], alfa: MadeCompany) -> None:
    first, second = sit(), sit()
    carer = make.staff(alfa.group)
    given = first.post(f"{MEMBERS}/{carer.member_id}/roles", {"role": "customer_care", "company": "alfa"})
    page = Page(first.follow(given))
    assert "The role waits for another administrator." in page.words
    assert "another confirms" in page.words
    assert [one for one in page.forms if one.endswith("/confirmation")] == []
    [confirm] = [one for one in Page(second.get(MEMBERS)).forms if one.endswith("/confirmation")]
    assert first.post(confirm).status_code == 403
    assert "The role was given." in Page(second.follow(second.post(confirm))).words
    assert second.post(confirm).status_code == 404


def test_whoever_gave_a_role_takes_it_back_before_it_holds(sit: Callable[[], Browser], alfa: MadeCompany) -> None:
    first = sit()
    carer = make.staff(alfa.group)
    first.post(f"{MEMBERS}/{carer.member_id}/roles", {"role": "customer_care", "company": "alfa"})
    [back] = [one for one in Page(first.get(MEMBERS)).forms if "/proposals/" in one]
    assert "The role was not given." in Page(first.follow(first.post(back))).words
    assert "/proposals/" not in first.get(MEMBERS).text


def test_a_newcomer_without_a_role_is_there_to_be_given_one(sit: Callable[[], Browser], alfa: MadeCompany) -> None:
    admin = sit()
    newcomer = make.staff(alfa.group)
    elsewhere = make.staff(alfa.group, (Role.CUSTOMER_CARE, make.company(alfa.group, "beta")))
    forms = Page(admin.get(MEMBERS)).forms
    assert f"{MEMBERS}/{newcomer.member_id}/roles" in forms
    assert f"{MEMBERS}/{elsewhere.member_id}/roles" not in forms


def test_the_staff_see_who_has_signed(sit: Callable[[], Browser], alfa: MadeCompany) -> None:
    admin = sit()
    assert "not signed" not in Page(admin.get(MEMBERS)).words
    make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa), signed=False)
    assert "not signed" in Page(admin.get(MEMBERS)).words


def test_the_rules_of_the_sign_in_are_read_and_tried(sit: Callable[[], Browser], alfa: MadeCompany) -> None:
    admin = sit()
    assert "Administrators give every role in the office." in Page(admin.get(f"{MEMBERS}/sign-in")).words
    with walled_session(alfa.group.system()) as session:
        provider_id = providers.register(
            session, issuer="https://op.example", client_id=alfa.group.slug, secret="s", label="Pääkonttori"
        )
        claiming.declare(
            session,
            provider_id,
            claim="groups",
            value="tuki",
            role=Role.CUSTOMER_CARE,
            company_id=alfa.company_id,
        )
    page = Page(admin.get(f"{MEMBERS}/sign-in"))
    assert "groups tuki customer service Alfa Oy" in page.words
    assert "Pääkonttori" in page.words
    tried = Page(admin.post(f"{MEMBERS}/sign-in", {"claim": "groups", "value": "tuki"}))
    assert "Whoever signs in with this claim gets: customer service, Alfa Oy" in tried.words
    other = Page(admin.post(f"{MEMBERS}/sign-in", {"claim": "groups", "value": "myynti"}))
    assert "No rule gives anything for this claim." in other.words
    refused = admin.post(f"{MEMBERS}/sign-in", {"claim": "email", "value": "x@alfa.example"})
    assert refused.status_code == 422


def test_a_contract_shows_its_accounts_and_whether_it_holds(sit: Callable[[], Browser], alfa: MadeCompany) -> None:
    browser = sit()
    admin = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    carer = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        for reference in ("S-1", "S-0"):
            contract_id = contracts.add(
                session,
                company_id=alfa.company_id,
                processor="Palvelu Oy",
                reference=reference,
                ends_on=date(2090, 1, 31),
            )
        contracts.tie(session, carer.member_id, contract_id)
    with walled_session(alfa.system()) as session:
        over = update(StaffContract).where(StaffContract.contract_id == contract_id)
        session.execute(over.values(ends_on=date(2020, 1, 31)))
    words = Page(browser.get("/office/contracts")).words
    assert "S-0 Alfa Oy Toimihenkilö 31 Jan 2020 over" in words
    assert "S-1 Alfa Oy nobody 31 Jan 2090 in force" in words
    assert "from Palvelu Oy, contract S-0, until 31 Jan 2020" in Page(browser.get(MEMBERS)).words


def test_a_reference_that_is_taken_is_told_at_its_field_and_the_form_is_kept(
    sit: Callable[[], Browser], alfa: MadeCompany
) -> None:
    browser = sit()
    given = {"company": alfa.key, "processor": "Palvelu Oy", "reference": "S-2", "ends_on": "2090-01-31"}
    assert browser.post("/office/contracts", given).status_code == 303
    again = browser.post("/office/contracts", given)
    assert again.status_code == 422
    page = Page(again)
    assert "This company has a contract with this reference already." in page.words
    assert page.fields["processor"] == "Palvelu Oy"


@pytest.mark.parametrize("hours", ["²", "-1", "1.5", "", "9" * 5_000])
def test_hours_of_a_maintenance_access_that_are_no_number_are_told_so(
    sit: Callable[[], Browser], alfa: MadeCompany, hours: str
) -> None:
    asked = {"company": "alfa", "purpose": "storage", "ticket": "HD-7", "reason": "Vika", "hours": hours}
    assert sit().post("/office/maintenance", asked).status_code == 422
