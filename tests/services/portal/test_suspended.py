"""While a group is suspended its portal says so, and where the controllers are."""

from collections.abc import Callable

from tenants.database import walled_session
from tenants.groups.model import SuspensionReason
from tenants.life import suspending
from tests.asking import Sister
from tests.make import MadeGroup
from tests.services.portal.conftest import Visitor


def suspend(group: MadeGroup) -> None:
    with walled_session(group.system()) as session:
        suspending.suspend(session, SuspensionReason.SECURITY)


def resume(group: MadeGroup) -> None:
    with walled_session(group.system()) as session:
        suspending.resume(session)


def test_the_portal_tells_in_the_readers_language_how_the_controller_is_reached(aino: Visitor, alfa: Sister) -> None:
    suspend(aino.group)
    for language, said in (
        ("fi", "suoraan rekisterinpitäjälle"),
        ("sv", "den personuppgiftsansvarige"),
        ("en", "the controller"),
    ):
        shown = aino.browser.get(f"{aino.url()}?language={language}")
        assert shown.status_code == 403
        assert said in shown.text
        assert "tietosuoja@alfa.example" in shown.text
        assert "Esimerkkikonserni" in shown.text


def test_a_request_is_not_taken_in_and_one_that_was_is_there_again_afterwards(aino: Visitor, alfa: Sister) -> None:
    aino.come_in(alfa)
    form = aino.get("requests", "new").text
    assert form
    suspend(aino.group)
    assert aino.send(alfa).status_code == 403
    assert aino.browser.get(aino.request_url()).status_code == 403
    resume(aino.group)
    assert aino.browser.get(aino.request_url()).status_code == 200


def test_the_portal_of_another_group_is_as_it_was(
    aino: Visitor, alfa: Sister, visit: Callable[..., Visitor], group: MadeGroup
) -> None:
    suspend(group)
    assert aino.get().status_code == 403
    assert aino.browser.get(f"/g/{group.slug}/keys.json").status_code == 200
