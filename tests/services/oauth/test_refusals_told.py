"""Whatever is refused in a client's name its company sees: the reason and the time, and nothing that was brought."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from services.api.oauth import addresses
from tenants.clients import failing, registering
from tenants.clients.model import FailureReason
from tenants.database import walled_session
from tenants.feeds import cursors
from tenants.feeds.cursors import Changes, Cursor
from tests.services.browsing import Browser, Page
from tests.services.oauth.conftest import SCOPE
from tests.services.oauth.wires import Program, ath, new_key, public, unsigned
from tests.tenants.processors.scene import Scene

HOUR = 3600
GRANT = {"grant_type": "client_credentials"}


def alg_none(of: Program) -> None:
    of.bound(unsigned({"alg": "none", "kid": public(of.key).kid}, of.claims()))


def same_assertion_twice(of: Program) -> None:
    used = of.assertion()
    of.bound(used)
    of.bound(used)


def stolen_proof(of: Program) -> None:
    proof = of.proof(addresses.external(of.url), nonce=of.nonce())
    of.bound(proof=proof)
    of.bound(proof=proof)


def stolen_proof_at_a_feed(of: Program) -> None:
    token = of.token()
    proof = of.proof(addresses.external(addresses.FEEDS), "GET", ath=ath(token))
    of.fetch(token, proof=proof)
    of.fetch(token, proof=proof)


def stolen_token(of: Program) -> None:
    token = of.token()
    of.fetch(token, proof=of.proof(addresses.external(addresses.FEEDS), "GET", key=new_key(), ath=ath(token)))


def of_another_feed(epoch: int) -> str:
    return cursors.written(Cursor(uuid4(), epoch, 1, 0, Changes()))


WRONG: dict[FailureReason, list[Callable[[Program], object]]] = {
    FailureReason.ALGORITHM: [alg_none],
    FailureReason.REUSED_ASSERTION: [same_assertion_twice],
    FailureReason.REUSED_PROOF: [stolen_proof, stolen_proof_at_a_feed],
    FailureReason.OTHER_KEY: [stolen_token],
    FailureReason.WITHOUT_KEY: [lambda of: of.fetch(of.token(), scheme="Bearer")],
    FailureReason.AUDIENCE: [lambda of: of.bound(of.assertion(aud="https://muu.example"))],
    FailureReason.UNKNOWN_KEY: [lambda of: of.bound(of.assertion({"kid": "vieras"}))],
    FailureReason.SIGNATURE: [lambda of: of.bound(of.assertion(key=new_key()))],
    FailureReason.TIMES: [lambda of: of.bound(of.assertion(exp=of.claims()["exp"] + HOUR))],  # type: ignore[operator]
    FailureReason.OTHER_NAMES: [lambda of: of.bound(of.assertion(iss="muu"))],
    FailureReason.MALFORMED: [lambda of: of.bound(of.assertion(jti=""))],
    FailureReason.OTHER_METHOD: [lambda of: of.client.post(of.url, data=GRANT, auth=(str(of.client_id), "x"))],
    FailureReason.PROOF: [
        lambda of: of.bound(proof=of.proof("https://muu.example/", nonce=of.nonce())),
        lambda of: of.fetch(of.token(), proof=of.proof(addresses.external(addresses.FEEDS), "GET", ath="muu")),
    ],
    FailureReason.WIDER_SCOPE: [
        lambda of: of.bound(scope="feed:alfa.muu"),
        lambda of: of.bound(scope=f"{SCOPE} feed:beta.customers"),
    ],
    FailureReason.OTHER_CURSOR: [
        lambda of: of.fetch(of.token(), feed="alfa.customers", cursor="ei-mikään"),
        lambda of: of.fetch(of.token(), feed="alfa.customers", method="HEAD", cursor=of_another_feed(1)),
        lambda of: of.fetch(of.token(), feed="alfa.customers", cursor=of_another_feed(1)),
    ],
}
CASES = [(reason, does) for reason, several in WRONG.items() for does in several]


def told(house: Scene, program: Program) -> list[FailureReason]:
    with walled_session(house.alfa.system()) as session:
        return [one.reason for one in failing.traces(session, [program.client_id])]


@pytest.mark.parametrize(
    ("reason", "does"), CASES, ids=[f"{reason.value}-{number}" for number, (reason, _) in enumerate(CASES)]
)
def test_each_refusal_is_told_with_its_reason(
    program: Program, house: Scene, reason: FailureReason, does: Callable[[Program], object]
) -> None:
    does(program)
    assert told(house, program) == [reason]


def test_every_reason_but_that_of_secrets_was_seen() -> None:
    assert {*WRONG, FailureReason.SECRET} == {*FailureReason}


def test_whoever_fails_on_purpose_fills_nothing(program: Program, house: Scene) -> None:
    with walled_session(house.alfa.system()) as session:
        client = registering.get(session, program.client_id)
        for _ in range(failing.MOST_TRACED + 3):
            failing.trace(session, client, FailureReason.PROOF)
        failing.trace(session, client, FailureReason.AUDIENCE)
    seen = told(house, program)
    assert (len(seen), seen[0]) == (failing.MOST_TRACED, FailureReason.AUDIENCE)


def test_a_sister_company_is_told_nothing(program: Program, house: Scene) -> None:
    program.bound(program.assertion(aud="https://muu.example"))
    with walled_session(house.approver.acting(house.beta)) as session:
        assert failing.traces(session, [program.client_id]) == []


def test_the_office_reads_them_on_the_page_of_the_clients(
    program: Program, house: Scene, open_browser: Callable[[], Browser]
) -> None:
    used = program.assertion(aud="https://muu.example")
    program.bound(used)
    alg_none(program)
    browser = open_browser()
    browser.sit_down(house.approver, house.alfa)
    browser.get("/office/processors?language=en")
    answer = browser.get(f"/office/processors/{house.pilvi}/clients")
    words = Page(answer).words
    assert "signed for somebody else than this service" in words
    assert "not signed at all" in words
    assert used.split(".")[2] not in answer.text
