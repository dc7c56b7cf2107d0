"""A register is changed in the office: drafted, looked at, approved by somebody else, and told in the notice."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar

from services.api.office.register_forms import SEEN
from services.api.office.registers import DRAFTS, REGISTERS
from services.cli import main
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.manifests import drafting
from tenants.manifests.model import Protection
from tenants.manifests.parts import taken
from tenants.registers.model import Cardinality
from tests.make import MadeCompany, MadeMember
from tests.services.browsing import Browser, Page
from tests.tenants.manifests import sharing_house
from tests.tenants.manifests.drafters import House, house, named, with_field

FIELD = {
    "key": "instalment",
    "label-fi": "Maksuerä",
    "label-sv": "Betalningspost",
    "label-en": "Instalment",
    "category": "contact",
    "origin": "observed",
    "type": "number",
    "identifier": "",
    "retention_class": "accounting_vouchers",
    "dpv": "pd:Loan",
    "purposes": "credit",
    SEEN: "new",
}
PAPER = {
    "key": "vault",
    **{f"place-{one}": "Päätoimipaikan holvi" for one in ("fi", "sv", "en")},
    **{f"lock-{one}": "Palokaappi" for one in ("fi", "sv", "en")},
    **{f"key_holder-{one}": "Arkistonhoitaja" for one in ("fi", "sv", "en")},
    SEEN: "new",
}
NEW_REGISTER = {
    "key": "events",
    **{f"name-{one}": "Tapahtumat" for one in ("fi", "sv", "en")},
    "cardinality": "one",
    **{f"retention-{one}": "Vuosi tapahtumasta" for one in ("fi", "sv", "en")},
    "months": "12",
    **{f"purpose-{one}": "Ilmoittautumiset" for one in ("fi", "sv", "en")},
    "kind": "customer_care",
    "basis": "contract",
    **{f"new_category-{one}": "Ilmoittautuminen" for one in ("fi", "sv", "en")},
}


@pytest.fixture
def group(app: Litestar) -> House:
    return house()


@pytest.fixture
def sit(open_browser: Callable[[], Browser]) -> Callable[[MadeMember, MadeCompany | None], Browser]:
    def down(member: MadeMember, company: MadeCompany | None) -> Browser:
        browser = open_browser()
        browser.sit_down(member, company)
        browser.get(f"{REGISTERS}?language=en")
        return browser

    return down


@pytest.fixture
def owner(group: House, sit: Callable[[MadeMember, MadeCompany | None], Browser]) -> Browser:
    return sit(group.owner, group.alfa)


@pytest.fixture
def admin(group: House, sit: Callable[[MadeMember, MadeCompany | None], Browser]) -> Browser:
    return sit(group.admin, group.alfa)


def begun(browser: Browser, group: House, key: str = "credit") -> str:
    answer = browser.post(f"{REGISTERS}/{group.register_id(key)}/drafts")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def approved(browser: Browser, draft: str) -> str:
    page = Page(browser.get(f"{draft}/changes"))
    answer = browser.post(f"{draft}/approval", {"edition": page.fields["edition"]})
    assert answer.status_code == 303, answer.text
    return Page(browser.follow(answer)).words


def test_an_owner_adds_a_field_and_somebody_else_publishes_it(
    group: House, owner: Browser, admin: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group.with_four_eyes()
    draft = begun(owner, group)
    assert owner.post(f"{draft}/parts/fields/new", FIELD).status_code == 303
    changes = Page(owner.get(f"{draft}/changes")).words
    assert "new Field: Instalment" in changes
    assert "In the notice of Alfa Oy" in changes
    assert "Contract number, Personal identity code (encrypted), Instalment" in changes
    assert "Instalment: six years after the end of the financial year" in changes
    assert f"{draft}/approval" not in Page(owner.get(f"{draft}/changes")).forms
    assert "Published." in approved(admin, draft)
    assert "Instalment" in Page(owner.get(f"/g/{group.slug}/notices/alfa?language=en")).words
    assert main(["export", group.slug]) == 0
    exported = capsys.readouterr().out
    assert "instalment" in exported
    file = tmp_path / "vienti.yaml"
    file.write_text(exported, encoding="utf-8")
    assert main(["plan", str(file), "--check"]) == 0
    later = group.begin()
    group.change(later, named("Kaupat luotolla"))
    group.approve(later)
    afterwards = Page(owner.get(f"{draft}/changes")).words
    assert "Contract number, Personal identity code (encrypted), Instalment" in afterwards
    assert "Kaupat luotolla" not in afterwards
    told = Page(owner.get(f"{REGISTERS}/{group.register_id('credit')}")).words
    assert "version 2 Toimihenkilö, in the editor" in told
    assert "version 1 from a file" in told
    then = Page(owner.get(f"{REGISTERS}/{group.register_id('credit')}/versions/1")).words
    assert "as it was declared in version 1" in then
    assert "Instalment" not in then


@pytest.mark.parametrize("version", ["0", "99999999", "9999999999", "9" * 5_000, "²", "-1", "1.0"])
def test_a_version_that_there_never_was_is_not_found(group: House, owner: Browser, version: str) -> None:
    assert owner.get(f"{REGISTERS}/{group.register_id('credit')}/versions/{version}").status_code == 404


def test_what_needs_mending_comes_back_with_everything_that_was_given(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    given = {**FIELD, "key": "Iso Kirjain", "label-sv": "", "dpv": "Loan"}
    answer = owner.post(f"{draft}/parts/fields/new", given)
    assert answer.status_code == 422
    page = Page(answer)
    assert {"#key", "#label-sv", "#dpv"} <= set(page.links)
    assert (page.fields["label-fi"], page.fields["dpv"]) == ("Maksuerä", "Loan")
    assert group.look(_id(draft)).changes == ()


def test_of_two_tabs_the_second_is_told_and_loses_nothing(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    form = f"{draft}/parts/fields/contract_number"
    first = Page(owner.get(form))
    given = {**first.fields, "category": "contact", "origin": "observed", "required": "yes", "purposes": "credit"}
    assert owner.post(form, {**given, "label-en": "First tab"}).status_code == 303
    answer = owner.post(form, {**given, "label-en": "Second tab"})
    assert answer.status_code == 409
    page = Page(answer)
    assert page.fields["label-en"] == "Second tab"
    assert "What it says now" in page.words
    assert "First tab" in page.words
    assert owner.post(form, {**given, "label-en": "Second tab", SEEN: page.fields[SEEN]}).status_code == 303
    assert taken(group.look(_id(draft)).becomes, "credit").register.fields[0].label.en == "Second tab"  # type: ignore[union-attr]


def test_a_draft_that_was_overtaken_asks_which_of_the_two_holds(group: House, owner: Browser, admin: Browser) -> None:
    draft = begun(owner, group)
    group.change(_id(draft), named("Meidän"))
    group.apply(("fi: Luottokaupat", "fi: Tiedoston"))
    page = owner.get(draft)
    assert "Meidän" in page.text
    assert "Tiedoston" in page.text
    assert f"{draft}/approval" not in Page(admin.get(f"{draft}/changes")).forms
    edition = Page(page).fields["edition"]
    assert owner.post(f"{draft}/settlement", {"edition": edition, "keep": "theirs"}).status_code == 303
    assert "Nothing changes" in Page(owner.get(f"{draft}/changes")).words


def test_of_two_drafts_of_one_register_each_is_told_of_the_other(
    group: House, owner: Browser, sit: Callable[[MadeMember, MadeCompany | None], Browser]
) -> None:
    draft = begun(owner, group, "customers")
    group.change(_id(draft), named("Kanta-asiakkaat"))
    assert "Another draft of this register is open" not in Page(owner.get(draft)).words
    sister = sit(group.sister, group.beta)
    theirs = str(sister.post(f"{REGISTERS}/{group.register_id('customers', group.beta)}/drafts").headers["location"])
    assert theirs != draft
    assert "Beta Oy" in Page(owner.get(draft)).words
    assert "The two change different parts." in Page(owner.get(draft)).words
    with walled_session(group.sister.acting(group.beta)) as session:
        drafting.change(session, _id(theirs), named("Asiakkaat"))
    for browser, url in ((owner, draft), (owner, f"{draft}/changes"), (sister, theirs)):
        words = Page(browser.get(url)).words
        assert "Both change: Register:" in words


def test_a_sister_sees_a_draft_that_concerns_her_and_approves_it(
    group: House, owner: Browser, admin: Browser, sit: Callable[[MadeMember, MadeCompany | None], Browser]
) -> None:
    draft = begun(owner, group, "customers")
    group.change(_id(draft), named("Asiakkaat"))
    assert "Other companies have still to approve." in approved(admin, draft)
    sister = sit(group.sister, group.beta)
    assert "approval of this company awaited" in Page(sister.get(REGISTERS)).words
    assert sister.post(f"{draft}/parts/fields/new", FIELD).status_code == 403
    assert "Published." in approved(sister, draft)


def test_what_holds_data_is_told_on_the_page_before_anybody_approves(group: House, owner: Browser) -> None:
    group.customer(group.alfa, email="aino@esimerkki.example")
    draft = begun(owner, group, "customers")
    group.change(_id(draft), with_field("fax"))
    assert owner.post(f"{draft}/leaving").status_code == 303
    words = Page(owner.get(f"{draft}/changes")).words
    assert "Alfa Oy holds data here, so it cannot be removed" in words
    assert "aino@esimerkki.example" not in words


def test_a_purpose_takes_its_basis_and_its_fields(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    given = {
        "key": "collection",
        **{f"label-{one}": "Perintä" for one in ("fi", "sv", "en")},
        "kind": "legal_claim",
        "basis": "legitimate_interest",
        **{f"interest-{one}": "Saatavien perintä" for one in ("fi", "sv", "en")},
        "special": "",
        "fields": ["contract_number"],
        SEEN: "new",
    }
    assert owner.post(f"{draft}/parts/purposes/new", given).status_code == 303
    [purpose] = [one for one in group.look(_id(draft)).becomes.purposes if one.key == "collection"]
    assert purpose.data[0].fields == ("contract_number",)
    assert owner.post(f"{draft}/parts/purposes/collection/removal").status_code == 303
    assert group.look(_id(draft)).changes == ()


def test_what_the_group_declares_beside_its_registers_stands_in_the_notice_of_each_company(
    group: House, owner: Browser
) -> None:
    url = f"/g/{group.slug}/notices/alfa?language=en"
    page = Page(owner.get(url))
    assert "To the Ombudsman" in page.words
    assert not {"#disclosures", "#profiling", "#cookies"} & set(page.links)
    said = {
        "scope": "Applies to all of us",
        "sharing": "Only on a lawful basis",
        "profiling": "Profiles without significant effects",
        "cookies": "Analytics with consent",
    }
    declared = "".join(f"\n  {key}: {{ fi: {key}, sv: {key}, en: {words} }}" for key, words in said.items())
    rights = "\n  rights: [{ key: access, text: { fi: a, sv: b, en: Their own profile too } }]"
    group.apply(("  dated: 2026-01-31", f"  dated: 2026-01-31{declared}{rights}"))
    page = Page(owner.get(url))
    assert [words for words in (*said.values(), "Their own profile too") if words not in page.words] == []
    assert {"#disclosures", "#profiling", "#cookies"} <= set(page.links)


def test_a_new_register_begins_whole_and_is_published(group: House, owner: Browser, admin: Browser) -> None:
    answer = owner.post(REGISTERS, NEW_REGISTER)
    draft = str(answer.headers["location"])
    assert "thing stands in the way" not in Page(owner.get(draft)).words
    assert "Published." in approved(admin, draft)
    assert "Tapahtumat" in Page(owner.get(REGISTERS)).words
    taken_key = owner.post(REGISTERS, {**NEW_REGISTER, "key": "customers"})
    assert taken_key.status_code == 422
    assert "#key" in Page(taken_key).links


def test_paper_is_attested_by_whoever_has_seen_it(group: House, owner: Browser, admin: Browser) -> None:
    draft = begun(owner, group)
    owner.post(f"{draft}/parts/papers/new", PAPER)
    words = Page(owner.get(f"{draft}/changes")).words
    assert "Some of the data is on paper" in words
    assert "Päätoimipaikan holvi; lock: Palokaappi; holder of the key: Arkistonhoitaja" in words
    approved(admin, draft)
    assert "Some of the data is on paper" in Page(owner.get(f"/g/{group.slug}/notices/alfa?language=en")).words
    page = Page(owner.get(f"{REGISTERS}/papers"))
    assert "Päätoimipaikan holvi" in page.words
    assert "Attested not yet" in page.words
    [attest] = [form for form in page.forms if form.endswith("/attestations")]
    assert "Toimihenkilö" in Page(owner.follow(owner.post(attest))).words


def test_the_map_is_drawn_told_as_a_table_and_given_as_a_file(group: House, owner: Browser) -> None:
    page = owner.get(f"{REGISTERS}/map")
    assert 'aria-label="Data map: registers, purposes, companies, recipients"' in page.text
    assert "Carrier" in Page(page).words
    file = owner.get(f"{REGISTERS}/map/file")
    assert file.headers["content-type"].startswith("image/svg+xml")
    assert file.text.startswith("<?xml")
    assert "Beta Oy" not in file.text


def test_what_people_write_is_shown_as_words_and_never_as_markup(group: House, owner: Browser, admin: Browser) -> None:
    draft = begun(owner, group)
    evil = "<script>alert(1)</script>"
    group.change(_id(draft), with_field("evil", label=evil))
    for url in (draft, f"{draft}/changes", f"{draft}/parts/fields/evil"):
        assert evil not in owner.get(url).text
    approved(admin, draft)
    for url in (REGISTERS, f"{REGISTERS}/{group.register_id('credit')}", f"{REGISTERS}/map", f"{REGISTERS}/map/file"):
        assert evil not in owner.get(url).text


def basics(page: Page, **changed: str) -> dict[str, str]:
    """The form about the register as it is shown, with what is given otherwise."""
    return {**page.fields, **_text("retention", "Kuusi vuotta"), "identity_level": "L3", **changed}


def test_everything_of_a_register_is_changed_by_forms_and_told_in_words(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    order = Page(owner.get(f"{draft}/parts/order/all")).fields
    assert (order["at-contract_number"], order["at-hetu"]) == ("1", "2")
    assert owner.post(f"{draft}/parts/order/all", {**order, "at-hetu": "1"}).status_code == 303
    form = f"{draft}/parts/basics/all"
    given = basics(Page(owner.get(form)), kept_by="beta", recipients="carrier", months="", counted_from="last_event")
    assert owner.post(form, given).status_code == 303
    gap = {"place": "register.retention.months", "rule": "N05", **_text("says", "Ei lukua"), SEEN: "new"}
    assert owner.post(f"{draft}/parts/gaps/new", gap).status_code == 303
    bank = {"key": "bank", "kind": "payment", **_text("label", "Pankki"), "name": "Pankki Oyj", "outside_eea": "no"}
    assert owner.post(f"{draft}/parts/recipients/new", {**bank, SEEN: "new"}).status_code == 303
    register = group.look(_id(draft)).parts.register
    assert register
    assert [one.key for one in register.fields] == ["hetu", "contract_number"]
    assert (register.kept_by, register.recipients) == (("alfa", "beta"), ("carrier", "bank"))
    changes = Page(owner.get(f"{draft}/changes")).words
    for told in (
        "Register: Credit sales fields Contract number, Personal identity code Personal identity code, Contract number",
        "new Register: Credit sales companies that keep it – Beta Oy",
        "new Register: Credit sales recipients – Carrier",
        "retention time, counted from – the last event",
        "Left unsaid: Register: Credit sales, retention time, months at most",
        "no retention time or criterion: Ei lukua",
        "new Recipient: Pankki",
        "Beta Oy awaited",
    ):
        assert told in changes, changes
    for raw in ("contract_number", "N05", "last_event", "kept_by", "carrier"):
        assert raw not in changes


def test_how_it_is_protected_and_how_often_purged_is_changed_by_the_form(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    form = f"{draft}/parts/basics/all"
    page = Page(owner.get(form))
    assert "cardinality" not in page.fields
    locked = {**_text("manual", "Lukittu kaappi"), "purge_every_months": "6", "cardinality": "one"}
    assert owner.post(form, basics(page, **locked)).status_code == 303
    register = group.look(_id(draft)).parts.register
    assert register
    assert register.protection == Protection(manual=Text(fi="Lukittu kaappi", sv="Lukittu kaappi", en="Lukittu kaappi"))
    assert (register.retention.purge_every_months, register.cardinality) == (6, Cardinality.MANY)
    words = Page(owner.get(draft)).words
    assert "unnecessary data is removed every 6 months" in words
    assert "How manual material is protected Lukittu kaappi" in words


def test_how_many_records_a_person_has_is_asked_until_the_register_is_published(
    group: House, owner: Browser, admin: Browser
) -> None:
    draft = str(owner.post(REGISTERS, NEW_REGISTER).headers["location"])
    form = f"{draft}/parts/basics/all"
    assert owner.post(form, basics(Page(owner.get(form)), cardinality="many", kept_by="")).status_code == 303
    assert "Records of one person many" in Page(owner.get(draft)).words
    assert "Published." in approved(admin, draft)
    assert "cardinality" not in Page(owner.get(f"{begun(owner, group, 'events')}/parts/basics/all")).fields


def test_of_a_register_of_several_it_is_said_whose_a_purpose_is(group: House, owner: Browser) -> None:
    draft = begun(owner, group, "customers")
    page = owner.get(f"{draft}/parts/purposes/letters")
    assert "Companies whose purpose it is" in page.text
    given = {**_text("label", "Uutiskirje"), "kind": "marketing", "basis": "consent", "fields": "email"}
    seen = Page(page).fields[SEEN]
    form = f"{draft}/parts/purposes/letters"
    nobody = owner.post(form, {**given, SEEN: seen})
    assert nobody.status_code == 422
    assert "#companies" in Page(nobody).links
    assert owner.post(form, {**given, SEEN: seen, "companies": ["alfa", "beta"]}).status_code == 303
    [letters] = [one for one in group.look(_id(draft)).becomes.purposes if one.key == "letters"]
    assert letters.companies is None
    assert [one.key for one in group.look(_id(draft)).concerned] == ["alfa", "beta"]


def test_what_a_draft_does_to_the_shares_is_told_before_it_is_approved(group: House, owner: Browser) -> None:
    sharing_house.may_share(group)
    sharing_house.active(group)
    draft = begun(owner, group)
    assert owner.post(f"{draft}/parts/fields/instalment/removal").status_code == 303
    words = Page(owner.get(f"{draft}/changes")).words
    assert "Alfa Oy → Beta Oy Credit sales · Credit Read no longer: Maksuerä" in words
    assert "the door would be shut" not in words
    assert owner.post(f"{draft}/parts/recipients/sisters/removal").status_code == 303
    words = Page(owner.get(f"{draft}/changes")).words
    assert "the door would be shut Beta Oy" in words
    assert "does not name Beta Oy, or the companies of the group, as a recipient" in words


def test_a_gap_is_changed_and_taken_away(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    gap = {"place": "purposes.credit.basis", "rule": "N06", **_text("says", "Ei perustetta"), SEEN: "new"}
    assert owner.post(f"{draft}/parts/gaps/new", gap).status_code == 303
    again = owner.post(f"{draft}/parts/gaps/new", gap)
    assert again.status_code == 422
    assert "A gap tells of this already; change that one." in Page(again).words
    url = f"{draft}/parts/gaps/N06.purposes.credit.basis"
    assert url in Page(owner.get(draft)).links
    page = Page(owner.get(url))
    given = {**page.fields, **gap, **_text("says", "Peruste puuttuu"), SEEN: page.fields[SEEN]}
    assert owner.post(url, given).status_code == 303
    assert "Peruste puuttuu" in Page(owner.get(draft)).words
    assert owner.post(f"{url}/removal").status_code == 303
    assert group.look(_id(draft)).changes == ()


def test_a_field_is_bound_to_a_purpose_and_a_contract(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    form = f"{draft}/parts/fields/hetu"
    shown = Page(owner.get(form)).fields
    given = {name: shown[name] for name in ("label-fi", "label-sv", "label-en", SEEN)}
    given |= {"category": "contact", "origin": "provided", "purposes": "credit"}
    answer = owner.post(form, {**given, "beside": "contract_number"})
    assert answer.status_code == 422
    assert "#only_for" in Page(answer).links
    assert owner.post(form, {**given, "only_for": "credit", "beside": "contract_number"}).status_code == 303
    assert "together with Contract number" in Page(owner.get(draft)).words
    changes = Page(owner.get(f"{draft}/changes")).words
    assert "Field: Personal identity code purposes that it is kept for" in changes
    assert "+ Contract number" in changes
    assert owner.post(form, {**given, "only_for": "credit_sale"}).status_code == 409


def test_what_stands_in_the_way_is_told_with_its_place(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    group.change(_id(draft), with_field("iban", label="Tilinumero", type="iban"))
    words = Page(owner.get(f"{draft}/changes")).words
    assert "Field: Tilinumero, encryption:" in words
    assert "What it does to the notice and to the shares is shown after that." in words
    assert "No sentence of the notice changes." not in words
    assert "No sharing policy gains or loses its ground." not in words


def test_a_field_in_force_that_is_not_sealed_is_not_bound_to_a_purpose(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    assert 'name="only_for"' in owner.get(f"{draft}/parts/fields/hetu").text
    form = f"{draft}/parts/fields/contract_number"
    page = owner.get(form)
    assert 'name="only_for"' not in page.text
    assert 'name="beside"' not in page.text
    shown = Page(page).fields
    given = {name: shown[name] for name in ("label-fi", "label-sv", "label-en", SEEN)}
    given |= {"category": "contact", "origin": "provided", "purposes": "credit"}
    assert owner.post(form, {**given, "only_for": "credit"}).status_code == 303
    assert "purposes that it is kept for" not in Page(owner.get(f"{draft}/changes")).words


def _text(name: str, words: str) -> dict[str, str]:
    return {f"{name}-{one}": words for one in ("fi", "sv", "en")}


def test_other_groups_and_unknown_parts_are_nowhere(
    group: House, owner: Browser, sit: Callable[[MadeMember, MadeCompany | None], Browser]
) -> None:
    draft, other = begun(owner, group), house()
    stranger = sit(other.admin, other.alfa)
    for url in (draft, f"{draft}/changes", f"{draft}/parts/fields/new"):
        assert stranger.get(url).status_code == 404
    for part in ("fields/nothing", "nonsense/new"):
        assert owner.get(f"{draft}/parts/{part}").status_code == 404
        assert owner.post(f"{draft}/parts/{part}/removal").status_code == 404


def test_a_field_that_is_removed_leaves_the_notice(group: House, owner: Browser) -> None:
    draft = begun(owner, group)
    group.change(_id(draft), with_field("extra", label="Lisätieto"))
    with walled_session(group.admin.acting(group.alfa)) as session:
        drafting.approve(session, _id(draft), edition=2)
    again = begun(owner, group)
    assert owner.post(f"{again}/parts/fields/extra/removal").status_code == 303
    words = Page(owner.get(f"{again}/changes")).words
    assert "removed Field: Lisätieto" in words


def _id(draft: str) -> UUID:
    return UUID(draft.removeprefix(f"{DRAFTS}/"))
