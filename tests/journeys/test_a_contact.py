"""Somebody of a processor is let in, brings a key, fetches the sandbox as shown, and asks for a field more."""

import sys
from pathlib import Path

from joserfc.jwk import OKPKey
from playwright.sync_api import Page, expect

from tenants.feeds import sandbox
from tests.journeys import console, staff
from tests.journeys.conftest import Window
from tests.journeys.stack import Stack
from tests.services.console import as_shown

SAMI = "sami@mallikuljetus.example"
FEED, SCOPE = "Avoimet toimitukset", "sandbox:ideafix.avoimet-toimitukset"
WISHED = "Asiakasnumero"


def contacts(admin: Page, stack: Stack) -> str:
    """The address of the page on the processor's people."""
    admin.goto(f"{stack.office}/processors")
    admin.get_by_role("link", name="Mallikuljetus Oy").first.click()
    admin.get_by_role("link", name="Henkilöt, jotka saavat kirjautua").first.click()
    expect(admin.locator("h1")).to_have_text("Henkilöt, jotka saavat kirjautua")
    return admin.url


def feed(sami: Page, stack: Stack) -> None:
    sami.goto(console.url(stack))
    sami.get_by_role("link", name=FEED).click()
    expect(sami.locator("h1")).to_have_text(FEED)


def guide(sami: Page, stack: Stack) -> dict[str, str]:
    feed(sami, stack)
    sami.get_by_role("link", name="Näin syöte noudetaan").click()
    expect(sami.locator("h1")).to_have_text("Näin syöte noudetaan")
    return as_shown.examples(sami.content())


def test_a_contact_is_let_in_fetches_the_sandbox_and_is_given_a_field_more(
    window: Window, stack: Stack, tmp_path: Path
) -> None:
    """Without scripts, all of it."""
    admin, sami = window(scripts=False), window(scripts=False)
    staff.sign_in(admin, stack, staff.GRANTER)
    people = contacts(admin, stack)
    console.invite(admin, SAMI)
    console.accept(sami, console.invitation(admin, stack))
    console.sign_in(sami, stack, SAMI)

    expect(sami.get_by_role("region", name="Sopimus toimitukset")).to_contain_text(FEED)
    feed(sami, stack)
    expect(sami.get_by_role("region", name="Mitä syöte antaa")).to_contain_text("first_name")
    expect(sami.locator("#sample ~ pre").first).to_contain_text('"op":"upsert"')

    public = as_shown.run(tmp_path, "sh", "-c", guide(sami, stack)["keys"])
    sami.goto(console.url(stack, "keys"))
    console.bring_key(sami, public, name="Kuljetusten järjestelmä")
    admin.goto(people)
    expect(admin.get_by_role("region", name="Tuodut avaimet")).to_contain_text(OKPKey.import_key(public).thumbprint())
    admin.get_by_role("button", name="Vapauta avain").click()
    staff.told(admin, "Avain vapautettiin.")

    steps = guide(sami, stack)
    assert SCOPE in steps["python"]
    (tmp_path / "pull.py").write_text(steps["python"])
    assert as_shown.run(tmp_path, sys.executable, "pull.py") == as_shown.whole_sandbox()
    (tmp_path / "pull.sh").write_text(steps["shell"])
    told = as_shown.run(tmp_path, "sh", "pull.sh")
    assert as_shown.lines_of_persons(told) == sandbox.RECORDS + sandbox.TOLD

    feed(sami, stack)
    sami.get_by_label(WISHED, exact=True).check()
    sami.locator("#reason").fill("Toimitus yhdistetään tilaukseen numerolla.")
    sami.get_by_role("button", name="Pyydä yhtiöltä").click()
    staff.told(sami, "Toive välitettiin")
    admin.goto(people)
    admin.get_by_role("button", name="Tee siitä luonnos").click()
    staff.told(admin, "Toiveesta tehtiin luonnos")
    admin.get_by_role("region", name="Syötteitä koskevat toiveet").get_by_role("link", name=FEED).click()
    admin.get_by_role("button", name="Hyväksy", exact=True).click()
    staff.told(admin, "Hyväksytty.")

    feed(sami, stack)
    expect(sami.get_by_role("region", name="Pyydä muita kenttiä")).to_contain_text("myönnetty")
    expect(sami.get_by_role("region", name="Mitä syöte antaa")).to_contain_text("customer_number")
    expect(sami.get_by_role("region", name="Versiot")).to_contain_text("Lisätty: Asiakasnumero (customer_number)")
