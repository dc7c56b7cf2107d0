"""An operator's command that is killed in the middle leaves nothing half-done: whoever calls it again ends it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import func, select, update

from infra.embedded.postgres import Postgres
from services import cli
from services.worker import sealing
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.life import certificates, erasing, rotating
from tenants.life.model import GroupDeletion, KeyRotation
from tenants.life.rotating import RotateKeys
from tenants.life.taking_along import Contents
from tenants.registers import identifiers
from tenants.registers.model import Identifier
from tenants.vault.digests import IdentifierKind
from tenants.vault.model import GroupKey
from tests import make
from tests.faults import processes
from tests.faults.processes import ROOT
from tests.make import MadeGroup, MadeRegister
from tests.services import stage
from tests.services.stage import Stage, customer
from tests.waiting import until

ADDRESSES = [f"a{number}@esimerkki.example" for number in range(20)]


@pytest.fixture
def built(database: Postgres, storage: object) -> Stage:
    made = stage.build()
    sealing.seal_group(made.group.group_id)
    return made


@pytest.fixture
def admin(database: Postgres) -> Iterator[Connection[Any]]:
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste"), autocommit=True) as connection:
        yield connection


@contextmanager
def nobody_passes(admin: Connection[Any], table: str, mode: str) -> Iterator[None]:
    """Who needs the table waits, and is not there any more when it is given back."""
    with admin.transaction():
        admin.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(sql.Identifier(table), sql.SQL(mode)))
        yield
    until(lambda: not _waiting(admin, table, granted=True), 30)


def _waiting(admin: Connection[Any], table: str, *, granted: bool = False) -> bool:
    [(count,)] = admin.execute(
        "SELECT count(*) FROM pg_locks WHERE granted = %s AND relation = %s::regclass", [granted, table]
    ).fetchall()
    return bool(count > 0)


def kill_at(admin: Connection[Any], table: str, mode: str, *arguments: str) -> None:
    """Runs the command, and kills it when it has come to the table."""
    with nobody_passes(admin, table, mode):
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        until(lambda: _waiting(admin, table) or process.poll() is not None, 60)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL


def rows(admin: Connection[Any], table: str, group: MadeGroup) -> int:
    asked = sql.SQL("SELECT count(*) FROM {} WHERE group_id = %s").format(sql.Identifier(table))
    [(count,)] = admin.execute(asked, [group.group_id]).fetchall()
    return int(count)


def test_an_erasure_that_is_killed_is_ended_by_the_next_call(
    built: Stage, admin: Connection[Any], tmp_path: Path, redis_server: object
) -> None:
    group = built.group
    with walled_session(group.system()) as session:
        erasing.ask(session, by="Ylläpito", reason="Sopimus on päättynyt")
    with walled_session(group.system()) as session:
        session.execute(update(GroupDeletion).values(not_before=func.now()))
    before = {table: rows(admin, table, group) for table in ("persons", "records", "identifiers")}
    command = ("group", "delete", group.slug, "--confirm", group.slug, "--certificate", str(tmp_path))
    kill_at(admin, "persons", "SHARE ROW EXCLUSIVE", *command)
    assert (rows(admin, "group_keys", group), rows(admin, "records", group)) == (0, 0)
    assert rows(admin, "persons", group) == before["persons"]
    assert list(tmp_path.iterdir()) == []
    assert cli.main(list(command)) == 0
    assert rows(admin, "groups", group) == 0
    written = (tmp_path / f"erased-{group.slug}.json").read_bytes()
    certified = certificates.verify(written, certificates.public_key()).rows
    assert {table: certified[table] for table in before} == before


def test_a_group_is_taken_along_whole_after_a_first_call_was_killed(
    built: Stage, admin: Connection[Any], tmp_path: Path
) -> None:
    folder = tmp_path / "taken"
    command = ("group", "export", built.group.slug, "--to", str(folder))
    kill_at(admin, "requests", "ACCESS EXCLUSIVE", *command)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.unfinished"]
    assert cli.main(list(command)) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    contents = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Contents)
    told = {file.path: file.rows for file in contents.files}
    assert told["tables/requests.ndjson"] == rows(admin, "requests", built.group) > 0


def test_a_key_that_is_made_anew_by_a_worker_that_is_killed_is_made_anew_by_the_next(
    database: Postgres, storage: object, admin: Connection[Any], tmp_path: Path
) -> None:
    customers = make.register(make.company(make.group()))
    group = customers.company.group
    people = {address: customer(customers, address, address) for address in ADDRESSES}
    begin_without_waiting(group)
    with processes.relay(tmp_path):
        with nobody_passes(admin, "identifiers", "SHARE ROW EXCLUSIVE"), processes.worker(tmp_path) as victim:
            until(lambda: _waiting(admin, "identifiers"), 30)
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
