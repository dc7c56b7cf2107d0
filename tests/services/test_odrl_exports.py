"""A policy is taken along as a file that other programs read, and the file says where its words are explained."""

from litestar import Litestar
from litestar.testing import TestClient

from services.api.odrl_exports import ADDRESS
from tenants import settings
from tests.services import stage
from tests.services.browsing import Browser
from tests.services.stage import RIGHTS


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
