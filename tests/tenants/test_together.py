"""What is written together at the commit is there if the transaction is, whatever its savepoints took back."""

from uuid import UUID

import pytest
from sqlalchemy.exc import ProgrammingError

from tenants.audit import trail
from tenants.base import new_id
from tenants.database import open_session, walled_session
from tests import make
from tests.faults.kinds import times
from tests.make import MadeGroup

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def group() -> MadeGroup:
    return make.group()


@pytest.fixture
def note() -> UUID:
    return new_id()


def test_what_a_savepoint_takes_back_is_what_was_said_within_it(group: MadeGroup, note: UUID) -> None:
    within = new_id()
    with walled_session(group.system()) as session:
        trail.record(session, "test.remembered", about="test", ids=[note])
        savepoint = session.begin_nested()
        trail.record(session, "test.remembered", about="test", ids=[within])
        savepoint.rollback()
    assert (times(group, note), times(group, within)) == (1, 0)


def test_what_is_older_than_a_savepoint_is_not_written_at_the_end_of_one_within_it(
    group: MadeGroup, note: UUID
) -> None:
    with walled_session(group.system()) as session:
        trail.record(session, "test.remembered", about="test", ids=[note])
        savepoint = session.begin_nested()
        session.begin_nested().commit()
        savepoint.rollback()
    assert times(group, note) == 1


def test_a_row_that_no_policy_lets_in_takes_all_others_with_it(group: MadeGroup, note: UUID) -> None:
    alfa, beta = make.company(group, "alfa"), make.company(group, "beta")
    staff = make.staff(group)
    with open_session(staff.acting(alfa)) as session:
        for company in (alfa, beta):
            trail.record(session, "test.remembered", about="test", ids=[note], company_id=company.company_id)
        with pytest.raises(ProgrammingError, match="row-level security"):
            session.commit()
    assert times(group, note) == 0
