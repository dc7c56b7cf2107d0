"""A handler follows the requests of the own company."""

from collections.abc import Callable

from sqlalchemy import select

from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.requests.model import Case, CaseState
from tests import make
from tests.services import stage
from tests.services.browsing import Browser, Page
from tests.services.stage import RIGHTS, Stage


def state_of(built: Stage, name: str = "case_id") -> CaseState:
    with walled_session(built.alfa.system(RIGHTS)) as session:
        return session.scalars(select(Case.state).where(Case.case_id == built.ids[name])).one()


def cases_on(page: Page) -> set[str]:
    return {link for link in page.links if link.startswith("/office/cases/") and link.count("/") == 3}


def test_the_list_shows_number_state_and_time_left(handler: Browser, built: Stage) -> None:
    words = Page(handler.get("/office/cases")).words
    assert built.number in words
    assert "awaiting decision" in words
    assert "identity to be checked" in words
    assert "days left" in words
    assert "Deadlines ahead" in words


def test_closed_cases_stand_apart(handler: Browser, built: Stage) -> None:
    handler.post(
        f"/office/cases/{built.ids['case_id']}/refusal", {"ground": "rights_of_others", "reason": "Muiden tietoja."}
    )
    assert built.number not in Page(handler.get("/office/cases")).words
    assert built.number in Page(handler.get("/office/cases?shown=closed")).words


def test_cases_of_one_state_can_be_picked_out(handler: Browser, built: Stage) -> None:
    words = Page(handler.get("/office/cases?shown=all&state=needs_staff")).words
    assert built.number not in words
    assert "identity to be checked" in words


def test_a_long_list_goes_on_to_another_page(handler: Browser, built: Stage) -> None:
    few = cases_on(Page(handler.get("/office/cases")))
    for _ in range(50):
        stage.enter(built.admin, built.alfa, "selva@esimerkki.example")
    first = Page(handler.get("/office/cases"))
    [onwards] = [link for link in first.links if "cursor=" in link]
    second = Page(handler.get(onwards))
    assert len(cases_on(first) | cases_on(second)) == len(few) + 50


def test_a_case_shows_the_clock_the_words_and_what_was_found(handler: Browser, built: Stage) -> None:
    words = Page(handler.get(f"/office/cases/{built.ids['case_id']}")).words
    assert "Haluan tietoni" in words
    assert "Customer register" in words
    assert "Approve and build the archive" in words
    assert "Person found in the registers" in words
    assert "Alfa Oy" in words


def test_opening_a_case_is_audited(handler: Browser, built: Stage) -> None:
    handler.get(f"/office/cases/{built.ids['case_id']}")
    with walled_session(built.alfa.system(RIGHTS)) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.read")).one()
    assert (entry.actor_id, entry.company_id) == (built.admin.member_id, built.alfa.company_id)
    assert (entry.purpose, entry.about_ids) == ("rights_request", [built.ids["case_id"]])


def test_what_may_go_into_an_archive_is_shown_before_it_is_decided(handler: Browser, built: Stage) -> None:
    assert "In the archive" in Page(handler.get(f"/office/cases/{built.ids['case_id']}")).words


def test_approving_orders_the_archive_and_the_next_page_says_so_once(handler: Browser, built: Stage) -> None:
    done = handler.post(f"/office/cases/{built.ids['case_id']}/approval")
    assert state_of(built) is CaseState.BUILDING
    assert "Approved. The archive is being built." in Page(handler.follow(done)).words
    assert "Approved. The archive is being built." not in Page(handler.follow(done)).words


def test_a_case_is_not_approved_twice(handler: Browser, built: Stage) -> None:
    url = f"/office/cases/{built.ids['case_id']}/approval"
    handler.post(url)
    again = handler.post(url)
    assert again.status_code == 409
    assert "not in a state in which this can be done" in Page(again).words


def test_a_refusal_without_reasons_comes_back_with_what_was_chosen(handler: Browser, built: Stage) -> None:
    answer = handler.post(f"/office/cases/{built.ids['case_id']}/refusal", {"ground": "excessive", "reason": " "})
    assert answer.status_code == 422
    assert '<option value="excessive" selected>' in answer.text
    assert 'id="reason-problem"' in answer.text
    assert state_of(built) is CaseState.AWAITING_DECISION


def test_a_refusal_is_told_with_its_reasons(handler: Browser, built: Stage) -> None:
    reason = "Neljäs kerta <b>viikossa</b>."
    done = handler.post(
        f"/office/cases/{built.ids['case_id']}/refusal", {"ground": "rights_of_others", "reason": reason}
    )
    shown = handler.follow(done)
    assert state_of(built) is CaseState.REFUSED
    assert reason in Page(shown).words
    assert "In the archive" not in Page(shown).words
    assert reason not in shown.text


def test_an_identifier_that_fits_nobody_chooses_nobody(handler: Browser, built: Stage) -> None:
    url = f"/office/cases/{built.ids['unclear_id']}/person"
    answer = handler.post(url, {"kind": "customer_number", "value": "99"})
    assert answer.status_code == 422
    assert 'id="value-problem"' in answer.text
    assert 'value="99"' in answer.text
    assert state_of(built, "unclear_id") is CaseState.NEEDS_STAFF


def test_a_second_identifier_chooses_the_person(handler: Browser, built: Stage) -> None:
    url = f"/office/cases/{built.ids['unclear_id']}/person"
    assert handler.post(url, {"kind": "customer_number", "value": "2"}).status_code == 303
    assert state_of(built, "unclear_id") is CaseState.AWAITING_DECISION


def test_a_request_by_letter_is_entered_with_the_day_it_came(handler: Browser, built: Stage) -> None:
    form = {
        "channel": "letter",
        "received_at": "2026-11-20",
        "rights": ["access", "portability"],
        "language": "fi",
        "email": "kirje@esimerkki.example",
        # As a browser sends what was left alone.
        "phone": "",
        "customer_number": "",
        "checked": "",
        "words": "Pyydän tietoni.",
    }
    done = handler.post("/office/requests", form)
    assert done.status_code == 303
    words = Page(handler.follow(done)).words
    assert "The request was entered." in words
    assert "Pyydän tietoni." in words
    assert "20 November 2026" in handler.follow(done).text


def test_a_form_with_problems_comes_back_whole(handler: Browser, built: Stage) -> None:
    form = {
        "channel": "phone",
        "received_at": "2099-01-01",
        "language": "sv",
        "email": "not an address",
        "words": "Hej",
    }
    answer = handler.post("/office/requests", form)
    assert answer.status_code == 422
    for field in ("rights", "received_at", "email"):
        assert f'href="#{field}"' in answer.text
    assert Page(answer).fields["email"] == "not an address"
    assert ">Hej</textarea>" in answer.text


def test_what_a_person_wrote_is_shown_and_never_run(handler: Browser, built: Stage) -> None:
    words = "<script>alert(1)</script>{{ 7*7 }}"
    form = {"channel": "phone", "received_at": "2026-11-20", "rights": "access", "language": "fi", "words": words}
    answer = handler.follow(handler.post("/office/requests", {**form, "email": "x@esimerkki.example"}))
    assert words in Page(answer).words
    assert "<script>alert" not in answer.text


def test_pages_of_the_office_are_kept_by_nobody(handler: Browser, built: Stage) -> None:
    headers = handler.get(f"/office/cases/{built.ids['case_id']}").headers
    assert headers["cache-control"] == "no-store"
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_a_second_member_confirms_or_gives_back_what_the_first_proposes(
    handler: Browser, open_browser: Callable[[], Browser], built: Stage
) -> None:
    url = f"/office/cases/{built.ids['case_id']}"
    proposed = handler.post(f"{url}/refusal", {"ground": "excessive", "reason": "Neljäs kerta viikossa."})
    assert "Nothing is sent before another member of staff confirms it" in Page(handler.follow(proposed)).words
    shown = Page(handler.get(url))
    assert f"{url}/refusal/return" in shown.forms
    assert f"{url}/refusal/confirmation" not in shown.forms
    assert handler.post(f"{url}/refusal/confirmation").status_code == 403
    second = open_browser()
    second.sit_down(make.staff(built.group, (Role.REQUEST_HANDLER, built.alfa)), built.alfa, RIGHTS)
    wordless = second.post(f"{url}/refusal/return", {"words": ""})
    assert wordless.status_code == 422
    assert 'id="words-problem"' in wordless.text
    second.post(f"{url}/refusal/return", {"words": "Kolmas vasta."})
    draft = handler.get(f"{url}/refusal").text
    assert "Neljäs kerta viikossa.</textarea>" in draft
    assert '<option value="excessive" selected>' in draft
    assert "Kolmas vasta." in Page(handler.get(url)).words
    handler.post(f"{url}/refusal", {"ground": "excessive", "reason": "Neljäs kerta viikossa."})
    assert second.post(f"{url}/refusal/confirmation").status_code == 303
    assert state_of(built) is CaseState.REFUSED
