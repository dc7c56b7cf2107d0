"""What a token takes at the endpoint, and where the time goes: signatures, the proof, the database, the rest."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from litestar import Litestar
from litestar.testing import TestClient

from services.api.app import create_app
from services.api.oauth import addresses, assertions, proofs, signed
from tenants import database, settings
from tenants.clients.failing import TOKENS
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack
from tests.round_trips import round_trips
from tests.services.oauth import wires
from tests.services.oauth.wires import Program
from tests.tenants.feeds import scene as feeds

ASKED, WARMING = 3_000, 20
EACH = TOKENS.most - WARMING


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    """In this process and without a network between, so that nothing but the endpoint is in the figure."""
    made = feeds.scene()
    made.approved("customers")
    with TestClient(create_app(), base_url=settings.current().base_url) as client:
        counted, *programs = [
            wires.program(client, made.house) for _ in range(1 + max(1, round(ASKED * scale) // EACH))
        ]
        for one in (counted, *programs):
            _ask(one, WARMING)
        trips = round_trips(lambda: _ask(counted, WARMING))
        empty = _empty(client)
        waited, in_database = _database(lambda: sum(_ask(one, EACH) for one in programs))
    count = EACH * len(programs)
    whole = waited / count
    signature, proof, waits = _signature(programs[0]), _proof(programs[0]), in_database / count
    yield Figure(
        name=f"a token at the endpoint ({count})",
        value=whole,
        unit="ms",
        floor=signature,
        floor_is="ms: the signature of the assertion alone",
        aim="signature checks dominate",
    )
    yield Figure(name="... the signature and claims of the assertion", value=signature, unit="ms")
    yield Figure(name="... the proof of possession (DPoP)", value=proof, unit="ms")
    yield Figure(name="... the database, with what waits for it", value=waits, unit="ms")
    yield Figure(name="... an empty request: the test's client, the layers of the application", value=empty, unit="ms")
    yield Figure(
        name="... the rest: Authlib, nonces, limits, what is read and written",
        value=whole - signature - proof - waits - empty,
        unit="ms",
    )
    yield Figure(name="... round trips to the database", value=trips / WARMING, unit="times")


def _ask(program: Program, times: int) -> float:
    """Milliseconds altogether; what the client itself signs is signed before."""
    url, nonce = addresses.external(program.url), program.nonce()
    ready = [(program.assertion(), program.proof(url, nonce=nonce)) for _ in range(times)]
    began = time.perf_counter()
    for assertion, proof in ready:
        assert program.ask(assertion, headers={"DPoP": proof}).status_code == 200
    return (time.perf_counter() - began) * 1000


def _signature(program: Program) -> float:
    given = [program.assertion() for _ in range(EACH)]
    key = wires.public(program.key).jwk

    def check(compact: str) -> None:
        signed.verified(signed.read(compact, of="x"), key, assertions.AssertionClaims, of="x")

    return _each(check, given)


def _proof(program: Program) -> float:
    url = addresses.external(program.url)
    given = [program.proof(url) for _ in range(EACH)]
    return _each(lambda compact: proofs.read([compact], method="POST", url=url), given)


def _each(check: Callable[[str], object], given: list[str]) -> float:
    began = time.perf_counter()
    for one in given:
        check(one)
    return (time.perf_counter() - began) * 1000 / len(given)


def _database(does: Callable[[], float]) -> tuple[float, float]:
    """How long it took, and how much of that was spent on connections: both in milliseconds."""
    with _waiting() as spent:
        return does(), sum(spent) * 1000


def _empty(client: TestClient[Litestar]) -> float:
    """What every request takes here: the client of the test, and the layers of the application."""
    began = time.perf_counter()
    for _ in range(EACH):
        assert client.get("/health/live").status_code == 200
    return (time.perf_counter() - began) * 1000 / EACH


@contextmanager
def _waiting() -> Iterator[list[float]]:
    """Each round trip: the driver's own, and those that set who acts, which go past it."""
    spent: list[float] = []

    def timed(asking: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*given: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return asking(*given, **options)
            finally:
                spent.append(time.perf_counter() - began)

        return ask

    with (
        patch.object(psycopg.Connection, "wait", timed(psycopg.Connection.wait)),
        patch.object(database, "_set_context", timed(database._set_context)),
    ):
        yield spent
