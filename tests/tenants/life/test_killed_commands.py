"""An operator's command that is killed in the middle leaves nothing half-done: whoever calls it again ends it."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from psycopg import Connection, sql
from sqlalchemy import func, update

from infra.embedded.postgres import Postgres
from services import cli
from tenants.database import walled_session
from tenants.life import certificates, erasing
from tenants.life.model import GroupDeletion
from tenants.life.taking_along import Contents
from tests.faults.holding import held, somebody_waits
from tests.faults.processes import ROOT
from tests.make import MadeGroup
from tests.services.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("redis_server")


def kill_at(database: Postgres, table: str, mode: str, *arguments: str) -> None:
    """Runs the command, and kills it when it has come to the table."""
    with held(database, table, mode):
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        until(lambda: somebody_waits(database, table) or process.poll() is not None, 120)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL


def rows(admin: Connection[Any], table: str, group: MadeGroup) -> int:
    asked = sql.SQL("SELECT count(*) FROM {} WHERE group_id = %s").format(sql.Identifier(table))
    [(count,)] = admin.execute(asked, [group.group_id]).fetchall()
    return int(count)


def test_an_erasure_that_is_killed_is_ended_by_the_next_call(
    built: Stage, database: Postgres, admin: Connection[Any], tmp_path: Path
) -> None:
    group = built.group
    with walled_session(group.system()) as session:
        erasing.ask(session, by="Ylläpito", reason="Sopimus on päättynyt")
    with walled_session(group.system()) as session:
        session.execute(update(GroupDeletion).values(not_before=func.now()))
    before = {table: rows(admin, table, group) for table in ("persons", "records", "identifiers")}
    command = ("group", "delete", group.slug, "--confirm", group.slug, "--certificate", str(tmp_path))
    kill_at(database, "persons", "SHARE ROW EXCLUSIVE", *command)
    assert (rows(admin, "group_keys", group), rows(admin, "records", group)) == (0, 0)
    assert rows(admin, "persons", group) == before["persons"]
    assert list(tmp_path.iterdir()) == []
    assert cli.main(list(command)) == 0
    assert rows(admin, "groups", group) == 0
    written = (tmp_path / f"erased-{group.slug}.json").read_bytes()
    certified = certificates.verify(written, certificates.public_key()).rows
    assert {table: certified[table] for table in before} == before


def test_a_group_is_taken_along_whole_after_a_first_call_was_killed(
    built: Stage, database: Postgres, admin: Connection[Any], tmp_path: Path
) -> None:
    folder = tmp_path / "taken"
    command = ("group", "export", built.group.slug, "--to", str(folder))
    kill_at(database, "requests", "ACCESS EXCLUSIVE", *command)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.unfinished"]
    assert cli.main(list(command)) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    contents = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Contents)
    told = {file.path: file.rows for file in contents.files}
    assert told["tables/requests.ndjson"] == rows(admin, "requests", built.group) > 0
