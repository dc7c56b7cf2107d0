"""Whatever is wrong with what comes, or with who is called: the recipient's people and the company read of it in words.

What of it is refused, and how, is tested where it is refused; here it is only looked for afterwards.
"""

import threading
from collections.abc import Callable, Iterator
from enum import StrEnum

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from services.api import wording
from services.api.office import feeds_told
from services.outgoing.calling import Limits
from services.worker import webhooks
from tenants.clients.model import FailureReason
from tenants.languages.speaking import Language
from tenants.outside import Unreached
from tests.queue import run_jobs
from tests.receivers import Asked, Authority, Says, receiving
from tests.services.browsing import Browser, Page
from tests.services.console.people import Person
from tests.services.console.test_looking_after import feed_id
from tests.services.oauth import test_refusals_told as refused
from tests.services.oauth import wires
from tests.services.oauth.wires import Program, public
from tests.tenants.feeds.scene import Scene
from tests.tenants.webhooks.scene import Scene as Listening

FEED = "alfa.customers"
IMDS = "http://169.254.169.254/latest/meta-data/"


@pytest.fixture(scope="module")
def ulla(somebody: Callable[[], Person]) -> Person:
    return somebody().come_in()


@pytest.fixture(scope="module")
def staff(client: TestClient[Litestar], feeding: Scene) -> Browser:
    browser = Browser(client)
    browser.sit_down(feeding.house.approver, feeding.house.alfa)
    return browser


@pytest.fixture
def program(client: TestClient[Litestar], feeding: Scene) -> Program:
    return wires.program(client, feeding.house)


def seen(ulla: Person, staff: Browser, feeding: Scene) -> tuple[str, str]:
    """In the console, and in the office."""
    feed = feed_id(feeding, "customers")
    return Page(ulla.get("feeds", feed)).words, Page(staff.get(f"{feeds_told.url_of(feed)}?language=fi")).words


def key_of_another(of: Program) -> None:
    """Registered, and not for this client."""
    other = wires.new_key()
    of.bound(of.assertion({"kid": public(other).kid}, key=other))


def other_epoch(of: Program) -> None:
    of.fetch(of.token(), feed=FEED, cursor=refused.of_another_feed(7))


BAD: dict[str, tuple[FailureReason, Callable[[Program], object]]] = {
    "wrong audience": (FailureReason.AUDIENCE, refused.WRONG[FailureReason.AUDIENCE][0]),
    "algorithm none": (FailureReason.ALGORITHM, refused.alg_none),
    "foreign key id": (FailureReason.UNKNOWN_KEY, key_of_another),
    "reused jti": (FailureReason.REUSED_ASSERTION, refused.same_assertion_twice),
    "stolen proof at the token endpoint": (FailureReason.REUSED_PROOF, refused.stolen_proof),
    "stolen proof at the feed": (FailureReason.REUSED_PROOF, refused.stolen_proof_at_a_feed),
    "stolen token": (FailureReason.OTHER_KEY, refused.stolen_token),
    "cursor of another feed or epoch": (FailureReason.OTHER_CURSOR, other_epoch),
    "scope wider than the agreement": (FailureReason.WIDER_SCOPE, refused.WRONG[FailureReason.WIDER_SCOPE][1]),
}


@pytest.mark.parametrize("name", BAD)
def test_what_was_refused_is_read_in_the_console_and_in_the_office(
    ulla: Person, staff: Browser, feeding: Scene, program: Program, name: str
) -> None:
    reason, does = BAD[name]
    does(program)
    assert refused.told(feeding.house, program) == [reason]
    for words in seen(ulla, staff, feeding):
        assert said(reason) in words


def said(word: StrEnum) -> str:
    return str(wording.said(Language.FI, word))


@pytest.fixture
def answering() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def pinged(feeding: Scene, url: str) -> None:
    listening = Listening(feeding)
    issued = listening.register(url)
    listening.ping(issued.endpoint_id)
    run_jobs(feeding.house.group, only="webhooks.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Says(500), "500"),
        (Says(302, {"Location": IMDS}), said(Unreached.REDIRECT)),
    ],
    ids=["with 500s", "with a redirect to 169.254.169.254"],
)
def test_a_receiver_that_answers_badly_is_read_of_in_both(
    ulla: Person, staff: Browser, feeding: Scene, answer: Says, words: str
) -> None:
    with receiving(lambda asked: answer) as there:
        pinged(feeding, there.origin)
        for page in seen(ulla, staff, feeding):
            assert f"{there.origin} " in page
            assert words in page.partition(f"{there.origin} ")[2][:400]


def test_so_is_one_that_never_answers(
    ulla: Person, staff: Browser, feeding: Scene, answering: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LIMITS", Limits(connect=5, silence=0.2, total=0.2, most=1024))

    def hang(asked: Asked) -> Says:
        answering.wait()
        return Says(204)

    with receiving(hang) as there:
        pinged(feeding, there.origin)
        answering.set()
        for page in seen(ulla, staff, feeding):
            assert said(Unreached.TIMED_OUT) in page.partition(f"{there.origin} ")[2][:400]


def test_so_is_one_whose_certificate_it_signed_itself(
    ulla: Person, staff: Browser, feeding: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with receiving(context=authority.context("127.0.0.1", self_signed=True)) as there:
        pinged(feeding, there.origin)
        for page in seen(ulla, staff, feeding):
            assert said(Unreached.TLS) in page.partition(f"{there.origin} ")[2][:400]
