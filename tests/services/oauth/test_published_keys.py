"""A client that publishes its keys changes them without us; what stands at its address is believed within limits."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from joserfc.jwk import ECKey, Key
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import update

from tenants import settings
from tenants.clients import key_sets, registering
from tenants.clients.model import ClientKeySet, KeySetProblem, Method
from tenants.clients.refusals import KeysInOnePlace, NeedsKey, PublishesItsKeys
from tenants.companies import api_tokens
from tenants.database import walled_session
from tenants.errors import Invalid
from tenants.outside import NotHttps
from tests.receivers import Receiver, Says, receiving
from tests.services.oauth.wires import Program, new_key, public
from tests.tenants.processors.scene import Scene


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """This machine may be called, as nothing else in the tests could be."""
    with receiving() as running, pytest.MonkeyPatch.context() as patched:
        patched.setenv("SELOSTE_OUTGOING_LOOPBACK", "true")
        settings.current.cache_clear()
        yield running
    settings.current.cache_clear()


@pytest.fixture
def program(client: TestClient[Litestar], house: Scene, receiver: Receiver) -> Program:
    return published(client, house, receiver.origin + "/jwks", receiver)


def published(client: TestClient[Litestar], house: Scene, uri: str, receiver: Receiver) -> Program:
    key = new_key()
    receiver.asked.clear()
    receiver.answers = lambda asked: says(key)
    with walled_session(house.approver.acting(house.alfa)) as session:
        made = registering.register(session, house.pilvi, name="Itse", method=Method.PRIVATE_KEY_JWT, jwks_uri=uri)
    return Program(client, house.group.slug, made.client_id, key, new_key())


def says(*keys: Key, **other: Any) -> Says:
    return Says(200, {}, msgspec.json.encode({"keys": [one.as_dict(private=False) for one in keys], **other}))


def kept(house: Scene, program: Program) -> ClientKeySet:
    with walled_session(house.alfa.system()) as session:
        found = key_sets.of_client(session, program.client_id)
        assert found
        return found


def as_if_longer_ago(house: Scene, program: Program, passed: timedelta) -> None:
    with walled_session(house.alfa.system()) as session:
        row = kept(house, program)
        then = {"tried_at": row.tried_at - passed, "fetched_at": row.fetched_at and row.fetched_at - passed}
        session.execute(update(ClientKeySet).where(ClientKeySet.client_id == program.client_id).values(then))


def with_key(program: Program, key: ECKey) -> Program:
    return msgspec.structs.replace(program, key=key)


def test_its_keys_are_fetched_once_and_then_at_hand(program: Program, receiver: Receiver) -> None:
    for _ in range(3):
        assert program.bound().status_code == 200
    assert [asked.path for asked in receiver.asked] == ["/jwks"]


def test_it_changes_its_key_without_us(program: Program, house: Scene, receiver: Receiver) -> None:
    assert program.bound().status_code == 200
    later = with_key(program, new_key())
    receiver.answers = lambda asked: says(later.key)
    as_if_longer_ago(house, program, key_sets.AGAIN)
    assert later.bound().status_code == 200
    assert program.bound().status_code == 401


def test_a_key_that_is_not_there_is_looked_for_once_a_minute(
    program: Program, house: Scene, receiver: Receiver
) -> None:
    assert program.bound().status_code == 200
    for _ in range(3):
        assert with_key(program, new_key()).bound().status_code == 401
    assert len(receiver.asked) == 1
    as_if_longer_ago(house, program, key_sets.AGAIN)
    for _ in range(3):
        assert with_key(program, new_key()).bound().status_code == 401
    assert len(receiver.asked) == 2


def test_keys_that_cannot_be_had_anew_are_good_for_an_hour(program: Program, house: Scene, receiver: Receiver) -> None:
    assert program.bound().status_code == 200
    receiver.answers = lambda asked: Says(500)
    as_if_longer_ago(house, program, key_sets.FRESH)
    assert program.bound().status_code == 200
    assert kept(house, program).problem is KeySetProblem.NOT_FOUND
    as_if_longer_ago(house, program, key_sets.KEPT)
    assert program.bound().status_code == 401


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Says(404), KeySetProblem.NOT_FOUND),
        (Says(302, {"Location": "http://169.254.169.254/latest/meta-data/"}), KeySetProblem.REDIRECT),
        (Says(200, {}, b'{"keys": [' + b" " * 70_000 + b"]}"), KeySetProblem.TOO_LARGE),
        (Says(200, {}, b"<html>"), KeySetProblem.NOT_A_SET),
        (Says(200, {}, b'{"keys": {}}'), KeySetProblem.NOT_A_SET),
        (Says(200, {}, b"[" * 60_000), KeySetProblem.NOT_A_SET),
        (Says(200, {}, b'{"keys": []}'), KeySetProblem.NO_KEYS),
        (Says(200, {}, b'{"keys": [{"kty": "oct", "kid": "x"}]}'), KeySetProblem.NO_KEYS),
    ],
    ids=["404", "redirect", "huge", "page", "no-list", "deep", "empty", "other-kind"],
)
def test_what_is_no_set_of_keys_opens_nothing_and_is_told_to_the_company(
    program: Program, house: Scene, receiver: Receiver, answer: Says, problem: KeySetProblem
) -> None:
    receiver.answers = lambda asked: answer
    assert program.bound().status_code == 401
    assert (kept(house, program).problem, kept(house, program).fetched_at) == (problem, None)
    assert len(receiver.asked) == 1


def test_a_private_key_spoils_all_and_two_of_one_name_are_none(
    program: Program, house: Scene, receiver: Receiver
) -> None:
    shown = {"keys": [program.key.as_dict(private=True)]}
    receiver.answers = lambda asked: Says(200, {}, msgspec.json.encode(shown))
    assert program.bound().status_code == 401
    assert kept(house, program).problem is KeySetProblem.PRIVATE
    twins = [one.as_dict(private=False) | {"kid": "sama"} for one in (new_key(), new_key())]
    receiver.answers = lambda asked: Says(200, {}, msgspec.json.encode({"keys": twins}))
    as_if_longer_ago(house, program, key_sets.AGAIN)
    assert program.bound().status_code == 401
    assert kept(house, program).problem is KeySetProblem.NOT_A_SET


def test_a_key_for_something_else_is_passed_over(program: Program, receiver: Receiver) -> None:
    other = new_key().as_dict(private=False) | {"use": "enc"}
    keys = [other, program.key.as_dict(private=False)]
    receiver.answers = lambda asked: Says(200, {}, msgspec.json.encode({"keys": keys}))
    assert program.bound().status_code == 200


def test_another_clients_registered_key_is_not_taken_from_a_set(
    program: Program, house: Scene, receiver: Receiver
) -> None:
    theirs = new_key()
    with walled_session(house.approver.acting(house.alfa)) as session:
        registering.register(session, house.pilvi, name="Toinen", method=Method.PRIVATE_KEY_JWT, keys=[public(theirs)])
    receiver.answers = lambda asked: says(theirs)
    assert with_key(program, theirs).bound().status_code == 401
    assert kept(house, program).problem is KeySetProblem.NO_KEYS


def test_a_private_network_is_never_called(client: TestClient[Litestar], house: Scene, receiver: Receiver) -> None:
    """Said as a number it is refused when it is given; a name is found out when it is called."""
    with walled_session(house.approver.acting(house.alfa)) as session:
        for uri in ("https://10.0.0.1/jwks", "http://esimerkki.example/jwks", "https://169.254.169.254/", "x"):
            with pytest.raises(Invalid) as refused:
                registering.register(session, house.pilvi, name="x", method=Method.PRIVATE_KEY_JWT, jwks_uri=uri)
            assert refused.value.field == "jwks_uri"
    program = published(client, house, receiver.origin + "/jwks", receiver)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SELOSTE_OUTGOING_LOOPBACK", "false")
        settings.current.cache_clear()
        assert program.bound().status_code == 401
    settings.current.cache_clear()
    assert kept(house, program).problem is KeySetProblem.REFUSED_ADDRESS
    assert receiver.asked == []


def test_a_program_of_the_company_says_where_they_are_published_from_now_on(
    client: TestClient[Litestar], program: Program, house: Scene, receiver: Receiver
) -> None:
    assert program.bound().status_code == 200
    with walled_session(house.approver.acting(house.alfa)) as session:
        made = api_tokens.issue(session, label="Koe", days=1, company_id=house.alfa.company_id, purpose=None)
    moved = client.post(
        f"/api/v1/processors/clients/{program.client_id}/address",
        json={"jwks_uri": receiver.origin + "/muutettu"},
        headers={"Authorization": f"Bearer {made.token}"},
    )
    assert moved.status_code == 204
    assert program.bound().status_code == 200
    assert [asked.path for asked in receiver.asked] == ["/jwks", "/muutettu"]


def test_keys_stand_in_one_place(program: Program, house: Scene) -> None:
    with walled_session(house.approver.acting(house.alfa)) as session:
        with pytest.raises(PublishesItsKeys):
            registering.add_keys(session, program.client_id, [public(new_key())])
        given: dict[str, Any] = {"name": "x", "method": Method.PRIVATE_KEY_JWT}
        with pytest.raises(KeysInOnePlace):
            registering.register(
                session, house.pilvi, **given, keys=[public(new_key())], jwks_uri="https://pilvi.example/jwks"
            )
        with pytest.raises(NeedsKey):
            registering.register(session, house.pilvi, **given)
        with pytest.raises(NotHttps):
            registering.register(session, house.pilvi, **given, jwks_uri="http://pilvi.example/jwks")
