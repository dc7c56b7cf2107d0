"""A group's key that is being made anew outlives the worker that does it."""

import signal
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from infra.embedded.postgres import Postgres
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.life import rotating
from tenants.life.model import KeyRotation
from tenants.life.rotating import RotateKeys
from tenants.registers import identifiers
from tenants.registers.model import Identifier
from tenants.vault.digests import IdentifierKind
from tenants.vault.model import GroupKey
from tests import make
from tests.faults import processes
from tests.faults.holding import held, somebody_waits
from tests.make import MadeGroup, MadeRegister
from tests.services.stage import customer
from tests.waiting import until

ADDRESSES = [f"a{number}@esimerkki.example" for number in range(20)]


def test_a_key_that_is_made_anew_by_a_worker_that_is_killed_is_made_anew_by_the_next(
    database: Postgres, storage: object, tmp_path: Path
) -> None:
    customers = make.register(make.company(make.group()))
    group = customers.company.group
    people = {address: customer(customers, address, address) for address in ADDRESSES}
    begin_without_waiting(group)
    with processes.relay(tmp_path):
        with held(database, "identifiers", "SHARE ROW EXCLUSIVE"), processes.worker(tmp_path) as victim:
            until(lambda: somebody_waits(database, "identifiers"), 30)
            victim.process.send_signal(signal.SIGKILL)
            victim.process.wait(10)
        assert versions(customers) == {1}
        assert everybody_is_found(customers) == list(people.values())
        with processes.worker(tmp_path):
            until(lambda: is_finished(group), 60)
    assert versions(customers) == {2}
    assert everybody_is_found(customers) == list(people.values())
    with walled_session(group.system()) as session:
        assert session.scalars(select(GroupKey.key_version)).all() == [2]


def begin_without_waiting(group: MadeGroup) -> None:
    """As if all that it waits for had passed."""
    with walled_session(group.system()) as session:
        version = rotating.rotate(session)
        session.flush()
        waited = 2 * rotating.SETTLES + rotating.DESTROYED_AFTER + timedelta(minutes=1)
        session.execute(
            update(GroupKey).where(GroupKey.key_version == version).values(writes_from=GroupKey.writes_from - waited)
        )
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).where(QueuedJob.name == RotateKeys.name).values(due_at=func.now()))


def versions(of: MadeRegister) -> set[int]:
    with walled_session(of.company.system()) as session:
        return set(session.scalars(select(Identifier.key_version)))


def everybody_is_found(of: MadeRegister) -> list[object]:
    with walled_session(of.company.system()) as session:
        return [one for address in ADDRESSES for one in identifiers.find(session, IdentifierKind.EMAIL, address)]


def is_finished(group: MadeGroup) -> bool:
    with walled_session(group.system()) as session:
        return session.scalar(select(KeyRotation.finished_at)) is not None
