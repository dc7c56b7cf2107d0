"""A day at the office: cases that machines do not decide, files that come in, and those who watch over it."""

import subprocess
import sys
from pathlib import Path

import httpx2
from playwright.sync_api import Page, expect

from infra.demo import people
from tests.journeys import archives, customer, looking, staff
from tests.journeys.conftest import Window
from tests.journeys.stack import PROJECT, Stack
from tests.waiting import until

COLUMNS = ";".join(people.COLUMNS["customers"])
FIRM = "Esimerkkikauppa 1 Oy;9900001-8;Esimerkkikatu 1;02100;Espoo;2024-01-02;"
GOOD = f"VIS-900001;Matti;Malli;matti@toinen.example;050 9001;Ostaja;{FIRM}"
NO_ADDRESS = f"VIS-900002;Näyte;Malli;ei osoite;050 9002;Ostaja;{FIRM}"
NO_DATE = "VIS-900003;Koe;Malli;koe@toinen.example;050 9003;Ostaja;Oy;9900001-8;Katu 1;02100;Espoo;31.2.2024;"


def signed_in(window: Window, stack: Stack, email: str) -> Page:
    page = window()
    staff.sign_in(page, stack, email)
    return page


def test_a_second_identifier_tells_which_of_several_persons_asks(window: Window, stack: Stack) -> None:
    visitor = window()
    customer.prove(visitor, customer.ask(visitor, stack, people.SHARED))
    assert customer.answers(visitor)["Ideafix Oy"] == "needs_staff"
    number = visitor.get_by_text("viite IDE-").inner_text().split()[-1]

    handler = signed_in(window, stack, staff.IDEAFIX)
    staff.open_case(handler, stack, number)
    expect(handler.get_by_role("heading", name="Kenen tiedoista on kyse?")).to_be_visible()
    handler.locator("#kind").select_option(label="puhelinnumero")
    handler.locator("#value").fill("050 9999")
    handler.get_by_role("button", name="Valitse henkilö").click()
    expect(handler.get_by_role("alert")).to_contain_text("Tämä ei sovi kehenkään")
    handler.locator("#value").fill("050 0002")
    handler.get_by_role("button", name="Valitse henkilö").click()
    staff.told(handler, "Henkilö valittiin. Tietoja kootaan.")
    expect(handler.get_by_role("row", name="Asiakasrekisteri")).to_contain_text("kokonaan")


def test_two_who_are_one_are_merged_and_parted_again(window: Window, stack: Stack) -> None:
    handler = signed_in(window, stack, staff.IDEAFIX)
    handler.goto(f"{stack.office}/persons")
    handler.get_by_role("link", name="Mahdolliset kaksoiskappaleet").click()
    handler.get_by_role("row", name="sähköpostiosoite").first.get_by_role("link", name="Vertaa").click()
    expect(handler.get_by_role("heading", name="Ovatko he sama ihminen?")).to_be_visible()
    other = handler.locator("input[name=other]").input_value()
    handler.locator("#reason").fill("Soitettu: sama ihminen, kaksi asiakasnumeroa.")
    handler.get_by_role("button", name="Yhdistä nämä kaksi").click()
    staff.told(handler, "Nämä kaksi ovat nyt yksi henkilö")
    kept = handler.url
    handler.goto(f"{stack.office}/persons/{other}")
    assert handler.url == kept
    handler.get_by_role("link", name="Kumoa …").first.click()
    handler.locator("#reason").fill("Soitettu uudelleen: kaksi ihmistä.")
    handler.get_by_role("button", name="Kumoa").click()
    staff.told(handler, "Kumottu: kaikki on ennallaan.")
    handler.goto(f"{stack.office}/persons/{other}")
    assert handler.url.endswith(other)


def test_a_request_by_letter_is_entered_proved_and_refused(window: Window, stack: Stack) -> None:
    [address, *_] = known_only_to("kinkerips")
    handler = signed_in(window, stack, staff.KINKERIPS)
    handler.get_by_role("link", name="Kirjaa pyyntö").first.click()
    handler.locator("#channel").select_option(label="kirjeellä")
    handler.locator("#email").fill(address)
    handler.locator("#language").select_option(label="Svenska")
    handler.get_by_role("button", name="Kirjaa pyyntö").click()
    staff.told(handler, "Pyyntö kirjattiin.")
    case_url = handler.url

    visitor = window(language="sv-FI")
    customer.prove_by_letter(visitor, stack, address)
    assert customer.answers(visitor) == {"Kinkerips Oy": "awaiting_decision"}

    handler.goto(case_url)
    number = stack.last_number(address)
    handler.get_by_role("link", name="Epää …").click()
    handler.locator("#ground").select_option(label="Pyyntö on ilmeisen perusteeton.")
    handler.locator("#reason").fill("Begäran gäller en annan persons uppgifter.")
    handler.get_by_role("button", name="Epää pyyntö").click()
    expect(handler.locator(".flash")).to_contain_text("ennen kuin toinen työntekijä vahvistaa")
    expect(handler.get_by_role("button", name="Vahvista epääminen")).to_have_count(0)

    colleague = signed_in(window, stack, staff.COLLEAGUE)
    colleague.goto(case_url)
    colleague.get_by_role("button", name="Vahvista epääminen").click()
    staff.told(colleague, "Evätty. Perustelut kerrotaan henkilölle kirjeellä.")
    letter = stack.next_letter(address, after=number)
    assert letter.subject == "Beslut om begäran"
    assert "Begäran gäller en annan persons uppgifter." in letter.text
    assert "dataombudsmannen" in letter.text
    visitor.reload()
    expect(visitor.locator("li.answer[data-state=refused]")).to_contain_text("en annan persons uppgifter")


def test_a_caller_whom_staff_recognised_needs_no_code(window: Window, stack: Stack) -> None:
    [_, address, *_] = known_only_to("kinkerips")
    handler = signed_in(window, stack, staff.KINKERIPS)
    handler.goto(f"{stack.office}/requests/new")
    handler.locator("#channel").select_option(label="puhelimitse")
    handler.locator("#email").fill(address)
    handler.locator("#checked").select_option(label="soitettu takaisin tunnettuun numeroon")
    handler.get_by_role("button", name="Kirjaa pyyntö").click()
    expect(handler.get_by_text("Henkilöstö tarkistanut henkilöllisyyden")).to_be_visible()
    until_found(handler)
    handler.get_by_role("button", name="Hyväksy ja rakenna tietopaketti").click()
    expect(staff.facts(handler, "Tila")).to_have_text("ladattavissa")
    assert stack.next_letter(address, after=stack.first_number(address)).subject == "Vastaus pyyntöön on valmis"


def test_whoever_has_no_e_mail_address_is_answered_on_paper(window: Window, stack: Stack) -> None:
    handler = signed_in(window, stack, staff.KINKERIPS)
    number = numbers_at("kinkerips")[5]
    case_url = staff.enter_by_hand(handler, stack, number, "Matti Malli\nEsimerkkikatu 1\n02100 Espoo")
    question = staff.find_again(handler, handler.get_by_role("link", name="Henkilöllisyyskysely"))
    question.click()
    letter = handler.locator("article.letter")
    expect(letter).to_contain_text("Matti Malli")
    expect(letter).to_contain_text("Kinkerips Oy")
    handler.emulate_media(media="print")
    expect(handler.get_by_role("button")).to_have_count(0)
    expect(letter).to_be_visible()
    handler.emulate_media(media="screen")
    handler.get_by_role("button", name="Merkitse postitetuksi").click()
    staff.told(handler, "Kirje merkittiin postitetuksi, ja sen teksti hävitettiin.")
    expect(handler.get_by_text("Kirje postitettu: henkilöllisyyskysely")).to_be_visible()

    handler.locator("#checked").select_option(label="henkilöllisyystodistus näytetty")
    handler.get_by_role("button", name="Vahvista henkilöllisyys").click()
    staff.told(handler, "Henkilöllisyys vahvistettiin.")
    staff.find_again(handler, handler.get_by_role("button", name="Hyväksy ja rakenna tietopaketti")).click()
    staff.told(handler, "Hyväksytty. Tietopakettia rakennetaan.")
    staff.find_again(handler, handler.get_by_role("heading", name="Luovutus", exact=True))
    expect(handler.get_by_role("button", name="Kirjaa luovutus")).to_have_count(0)
    with handler.expect_download() as downloading:
        handler.get_by_role("button", name="Lataa tietopaketti").click()
    archive = archives.opened(downloading.value)
    assert archive.is_signed_by(stack)
    [customers] = [path for path in archive.files if path.endswith("customers.json") and "schema" not in path]
    assert any(record["customer_number"] == number for record in archive.records(customers))
    staff.find_again(handler, handler.locator("button.primary", has_text="Kirjaa luovutus"))
    handler.get_by_text("postitse", exact=True).click()
    handler.get_by_role("button", name="Kirjaa luovutus").click()
    staff.told(handler, "Luovutettu ja vastattu. Tietopaketti hävitettiin.")
    assert handler.url == case_url
    expect(handler.get_by_text("Tietopaketti luovutettu postitse")).to_be_visible()


def test_good_rows_of_a_bad_file_are_kept_only_when_somebody_says_so(window: Window, stack: Stack) -> None:
    importer = signed_in(window, stack, staff.VISUAL)
    staff.act_for(importer, "tietojen ylläpito")
    staff.bring(importer, stack, "Asiakasrekisteri", "\r\n".join((COLUMNS, GOOD, NO_ADDRESS, NO_DATE, "")))
    faults = importer.locator("table.cards tbody tr")
    expect(faults).to_have_count(2)
    expect(faults.first).to_contain_text("Tämä ei ole sähköpostiosoite.")
    expect(staff.facts(importer, "Kirjoitettu")).to_have_text("0")
    importer.get_by_role("button", name="Kirjoita vain kelpaavat rivit").click()
    expect(staff.facts(importer, "Kirjoitettu")).to_have_text("1")
    expect(importer.get_by_text("Rivit ovat rekisterissä ja tiedosto on hävitetty.")).to_be_visible()

    staff.bring(importer, stack, "Asiakasrekisteri", "\r\n".join((COLUMNS, GOOD, "")))
    expect(importer.get_by_text("Tiedoston jokainen rivi sopii rekisteriin.")).to_be_visible()
    importer.get_by_role("button", name="Hylkää tiedosto").click()
    expect(importer.get_by_text("Tiedosto on hävitetty eikä yhtään riviä kirjoitettu.")).to_be_visible()


def test_a_new_member_may_do_what_their_role_says(window: Window, stack: Stack) -> None:
    stranger = signed_in(window, stack, staff.OUTSIDER)
    expect(stranger.locator("main")).to_contain_text("Tunnus ei kuulu täällä henkilöstöön.")

    admin = signed_in(window, stack, staff.GROUP_ADMIN)
    admin.goto(f"{stack.office}/members")
    admin.locator("#subject").fill("outsider")
    admin.locator("#name").fill("Vastikään Palkattu")
    admin.locator("#email").fill(staff.OUTSIDER)
    admin.get_by_role("button", name="Lisää", exact=True).click()
    staff.told(admin, "Henkilöstön jäsen lisättiin.")

    newcomer = signed_in(window, stack, staff.OUTSIDER)
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("Ei roolia")
    looking.at_every_size(newcomer, "office-login-no_company")

    row = admin.get_by_role("row", name="Vastikään Palkattu")
    row.locator("summary").click()
    row.get_by_label("Rooli").select_option(label="pyyntöjen käsittelijä")
    row.get_by_label("Yhtiö").select_option(label="Ideafix Palvelut Oy")
    row.get_by_role("button", name="Anna rooli").click()
    staff.told(admin, "Rooli annettiin.")
    newcomer.goto(stack.office)
    newcomer.get_by_role("button", name="Olen lukenut tämän ja allekirjoitan").click()
    expect(newcomer.locator(".acting strong")).to_have_text("Ideafix Palvelut Oy")
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("Pyynnöt")

    admin.locator("form[action*=removal] button", has_text="Vastikään Palkattu").click()
    staff.told(admin, "Rooli poistettiin.")
    newcomer.reload()
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("Ei roolia")


def test_an_api_key_opens_one_company_until_it_is_revoked(window: Window, stack: Stack) -> None:
    handler = signed_in(window, stack, staff.IDEAFIX)
    handler.goto(f"{stack.office}/tokens")
    handler.locator("#label").fill("Raportti")
    handler.get_by_role("button", name="Luo avain").click()
    key = handler.locator("section[aria-labelledby=issued] code").inner_text()
    assert api(stack, key, "/me") == 200
    assert api(stack, key, "/jobs/failed") == 403
    handler.goto(f"{stack.office}/tokens")
    assert key not in handler.content()
    handler.get_by_role("row", name="Raportti").get_by_role("button").click()
    staff.told(handler, "Rajapinta-avain ei avaa enää mitään.")
    assert api(stack, key, "/me") == 401


def test_the_exported_audit_of_a_company_is_checked_offline(window: Window, stack: Stack, tmp_path: Path) -> None:
    auditor = signed_in(window, stack, staff.AUDITOR)
    staff.act_for(auditor, "Kinkerips Oy")
    auditor.goto(f"{stack.office}/audit")
    with auditor.expect_download() as downloading:
        auditor.get_by_role("link", name="Vie tarkistettavaksi").click()
    exported, keys = tmp_path / "audit.jsonl", tmp_path / "keys.json"
    exported.write_bytes(downloading.value.path().read_bytes())
    keys.write_bytes(httpx2.get(f"{stack.portal}/keys.json").raise_for_status().content)
    assert verified(exported, keys).returncode == 0
    first, *rest = exported.read_text().splitlines(keepends=True)
    exported.write_text("".join([first.replace("0", "1", 1), *rest]))
    broken = verified(exported, keys)
    assert broken.returncode != 0
    assert "rikki" in broken.stderr + broken.stdout


def test_who_signs_out_is_out_here_and_at_the_identity_provider(window: Window, stack: Stack) -> None:
    page = signed_in(window, stack, staff.KINKERIPS)
    page.get_by_role("button", name="Kirjaudu ulos").click()
    page.wait_for_url(f"{stack.urls.issuer}/**")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kirjaudu toimistoon")
    page.goto(f"{stack.office}/cases")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kirjaudu toimistoon")
    staff.sign_in(page, stack, staff.IDEAFIX)
    expect(page.locator(".acting strong")).to_have_text("Ideafix Oy")


def test_a_password_alone_does_not_open_the_office(window: Window, stack: Stack) -> None:
    page = signed_in(window, stack, staff.PASSWORD_ONLY)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kirjautuminen ei onnistunut")
    expect(page.locator("main")).to_contain_text("Toimisto edellyttää vahvempaa kirjautumista")


def known_only_to(company: str) -> list[str]:
    """Addresses that one person of this company has, and nobody elsewhere."""
    rows = people.generate().rows
    column = people.COLUMNS["customers"].index("email")
    here = [row[column] for row in rows[company, "customers"]]
    elsewhere = {row[column] for one in people.COMPANIES if one != company for row in rows[one, "customers"]}
    return [address for address in here if here.count(address) == 1 and address not in elsewhere]


def numbers_at(company: str) -> list[str]:
    return [row[0] for row in people.generate().rows[company, "customers"]]


def until_found(page: Page) -> None:
    """The registers are searched by a worker; a person would look again."""

    def is_found() -> bool:
        page.reload()
        return page.get_by_role("button", name="Hyväksy ja rakenna tietopaketti").is_visible()

    until(is_found, seconds=60)


def api(stack: Stack, key: str, path: str) -> int:
    """The status of an answer of the interface for programs."""
    asked = httpx2.get(f"{stack.urls.base_url}/api/v1{path}", headers={"Authorization": f"Bearer {key}"})
    return asked.status_code


def verified(exported: Path, keys: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.cli", "verify-audit", str(exported), "--keys", str(keys)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
