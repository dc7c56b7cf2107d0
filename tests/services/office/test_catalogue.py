"""What the office shows of the catalogue, and what a form leaves as it was."""

from collections.abc import Callable

import pytest
from litestar import Litestar
from msgspec.structs import asdict

from tenants.companies import members
from tenants.companies.model import Contact
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.processors import agreements, cataloguing
from tenants.processors.model import Arrangement, Document, Relation, Transfer, TransferKind
from tenants.processors.terms import Terms
from tests.services.browsing import Browser, Page
from tests.tenants.processors.scene import Scene, scene, today

WHOLE = Contact(
    role=Text(fi="Tietosuoja", sv="Dataskydd"),
    address="PL 1, 00100 Helsinki",
    visiting_address="Mallikatu 1, Helsinki",
    phone="+358 20 123",
    email="tietosuoja@pilvi.example",
    web="pilvi.example",
)
# What is chosen and not written.
CHOSEN = {"kind": "ict_provider", "country": "FI", "recipients": "ict"}


@pytest.fixture(scope="module")
def house(app: Litestar) -> Scene:
    return scene()


@pytest.fixture
def admin(open_browser: Callable[[], Browser], house: Scene) -> Browser:
    browser = open_browser()
    browser.sit_down(house.approver, house.alfa)
    browser.get("/office/processors?language=en")
    return browser


def test_a_form_that_is_saved_as_it_stands_changes_nothing_that_is_known(admin: Browser, house: Scene) -> None:
    own = house.processor("oma", contact=WHOLE, domain="oma.example", business_id="0830230-2")
    with walled_session(house.admin.acting()) as session:
        before = cataloguing.description_of(cataloguing.get(session, own))
    page = Page(admin.get(f"/office/processors/{own}/facts"))
    assert page.fields["visiting_address"] == WHOLE.visiting_address
    sent = {name: value for name, value in page.fields.items() if isinstance(value, str)}
    answer = admin.post(f"/office/processors/{own}/facts", sent | CHOSEN | {"name": "Oma Oyj"})
    assert answer.status_code == 303
    with walled_session(house.admin.acting()) as session:
        now = cataloguing.description_of(cataloguing.get(session, own))
    assert asdict(now) == asdict(before) | {"name": "Oma Oyj"}


def test_whoever_may_not_change_what_others_rely_on_is_told_who_may(admin: Browser, house: Scene) -> None:
    shared = house.processor("yhteinen")
    assert f"/office/processors/{shared}/facts" in Page(admin.get(f"/office/processors/{shared}")).links
    with walled_session(house.approver.acting(house.beta)) as session:
        agreements.draft(session, shared, "betan", Terms(valid_from=today()))
    page = Page(admin.get(f"/office/processors/{shared}"))
    assert f"/office/processors/{shared}/facts" not in page.links
    assert "Whoever administers the whole group changes them" in page.words
    with walled_session(house.group.system()) as session:
        assert members.names(session, {house.admin.member_id})[house.admin.member_id] in page.words
    assert admin.get(f"/office/processors/{shared}/facts").status_code == 403
    facts = {"name": "Kaapattu", "kind": "ict_provider", "country": "FI"}
    assert admin.post(f"/office/processors/{shared}/facts", facts).status_code == 403


def test_two_versions_are_told_apart_by_what_they_say(admin: Browser, house: Scene) -> None:
    house.verify()
    agreed = house.approved("verrattava")
    house.change(agreed, document=Document("Uusi sopimus", "cd" * 32), objection_stops=False)
    page = Page(admin.get(f"/office/processors/agreements/{agreed}/versions"))
    for told in ("What version 2 says otherwise than version 1", "Uusi sopimus", "does not stop what flows"):
        assert told in page.words
    assert "Covers" not in page.words
    same = Page(admin.get(f"/office/processors/agreements/{agreed}/versions?before=1&now=1"))
    assert "one and the same version" in same.words
    assert admin.get(f"/office/processors/agreements/{agreed}/versions?now=9").status_code == 404


def test_people_read_in_the_notice_what_joint_controllers_have_arranged(
    open_browser: Callable[[], Browser], house: Scene
) -> None:
    partner = house.processor("kumppani", name="Kumppani <Oy>")
    house.verify(partner)
    visitor = open_browser()
    url = f"/g/{house.group.slug}/notices/alfa"
    assert "Kumppani" not in Page(visitor.get(url)).words
    arranged = Arrangement(Text(fi="Alfa vastaa pyyntöihin.", sv="Alfa svarar."), "tietosuoja@alfa.example")
    house.approved("yhdessa", processor_id=partner, relation=Relation.JOINT_CONTROLLER, arrangement=arranged)
    finnish = Page(visitor.get(url + "?language=fi")).words
    for told in ("Yhteisrekisterinpitäjät", "Kumppani <Oy>", "Alfa vastaa pyyntöihin.", "tietosuoja@alfa.example"):
        assert told in finnish
    assert "Alfa svarar." in Page(visitor.get(url + "?language=sv")).words
    assert "Kumppani" not in Page(visitor.get(url.replace("/alfa", "/beta"))).words


def test_people_read_in_the_notice_where_outside_the_eea_their_data_goes_and_on_what_that_rests(
    open_browser: Callable[[], Browser], house: Scene
) -> None:
    abroad = house.processor("kaukainen", name="Kaukainen <Ltd>", country="IN", countries=("IN", "CH"))
    house.verify(abroad)
    visitor = open_browser()
    url = f"/g/{house.group.slug}/notices/beta"
    bases = (Transfer("IN", TransferKind.STANDARD_CLAUSES, Document("Arviointi", "ab" * 32)),)
    agreed = house.approved("kaukana", processor_id=abroad, transfers=(*bases, Transfer("CH", TransferKind.ADEQUACY)))
    assert "Intia" not in Page(visitor.get(url + "?language=fi")).words
    url = url.replace("/beta", "/alfa")
    finnish = Page(visitor.get(url + "?language=fi")).words
    for told in ("Intia", "vakiolausekkeet", "Komissio ei ole tehnyt päätöstä", "Sveitsi", "Asiakasrekisteri"):
        assert told in finnish
    assert "Jäljennös tietoja siellä suojaavista suojatoimista annetaan pyynnöstä." in finnish
    assert "Indien" in Page(visitor.get(url + "?language=sv")).words
    english = Page(visitor.get(url + "?language=en")).words
    assert "Transfers outside the EU and the EEA" in english
    assert "Kaukainen" not in english
    house.end(agreed)
    assert "Transfers outside the EU and the EEA" not in Page(visitor.get(url)).words
