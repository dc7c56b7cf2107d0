"""While a group is suspended its office is shut, for those who sat in it already too."""

from collections.abc import Callable

from litestar import Litestar
from litestar.testing import TestClient

from tenants.database import walled_session
from tenants.groups.model import SuspensionReason
from tenants.life import suspending
from tests.services.browsing import Browser
from tests.services.stage import RIGHTS, Seat, Stage


def suspend(built: Stage) -> None:
    with walled_session(built.group.system()) as session:
        suspending.suspend(session, SuspensionReason.NOT_PAID)


def test_whoever_sits_in_the_office_is_told_at_the_next_page(handler: Browser, built: Stage) -> None:
    assert handler.get("/office/cases").status_code == 200
    suspend(built)
    for language, said in (("fi", "Palvelu on keskeytetty"), ("sv", "avbruten"), ("en", "is suspended")):
        shown = handler.get(f"/office/cases?language={language}")
        assert (shown.status_code, said in shown.text) == (403, True)
    assert handler.get(f"/office/cases/{built.ids['case_id']}").status_code == 403


def test_a_new_session_opens_nothing_either(open_browser: Callable[[], Browser], built: Stage) -> None:
    suspend(built)
    colleague = open_browser()
    colleague.sit_down(built.admin, built.alfa, RIGHTS)
    assert colleague.get("/office/cases").status_code == 403


def test_a_program_gets_a_problem_in_its_language(client: TestClient[Litestar], built: Stage) -> None:
    token = built.token(Seat(built.admin, built.alfa, RIGHTS))
    suspend(built)
    answer = client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"].startswith("The service is suspended for this group")
