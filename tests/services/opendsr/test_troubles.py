"""A processor that is slow, silent or broken, or leads elsewhere: it is shown, tried again, and never lost."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from services.api import dsr_traces
from services.outgoing import calling
from services.outgoing.calling import Limits
from tenants.database import walled_session
from tenants.languages.speaking import Language
from tenants.opendsr.authority import Signing
from tenants.opendsr.model import STANDARD, SentRequest, Wanted
from tenants.opendsr.wire import RequestStatus
from tests.receivers import Authority, Says, receiving
from tests.services.browsing import Browser
from tests.services.opendsr.asking import RIGHTS, Kept
from tests.services.opendsr.processors import Other, ask, register, run, sent

METADATA = "http://169.254.169.254/latest/meta-data/"


@pytest.fixture
def office(house: Kept, open_browser: Callable[[], Browser]) -> Browser:
    browser = open_browser()
    browser.sit_down(house.scene.approver, house.scene.alfa, RIGHTS)
    return browser


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """We wait for nobody for long; whoever keeps us waiting is let go at the end."""
    monkeypatch.setattr(calling, "Limits", partial(Limits, silence=0.2, total=0.6))
    over = threading.Event()
    yield over
    over.set()


def silence(over: threading.Event) -> Says:
    def slowly(write: Callable[[bytes], object]) -> None:
        over.wait(20)

    return Says(slowly=slowly)


def drip(over: threading.Event) -> Says:
    def slowly(write: Callable[[bytes], object]) -> None:
        while not over.wait(0.05):
            write(b" ")

    return Says(slowly=slowly)


TROUBLES: dict[str, tuple[Callable[[threading.Event], Says], str]] = {
    "silent": (silence, "timed_out"),
    "slow": (drip, "timed_out"),
    "broken": (lambda over: Says(500), "later"),
    "overlong": (lambda over: Says(200, {}, b" " * 100_000), "too_large"),
    "elsewhere": (lambda over: Says(302, {"Location": METADATA}), "redirect"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_it_is_shown_in_the_office_and_made_good_by_the_next_attempt(
    house: Kept,
    there: Other,
    endpoint_id: UUID,
    person: UUID,
    *,
    office: Browser,
    hurried: threading.Event,
    trouble: str,
) -> None:
    says, outcome = TROUBLES[trouble]
    there.to_request = lambda asked: says(hurried)
    sent_id = ask(house, endpoint_id, person)
    run(house)
    assert house.trace(sent_id) == [("asked", outcome)]
    assert dsr_traces.outcome(Language.FI, outcome) in office.get(f"/office/opendsr/sent/{sent_id}").text
    first = there.last()["subject_request_id"]
    hurried.set()
    there.to_request = there.taken
    run(house, "opendsr.ask")
    assert sent(house, sent_id).status is RequestStatus.PENDING
    assert there.last()["subject_request_id"] == first


@pytest.mark.parametrize("trouble", ["silent", "broken", "elsewhere"])
def test_a_discovery_that_comes_to_nothing_names_nobody_and_is_made_anew(
    house: Kept,
    there: Other,
    endpoint_id: UUID,
    person: UUID,
    *,
    office: Browser,
    hurried: threading.Event,
    trouble: str,
) -> None:
    says, _ = TROUBLES[trouble]
    good, there.receiver.answers = there.receiver.answers, lambda asked: says(hurried)
    sent_id = ask(house, endpoint_id, person)
    run(house)
    assert there.requests() == []
    [(step, outcome)] = set(house.trace(sent_id))
    assert dsr_traces.outcome(Language.FI, outcome) in office.get(f"/office/opendsr/sent/{sent_id}").text
    hurried.set()
    there.receiver.answers = good
    run(house, "opendsr.ask")
    assert (step, sent(house, sent_id).status) == ("asked", RequestStatus.PENDING)


def test_who_shows_a_certificate_of_their_own_making_is_told_nothing(
    house: Kept, theirs: Signing, root: Signing, person: UUID, *, office: Browser, tmp_path: Path
) -> None:
    with receiving(context=Authority(tmp_path).context("localhost", self_signed=True)) as receiver:
        there = Other(receiver, theirs)
        endpoint_id = register(house, there, root, base_url=f"https://localhost:{receiver.port}/v2")
        sent_id = ask(house, endpoint_id, person)
        run(house)
        assert receiver.asked == []
    assert house.trace(endpoint_id)[-1] == ("discovered", "tls")
    assert house.trace(sent_id) == [("asked", "tls")]
    assert sent(house, sent_id).ended_at is None
    assert dsr_traces.outcome(Language.FI, "tls") in office.get(f"/office/opendsr/sent/{sent_id}").text


def test_what_is_called_back_a_second_time_and_too_late_stands_on_the_page(
    client: TestClient[Litestar], house: Kept, there: Other, endpoint_id: UUID, person: UUID, *, office: Browser
) -> None:
    sent_id = ask(house, endpoint_id, person)
    run(house)
    early = there.callback("in_progress")
    answers = [there.call_back(client, one) for one in (early, early, there.callback("completed"), early)]
    assert [one.status_code for one in answers] == [202, 202, 202, 400]
    called_back = [outcome for step, outcome in house.trace(sent_id) if step == "called_back"]
    assert called_back == ["in_progress", "told_before", "completed", "stale"]
    page = office.get(f"/office/opendsr/sent/{sent_id}").text
    assert all(dsr_traces.outcome(Language.FI, one) in page for one in called_back)


def test_every_right_is_asked_for_where_the_processor_is_a_sister_company(
    house: Kept, there: Other, root: Signing, person: UUID
) -> None:
    """Beta processes for Alfa; as a controller of its own it learns nothing of Alfa's requests from us."""
    beta, ours = house.scene.beta, tuple(one for one in Wanted if one not in STANDARD)
    endpoint_id = register(house, there, root, sister=beta.company_id, declares=ours)
    for wanted in Wanted:
        sent_id = ask(house, endpoint_id, person, wanted)
        run(house)
        said, standard = there.last(), wanted in STANDARD
        assert said["subject_request_type"] == (str(wanted) if standard else "access")
        assert said.get("extensions") == (None if standard else {"testserver.example": {"right": str(wanted)}})
        assert sent(house, sent_id).status is RequestStatus.PENDING
    with walled_session(beta.system(RIGHTS)) as session:
        assert session.scalars(select(SentRequest.sent_id)).all() == []
