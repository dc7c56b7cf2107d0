"""What is taken away from a client in the instant in which it asks for a token: it is refused, or its token is found.

Two transactions at a time, in either order. Whoever comes second waits for the first at a lock, and is seen to wait.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from services.api.oauth import addresses
from tenants.acting import contact, system
from tenants.clients import authenticating, failing, registering, tokens
from tenants.clients.authenticating import ByKey, BySecret, Credential
from tenants.clients.model import FailureReason, Method
from tenants.contacts import keys, people
from tenants.contacts.model import Duty
from tenants.database import walled_session
from tenants.languages.speaking import Language
from tests import waiting
from tests.services.oauth import wires
from tests.services.oauth.wires import Program, public
from tests.tenants.processors.scene import Scene


class Place(Struct, frozen=True):
    """Who takes away, from whom."""

    house: Scene
    contact_id: UUID
    program: Program

    @property
    def kid(self) -> str:
        return public(self.program.key).kid

    @contextmanager
    def by_office(self) -> Iterator[Session]:
        with walled_session(self.house.approver.acting(self.house.alfa)) as session:
            yield session

    @contextmanager
    def by_contact(self) -> Iterator[Session]:
        with walled_session(contact(self.house.group.group_id, self.contact_id)) as session:
            yield session


@pytest.fixture(scope="module")
def contact_id(house: Scene) -> UUID:
    with walled_session(house.approver.acting(house.alfa)) as session:
        invited = people.invite(
            session, house.pilvi, email="ulla@pilvi.example", duty=Duty.SYSTEMS, language=Language.FI
        )
    with walled_session(house.group.system()) as session:
        people.accept(session, invited, people.new_invitation(session, people.get(session, invited)))
    return invited


@pytest.fixture
def place(house: Scene, contact_id: UUID, program: Program) -> Place:
    return Place(house, contact_id, program)


@contextmanager
def reported_lost(place: Place) -> Iterator[None]:
    with place.by_contact() as session:
        keys.report_lost(session, people.here(session), place.program.client_id, place.kid)
        yield


@contextmanager
def retired_by_a_contact(place: Place) -> Iterator[None]:
    with place.by_contact() as session:
        keys.retire(session, people.here(session), place.program.client_id, place.kid)
        yield


@contextmanager
def retired_by_the_office(place: Place) -> Iterator[None]:
    with place.by_office() as session:
        registering.retire_key(session, place.program.client_id, place.kid)
        yield


@contextmanager
def disabled(place: Place) -> Iterator[None]:
    with place.by_office() as session:
        registering.disable(session, place.program.client_id)
        yield


Taking = Callable[[Place], AbstractContextManager[None]]
TAKING = [reported_lost, retired_by_a_contact, retired_by_the_office, disabled]
ENDING = [reported_lost, disabled]


@pytest.mark.parametrize("taking", TAKING, ids=lambda one: one.__name__)
def test_a_token_that_is_asked_for_meanwhile_is_refused(place: Place, database: Postgres, taking: Taking) -> None:
    program = place.program
    nonce = program.nonce()
    proof = program.proof(addresses.external(program.url), nonce=nonce)
    with ThreadPoolExecutor(1) as pool:
        with taking(place):
            asking = pool.submit(program.ask, headers={"DPoP": proof})
            waiting.until(partial(waiting.somebody_waits, database))
        answer = asking.result()
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    with walled_session(place.house.alfa.system()) as session:
        assert [one.reason for one in failing.traces(session, [program.client_id])] == [FailureReason.UNKNOWN_KEY]


@pytest.mark.parametrize("taking", ENDING, ids=lambda one: one.__name__)
def test_a_token_that_was_being_written_is_found_and_opens_nothing(
    place: Place, database: Postgres, taking: Taking
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with walled_session(system(place.house.group.group_id)) as session:
            token = given(session, place.program.client_id, ByKey(place.kid))
            ending = pool.submit(all_of, taking, place)
            waiting.until(partial(waiting.somebody_waits, database))
        ending.result()
    answer = place.program.fetch(token, scheme="Bearer")
    assert (answer.status_code, "unknown, expired or revoked" in answer.headers["www-authenticate"]) == (401, True)


def test_of_a_secret_that_is_retired_meanwhile_the_same_holds(house: Scene, client: TestClient[Litestar]) -> None:
    client_id, secret = wires.with_secret(house)
    with walled_session(system(house.group.group_id)) as session:
        known = authenticating.find(session, client_id)
        assert known is not None
        shown = BySecret(registering.digest(secret))
        with walled_session(house.approver.acting(house.alfa)) as other:
            [kept] = registering.secrets_of(other, [known.client_id])
            registering.retire_secret(other, known.client_id, kept.secret_id)
        assert not authenticating.is_still_good(session, known, shown)


def test_of_keys_that_are_published_elsewhere_meanwhile_too(house: Scene, client: TestClient[Litestar]) -> None:
    with walled_session(house.approver.acting(house.alfa)) as session:
        made = registering.register(
            session,
            house.pilvi,
            name="Julkaisee",
            method=Method.PRIVATE_KEY_JWT,
            jwks_uri="https://avaimet.example/jwks",
        )
    with walled_session(system(house.group.group_id)) as session:
        known = authenticating.find(session, str(made.client_id))
        assert known is not None
        assert authenticating.is_still_good(session, known, ByKey("mikä vain"))
    with walled_session(house.approver.acting(house.alfa)) as session:
        registering.publish_at(session, made.client_id, "https://muualla.example/jwks")
    with walled_session(house.alfa.system()) as session:
        assert not authenticating.is_still_good(session, known, ByKey("mikä vain"))


def given(session: Session, client_id: UUID, shown: Credential) -> str:
    """As the endpoint does it, up to the commit."""
    known = authenticating.find(session, str(client_id))
    assert known is not None
    assert authenticating.is_still_good(session, known, shown)
    return tokens.issue(session, known, scopes=["feed:alfa.customers"], jkt=None)


def all_of(taking: Taking, place: Place) -> None:
    with taking(place):
        pass
