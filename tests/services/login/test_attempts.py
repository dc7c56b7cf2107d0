"""One attempt to sign in is finished once, by its own state, in its own browser."""

from uuid import UUID

import pytest

from infra.embedded.valkey import Valkey
from services.api.login import attempts, store
from services.api.login.attempts import Attempt, AttemptOver

GROUP = UUID("01900000-0000-7000-8000-000000000001")
PROVIDER = UUID("01900000-0000-7000-8000-000000000002")


@pytest.fixture
def begun(redis_server: Valkey) -> tuple[Attempt, str]:
    attempt, cookie = attempts.begin(GROUP, "ideafix", PROVIDER, "/office/cases")
    assert cookie.value
    return attempt, cookie.value


def test_an_attempt_is_finished_by_its_state(begun: tuple[Attempt, str]) -> None:
    attempt, token = begun
    assert attempts.finish(token, attempt.state) == attempt


def test_an_attempt_is_finished_once(begun: tuple[Attempt, str]) -> None:
    attempt, token = begun
    attempts.finish(token, attempt.state)
    with pytest.raises(AttemptOver):
        attempts.finish(token, attempt.state)


@pytest.mark.parametrize("state", ["", "x", "01900000000070008000000000000001.x"])
def test_another_state_finishes_nothing_and_uses_the_attempt_up(begun: tuple[Attempt, str], state: str) -> None:
    attempt, token = begun
    for given in (state, attempt.state):
        with pytest.raises(AttemptOver):
            attempts.finish(token, given)


def test_the_state_of_another_attempt_finishes_nothing(begun: tuple[Attempt, str]) -> None:
    other, _ = attempts.begin(GROUP, "ideafix", PROVIDER, "/office/cases")
    with pytest.raises(AttemptOver):
        attempts.finish(begun[1], other.state)


def test_an_attempt_does_not_wait_for_ever(begun: tuple[Attempt, str]) -> None:
    [key] = [
        key for key in store.connection().scan_iter("seloste:office:login:*") if store.digest(begun[1]) in str(key)
    ]
    assert 0 < int(store.connection().ttl(key)) <= 600


def test_no_two_attempts_share_a_secret(begun: tuple[Attempt, str]) -> None:
    other, _ = attempts.begin(GROUP, "ideafix", PROVIDER, "/office/cases")
    assert len({begun[0].state, begun[0].nonce, begun[0].verifier, other.state, other.nonce, other.verifier}) == 6
