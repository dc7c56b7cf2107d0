"""What an authority asks for, and an emergency: two people each, and a third who oversees."""

import hashlib
import re

from playwright.sync_api import expect

from tests.journeys import staff
from tests.journeys.conftest import Window
from tests.journeys.stack import Stack

LETTER = b"%PDF-1.7 tietopyynto"


def test_one_takes_it_in_another_gives_less_and_it_is_taken_along_once(window: Window, stack: Stack) -> None:
    handler, admin = window(), window()
    staff.sign_in(handler, stack, staff.IDEAFIX)
    handler.goto(f"{stack.office}/authorities/new")
    handler.locator("#register").select_option(label="Asiakasrekisteri")
    handler.locator("button.primary").click()
    handler.locator("#authority").select_option(label="Malliviranomainen (keksitty)")
    handler.locator("#reference").fill("VIR/2026/900")
    handler.locator("#asker").fill("Tarkastaja")
    handler.locator("#provision").select_option("customs")
    handler.locator("#file").set_input_files(
        {"name": "tietopyynto.pdf", "mimeType": "application/pdf", "buffer": LETTER}
    )
    for field in ("Etunimi", "Puhelinnumero"):
        handler.get_by_label(field, exact=True).check()
    handler.locator("#persons").fill("IDE-100004")
    handler.get_by_role("button", name="Vastaanota").click()
    staff.told(handler, "Toinen henkilö päättää")
    case_url = handler.url
    expect(staff.facts(handler, "Pyynnön asiakirja")).to_contain_text(hashlib.sha256(LETTER).hexdigest())
    expect(handler.get_by_role("button", name="Hyväksy")).to_have_count(0)

    staff.sign_in(admin, stack, staff.GRANTER)
    admin.goto(case_url)
    admin.get_by_label("Puhelinnumero", exact=True).uncheck()
    admin.locator("#reason").fill("Puhelinnumeroa ei tarvita.")
    admin.get_by_role("button", name="Hyväksy", exact=True).click()
    staff.told(admin, "Hyväksytty.")

    handler.reload()
    handler.get_by_role("button", name="Muodosta tiedosto").click()
    expect(handler.locator("#flash")).to_be_visible()
    with handler.expect_download() as download:
        handler.get_by_role("button", name="Nouda kerran").click()
    given = download.value.path().read_text(encoding="utf-8")
    assert "first_name" in given
    assert "phone" not in given
    handler.goto(f"{case_url}/record")
    expect(handler.locator("#given ~ table")).to_contain_text(hashlib.sha256(given.encode()).hexdigest())
    expect(handler.locator("#given ~ ul")).to_have_text("Etunimi")


def test_an_emergency_is_confirmed_by_another_used_ended_and_reviewed_by_a_third(window: Window, stack: Stack) -> None:
    handler, admin, officer = window(), window(), window()
    staff.sign_in(handler, stack, staff.IDEAFIX)
    handler.goto(f"{stack.office}/emergencies")
    handler.locator("#reason").fill("Hätäkeskus kysyy.")
    handler.get_by_label("Asiakasrekisteri", exact=True).check()
    handler.locator("#minutes").fill("30")
    handler.get_by_role("button", name="Pyydä", exact=True).click()
    expect(handler.locator("#flash")).to_be_visible()
    url = handler.url

    staff.sign_in(admin, stack, staff.GRANTER)
    admin.goto(url)
    admin.get_by_role("button", name="Vahvista ja avaa").click()
    expect(admin.locator("#flash")).to_be_visible()

    handler.goto(f"{stack.office}/emergencies")
    staff.act_for(handler, "oikeusvaade")
    handler.goto(f"{stack.office}/persons")
    handler.locator("#wanted").fill("IDE-100004")
    handler.locator("main button.primary").click()
    expect(handler.locator("main table")).to_be_visible()
    admin.goto(url)
    admin.get_by_role("button", name="Päätä nyt").click()
    expect(admin.locator("#flash")).to_be_visible()

    staff.sign_in(officer, stack, staff.OFFICER)
    staff.act_for(officer, "Ideafix Oy")
    officer.goto(url)
    staff.find_again(officer, officer.locator("#review"))
    officer.locator("#review").fill("Tarpeellista ja rajattua.")
    officer.get_by_role("button", name="Päätä tähän tarkastukseen").click()
    expect(officer.locator("#flash")).to_be_visible()
    expect(staff.facts(officer, "Tarkistus")).to_have_text(re.compile("Tarpeellista"))
