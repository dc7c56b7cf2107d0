"""What the README shows first: `seloste demo`, against the stack that the other journeys use."""

import re
from pathlib import Path

import pytest

from services import cli
from tests.journeys.stack import Stack

STEPS = (
    "A customer opens the portal",
    "asks every company for a copy and for a file to take along",
    "gets a letter with a code",
    "enters the code",
    "The companies have looked into their registers",
    "Kinkerips Oy: pyyntöjen käsittelijä signs in to the office",
    "Every archive is built, sealed and stored in S3",
    "The customer downloads the archive of Ideafix Oy",
)


def test_the_demo_tells_the_whole_way_of_a_request(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--data", str(stack.data)]) == 0
    told = capsys.readouterr().out
    places = [told.find(step) for step in STEPS]
    assert -1 not in places, told
    assert places == sorted(places), told
    assert re.search(r"looks at KIN-\d{4}-\d+ and approves it", told)
    archives = told.count("The customer downloads the archive of")
    assert archives >= 2
    assert told.count("Every checksum in manifest.json is right.") == archives
    assert told.count("The link worked once: the second time it answered 410.") == archives
    assert "Checksums wrong" not in told


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--data", str(tmp_path)]) == 1
    assert "start seloste dev" in capsys.readouterr().err
