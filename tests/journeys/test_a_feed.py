"""A feed's way: drafted, refused with its list, mended, approved by another, fetched, stopped, and resumed by two."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import staff
from tests.journeys.conftest import Window
from tests.journeys.stack import Stack

FEED, NAME = "matkan-tilaukset", "Matkan tilaukset"
FOUR_EYES = "UPDATE groups SET four_eyes = {} WHERE slug = 'ideafix'"


def signed_in(window: Window, stack: Stack, email: str) -> Page:
    page = window(scripts=False)
    staff.sign_in(page, stack, email)
    return page


def done(page: Page, words: str) -> None:
    """What was done stands beside what is stopped."""
    expect(page.locator(".flash:not(.stopped)")).to_contain_text(words)


def fetched(stack: Stack) -> str:
    """By the demo's own client, which asks for this feed in place of the one that it knows."""
    client = (
        (stack.data / "fetch-a-feed.sh").read_text(encoding="utf-8").replace("ideafix.asiakkaat", f"ideafix.{FEED}")
    )
    run = subprocess.run(
        ["sh", "-s"],
        input=client.replace('cd "$(dirname "$0")"', f"cd '{stack.data}'"),
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return run.stdout


@pytest.fixture
def by_two(stack: Stack) -> Iterator[None]:
    stack.execute(FOUR_EYES.format("true"))
    yield
    stack.execute(FOUR_EYES.format("false"))


def drafted(owner: Page, stack: Stack) -> str:
    """The address of its page."""
    owner.goto(f"{stack.office}/processors")
    owner.get_by_role("link", name="Mallipilvi Oy").first.click()
    owner.get_by_role("link", name="asiakaspalvelin").first.click()
    owner.get_by_role("link", name="Uusi syöte").click()
    owner.locator("#register").select_option(label="Tilausrekisteri")
    owner.get_by_role("button", name="Jatka laajuuteen").click()
    owner.locator("#key").fill(FEED)
    owner.locator("#name_fi").fill(NAME)
    owner.locator("input[name=fields][value=order_number]").check()
    owner.locator("#legal_basis").select_option(label="oikeutettu etu")
    owner.get_by_role("button", name="Tallenna luonnos").click()
    done(owner, "Luonnos on tallessa.")
    return owner.url


def stopped(owner: Page, feed: str) -> None:
    owner.goto(feed)
    owner.get_by_role("link", name="Pysäytä heti …").click()
    owner.locator("#reason").fill("Epäilty vuoto")
    owner.get_by_role("button", name="Pysäytä heti").click()
    done(owner, "Pysäytetty.")


def proposed(owner: Page) -> None:
    """To resume it, on the page that tells of the stop; who proposes it does not do it."""
    stop = owner.get_by_role("article", name=NAME)
    stop.get_by_text("Ehdota palauttamista").first.click()
    stop.locator("textarea").fill("Vuotoa ei ollut")
    stop.get_by_role("button", name="Ehdota palauttamista").click()
    done(owner, "Ehdotettu.")
    expect(stop.get_by_role("button", name="Palauta")).to_have_count(0)


@pytest.mark.usefixtures("by_two")
def test_a_feed_is_drafted_approved_fetched_stopped_and_resumed(window: Window, stack: Stack) -> None:
    """Without scripts, all of it."""
    owner, admin = (signed_in(window, stack, email) for email in (staff.OWNER, staff.GRANTER))
    feed = drafted(owner, stack)
    expect(owner.locator(".missing")).to_contain_text("Oikeutettu etu edellyttää tasapainotestin.")
    assert '"op"' not in fetched(stack)

    admin.goto(feed)
    admin.get_by_role("button", name="Hyväksy", exact=True).click()
    expect(admin.locator(".missing")).to_contain_text("Oikeutettu etu edellyttää tasapainotestin.")

    owner.get_by_role("link", name="Muuta luonnosta …").click()
    owner.locator("#balancing").fill("Asiakkaan tilaus hoidetaan siellä, missä se kulkee.")
    owner.get_by_role("button", name="Tallenna luonnos").click()
    done(owner, "Luonnos on tallessa.")
    expect(owner.get_by_text("mitään ei puutu")).to_be_visible()

    admin.goto(feed)
    admin.get_by_role("button", name="Hyväksy", exact=True).click()
    done(admin, "Hyväksytty.")
    assert '"op":"upsert"' in fetched(stack)

    stopped(owner, feed)
    admin.goto(stack.office)
    expect(admin.locator(".flash.stopped")).to_contain_text(NAME)
    assert '"op":"upsert"' not in fetched(stack)

    proposed(owner)
    admin.goto(f"{stack.office}/processors/stops")
    admin.get_by_role("article", name=NAME).get_by_role("button", name="Palauta").click()
    done(admin, "Palautettu.")
    admin.goto(stack.office)
    expect(admin.locator(".flash.stopped")).to_have_count(0)
    assert '"op":"upsert"' in fetched(stack)
