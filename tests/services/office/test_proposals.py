"""What the office and the API tell of proposals to change facts on which several companies rely."""

from collections.abc import Callable
from uuid import UUID

import pytest
from litestar import Litestar

from tenants.database import walled_session
from tenants.processors import agreements
from tenants.processors.terms import Terms
from tests.services.browsing import Browser, Page
from tests.tenants.processors.scene import Scene, scene, today

PROPOSALS = "/office/processors/proposals"


@pytest.fixture(scope="module")
def house(app: Litestar) -> Scene:
    return scene()


@pytest.fixture
def admin(open_browser: Callable[[], Browser], house: Scene) -> Browser:
    browser = open_browser()
    browser.sit_down(house.approver, house.alfa)
    browser.get("/office/processors?language=en")
    return browser


@pytest.fixture
def group(open_browser: Callable[[], Browser], house: Scene) -> Browser:
    browser = open_browser()
    browser.sit_down(house.admin, None)
    browser.get("/office/processors?language=en")
    return browser


def shared(house: Scene, key: str) -> UUID:
    """A processor with which Alfa and Beta have agreed."""
    made = house.processor(key)
    house.draft(f"{key}-alfa", processor_id=made)
    with walled_session(house.approver.acting(house.beta)) as session:
        agreements.draft(session, made, f"{key}-beta", Terms(valid_from=today()))
    return made


def proposed(admin: Browser, processor_id: UUID, **changed: str) -> str:
    """The address of the proposal, made by the form as it was given."""
    url = f"/office/processors/{processor_id}"
    assert f"{url}/proposals/new" in Page(admin.get(url)).links
    page = Page(admin.get(f"{url}/proposals/new"))
    sent = {name: value for name, value in page.fields.items() if isinstance(value, str)}
    chosen = {"kind": "ict_provider", "country": "FI", "recipients": "ict"}
    answer = admin.post(f"{url}/proposals", sent | chosen | {"reason": "Tiedote 12/2026"} | changed)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_a_proposal_is_decided_by_the_group_and_its_company_sees_the_outcome(
    admin: Browser, group: Browser, house: Scene
) -> None:
    processor_id = shared(house, "ehdotettu")
    one = proposed(admin, processor_id, name="Ehdotettu Oyj")
    assert "Withdraw the proposal" in Page(admin.get(one)).words
    assert "Accept and change" not in Page(admin.get(one)).words
    assert "Proposed changes" in Page(group.get("/office/processors")).words
    agenda = Page(group.get("/office/registers"))
    assert one in agenda.links
    page = Page(group.get(one))
    for told in ("Ehdotettu Oy", "Ehdotettu Oyj", "Tiedote 12/2026"):
        assert told in page.words
    looked_at = page.fields["looked_at"]
    assert group.post(f"{one}/acceptance", {"looked_at": looked_at}).status_code == 303
    assert "accepted" in Page(admin.get(f"/office/processors/{processor_id}")).words
    assert "Ehdotettu Oyj" in Page(admin.get(f"/office/processors/{processor_id}")).words


def test_one_that_is_out_of_date_is_shown_as_such_and_declined_with_a_reason(
    admin: Browser, group: Browser, house: Scene
) -> None:
    processor_id = shared(house, "vanhentuva")
    one = proposed(admin, processor_id, name="Vanhentuva Oyj")
    facts = {"kind": "ict_provider", "country": "FI", "recipients": "ict", "key": "vanhentuva"}
    changed = group.post(f"/office/processors/{processor_id}/facts", facts | {"name": "Vanhentuva Group Oy"})
    assert changed.status_code == 303
    page = Page(group.get(one))
    assert "changed since" in page.words
    assert "Accept and change" not in page.words
    assert group.post(f"{one}/acceptance", {}).status_code == 409
    assert "The reason is missing." in Page(group.post(f"{one}/refusal", {"reason": " "})).words
    assert group.post(f"{one}/refusal", {"reason": "Nimi muuttui jo"}).status_code == 303
    assert "Nimi muuttui jo" in Page(admin.get(one)).words


def test_what_is_wrong_is_told_in_the_form_and_a_second_proposal_is_refused(admin: Browser, house: Scene) -> None:
    processor_id = shared(house, "virheellinen")
    url = f"/office/processors/{processor_id}/proposals"
    facts = {"kind": "ict_provider", "country": "FI", "name": "Uusi"}
    refused = admin.post(url, facts | {"reason": "", "business_id": "1"})
    assert refused.status_code == 422
    one = proposed(admin, processor_id, name="Toinen Oy")
    assert admin.get(f"{url}/new").status_code == 409
    assert admin.post(f"{one}/withdrawal", {}).status_code == 303
    assert admin.get(f"{url}/new").status_code == 200
    assert one in Page(admin.get(PROPOSALS)).links
