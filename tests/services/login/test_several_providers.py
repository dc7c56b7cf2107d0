"""A group with several identity providers, and roles that their claims say."""

from uuid import uuid4

import pytest

from infra.embedded.identity import Identity
from services.api.login import openid
from tenants.companies import claiming, members, providers
from tenants.companies.model import Role
from tenants.database import walled_session
from tests import make
from tests.make import MadeGroup, MadeMember
from tests.services.browsing import Browser, Page
from tests.services.login.conftest import Staffed
from tests.services.login.walking import is_signed_in, sign_in


@pytest.fixture
def of_two(staffed: Staffed) -> MadeGroup:
    """Neither answers: they are chosen from, not signed in at."""
    group = make.group()
    with walled_session(group.system()) as session:
        for label in ("Emoyhtiö", "Tytäryhtiö"):
            issuer = f"https://{uuid4().hex}.example"
            providers.register(session, issuer=issuer, client_id=group.slug, secret="x", label=label)
    return group


def test_where_there_are_several_one_is_chosen(browser: Browser, of_two: MadeGroup) -> None:
    sent = browser.get(f"/office/login?group={of_two.slug}")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/office?group={of_two.slug}&next=%2Foffice")
    page = browser.get(f"/office?group={of_two.slug}")
    assert "Emoyhtiö" in page.text
    assert "Tytäryhtiö" in page.text
    assert len([link for link in Page(page).links if "provider=" in link]) == 2


def test_the_provider_of_another_group_is_not_chosen(browser: Browser, staffed: Staffed, of_two: MadeGroup) -> None:
    with walled_session(staffed.group.system()) as session:
        theirs = providers.current(session).provider_id
    assert browser.get(f"/office/login?group={of_two.slug}&provider={theirs}").status_code == 404


def test_a_role_follows_the_claim_from_sign_in_to_sign_in(
    browser: Browser, staffed: Staffed, provider: Identity
) -> None:
    subject = "kinkerips-handler"
    with walled_session(staffed.group.system()) as session:
        added = members.add(session, issuer=provider.issuer, subject=subject, name=subject, email="k@alfa.example")
        rule_id = claiming.declare(
            session,
            providers.current(session).provider_id,
            claim="groups",
            value="pyynnot",
            role=Role.REQUEST_HANDLER,
            company_id=staffed.alfa.company_id,
        )
    made = MadeMember(staffed.group, added.member_id, provider.issuer, subject)
    assert roles(made) == set()
    sign_in(browser, staffed, subject)
    assert is_signed_in(browser)
    assert roles(made) == {Role.REQUEST_HANDLER}
    with walled_session(staffed.group.system()) as session:
        claiming.withdraw(session, rule_id)
    sign_in(browser, staffed, subject)
    assert roles(made) == set()


def roles(who: MadeMember) -> set[Role]:
    with walled_session(who.group.system()) as session:
        return {held.role for one in members.listed(session) if one.member_id == who.member_id for held in one.roles}


@pytest.mark.parametrize(
    "claims",
    [{"groups": {"a": "b"}}, {"groups": ["a", 1]}, {"groups": True}, {"groups": None}, {"groups": [["a"]]}],
)
def test_what_is_no_text_is_no_claim(claims: dict[str, object]) -> None:
    assert openid.texts(claims) == {}


def test_texts_are_taken_whole() -> None:
    assert openid.texts({"groups": ["a b", "c,d"], "unit": "x y"}) == {"groups": ("a b", "c,d"), "unit": ("x y",)}
