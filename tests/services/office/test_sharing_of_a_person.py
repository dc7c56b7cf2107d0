"""Who may read a person, who has, what the person chose, and why."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.registers import persons
from tenants.sharing import door, policies
from tests import make
from tests.make import MadeCompany
from tests.services.browsing import Browser, Page
from tests.services.stage import STORAGE, Stage

CARE = PurposeKind.CUSTOMER_CARE


@pytest.fixture
def admin(desk: Callable[[PurposeKind], Browser]) -> Browser:
    return desk(STORAGE)


@pytest.fixture
def gamma(built: Stage) -> MadeCompany:
    """The receiver of a policy of Alfa's that it has accepted."""
    company = MadeCompany(built.group, built.ids["giver_id"], "gamma")
    receiver = make.staff(built.group, (Role.COMPANY_ADMIN, company))
    with walled_session(receiver.acting(company)) as session:
        policies.accept(session, built.ids["policy_id"])
    return company


def url(built: Stage) -> str:
    return f"/office/persons/{built.ids['person_id']}"


def explained(browser: Browser, built: Stage, field: str, company: UUID | None = None) -> str:
    asked = f"company={company or built.ids['giver_id']}&field={built.register.fields[field]}"
    return Page(browser.get(f"{url(built)}/explanation?{asked}")).words


def test_the_page_tells_who_may_read_now_and_who_has_received(admin: Browser, built: Stage, gamma: MadeCompany) -> None:
    words = Page(admin.get(url(built))).words
    assert "Gamma Oy customer care Customer register: name, segment policy, version 1" in words
    with walled_session(built.alfa.system()) as session:
        nobodys = persons.create(session)
    assert "Nobody has received anything of this person." in Page(admin.get(f"/office/persons/{nobodys}")).words
    with walled_session(gamma.system(CARE)) as session:
        assert door.of_person(session, built.alfa.company_id, built.ids["person_id"])
    assert Page(admin.get(url(built))).words.count("Gamma Oy") == words.count("Gamma Oy") + 1


def test_an_objection_shuts_the_door_and_its_end_opens_it(admin: Browser, built: Stage, gamma: MadeCompany) -> None:
    answer = admin.post(f"{url(built)}/objections", {"objection_kind": CARE.value})
    words = Page(admin.follow(answer)).words
    assert "The objection is in force." in words
    assert "No sister company may read anything of this person now." in words
    assert "the person has objected" in explained(admin, built, "segment")
    admin.post(f"{url(built)}/objections/lifting", {"kind": CARE.value})
    assert "May be seen." in explained(admin, built, "segment")


def test_a_consent_is_noted_with_where_it_is_shown_and_withdrawn(admin: Browser, built: Stage) -> None:
    answer = admin.post(f"{url(built)}/consents", {"consent_kind": CARE.value, "source": " "})
    assert answer.status_code == 422
    assert "#source" in Page(answer).links
    answer = admin.post(f"{url(built)}/consents", {"consent_kind": CARE.value, "source": "Puhelu 1.2."})
    assert "Puhelu 1.2." in Page(admin.follow(answer)).words
    again = admin.post(f"{url(built)}/consents", {"consent_kind": CARE.value, "source": "Puhelu"})
    assert again.status_code == 409
    answer = admin.post(f"{url(built)}/consents/withdrawal", {"kind": CARE.value})
    assert "The consent was withdrawn" in Page(admin.follow(answer)).words
    assert admin.post(f"{url(built)}/consents/withdrawal", {"kind": CARE.value}).status_code == 404


def test_every_answer_names_its_policy_and_why(admin: Browser, built: Stage, gamma: MadeCompany) -> None:
    assert "May be seen. customer care policy, version 1" in explained(admin, built, "segment")
    assert "the policy does not include this field" in explained(admin, built, "email")
    assert "nothing of this register is granted" in explained(admin, built, "segment", built.beta.company_id)


def test_a_field_of_another_company_is_no_field_here(admin: Browser, built: Stage) -> None:
    asked = f"company={built.beta.company_id}&field={built.ids['shared_register_id']}"
    assert admin.get(f"{url(built)}/explanation?{asked}").status_code == 404


def test_whoever_answers_requests_sees_who_received_and_no_policies(handler: Browser, built: Stage) -> None:
    words = Page(handler.get(url(built))).words
    assert "Who has received it" in words
