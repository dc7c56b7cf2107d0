"""The system may go on for one of its companies within a transaction, and never the other way."""

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind, member, system
from tenants.base import new_id
from tenants.database import narrow, walled_session
from tenants.jobs import outbox
from tenants.jobs.model import QueuedJob
from tests import make

pytestmark = pytest.mark.usefixtures("database")


def test_the_narrowed_system_sees_its_company_and_no_other() -> None:
    group = make.group()
    alfa, beta = make.company(group, "alfa"), make.company(group, "beta")
    with walled_session(group.system()) as session:
        for company in (alfa, beta):
            outbox.enqueue(session, outbox.PruneQueue(), company_id=company.company_id)
    with walled_session(group.system()) as session:
        assert len(session.scalars(select(QueuedJob.company_id)).all()) == 2
        narrow(session, alfa.system())
        assert session.scalars(select(QueuedJob.company_id)).all() == [alfa.company_id]


def test_there_is_no_way_back_and_none_to_a_sister_company_or_another_group() -> None:
    group, other = make.group(), make.group()
    alfa, beta = make.company(group, "alfa"), make.company(group, "beta")
    with walled_session(group.system()) as session:
        with pytest.raises(RuntimeError):
            narrow(session, other.system())
        narrow(session, alfa.system(PurposeKind.STORAGE))
        for wider in (group.system(), beta.system(), alfa.system(PurposeKind.MARKETING)):
            with pytest.raises(RuntimeError):
                narrow(session, wider)


def test_a_member_is_not_the_system_and_the_system_becomes_no_member() -> None:
    group = make.group()
    alfa, staff = make.company(group, "alfa"), make.staff(group)
    with walled_session(staff.acting()) as session, pytest.raises(RuntimeError):
        narrow(session, staff.acting(alfa))
    with walled_session(system(group.group_id)) as session, pytest.raises(RuntimeError):
        narrow(session, member(group.group_id, new_id(), company_id=alfa.company_id))
