"""Who is asking: codes, what guessing brings, and the session that follows."""

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from sqlalchemy import func, select, text, update

from tenants.acting import subject
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.database import walled_session
from tenants.requests import ending, limits, verification
from tenants.requests.limits import TooMany
from tenants.requests.model import RateCount, Request, RequestState, Verification
from tenants.requests.subjects import NoSuchRequest
from tenants.requests.verification import Right, Sent, Unusable, Wrong
from tests import make
from tests.asking import Asked, Sister
from tests.queue import bring_due, run_jobs


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def aged(asked: Asked, by: timedelta) -> None:
    """As if everything that this request waits for had happened earlier."""
    with walled_session(asked.group.system()) as session:
        session.execute(
            update(Verification).values(
                sent_at=Verification.sent_at - by,
                expires_at=Verification.expires_at - by,
                session_expires_at=Verification.session_expires_at - by,
            )
        )


def ask_again(asked: Asked, client: str = "192.0.2.1") -> Sent | TooMany:
    with walled_session(asked.subject()) as session:
        return verification.ask_again(session, client=client)


def is_open(asked: Asked, secret: str) -> bool:
    with walled_session(asked.subject()) as session:
        return verification.is_open(session, secret)


def test_a_wrong_code_opens_nothing_and_five_of_them_end_it(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    code = asked.code()
    assert [asked.verify(other_than(code)) for _ in range(5)] == [Wrong(4), Wrong(3), Wrong(2), Wrong(1), Wrong(0)]
    assert asked.verify(code) == Unusable()


def test_twenty_guesses_at_once_are_still_five(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    wrong = other_than(asked.code())
    with ThreadPoolExecutor(8) as guessers:
        outcomes = list(guessers.map(lambda _: asked.verify(wrong), range(20)))
    assert sum(isinstance(outcome, Wrong) for outcome in outcomes) == 5


def test_a_code_works_once(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    code = asked.code()
    assert isinstance(asked.verify(code), Right)
    assert asked.verify(code) == Unusable()


def test_a_code_works_with_the_spaces_and_dashes_that_people_type(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    code = asked.code()
    assert isinstance(asked.verify(f" {code[:4]} – {code[4:]}\n"), Right)


@pytest.mark.parametrize("nonsense", ["", "٣٤٥٦٧٨٩٠", "' OR 1=1 --", "0" * 100_000, "\x00", "🙂" * 8])
def test_nonsense_is_a_wrong_code_and_nothing_else(alfa: Sister, ask: Callable[..., Asked], nonsense: str) -> None:
    assert isinstance(ask(alfa).verify(nonsense or "-"), Wrong)


def test_a_code_is_worthless_after_ten_minutes(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    code = asked.code()
    aged(asked, timedelta(minutes=10, seconds=1))
    assert asked.verify(code) == Unusable()


def test_a_new_code_makes_the_older_one_worthless(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    first = asked.code()
    assert ask_again(asked) == Sent()
    second = asked.code()
    assert first != second
    assert isinstance(asked.verify(first), Wrong)
    assert isinstance(asked.verify(second), Right)


def test_the_code_of_one_request_does_not_open_another(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    mine = asked.code()
    other = ask(alfa)
    assert isinstance(other.verify(mine), Wrong)


def test_there_is_nothing_to_verify_at_another_group(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    stranger = subject(make.group().group_id, asked.request_id)
    with walled_session(stranger) as session, pytest.raises(NoSuchRequest):
        verification.check_code(session, asked.code(), client="192.0.2.1")


def test_neither_the_code_nor_the_address_lies_in_the_database(
    alfa: Sister, ask: Callable[..., Asked], address: str
) -> None:
    asked = ask(alfa)
    code = asked.code()
    with walled_session(asked.group.system()) as session:
        for table in ("requests", "verifications", "letters", "queued_jobs", "audit_entries", "rate_counts"):
            for row in session.scalars(text(f"SELECT t::text FROM {table} t")):
                assert address not in row
                assert address.encode().hex() not in row
                assert code not in row
                assert code.encode().hex() not in row


def test_a_letter_is_destroyed_once_it_is_sent(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    asked.letters()
    with walled_session(asked.group.system()) as session:
        kept = session.execute(text("SELECT sealed_content, sent_at IS NOT NULL FROM letters")).all()
    assert kept == [(None, True)]


def test_the_page_stays_open_for_half_an_hour(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    right = asked.verify()
    assert isinstance(right, Right)
    assert is_open(asked, right.secret)
    assert not is_open(asked, right.secret + "x")
    assert not is_open(asked, "")
    aged(asked, timedelta(minutes=30, seconds=1))
    assert not is_open(asked, right.secret)


def test_the_page_of_one_request_is_not_that_of_another(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    right = asked.verify()
    other = ask(alfa)
    other.verify()
    assert isinstance(right, Right)
    assert not is_open(other, right.secret)


def test_a_closed_page_is_closed_everywhere(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    first = asked.verify()
    ask_again(asked)
    second = asked.verify()
    assert isinstance(first, Right)
    assert isinstance(second, Right)
    assert is_open(asked, first.secret)
    assert is_open(asked, second.secret)
    with walled_session(asked.subject()) as session:
        verification.close_sessions(session)
    assert not is_open(asked, first.secret)
    assert not is_open(asked, second.secret)


def test_a_later_visit_needs_a_new_code_and_sets_nobody_to_work_again(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    with walled_session(asked.group.system()) as session:
        before = session.scalars(select(Request.verified_at)).one()
    ask_again(asked)
    assert isinstance(asked.verify(), Right)
    assert "requests.open_cases" not in run_jobs(asked.group)
    with walled_session(asked.group.system()) as session:
        assert session.scalars(select(Request.verified_at)).one() == before


def test_five_codes_an_hour_go_to_an_address_however_they_are_asked_for(
    alfa: Sister, ask: Callable[..., Asked], address: str
) -> None:
    first = ask(alfa, client="192.0.2.1")
    for number in range(3):
        assert ask_again(first, client=f"192.0.2.{number + 10}") == Sent()
    last = ask(alfa, email=address.upper(), client="192.0.2.77")
    assert isinstance(ask_again(last, client="192.0.2.78"), TooMany)
    assert len(first.letters()) == 5


def test_a_client_that_tries_too_often_must_wait(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    with walled_session(asked.subject()) as session:
        for _ in range(limits.ATTEMPTS_OF_CLIENT.most):
            limits.count(session, (limits.ATTEMPTS_OF_CLIENT, "192.0.2.1"))
    outcome = asked.verify()
    assert isinstance(outcome, TooMany)
    assert timedelta(0) < outcome.retry_after <= limits.ATTEMPTS_OF_CLIENT.window


def test_a_limit_counts_anew_in_the_next_window(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    for _ in range(5):
        ask_again(asked)
    assert isinstance(ask_again(asked), TooMany)
    with walled_session(asked.group.system()) as session:
        session.execute(update(RateCount).values(window_start=RateCount.window_start - timedelta(days=1)))
    assert ask_again(asked) == Sent()


def test_counts_of_long_ago_are_forgotten(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    with walled_session(asked.group.system()) as session:
        session.execute(update(RateCount).values(window_start=datetime.now(UTC) - timedelta(days=3)))
        limits.forget_old(session)
        assert session.scalar(select(func.count()).select_from(RateCount)) == 0


def test_what_was_counted_stays_counted_when_the_code_was_wrong(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    asked.verify(other_than(asked.code()))
    with walled_session(asked.group.system()) as session:
        assert session.scalars(select(Verification.attempts)).one() == 1
        actions = session.scalars(select(AuditEntry.action)).all()
    assert "code.wrong" in actions


def test_who_never_answers_is_reminded_and_then_told_that_the_request_lapsed(
    alfa: Sister, ask: Callable[..., Asked]
) -> None:
    asked = ask(alfa)
    asked.letters()
    assert bring_due(asked.group, ending.RemindOfCode.name) == 1
    run_jobs(asked.group)
    assert "vahvistusta" in asked.letters()[0].subject
    bring_due(asked.group, ending.LapseRequest.name)
    run_jobs(asked.group)
    letter = asked.letters()[0]
    assert "rauennut" in letter.subject
    assert "Tietosuojavaltuutetun toimisto" in letter.text
    with walled_session(asked.group.system()) as session:
        request = session.scalars(select(Request)).one()
        assert (request.state, request.sealed_asker, request.sealed_words) == (RequestState.LAPSED, None, None)


def test_who_was_verified_is_neither_reminded_nor_lapses(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    letters = len(asked.letters())
    bring_due(asked.group, ending.RemindOfCode.name)
    bring_due(asked.group, ending.LapseRequest.name)
    run_jobs(asked.group)
    assert len(asked.letters()) == letters
    with walled_session(asked.group.system()) as session:
        assert session.scalars(select(Request.state)).one() is RequestState.VERIFIED


def test_a_lapsed_request_gets_no_new_code(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    bring_due(asked.group, ending.LapseRequest.name)
    run_jobs(asked.group)
    with pytest.raises(verification.RequestLapsed):
        ask_again(asked)


@pytest.mark.parametrize("module", [verification, limits])
def test_no_setting_switches_verification_off(module: ModuleType) -> None:
    """Nothing in these modules can see a setting, so none can weaken them."""
    assert "settings" not in inspect.getsource(module)


def test_an_unknown_request_is_not_there(alfa: Sister) -> None:
    stranger = subject(alfa.company.group.group_id, new_id())
    with walled_session(stranger) as session, pytest.raises(NoSuchRequest):
        verification.ask_again(session, client="192.0.2.1")
