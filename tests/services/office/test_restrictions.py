"""Processing is restricted in the office, and the person told before it goes on."""

from services.api.office.persons import PERSONS, RESTRICTIONS
from tests.services.browsing import Browser, Page
from tests.services.routes import LIFTING, RESTRICTION
from tests.services.stage import Stage


def test_a_person_is_restricted_told_on_paper_and_free_again(handler: Browser, built: Stage) -> None:
    person_url = f"{PERSONS}/{built.ids['person_id']}"
    handler.post(f"{person_url}/restrictions", RESTRICTION)
    page = Page(handler.get(person_url))
    assert "the whole person" in page.words
    assert "Perusteltu syy." in page.words
    [lift] = [link for link in page.links if link.endswith("/lifting")]
    handler.post(lift, LIFTING)
    page = Page(handler.get(person_url))
    assert "in force until the notice is sent" in page.words
    [notice] = [link for link in page.links if link.endswith("/notice")]
    assert "Tarkistettu." in Page(handler.get(notice)).words
    answer = handler.post(f"{notice}/posting", {})
    assert "lifted" in Page(handler.follow(answer)).words


def test_one_record_is_restricted_from_where_it_is_shown(handler: Browser, built: Stage) -> None:
    person_url = f"{PERSONS}/{built.ids['person_id']}"
    record_id = str(built.ids["record_id"])
    form = f"{person_url}/restrictions?record={record_id}"
    assert form in Page(handler.get(person_url)).links
    assert Page(handler.get(form)).fields["record"] == record_id
    answer = handler.post(f"{person_url}/restrictions", {**RESTRICTION, "record": record_id})
    words = Page(handler.follow(answer)).words
    assert "one record" in words
    assert form not in Page(handler.get(person_url)).links


def test_what_needs_mending_comes_back(handler: Browser, built: Stage) -> None:
    person_url = f"{PERSONS}/{built.ids['person_id']}"
    answer = handler.post(f"{person_url}/restrictions", {**RESTRICTION, "review_on": "2020-01-01"})
    assert answer.status_code == 422
    assert "#review_on" in Page(answer).links
    answer = handler.post(f"{RESTRICTIONS}/{built.ids['restriction_id']}/lifting", {**LIFTING, "postal_address": ""})
    assert answer.status_code == 422
    assert "the person is told before the restriction ends" in Page(answer).words
