"""A sound installation is proved sound, nothing of the proof is kept, and what it says can be read."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from psycopg import Connection, sql

from infra.embedded.postgres import Postgres
from services.commands.proving import as_text
from services.proving import routes
from services.proving.canaries import APPLICATION
from services.proving.findings import COUNTED, PARTS, WORDS, Count, Finding, Kind, Part, Result
from services.proving.pace import Pace
from services.proving.proof import NOT_ASKED, Proof, Wanted, prove
from tenants.languages.speaking import Language, translate
from tests import waiting
from tests.services.routes import OFFICE, REST

UNHURRIED = Wanted(per_second=0)
Counts = dict[str, int]


def rows(admin: Connection[Any]) -> Counts:
    tables = admin.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    ).fetchall()
    counted = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, count(*) FROM {}").format(sql.Literal(name), sql.Identifier(name)) for (name,) in tables
    )
    return dict(admin.execute(counted).fetchall())


def schemas(admin: Connection[Any]) -> list[str]:
    return [name for (name,) in admin.execute("SELECT nspname FROM pg_namespace ORDER BY 1").fetchall()]


@pytest.mark.usefixtures("administrator", "redis_server")
def test_a_sound_installation_is_proved_sound_and_nothing_is_kept_of_it(app: Litestar, admin: Connection[Any]) -> None:
    before = rows(admin), schemas(admin)
    proof = prove(UNHURRIED, make_app=lambda: app)
    assert [finding for result in proof.results for finding in result.findings] == []
    assert [untried for result in proof.results for untried in result.untried] == []
    assert proof.with_admin
    assert {result.part: result.skipped for result in proof.results if result.skipped} == {Part.MUTATIONS: NOT_ASKED}
    assert all(min(result.checked.values()) >= 0 < sum(result.checked.values()) for result in proof.results[:-1])
    checked = {what: n for result in proof.results for what, n in result.checked.items()}
    # Its own administrators get somewhere: that others do not is then no matter of course.
    assert checked[Count.OWN] > 0
    assert checked[Count.TABLES] == len(before[0]) - 1  # but Alembic's own
    assert (rows(admin), schemas(admin)) == before


def test_without_an_administrator_the_application_s_role_is_played_and_this_is_said(
    app: Litestar, admin: Connection[Any]
) -> None:
    before = rows(admin)
    proof = prove(Wanted(per_second=0, parts=(Part.TABLES, Part.PLANS)), make_app=lambda: app)
    assert not proof.with_admin
    assert proof.findings == 0
    assert not proof.is_whole
    assert "SELOSTE_DATABASE_ADMIN" in as_text(proof, Language.EN)
    assert rows(admin) == before


@pytest.fixture
def environment_of_an_operator(database: Postgres) -> dict[str, str]:
    return {**os.environ, "SELOSTE_DATABASE_ADMIN": database.admin_url}


def started(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", "prove-walls", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def at_work(admin: Connection[Any]) -> bool:
    """It has planted its canaries, and attacks."""
    return bool(
        admin.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND query LIKE 'SAVEPOINT tried%%'",
            [APPLICATION],
        ).fetchone()
    )


def gone(admin: Connection[Any]) -> bool:
    return not admin.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s", [APPLICATION]).fetchone()


def test_killed_in_the_middle_it_leaves_nothing_behind(
    environment_of_an_operator: dict[str, str], admin: Connection[Any]
) -> None:
    before = rows(admin)
    with started(environment_of_an_operator, "--only", "tables") as running:
        waiting.until(lambda: at_work(admin), seconds=60)
        running.send_signal(signal.SIGKILL)
    waiting.until(lambda: gone(admin))
    assert rows(admin) == before


def test_a_machine_reads_what_was_proved(environment_of_an_operator: dict[str, str]) -> None:
    with started(environment_of_an_operator, "--only", "plans", "--json", "--per-second", "0") as running:
        said, _ = running.communicate()
    told = msgspec.json.decode(said)
    assert running.returncode == 0
    assert (told["findings"], told["whole"]) == (0, False)
    assert next(part for part in told["results"] if part["part"] == "plans")["checked"]["plans"] > 0


def test_what_cannot_be_asked_is_not_proved(environment_of_an_operator: dict[str, str]) -> None:
    elsewhere = environment_of_an_operator["SELOSTE_DATABASE_ADMIN"].replace("postgres:", "nobody:")
    with started(environment_of_an_operator | {"SELOSTE_DATABASE_ADMIN": elsewhere}, "--only", "plans") as running:
        _, said = running.communicate()
    assert running.returncode == 2
    assert "OperationalError" in said


@pytest.mark.parametrize("language", list(Language))
def test_a_finding_is_told_with_what_it_means_and_how_it_is_mended(language: Language) -> None:
    broken = Result(part=Part.TABLES, findings=[Finding(Kind.SEEN, "persons · seloste_app · SELECT", "no context")])
    broken.count(Count.ATTEMPTS, 3)
    proof = Proof(revision="0001", server="18.6", with_admin=True, statements=3, results=[broken])
    told = as_text(proof, language)
    assert "persons · seloste_app · SELECT" in told
    assert translate(language, WORDS[Kind.SEEN].means) in told
    assert translate(language, WORDS[Kind.SEEN].mend) in told
    assert translate(language, PARTS[Part.TABLES]) in told
    assert translate(language, COUNTED[Count.ATTEMPTS], count="3") in told


def test_there_are_words_for_everything_that_can_be_found() -> None:
    assert set(WORDS) == set(Kind)
    assert set(PARTS) == set(Part)
    assert set(Count) <= set(COUNTED)


def test_the_proof_and_the_table_of_routes_agree_on_what_is_open() -> None:
    table = {**OFFICE, **REST}
    assert {key for key, route in table.items() if route.open} == routes.OPEN
    assert {key for key, route in table.items() if not route.open and not route.needs} == routes.FOR_ALL_STAFF


def test_it_asks_no_faster_than_it_was_told() -> None:
    pace, begun = Pace(per_second=100), time.monotonic()
    for _ in range(11):
        pace.step()
    assert time.monotonic() - begun >= 0.1
