"""What a session sees is decided by who acts, in PostgreSQL."""

import pytest
from sqlalchemy import select, text, update

from infra.embedded.postgres import Postgres
from tenants.acting import visitor
from tenants.companies.model import Company
from tenants.database import walled_session
from tenants.groups.model import Group
from tests import make

pytestmark = pytest.mark.usefixtures("database")


def test_a_group_sees_itself_and_no_other() -> None:
    ours, theirs = make.group(), make.group()
    make.company(ours, "alfa")
    make.company(theirs, "beta")
    with walled_session(ours.system()) as session:
        assert session.scalars(select(Group.slug)).all() == [ours.slug]
        assert session.scalars(select(Company.key)).all() == ["alfa"]


def test_a_visitor_sees_no_person_and_may_not_even_ask(database: Postgres) -> None:
    group = make.group()
    with walled_session(visitor(group.group_id)) as session, pytest.raises(Exception, match="permission denied"):
        session.execute(text("SELECT * FROM persons"))


def test_a_row_that_is_locked_is_as_it_stands_then_and_not_as_it_was_read_before() -> None:
    ours = make.group()
    with walled_session(ours.system()) as session:
        read = session.scalars(select(Group)).one()
        with walled_session(ours.system()) as other:
            other.execute(update(Group).values(four_eyes=True))
        locked = session.scalars(select(Group).with_for_update()).one()
        assert (locked is read, read.four_eyes) == (True, True)
