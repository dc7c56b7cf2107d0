"""`seloste dev`, whole: what it refuses, and one life of the stack from its first start to its last stop."""

import fcntl
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import psutil
import psycopg
import pytest

from infra.embedded import dev, ports
from services import cli
from tests import new_user
from tests.infra.waiting import runs, until

PROJECT = Path(__file__).parents[2]


def test_a_folder_that_another_stack_runs_on_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cli.main(["dev", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"The data folder {tmp_path} is in use by another seloste dev (process 4711): "
        "end that one first, or choose another folder with --data.\n"
    )


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").write_text("mine")
    assert cli.main(["dev", "--data", str(tmp_path / "data")]) == 1
    assert capsys.readouterr().err == f"The data folder {tmp_path / 'data'} cannot be used: Not a directory.\n"


def test_a_taken_port_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["dev", "--data", str(tmp_path), "--port", str(port)]) == 1
    assert capsys.readouterr().err.startswith(f"Port {port} is taken by another program")


class Stack:
    """`seloste dev` as a process of its own, as `make run` starts it."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.output = data.with_suffix(f".{port}.txt")
        command = [sys.executable, "-m", "services.cli", "dev", "--data", str(data), "--port", str(port)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=new_user.environment(), stdout=output, stderr=output, start_new_session=True
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_up(self) -> None:
        until(lambda: "Up after" in self.said() or self.process.poll() is not None, seconds=240)
        assert self.process.poll() is None, self.said()

    def everything_it_started(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]

    def end(self, ending: signal.Signals) -> int:
        self.process.send_signal(ending)
        return self.process.wait(60)


@pytest.fixture
def stacks(tmp_path: Path) -> Iterator[list[Stack]]:
    """Whatever a test started and left is ended."""
    started: list[Stack] = []
    yield started
    for stack in started:
        if stack.process.poll() is None:
            stack.end(signal.SIGTERM)


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (our own URL)
        return str(answer.read().decode())


def persons(data: Path) -> int:
    """Asked as the administrator, whom the walls do not stop: the demo's people, by number."""
    address = re.search(r"SELOSTE_DATABASE_APP=.*@(.*)/seloste", (data / "environment").read_text())
    assert address is not None
    password = (data / "postgres" / "password").read_text()
    with psycopg.connect(f"postgresql://postgres:{password}@{address[1]}/seloste") as connection:
        row = connection.execute("SELECT count(*) FROM persons").fetchone()
    assert row is not None
    return int(row[0])


def test_the_stack_starts_twice_finds_its_data_and_leaves_nothing_behind(tmp_path: Path, stacks: list[Stack]) -> None:
    data, port = tmp_path / "data", ports.free()
    first = Stack(data, port)
    stacks.append(first)
    first.wait_until_up()
    urls = dev.urls(data)
    assert "Ideafix" in page(f"{urls.base_url}/g/ideafix")
    assert "Post office" in page(urls.post_office)
    assert persons(data) >= 2000
    assert stat.S_IMODE((data / "environment").stat().st_mode) == 0o600
    children = first.everything_it_started()
    assert len(children) > 10

    # The hardest end: the supervisor has no time to tell anybody.
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not any(runs(pid) for pid in children), seconds=60)

    second = Stack(data, port)
    stacks.append(second)
    second.wait_until_up()
    assert dev.urls(data) == urls
    assert "apply" not in second.said()
    assert persons(data) >= 2000
    children = second.everything_it_started()
    os.kill(_relay_of(children), signal.SIGKILL)
    until(lambda: second.said().count("relay ") >= 3, seconds=60)
    children += second.everything_it_started()

    assert second.end(signal.SIGINT) == 0
    assert second.said().endswith("Stopped.\n")
    until(lambda: not any(runs(pid) for pid in children), seconds=5)
    with pytest.raises(URLError):
        page(urls.base_url)


def _relay_of(children: list[int]) -> int:
    return next(pid for pid in children if "services.worker.relay" in psutil.Process(pid).cmdline())
