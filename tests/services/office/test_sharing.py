"""A policy's way through the office: drafted, mended, granted by another, accepted, suspended and revoked."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.groups.model import Group
from tenants.registers.model import LegalBasis, Record
from tenants.sharing import reading
from tenants.sharing.conditions import All, Consented, FieldIs
from tenants.sharing.conditions import Any as AnyOf
from tenants.sharing.model import PolicyState
from tenants.sharing.terms import terms_of
from tests import make
from tests.make import MadeCompany, MadeMember
from tests.services import sharing
from tests.services.browsing import CSRF_COOKIE, Browser, Page
from tests.services.stage import STORAGE, Stage

LIST = "/office/sharing"
XSS = "<script>alert(1)</script>"


@pytest.fixture
def admin(desk: Callable[[PurposeKind], Browser]) -> Browser:
    return desk(STORAGE)


@pytest.fixture
def seat(open_browser: Callable[[], Browser], built: Stage) -> Callable[[MadeMember, MadeCompany], Browser]:
    def sit(member: MadeMember, company: MadeCompany) -> Browser:
        browser = open_browser()
        browser.sit_down(member, company, STORAGE)
        browser.get(f"{LIST}?language=en")
        return browser

    return sit


@pytest.fixture
def beta_admin(seat: Callable[[MadeMember, MadeCompany], Browser], built: Stage) -> Browser:
    return seat(make.staff(built.group, (Role.COMPANY_ADMIN, built.beta)), built.beta)


@pytest.fixture
def built(built: Stage) -> Stage:
    """With what Alfa gives and is offered."""
    assert all(built.ids[name] for name in ("draft_id", "policy_id", "offered_id"))
    return built


def state_of(built: Stage, policy_id: UUID) -> PolicyState:
    with walled_session(built.group.system()) as session:
        return reading.policy(session, policy_id).shown.state


def of(built: Stage, name: str = "draft_id") -> str:
    return f"{LIST}/{built.ids[name]}"


def customers(built: Stage) -> int:
    with walled_session(built.alfa.system(STORAGE)) as session:
        open_ones = select(func.count(Record.person_id.distinct())).where(
            Record.register_id == built.register.register_id, Record.restricted.is_(False)
        )
        return session.scalar(open_ones) or 0


def form(built: Stage, **other: Any) -> dict[str, Any]:
    """The terms of a whole policy for Beta, as the form sends them."""
    terms = sharing.terms(built.register, to=built.beta)
    given = {
        "register": str(terms.register_id),
        "purpose": str(terms.purpose_id),
        "recipients": str(built.beta.company_id),
        "fields": ["name", "segment"],
        "joined": "all",
        "part": ["", ""],
        "values": ["", ""],
        "legal_basis": "contract",
        "balancing": "",
        "agreement_name": "Sopimus",
        "agreement_sha256": "ab" * 32,
        "valid_from": "2026-01-01",
        "valid_until": "",
        "review_on": "2090-01-31",
        "looked_at": "",
    }
    return given | other


def send(browser: Browser, url: str, given: dict[str, Any], file: bytes = b"") -> Any:
    document = ("sopimus.pdf", file, "application/pdf") if file else ("", b"", "application/octet-stream")
    return browser.post(url, given, files={"file": document})


def test_policies_are_listed_by_who_gives_and_who_receives(admin: Browser, beta_admin: Browser, built: Stage) -> None:
    page = Page(admin.get(LIST))
    assert all(of(built, name) in page.links for name in ("draft_id", "policy_id", "suspended_id", "offered_id"))
    assert "1 policy waits to be accepted by this company." in page.words
    words = Page(beta_admin.get(LIST)).words
    assert "Between the other companies of the group" in words
    assert "Alfa Oy → Gamma Oy" in words


def test_the_group_administration_reads_policies_and_changes_none(
    open_browser: Callable[[], Browser], built: Stage
) -> None:
    browser = open_browser()
    browser.sit_down(make.staff(built.group, (Role.GROUP_ADMIN, None)))
    browser.get(f"{LIST}?language=en")
    assert "All policies of the group" in Page(browser.get(LIST)).words
    page = Page(browser.get(of(built)))
    assert "What it takes to be granted" in page.words
    assert [link for link in page.links if link.startswith(f"{of(built)}/")] == [f"{of(built)}/odrl"]


def test_an_overdue_review_is_told_on_the_list_and_on_the_page(admin: Browser, built: Stage) -> None:
    with walled_session(built.alfa.system()) as session:
        reading.policy(session, built.ids["policy_id"]).shown.policy.review_on = date(2026, 1, 31)
    assert "The review of 1 policy is overdue." in Page(admin.get(LIST)).words
    assert "review overdue" in Page(admin.get(of(built, "policy_id"))).words


def test_a_policy_is_drafted_with_a_condition_and_shown_in_words(admin: Browser, built: Stage) -> None:
    given = form(built, joined="any", part=["field|segment", "consented|customer_care"], values=["A\nB", ""])
    answer = send(admin, LIST, given)
    assert answer.status_code == 303
    page = Page(admin.follow(answer))
    assert "The draft is kept." in page.words
    assert "at least one of these holds:" in page.words
    assert "segment is ”A” or ”B”" in page.words
    policy_id = UUID(answer.headers["location"].rsplit("/", 1)[1])
    with walled_session(built.group.system()) as session:
        condition = reading.policy(session, policy_id).newest.policy.condition
    assert condition == AnyOf((FieldIs("segment", ("A", "B")), Consented(PurposeKind.CUSTOMER_CARE)))


def test_everything_wrong_is_told_at_once_and_nothing_typed_is_lost(admin: Browser, built: Stage) -> None:
    given = form(built, recipients=[], fields=[], legal_basis="", valid_from="", balancing="Etumme on <suuri>.")
    answer = send(admin, LIST, given)
    assert answer.status_code == 422
    page = Page(answer)
    assert {"#legal_basis", "#valid_from"} <= set(page.links)
    assert "Etumme on &lt;suuri&gt;." in answer.text
    # It can be sent again from here.
    assert page.fields["_csrf_token"] == admin.cookies[CSRF_COOKIE]
    answer = send(admin, LIST, form(built, recipients=[], fields=[], valid_until="2020-01-01"))
    assert {"#recipients", "#fields", "#valid_until"} <= set(Page(answer).links)


def test_where_consent_is_the_basis_the_page_says_that_it_is_asked_of_everybody(admin: Browser, built: Stage) -> None:
    only = "only those who have consented to this kind of purpose"
    assert only in Page(admin.follow(send(admin, LIST, form(built, legal_basis="consent")))).words
    assert only not in Page(admin.follow(send(admin, LIST, form(built)))).words


def test_a_condition_that_cannot_be_is_told_at_its_part(admin: Browser, built: Stage) -> None:
    answer = send(admin, LIST, form(built, part=["field|segment", "field|name"], values=["", "Aino"]))
    assert answer.status_code == 422
    assert "#part-1" in Page(answer).links
    answer = send(admin, LIST, form(built, part=["", "field|name"], values=["", "Aino"]))
    assert "by which people are identified" in Page(answer).words


def test_room_for_more_parts_comes_without_a_script_and_keeps_what_was_typed(admin: Browser, built: Stage) -> None:
    answer = send(admin, LIST, form(built, part=["field|segment", ""], values=["A", ""], more="more"))
    assert answer.status_code == 200
    assert answer.text.count('name="part"') == 4
    assert '<option value="field|segment" selected>' in answer.text


def test_the_agreement_is_digested_where_it_is_sent(admin: Browser, built: Stage) -> None:
    answer = send(admin, LIST, form(built, agreement_name="", agreement_sha256=""), b"%PDF-1.7 sopimus")
    words = Page(admin.follow(answer)).words
    assert "sopimus.pdf" in words
    assert hashlib.sha256(b"%PDF-1.7 sopimus").hexdigest() in words


def test_markup_and_very_long_texts_stay_texts(admin: Browser, built: Stage) -> None:
    given = form(built, legal_basis="legitimate_interest", balancing=XSS, agreement_name=XSS)
    answer = admin.follow(send(admin, LIST, given))
    assert XSS not in answer.text
    assert "&lt;script&gt;" in answer.text
    answer = send(admin, LIST, form(built, balancing="ä" * 10_001))
    assert answer.status_code == 422
    assert "#balancing" in Page(answer).links


def test_what_is_missing_is_listed_with_its_cure(admin: Browser, built: Stage) -> None:
    given = form(built, agreement_name="", agreement_sha256="", review_on="", legal_basis="legitimate_interest")
    url = send(admin, LIST, given).headers["location"]
    page = Page(admin.get(url))
    assert {f"{url}/terms#{name}" for name in ("balancing", "agreement_name", "review_on")} <= set(page.links)
    assert "A legitimate interest needs its balancing test." in page.words
    answer = admin.post(f"{url}/grant", {})
    assert answer.status_code == 422
    assert "3 things are missing" in Page(answer).words
    assert f"{url}/grant" not in Page(answer).forms


def test_a_policy_is_granted_accepted_suspended_resumed_and_revoked(
    admin: Browser, beta_admin: Browser, built: Stage
) -> None:
    draft = of(built)
    asked = Page(admin.get(f"{draft}/grant"))
    assert "What opens and what closes" in asked.words
    assert f"Beta Oy {customers(built)} " in asked.words
    assert "Granted." in Page(admin.follow(admin.post(f"{draft}/grant", asked.fields))).words
    assert "waits to be accepted" in Page(beta_admin.get(draft)).words
    asked = Page(beta_admin.get(f"{draft}/acceptance"))
    assert "Accepted." in Page(beta_admin.follow(beta_admin.post(f"{draft}/acceptance", asked.fields))).words
    for step, state in (
        ("suspension", PolicyState.SUSPENDED),
        ("resumption", PolicyState.ACTIVE),
        ("revocation", PolicyState.REVOKED),
    ):
        assert admin.get(f"{draft}/{step}").status_code == 200
        assert admin.post(f"{draft}/{step}", {}).status_code == 303
        assert state_of(built, built.ids["draft_id"]) is state
    words = Page(admin.get(draft)).words
    assert all(f"Version 1 {what}" in words for what in ("drafted", "granted", "accepted", "suspended", "revoked"))


def test_what_a_draft_would_open_is_an_entry_and_names_nobody(admin: Browser, built: Stage) -> None:
    answer = admin.get(f"{of(built)}/simulation")
    assert f"…{str(built.ids['person_id'])[-8:]}" in answer.text
    assert "Aino Esimerkki" not in answer.text
    assert f"{of(built)}/simulation" not in Page(answer).forms


def test_whoever_drafted_does_not_grant_where_the_group_wants_four_eyes(
    admin: Browser, seat: Callable[[MadeMember, MadeCompany], Browser], built: Stage
) -> None:
    with walled_session(built.group.system()) as session:
        session.execute(update(Group).values(four_eyes=True))
    answer = admin.post(f"{of(built)}/grant", {})
    assert answer.status_code == 403
    assert "second pair of eyes" in Page(answer).words
    other = seat(make.staff(built.group, (Role.COMPANY_ADMIN, built.alfa)), built.alfa)
    assert other.post(f"{of(built)}/grant", {}).status_code == 303


def test_terms_that_changed_meanwhile_are_not_granted(admin: Browser, built: Stage) -> None:
    """One tab shows the draft, in another it is changed."""
    seen = Page(admin.get(f"{of(built)}/grant")).fields
    changing = Page(admin.get(f"{of(built)}/terms")).fields
    changed = send(admin, f"{of(built)}/terms", form(built, fields=["segment"], looked_at=changing["looked_at"]))
    assert changed.status_code == 303
    assert admin.post(f"{of(built)}/grant", seen).status_code == 409
    again = send(admin, f"{of(built)}/terms", form(built, looked_at=changing["looked_at"]))
    assert again.status_code == 409
    assert state_of(built, built.ids["draft_id"]) is PolicyState.DRAFT


def test_a_draft_is_granted_once(admin: Browser, built: Stage) -> None:
    seen = Page(admin.get(f"{of(built)}/grant")).fields
    assert [admin.post(f"{of(built)}/grant", seen).status_code for _ in range(2)] == [303, 409]


def test_a_change_of_what_is_in_force_is_a_next_version(admin: Browser, beta_admin: Browser, built: Stage) -> None:
    active = of(built, "policy_id")
    gamma = str(built.ids["giver_id"])
    shown = Page(admin.get(f"{active}/terms")).fields
    given = form(built, recipients=gamma, fields=["segment"], looked_at=shown["looked_at"])
    answer = send(admin, f"{active}/terms", given)
    assert answer.headers["location"] == f"{active}?version=2"
    page = Page(admin.get(active))
    assert "A next version is drafted." in page.words
    assert {f"{active}?version=1", f"{active}?version=2"} & set(page.links)
    assert admin.post(f"{active}/suspension", {}).status_code == 303
    assert admin.get(f"{active}?version=3").status_code == 404
    assert "version 2" in Page(beta_admin.get(f"{active}?version=2")).words


def test_a_condition_that_no_form_can_show_is_kept_or_written_anew(admin: Browser, built: Stage) -> None:
    nested = All((AnyOf((FieldIs("segment", ("A",)), Consented(PurposeKind.CUSTOMER_CARE))),))
    policy_id = sharing.drafted(built.admin, built.register, to=built.beta, condition=nested)
    url = f"{LIST}/{policy_id}/terms"
    assert "keep the condition as it is" in Page(admin.get(url)).words
    assert send(admin, url, form(built, joined="keep")).status_code == 303
    with walled_session(built.group.system()) as session:
        assert reading.policy(session, policy_id).newest.policy.condition == nested
    assert send(admin, url, form(built)).status_code == 303
    with walled_session(built.group.system()) as session:
        found = terms_of(reading.policy(session, policy_id).newest.policy)
    assert (found.condition, found.legal_basis) == (None, LegalBasis.CONTRACT)


def test_a_sister_company_does_not_accept_what_it_was_not_offered(beta_admin: Browser, built: Stage) -> None:
    assert beta_admin.post(f"{of(built, 'policy_id')}/acceptance", {}).status_code == 403
    assert beta_admin.post(f"{of(built, 'policy_id')}/revocation", {}).status_code == 403


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_policy_is_read_in_the_readers_language(admin: Browser, built: Stage, language: str) -> None:
    word = {"fi": "Luovuttaja", "sv": "Utlämnare"}[language]
    assert word in Page(admin.get(f"{of(built)}?language={language}")).words
