"""`seloste plan` and `seloste apply` as somebody at a terminal meets them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.embedded import postgres
from services.cli import main
from tenants.groups import directory
from tenants.manifests import reading
from tests.tenants.manifests import samples
from tests.tenants.manifests.test_processors import CATALOGUE

pytestmark = pytest.mark.usefixtures("database")

ESCAPE = "\x1b["


@pytest.fixture
def slug() -> str:
    return samples.new_slug()


def written(folder: Path, slug: str, *edits: tuple[str, str]) -> str:
    file = folder / "group.yaml"
    file.write_text(samples.example(slug, *edits), encoding="utf-8")
    return str(file)


def test_a_plan_shows_what_would_come_and_does_nothing(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", written(tmp_path, slug)]) == 0
    told = capsys.readouterr().out
    assert "+ companies.alfa  Alfa Oy" in told
    assert "+ registers.customers  Asiakasrekisteri" in told
    assert f"{slug}: uusi konserni" in told
    with pytest.raises(directory.NoSuchGroup):
        directory.find_group(directory.Kind.SLUG, slug)


def test_applied_twice_the_second_time_says_that_nothing_changes(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, slug)
    assert main(["apply", file]) == 0
    assert f"{slug}: voimassa on versio 1." in capsys.readouterr().out
    assert main(["apply", file, "--language", "en"]) == 0
    assert capsys.readouterr().out == f"{slug}: nothing changes; version 1 is in force.\n"


def test_a_change_is_told_with_what_was_and_what_becomes(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["apply", written(tmp_path, slug)])
    capsys.readouterr()
    edits = (
        ("months: 24", "months: 36"),
        ("kept_by: [alfa, beta]", "kept_by: [beta]"),
        ("- register: customers\n  - key", "- register: customers\n        fields: [customer_number, email]\n  - key"),
    )
    assert main(["plan", written(tmp_path, slug, *edits), "--language", "en"]) == 0
    told = capsys.readouterr().out
    assert "~ registers.customers.retention.months  24 → 36" in told
    assert "- registers.customers.kept_by  alfa  (retired; what it holds stays)" in told
    assert "~ purposes.care.data.customers.fields  everything → customer_number, email" in told
    assert f"{slug}: version 1 would become version 2." in told


def test_a_check_ends_with_status_2_while_something_is_to_be_done(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, slug)
    assert main(["plan", "--check", file]) == 2
    assert main(["apply", file]) == 0
    assert main(["plan", "--check", file]) == 0


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_every_fault_of_a_bad_manifest_is_told_on_a_line_of_its_own(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    file = written(tmp_path, slug, ("business_id: 9000001-1", "business_id: 9000001-2"), ("months: 24", "months: two"))
    assert main([command, file]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"{file}:14: companies.alfa.business_id: 9000001-2 ei ole y-tunnus: sen tarkistenumero on väärä.",
        f"{file}:48: registers.customers.retention.months: Tässä kuuluu olla kokonaisluku.",
        "Manifestissa on virheitä; mitään ei muutettu. 2 virhettä.",
    ]


def test_faults_are_told_in_the_language_asked_for(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", written(tmp_path, slug, ("prefix: BET", "prefix: ALF")), "--language", "sv"]) == 1
    assert "Prefixet ALF är också ett annat bolags" in capsys.readouterr().err


def test_what_is_in_force_is_printed_as_a_manifest_that_changes_nothing(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["apply", written(tmp_path, slug)])
    capsys.readouterr()
    assert main(["export", slug]) == 0
    printed = capsys.readouterr().out
    assert reading.read(printed.encode(), file="printed").manifest.base_version == 1
    copy = tmp_path / "copy.yaml"
    copy.write_text(printed, encoding="utf-8")
    assert main(["plan", "--check", str(copy)]) == 0


def test_a_plan_tells_that_an_agreement_is_a_draft_and_goes_on_where_it_is_declared_no_longer(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, slug, *CATALOGUE)
    main(["plan", file])
    told = capsys.readouterr().out
    assert "  + processors.pilvi  Pilvi Oy\n" in told
    assert "  + companies.alfa  Alfa Oy  (luonnos" not in told
    main(["apply", written(tmp_path, slug)])
    capsys.readouterr()
    main(["plan", written(tmp_path, slug, *CATALOGUE)])
    assert "agreements.hosting  pilvi  (luonnos, kunnes yhtiö hyväksyy sen)" in capsys.readouterr().out
    main(["apply", written(tmp_path, slug, *CATALOGUE)])
    capsys.readouterr()
    main(["plan", written(tmp_path, slug)])
    told = capsys.readouterr().out
    assert "agreements.hosting  pilvi  (jatkuu, kunnes yhtiö päättää sen)" in told
    assert "processors.pilvi  Pilvi Oy  (poistuu käytöstä; sen tiedot jäävät)" in told


def on_a_terminal(file: str, **environment: str) -> str:
    """What `seloste plan` writes to a terminal."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "services.cli", "plan", file]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm"} | environment)
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 4096):
            said += chunk
    except OSError:  # Linux says so when the other end of a terminal is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 0
    return said.decode()


def test_colours_are_for_terminals_and_for_those_who_want_them(
    tmp_path: Path, slug: str, capsys: pytest.CaptureFixture[str], database: postgres.Postgres
) -> None:
    file = written(tmp_path, slug)
    assert f"{ESCAPE}32m+ companies.alfa" in on_a_terminal(file)
    assert ESCAPE not in on_a_terminal(file, NO_COLOR="1")
    main(["plan", file])
    assert ESCAPE not in capsys.readouterr().out
