"""One connection of the pool serves one group after another; nothing of the former stays."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from tenants.acting import DatabaseRole
from tenants.companies.model import Company
from tenants.database import engine, open_session, walled_session
from tests import make

pytestmark = pytest.mark.usefixtures("database")

SETTINGS = ("actor", "group_id", "company_id", "actor_id", "request_id", "purpose")


@pytest.fixture
def connections() -> Iterator[set[int]]:
    """The server processes that were asked."""
    seen: set[int] = set()

    def note(dbapi_connection: object, record: object, proxy: object) -> None:
        seen.add(dbapi_connection.info.backend_pid)  # type: ignore[attr-defined]

    pool = engine(DatabaseRole.APP)
    pool.dispose()
    event.listen(pool, "checkout", note)
    yield seen
    event.remove(pool, "checkout", note)


def companies_of(group: make.MadeGroup) -> list[str]:
    with walled_session(group.system()) as session:
        return list(session.scalars(select(Company.key)))


def test_two_groups_in_turn_over_the_same_connection(connections: set[int]) -> None:
    ours, theirs = make.group(), make.group()
    make.company(ours, "alfa")
    make.company(theirs, "beta")
    assert [companies_of(ours), companies_of(theirs), companies_of(ours)] == [["alfa"], ["beta"], ["alfa"]]
    assert len(connections) == 1


def what_is_left() -> list[str | None]:
    with engine(DatabaseRole.APP).connect() as connection:
        return [connection.scalar(text(f"SELECT current_setting('seloste.{name}', true)")) for name in SETTINGS]


def test_nothing_is_left_after_a_commit(connections: set[int]) -> None:
    companies_of(make.group())
    assert set(what_is_left()) <= {"", None}
    assert len(connections) == 1


def test_nothing_is_left_after_an_error(connections: set[int]) -> None:
    group = make.group()
    with pytest.raises(DBAPIError), walled_session(group.system()) as session:
        session.execute(text("SELECT 1 / 0"))
    assert set(what_is_left()) <= {"", None}
    assert len(connections) == 1


def test_nothing_is_left_after_a_cancelled_statement(connections: set[int]) -> None:
    group = make.group()
    slow = text("SELECT set_config('statement_timeout', '20ms', true)"), text("SELECT pg_sleep(5)")
    with pytest.raises(DBAPIError, match="timeout"), walled_session(group.system()) as session:
        [session.execute(statement) for statement in slow]
    assert set(what_is_left()) <= {"", None}
    assert len(connections) == 1


def test_nothing_is_seen_without_a_context(connections: set[int]) -> None:
    make.company(make.group())
    with engine(DatabaseRole.APP).connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM companies")) == 0


def test_a_second_transaction_of_a_session_is_inside_the_walls_too() -> None:
    ours = make.group()
    make.company(ours, "alfa")
    make.company(make.group(), "beta")
    with open_session(ours.system()) as session:
        assert session.scalars(select(Company.key)).all() == ["alfa"]
        session.commit()
        assert session.scalars(select(Company.key)).all() == ["alfa"]
        session.rollback()
        assert session.scalars(select(Company.key)).all() == ["alfa"]


def test_a_rolled_back_savepoint_keeps_the_walls() -> None:
    ours = make.group()
    make.company(ours, "alfa")
    with walled_session(ours.system()) as session:
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text("SELECT 1 / 0"))
        assert session.scalars(select(Company.key)).all() == ["alfa"]


def test_passwords_and_parameters_stay_out_of_errors() -> None:
    with pytest.raises(DBAPIError) as refused, walled_session(make.group().system()) as session:
        session.execute(text("SELECT 1 / 0, :secret"), {"secret": "010190-900X"})
    assert "010190-900X" not in str(refused.value)
    assert os.environ["SELOSTE_DATABASE_APP"] not in str(refused.value)
