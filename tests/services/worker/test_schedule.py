"""Periodic work: one row for each group or company and period, whoever asks and however often."""

import threading
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import select

from services.worker import handling, main, schedule
from services.worker.schedule import Every, fill, start_of_period
from tenants.database import walled_session
from tenants.jobs.model import Job, QueuedJob
from tests import make
from tests.make import MadeGroup
from tests.waiting import until

NOON = datetime(2026, 4, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Sweep(Job, frozen=True):
    name: ClassVar[str] = "test.sweep"


class SweepCompany(Job, frozen=True):
    name: ClassVar[str] = "test.sweep_company"


TABLE = (Every(HOUR, Sweep()), Every(timedelta(days=1), SweepCompany(), for_each_company=True))


@pytest.fixture
def group(database: object) -> MadeGroup:
    return make.group()


def rows(group: MadeGroup, name: str) -> list[QueuedJob]:
    with walled_session(group.system()) as session:
        wanted = select(QueuedJob).where(QueuedJob.name == name)
        return list(session.scalars(wanted.order_by(QueuedJob.due_at, QueuedJob.company_id)))


def test_a_period_is_filled_once_however_often_it_is_filled(group: MadeGroup) -> None:
    for minutes in (0, 1, 59):
        fill(TABLE, NOON + timedelta(minutes=minutes))
    assert len(rows(group, Sweep.name)) == 1
    fill(TABLE, NOON + HOUR)
    assert len(rows(group, Sweep.name)) == 2


def test_two_schedulers_at_once_do_not_double_the_work(group: MadeGroup) -> None:
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        fill(TABLE, NOON)

    schedulers = [threading.Thread(target=work) for _ in range(2)]
    for thread in schedulers:
        thread.start()
    for thread in schedulers:
        thread.join(60)
    assert len(rows(group, Sweep.name)) == 1


def test_each_company_gets_its_own_row_and_a_group_without_any_gets_none(group: MadeGroup) -> None:
    companies: list[UUID] = [make.company(group, key).company_id for key in ("alfa", "beta")]
    empty = make.group()
    fill(TABLE, NOON)
    assert [row.company_id for row in rows(group, SweepCompany.name)] == sorted(companies)
    assert rows(empty, SweepCompany.name) == []


def test_groups_do_not_all_come_at_the_same_second(group: MadeGroup) -> None:
    others = [group, *(make.group() for _ in range(5))]
    fill(TABLE, NOON)
    due = {rows(one, Sweep.name)[0].due_at for one in others}
    assert len(due) > 1
    assert all(NOON <= moment < NOON + timedelta(minutes=10) for moment in due)


def test_periods_begin_at_round_moments() -> None:
    assert start_of_period(Every(HOUR, Sweep()), NOON + timedelta(minutes=59)) == NOON
    assert start_of_period(Every(timedelta(days=1), Sweep()), NOON) == NOON - 12 * HOUR


def test_the_scheduler_fills_the_present_period_when_it_starts_and_ends_when_told(group: MadeGroup) -> None:
    stopping = threading.Event()
    scheduler = threading.Thread(target=schedule.run, args=(stopping, TABLE))
    scheduler.start()
    until(lambda: rows(group, Sweep.name), 20)
    stopping.set()
    scheduler.join(10)
    assert not scheduler.is_alive()


def test_every_periodic_job_has_an_actor() -> None:
    assert main.AREAS
    assert [line.job.name for line in schedule.PERIODIC if line.job.name not in handling.HANDLERS] == []


def test_every_kind_of_job_has_an_actor() -> None:
    assert main.AREAS
    kinds = {kind.name: kind.__module__ for kind in all_kinds(Job) if kind.__module__.startswith("tenants.")}
    assert {name: module for name, module in kinds.items() if name not in handling.HANDLERS} == {}


def all_kinds(kind: type[Job]) -> set[type[Job]]:
    return {known for below in kind.__subclasses__() for known in (below, *all_kinds(below))}
