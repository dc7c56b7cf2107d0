"""Staff come in through their identity provider, and only so."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from infra.embedded import identity
from infra.embedded.identity import Identity
from services.api.login import attempts, openid, sessions
from tenants.audit.model import AuditEntry
from tenants.companies import members, providers
from tenants.companies.providers import Provider
from tenants.database import walled_session
from tests import make
from tests.services.browsing import Browser, Page
from tests.services.login.conftest import Staffed
from tests.services.login.walking import asked, begin, come_back, is_signed_in, sign_in


def test_the_door_asks_for_the_group_and_offers_its_sign_in(browser: Browser, staffed: Staffed) -> None:
    assert "/office" in Page(browser.get("/office")).forms
    offered = Page(browser.get(f"/office?group={staffed.group.slug}"))
    assert any(link.startswith("/office/login?group=kirjautuva") for link in offered.links)


def test_an_unknown_group_is_told_at_the_field(browser: Browser, staffed: Staffed) -> None:
    answer = browser.get("/office?group=nothing-here")
    assert answer.status_code == 422
    assert 'id="group-problem"' in answer.text


def test_the_provider_is_asked_for_a_code_with_pkce_and_two_factors(browser: Browser, staffed: Staffed) -> None:
    parameters = asked(begin(browser, staffed))
    assert parameters["response_type"] == "code"
    assert parameters["code_challenge_method"] == "S256"
    assert parameters["acr_values"] == identity.TWO_FACTORS
    assert parameters["max_age"] == "36000"
    assert parameters["state"].startswith(staffed.group.group_id.hex)
    assert len(parameters["nonce"]) >= 43


def test_a_handler_signs_in_and_stays_signed_in(browser: Browser, staffed: Staffed) -> None:
    answer = sign_in(browser, staffed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office")
    assert is_signed_in(browser)


def test_the_cookie_of_the_session_is_out_of_reach_for_scripts_and_other_sites(
    browser: Browser, staffed: Staffed
) -> None:
    [cookie] = [line for line in sign_in(browser, staffed).headers.get_list("set-cookie") if sessions.COOKIE in line]
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_signing_in_is_audited(browser: Browser, staffed: Staffed) -> None:
    sign_in(browser, staffed, "ideafix-dpo")
    with walled_session(staffed.group.system()) as session:
        found = session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "member.signed_in")).all()
    assert staffed.officer.member_id in found


def test_the_way_leads_back_to_the_page_that_was_wanted(browser: Browser, staffed: Staffed) -> None:
    answer = browser.get("/office/audit")
    assert answer.headers["location"] == "/office?next=/office/audit"
    assert sign_in(browser, staffed, next="/office/audit").headers["location"] == "/office/audit"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/office",
        "//evil.example/office",
        "/\\evil.example",
        "/office@evil.example",
        "/office.evil.example",
        "/office/..//evil.example",
        "/g/kirjautuva",
        "javascript:alert(1)",
        "/office\r\nSet-Cookie: a=b",
    ],
)
def test_the_way_never_leads_out_of_the_office(browser: Browser, staffed: Staffed, elsewhere: str) -> None:
    assert sign_in(browser, staffed, next=elsewhere).headers["location"] == "/office"


def test_a_planted_session_is_not_the_one_that_is_signed_in(
    open_browser: Callable[[], Browser], staffed: Staffed
) -> None:
    thief, victim = open_browser(), open_browser()
    sign_in(thief, staffed, "ideafix-dpo")
    planted = thief.cookies[sessions.COOKIE]
    victim.keep(sessions.COOKIE, planted)
    sign_in(victim, staffed)
    assert victim.cookies[sessions.COOKIE] != planted
    assert sessions.find(planted) is None


def test_an_answer_opens_nothing_in_another_browser(open_browser: Callable[[], Browser], staffed: Staffed) -> None:
    thief, victim = open_browser(), open_browser()
    back = identity.Browser().sign_in(begin(thief, staffed), "ideafix-handler")
    assert come_back(victim, back).status_code == 403
    assert not is_signed_in(victim)


def test_an_answer_to_another_attempt_of_the_same_browser_is_refused(browser: Browser, staffed: Staffed) -> None:
    first = begin(browser, staffed)
    begin(browser, staffed)
    assert come_back(browser, identity.Browser().sign_in(first, "ideafix-handler")).status_code == 403
    assert not is_signed_in(browser)


def test_an_answer_is_taken_once(browser: Browser, staffed: Staffed) -> None:
    url = begin(browser, staffed)
    attempt = browser.cookies[attempts.COOKIE]
    back = identity.Browser().sign_in(url, "ideafix-handler")
    assert come_back(browser, back).status_code == 303
    browser.keep(attempts.COOKIE, attempt)
    assert come_back(browser, back).status_code == 403


@pytest.mark.parametrize("query", ["", "state=x", "code=x", "state=x&code=y", "error=access_denied&state=x"])
def test_an_answer_that_nobody_asked_for_is_refused(browser: Browser, staffed: Staffed, query: str) -> None:
    answer = browser.get(f"/office/login/callback?{query}")
    assert answer.status_code == 403
    assert not is_signed_in(browser)


def test_a_sign_in_that_was_broken_off_is_told_so(browser: Browser, staffed: Staffed) -> None:
    back = identity.Browser().sign_in(begin(browser, staffed), "nobody-of-that-name")
    assert asked(back)["error"] == "access_denied"
    answer = come_back(browser, back)
    assert answer.status_code == 403
    assert any("anew=true" in link for link in Page(answer).links)


def test_a_code_that_was_never_given_is_refused(browser: Browser, staffed: Staffed, provider: Identity) -> None:
    state = asked(begin(browser, staffed))["state"]
    made_up = urlencode({"state": state, "code": "made-up", "iss": provider.issuer})
    assert browser.get(f"/office/login/callback?{made_up}").status_code == 403


@pytest.mark.parametrize("issuer", ["https://other.example", None])
def test_an_answer_in_the_name_of_another_provider_is_refused(
    browser: Browser, staffed: Staffed, issuer: str | None
) -> None:
    back = identity.Browser().sign_in(begin(browser, staffed), "ideafix-handler")
    parameters = asked(back) | {"iss": issuer or ""}
    if issuer is None:
        del parameters["iss"]
    assert browser.get(f"/office/login/callback?{urlencode(parameters)}").status_code == 403


def test_a_password_alone_is_not_enough(browser: Browser, staffed: Staffed) -> None:
    answer = sign_in(browser, staffed, "ideafix-password-only")
    assert answer.status_code == 403
    assert not is_signed_in(browser)


def test_trying_again_asks_the_provider_to_sign_in_anew(browser: Browser, staffed: Staffed) -> None:
    again = next(link for link in Page(sign_in(browser, staffed, "ideafix-password-only")).links if "anew" in link)
    assert asked(browser.get(again).headers["location"])["prompt"] == "login"


def test_an_account_that_is_no_member_is_refused(browser: Browser, staffed: Staffed) -> None:
    answer = sign_in(browser, staffed, "outsider")
    assert answer.status_code == 403
    assert not is_signed_in(browser)


def test_a_former_member_is_refused(browser: Browser, staffed: Staffed, provider: Identity) -> None:
    with walled_session(staffed.group.system()) as session:
        former = members.add(session, issuer=provider.issuer, subject="ideafix-auditor", name="-", email="-")
        members.deactivate(session, former.member_id)
    assert sign_in(browser, staffed, "ideafix-auditor").status_code == 403


def test_a_group_without_a_provider_has_no_sign_in(browser: Browser, staffed: Staffed) -> None:
    bare = make.group()
    assert browser.get(f"/office/login?group={bare.slug}").status_code == 404


def test_a_provider_that_does_not_answer_is_told_as_such(browser: Browser, staffed: Staffed) -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        providers.register(session, issuer="http://127.0.0.1:9", client_id=group.slug, secret="x")
    assert browser.get(f"/office/login?group={group.slug}").status_code == 503


def test_a_provider_that_speaks_in_another_name_is_not_believed(
    browser: Browser, staffed: Staffed, provider: Identity
) -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        other_name = provider.issuer.replace("127.0.0.1", "localhost")
        providers.register(session, issuer=other_name, client_id=group.slug, secret="x")
    assert browser.get(f"/office/login?group={group.slug}").status_code == 403


def believed(staffed: Staffed, **changed: object) -> Provider:
    with walled_session(staffed.group.system()) as session:
        known = providers.current(session)
    values = {name: getattr(known, name) for name in Provider.__struct_fields__}
    return Provider(**{**values, **changed})


def attempted(staffed: Staffed, provider: Provider) -> tuple[attempts.Attempt, openid.Answer]:
    """Somebody has signed in at the provider; what came back, for the checks of the ID token."""
    attempt, _ = attempts.begin(staffed.group.group_id, staffed.group.slug, provider.provider_id, "")
    url = openid.authorization_url(provider, attempt, anew=False)
    parameters = asked(identity.Browser().sign_in(url, "ideafix-handler"))
    return attempt, openid.Answer(parameters["code"], parameters["iss"])


def changed(attempt: attempts.Attempt, **values: str) -> attempts.Attempt:
    known = {name: getattr(attempt, name) for name in attempts.Attempt.__struct_fields__}
    return attempts.Attempt(**{**known, **values})


def test_an_id_token_for_another_attempt_is_refused(staffed: Staffed, app: object) -> None:
    attempt, answer = attempted(staffed, believed(staffed))
    with pytest.raises(openid.NotVouchedFor):
        openid.identify(believed(staffed), changed(attempt, nonce="another"), answer)


def test_a_stolen_code_is_worth_nothing_without_its_verifier(staffed: Staffed, app: object) -> None:
    attempt, answer = attempted(staffed, believed(staffed))
    with pytest.raises(openid.NotVouchedFor):
        openid.identify(believed(staffed), changed(attempt, verifier="x" * 43), answer)


def test_another_class_of_authentication_than_asked_for_is_refused(staffed: Staffed, app: object) -> None:
    attempt, answer = attempted(staffed, believed(staffed))
    with pytest.raises(openid.SecondFactorNeeded):
        openid.identify(believed(staffed, acr_values=("urn:other",)), attempt, answer)


def test_a_method_that_is_required_and_was_not_used_is_missed(staffed: Staffed, app: object) -> None:
    attempt, answer = attempted(staffed, believed(staffed))
    with pytest.raises(openid.SecondFactorNeeded):
        openid.identify(believed(staffed, required_amr=("otp", "hwk")), attempt, answer)
