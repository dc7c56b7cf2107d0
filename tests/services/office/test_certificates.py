"""The office replaces a certificate of deletion that was written down wrongly, and still reads the former one."""

from tests.services.browsing import Browser
from tests.services.stage import RIGHTS, Stage


def test_a_wrong_certificate_is_replaced_on_the_page_of_its_agreement(browser: Browser, built: Stage) -> None:
    browser.sit_down(built.admin, built.alfa, RIGHTS)
    url = f"/office/processors/agreements/{built.ids['agreement_id']}"
    assert browser.post(f"{url}/ending", {}).status_code == 303
    given = {"issued_on": "2026-01-05", "sub_processors": "yes"}
    for written, reason in (("ab", ""), ("cd", "Väärä tiedosto")):
        form = given | {"document": f"Todistus {written}", "sha256": written * 32, "reason": reason}
        answer = browser.post(f"{url}/certificate", form, files={"file": ("", b"")})
        assert answer.status_code == 303, answer.text
    shown = browser.get(url).text
    assert shown.index("Todistus cd") < shown.index("1 todistus on korvattu") < shown.index("Todistus ab")
    assert "Väärä tiedosto" in shown
