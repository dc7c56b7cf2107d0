"""Staff find a person of their company and see what is held of them, each value with where it came from."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.registers.model import Identifier, Person
from tests import make
from tests.services.browsing import Browser, Page
from tests.services.stage import IBAN, RIGHTS, Stage, customer

CARE = PurposeKind.CUSTOMER_CARE


@pytest.fixture
def clerk(open_browser: Callable[[], Browser], built: Stage) -> Browser:
    browser = open_browser()
    browser.sit_down(make.staff(built.group, (Role.CUSTOMER_CARE, built.alfa)), built.alfa, CARE)
    browser.get("/office/tokens?language=en")
    return browser


@pytest.fixture
def url(built: Stage) -> str:
    return f"/office/persons/{built.ids['person_id']}"


def entries(built: Stage, action: str) -> list[AuditEntry]:
    with walled_session(built.alfa.system()) as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def search(browser: Browser, wanted: str, kind: str = "") -> Page:
    return Page(browser.post("/office/persons/searches", {"wanted": wanted, "kind": kind}))


def test_the_only_one_who_fits_is_shown_at_once(clerk: Browser, url: str) -> None:
    answer = clerk.post("/office/persons/searches", {"wanted": "selva@esimerkki.example", "kind": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, url)


def test_several_are_listed_and_nothing_searched_for_is_in_an_address(clerk: Browser) -> None:
    page = search(clerk, "aino esimerkki", "name")
    assert "3 people fit" in page.words
    people = [link for link in page.links if link.startswith("/office/persons/")]
    assert len(people) == 3
    assert all(UUID(link.rsplit("/", 1)[1]) for link in people)


def test_nobody_is_said_in_words(clerk: Browser) -> None:
    assert "Nobody fits" in search(clerk, "tuntematon").words


def test_what_cannot_be_searched_for_comes_back_for_mending(clerk: Browser) -> None:
    answer = clerk.post("/office/persons/searches", {"wanted": "ei osoite", "kind": "email"})
    assert answer.status_code == 422
    assert "This is not an e-mail address." in Page(answer).words


def test_identity_codes_are_offered_to_those_only_who_may_use_them(clerk: Browser, handler: Browser) -> None:
    assert "personal identity code" not in Page(clerk.get("/office/persons")).words
    assert "personal identity code" in Page(handler.get("/office/persons")).words


def test_a_person_is_shown_with_where_each_value_came_from(clerk: Browser, url: str) -> None:
    words = Page(clerk.get(url)).words
    assert "Aino Esimerkki" in words
    assert "selva@esimerkki.example" in words
    assert "kassa ·" in words


def test_sealed_values_are_shown_one_by_one_and_each_is_an_entry(clerk: Browser, built: Stage, url: str) -> None:
    assert IBAN not in clerk.get(url).text
    [opening] = [form for form in Page(clerk.get(url)).forms if form.endswith("/opening")]
    assert IBAN in Page(clerk.post(opening, {})).words
    [entry] = entries(built, "value.opened")
    assert (entry.about_ids, entry.purpose) == ([built.ids["person_id"]], CARE)
    assert entry.figures == {"record": str(built.ids["record_id"]), "field": "iban"}
    assert IBAN not in clerk.get(url).text


def test_a_value_that_is_not_sealed_is_not_opened(clerk: Browser, built: Stage, url: str) -> None:
    field_id = built.register.fields["email"]
    answer = clerk.post(f"{url}/records/{built.ids['record_id']}/values/{field_id}/opening", {})
    assert answer.status_code == 404
    assert entries(built, "value.opened") == []


def test_each_view_is_one_entry(clerk: Browser, built: Stage, url: str) -> None:
    clerk.get(url)
    clerk.get(url)
    assert [entry.about_ids for entry in entries(built, "person.viewed")] == [[built.ids["person_id"]]] * 2


def test_whoever_answers_requests_sees_requests_and_who_looked(
    handler: Browser, clerk: Browser, built: Stage, url: str
) -> None:
    clerk.get(url)
    words = Page(handler.get(url)).words
    assert built.number in words
    assert "Person's data viewed by staff" in words
    assert "customer care" in words


def test_whoever_serves_customers_sees_neither(clerk: Browser, built: Stage, url: str) -> None:
    words = Page(clerk.get(url)).words
    assert built.number not in words
    assert "Who looked" not in words


def test_a_restricted_person_is_not_there_for_customer_care(
    clerk: Browser, handler: Browser, built: Stage, url: str
) -> None:
    with walled_session(built.alfa.system(RIGHTS)) as session:
        for model in (Person, Identifier):
            session.execute(update(model).where(model.person_id == built.ids["person_id"]).values(restricted=True))
    assert clerk.get(url).status_code == 404
    assert "restricted" in Page(handler.get(url)).words


def test_the_records_of_one_register_have_a_page(clerk: Browser, built: Stage, url: str) -> None:
    words = Page(clerk.get(f"{url}/registers/{built.ids['register_id']}")).words
    assert "1 record" in words
    assert "selva@esimerkki.example" in words


def correction(built: Stage, **changed: str) -> dict[str, str]:
    """The form as it is shown, with what is typed into it."""
    kept = {
        "value-customer_number": "1",
        "value-name": "Aino Esimerkki",
        "value-email": "selva@esimerkki.example",
        "value-segment": "",
        "value-iban": "",
    }
    return {**kept, "source": "Puhelu", "reason": "Kirjoitusvirhe", **changed}


def test_a_record_is_corrected_and_tells_what_it_was(clerk: Browser, built: Stage, url: str) -> None:
    form = f"{url}/records/{built.ids['record_id']}/corrections"
    assert form in Page(clerk.get(url)).links
    shown = Page(clerk.get(form)).fields
    assert shown["value-name"] == "Aino Esimerkki"
    assert shown["value-iban"] == ""
    answer = clerk.post(form, correction(built, **{"value-name": "Aino Oikea", "as_of": shown["as_of"]}))
    words = Page(clerk.follow(answer)).words
    assert "The record was corrected." in words
    assert "Aino Oikea" in words
    assert "Puhelu ·" in words
    words = Page(clerk.get(form)).words
    assert "Aino Esimerkki" in words
    assert "Kirjoitusvirhe" in words


def test_what_is_sent_as_it_was_shown_is_no_correction(clerk: Browser, built: Stage, url: str) -> None:
    answer = clerk.post(f"{url}/records/{built.ids['record_id']}/corrections", correction(built))
    assert answer.status_code == 422
    assert "None of the values is another than before." in Page(answer).words


def test_a_bad_value_comes_back_at_its_field(clerk: Browser, built: Stage, url: str) -> None:
    form = f"{url}/records/{built.ids['record_id']}/corrections"
    answer = clerk.post(form, correction(built, **{"value-email": "ei osoite", "as_of": ""}))
    assert answer.status_code == 422
    assert "#value-email" in Page(answer).links
    assert "ei osoite" in answer.text


def test_a_record_that_changed_meanwhile_is_looked_at_again(clerk: Browser, built: Stage, url: str) -> None:
    form = f"{url}/records/{built.ids['record_id']}/corrections"
    seen = Page(clerk.get(form)).fields["as_of"]
    clerk.post(form, correction(built, **{"value-name": "Aino Ensin", "as_of": seen}))
    answer = clerk.post(form, correction(built, **{"value-name": "Aino Sitten", "as_of": seen}))
    assert answer.status_code == 409


def test_whoever_steps_back_after_a_merge_finds_the_one_person(
    open_browser: Callable[[], Browser], built: Stage
) -> None:
    admin = open_browser()
    admin.sit_down(make.staff(built.group, (Role.COMPANY_ADMIN, built.alfa)), built.alfa, RIGHTS)
    kept_id, other_id = (
        customer(built.register, "yksi@esimerkki.example", "81"),
        customer(built.register, "kaksi@esimerkki.example", "82"),
    )
    form, kept = {"other": str(other_id), "reason": "Sama ihminen"}, f"/office/persons/{kept_id}"
    # The second is another tab, in which the same was looked at before.
    for _ in range(2):
        answer = admin.post(f"{kept}/merges", form)
        assert (answer.status_code, answer.headers["location"]) == (303, kept)
    for asked in (f"{kept}/merges?other={other_id}", f"/office/persons/{other_id}/merges?other={kept_id}"):
        answer = admin.get(asked)
        assert (answer.status_code, answer.headers["location"]) == (303, kept)
    assert len([one for one in entries(built, "persons.merged") if kept_id in one.about_ids]) == 1
