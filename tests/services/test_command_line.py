"""The command line: every command is found where the table says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services import cli

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("area", "command"), [(area, each) for area, commands in cli.AREAS.items() for each in commands]
)
def test_every_command_is_known_by_its_area(area: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0, area
    assert capsys.readouterr().out.startswith(f"usage: seloste {command} ")


def test_every_area_is_in_the_table() -> None:
    modules = {path.stem for path in (PROJECT / "services" / "commands").glob("[a-z]*.py")}
    modules -= {
        "subparsers",
        "demo_authorities",
        "demo_feeds",
        "demo_processors",
        "demo_recipients",
        "demo_sharing",
    }  # used by the others
    assert modules == set(cli.AREAS)


def test_the_list_of_commands_leaves_none_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    assert [command for commands in cli.AREAS.values() for command in commands if f"    {command}" not in shown] == []


def test_a_command_that_there_is_not_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["sereve"])
    assert ended.value.code == 2
    assert "'serve'" in capsys.readouterr().err


def test_a_process_loads_nothing_of_what_the_others_need() -> None:
    program = "import sys; from services import cli\ntry: cli.main(['relay', '--help'])\nexcept SystemExit: pass\n"
    program += "print([name for name in ('litestar', 'uvicorn', 'jsonschema') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, capture_output=True, text=True)
    assert done.stdout.endswith("[]\n")


def test_whoever_stops_reading_ends_a_command_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "services.cli", "verify-audit", "--help"]
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    done = subprocess.run(
        words, check=False, cwd=PROJECT, env=buffered, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
