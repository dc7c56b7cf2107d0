"""A policy is taken along as a file that other programs read, and the file says where its words are explained."""

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from services.api.odrl_exports import ADDRESS
from tenants import settings
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.permissions import Permission
from tenants.database import walled_session
from tenants.sharing import odrl
from tests.services import stage
from tests.services.browsing import Browser
from tests.services.stage import RIGHTS, Stage
from tests.tenants.sharing.vocabulary import unknown

OWN = frozenset(odrl.TERMS) | {kind.value for kind in PurposeKind}


def test_staff_download_a_policy_whose_profile_is_where_it_says(client: TestClient[Litestar], browser: Browser) -> None:
    built = stage.build()
    browser.sit_down(built.admin, built.alfa, RIGHTS)
    answer = browser.get(f"/office/sharing/{built.ids['policy_id']}/odrl")
    assert answer.headers["content-type"].startswith("application/ld+json")
    assert answer.headers["content-disposition"] == f'attachment; filename="{built.ids["policy_id"]}.jsonld"'
    [policy] = answer.json()["@graph"]
    assert policy["profile"] == settings.current().base_url + ADDRESS
    profile = client.get(ADDRESS)
    assert profile.status_code == 200
    assert "seloste:restriction" in {term["@id"] for term in profile.json()["@graph"]}
    page = browser.get(f"/office/sharing/{built.ids['policy_id']}?language=en").text
    assert f'href="/office/sharing/{built.ids["policy_id"]}/odrl"' in page


def asked(client: TestClient[Litestar], built: Stage, path: str) -> Response:
    token = built.token(built.permitted(Permission.SEE_SHARING))
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return client.get(f"/api/v1/sharing{path}", headers=headers)


def test_a_program_takes_a_policy_along_in_known_words(client: TestClient[Litestar]) -> None:
    built = stage.build()
    answer = asked(client, built, f"/policies/{built.ids['policy_id']}/odrl")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
    assert unknown(answer.json(), OWN) == set()
    [policy] = answer.json()["@graph"]
    assert policy["profile"] == settings.current().base_url + ADDRESS
    with walled_session(built.alfa.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "sharing.exported")).one()
    assert entry.about_ids == [built.ids["policy_id"]]


def test_a_program_takes_all_that_was_granted_along_and_no_draft(client: TestClient[Litestar]) -> None:
    built = stage.build("draft_id", "policy_id", "offered_id")
    found = asked(client, built, "/odrl").json()
    assert unknown(found, OWN) == set()
    assert len(found["@graph"]) == 4
    assert str(built.ids["draft_id"]) not in str(found)


def test_a_policy_of_another_group_is_a_problem_like_any_other(client: TestClient[Litestar]) -> None:
    built, other = stage.build(), stage.build()
    answer = asked(client, built, f"/policies/{other.ids['policy_id']}/odrl")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "@graph" not in answer.text
