"""Data goes from one company of the group to another, by the hands of four people, and stops at the next click."""

from playwright.sync_api import Page, expect

from tests.journeys import staff
from tests.journeys.conftest import Window
from tests.journeys.stack import Stack


def signed_in(window: Window, stack: Stack, email: str, *, scripts: bool = True) -> Page:
    page = window(scripts=scripts)
    staff.sign_in(page, stack, email)
    return page


def test_data_is_shared_by_four_people_and_shut_at_the_next_click(window: Window, stack: Stack) -> None:
    """Without scripts, all of it."""
    owner = signed_in(window, stack, staff.OWNER, scripts=False)
    owner.goto(f"{stack.office}/sharing/new")
    owner.locator("#register").select_option(label="Asiakaspalvelurekisteri")
    owner.get_by_role("button", name="Jatka ehtoihin").click()
    owner.get_by_label("Kinkerips Oy").check()
    for field in ("subject", "channel"):
        owner.locator(f"input[name=fields][value={field}]").check()
    owner.locator("#part-1").select_option("field|channel")
    owner.locator("#part-1-values").fill("Sähköposti")
    owner.locator("#legal_basis").select_option(label="oikeutettu etu")
    owner.get_by_role("button", name="Tallenna luonnos").click()
    staff.told(owner, "Luonnos tallennettiin.")
    policy_url = owner.url
    expect(owner.locator(".missing")).to_contain_text("Oikeutettu etu edellyttää tasapainotestin.")
    expect(owner.get_by_role("link", name="Myönnä …")).to_have_count(0)
    owner.get_by_role("link", name="Muuta luonnosta …").click()
    owner.locator("#balancing").fill("Asiakkaan asia hoidetaan siellä, minne hän soittaa.")
    owner.locator("#agreement_name").fill("Konsernin luovutussopimus")
    owner.locator("#file").set_input_files({"name": "sopimus.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    owner.get_by_role("button", name="Tallenna luonnos").click()
    expect(owner.get_by_text("mitään ei puutu")).to_be_visible()

    granter = signed_in(window, stack, staff.GRANTER, scripts=False)
    granter.goto(policy_url)
    granter.get_by_role("link", name="Myönnä …").click()
    expect(granter.get_by_role("row", name="Kinkerips Oy")).to_contain_text("Aihe")
    granter.get_by_role("button", name="Myönnä luovutuspolitiikka").click()
    staff.told(granter, "Myönnetty.")

    care = signed_in(window, stack, staff.CARE, scripts=False)
    care.goto(f"{stack.office}/shared")
    expect(care.get_by_role("link", name="Asiakaspalvelurekisteri")).to_have_count(0)

    accepter = signed_in(window, stack, staff.ACCEPTER, scripts=False)
    accepter.goto(f"{stack.office}/sharing")
    accepter.get_by_role("row", name="odottaa hyväksyntää").get_by_role("link").click()
    accepter.get_by_role("link", name="Hyväksy …").click()
    accepter.get_by_role("button", name="Hyväksy luovutuspolitiikka").click()
    staff.told(accepter, "Hyväksytty.")

    care.reload()
    care.get_by_role("link", name="Asiakaspalvelurekisteri").click()
    expect(care.locator(".next.shared")).to_contain_text("Luovuttaja: Ideafix Oy")
    care.locator("tbody th a").first.click()
    expect(staff.facts(care, "Kanava").first).to_have_text("Sähköposti")
    care.go_back()

    granter.goto(policy_url)
    granter.get_by_role("link", name="Peru …").click()
    expect(granter.get_by_role("row", name="Kinkerips Oy")).to_contain_text("Aihe")
    granter.get_by_role("button", name="Peru luovutuspolitiikka").click()
    staff.told(granter, "Peruttu.")
    care.reload()
    expect(care.get_by_role("heading", name="Ovi on kiinni")).to_be_visible()
