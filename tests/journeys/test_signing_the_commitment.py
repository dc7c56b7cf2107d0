"""A new handler: what has to be signed before the first case opens."""

from playwright.sync_api import expect

from tests.journeys import staff
from tests.journeys.conftest import Window
from tests.journeys.stack import Stack


def test_a_new_handler_signs_the_commitment_and_opens_a_case(window: Window, stack: Stack) -> None:
    page = window()
    staff.sign_in(page, stack, staff.BEGINNER)
    expect(page.get_by_role("heading", name="Vaitiolositoumus")).to_be_visible()

    page.goto(f"{stack.office}/cases")
    expect(page.get_by_role("heading", name="Vaitiolositoumus")).to_be_visible()
    page.get_by_role("button", name="Olen lukenut tämän ja allekirjoitan").click()
    expect(page.locator(".flash")).to_contain_text("Sitoumus allekirjoitettiin.")
    page.wait_for_url(f"{stack.office}/cases**")

    staff.enter_by_hand(page, stack, "KIN-100003", "Matti Malli\nEsimerkkikatu 1 A 2\n02100 Espoo")
    expect(page.locator(".crumb")).to_contain_text("KIN-")
