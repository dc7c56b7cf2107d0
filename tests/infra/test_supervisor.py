"""The supervisor, with small programs instead of servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from infra.embedded.children import DidNotStart, Program
from infra.embedded.refusals import Refused
from infra.embedded.supervisor import Supervisor, Unit
from tests.infra.waiting import runs, until

PROJECT = Path(__file__).parents[2]


def shell(folder: Path, name: str, script: str) -> Program:
    """A shell script that leaves its process number in the folder each time it starts."""
    return Program(
        name=name,
        command=("sh", "-c", f"echo $$ >> {folder}/{name}.pids; {script}"),
        log=folder / f"{name}.log",
        ready=(folder / f"{name}.pids").exists,
    )


def unit(folder: Path, name: str, script: str = "exec sleep 600", *, after: tuple[str, ...] = ()) -> Unit:
    return Unit(name=name, program=lambda: shell(folder, name, script), after=after)


def step(folder: Path, name: str, script: str, *, after: tuple[str, ...] = (), essential: bool = True) -> Unit:
    program = shell(folder, name, script)
    return Unit(name=name, program=lambda: program, after=after, once=True, essential=essential)


def pids(folder: Path, name: str) -> list[int]:
    return [int(line) for line in (folder / f"{name}.pids").read_text().split()]


def stop() -> None:
    signal.raise_signal(signal.SIGTERM)


class Stage:
    """Runs units in this process, and keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def run(self, units: list[Unit], *, when_up: Callable[[], None] = stop) -> None:
        Supervisor(units, say=self.said.append, when_up=when_up).run()

    def order(self) -> list[str]:
        return [line.split()[0] for line in self.said]


def test_each_starts_when_what_it_needs_is_up(tmp_path: Path) -> None:
    stage = Stage()
    stage.run(
        [
            unit(tmp_path, "api", after=("schema",)),
            step(tmp_path, "schema", f"test -e {tmp_path}/database.pids", after=("database",)),
            unit(tmp_path, "database"),
        ]
    )
    assert stage.order() == ["database", "schema", "api"]


def test_nothing_is_left_after_a_stop_not_even_what_a_program_left_behind(tmp_path: Path) -> None:
    leaving = f"sleep 600 & echo $! >> {tmp_path}/parent.pids; wait"
    Stage().run([unit(tmp_path, "parent", leaving), unit(tmp_path, "plain")])
    started = pids(tmp_path, "parent") + pids(tmp_path, "plain")
    assert len(started) == 3
    until(lambda: not any(runs(pid) for pid in started))


def test_what_others_build_on_ends_last(tmp_path: Path) -> None:
    noting = "trap 'echo {0} >> {1}/ends; exit' TERM; while :; do sleep 0.02; done"
    Stage().run(
        [
            unit(tmp_path, "database", noting.format("database", tmp_path)),
            unit(tmp_path, "api", noting.format("api", tmp_path), after=("database",)),
        ]
    )
    assert (tmp_path / "ends").read_text().split() == ["api", "database"]


def test_one_that_dies_is_started_again(tmp_path: Path) -> None:
    stage = Stage()

    def say(line: str) -> None:
        stage.said.append(line)
        if len(stage.said) == 3:
            stop()

    def kill() -> None:
        os.kill(pids(tmp_path, "relay")[0], signal.SIGKILL)

    Supervisor([unit(tmp_path, "relay")], say=say, when_up=kill).run()
    assert "relay ended with code -9" in stage.said[1]
    assert len(pids(tmp_path, "relay")) == 2


def test_one_that_keeps_failing_from_the_start_stops_the_whole_with_its_last_words(tmp_path: Path) -> None:
    failing = msgspec.structs.replace(shell(tmp_path, "relay", "echo no such database; exit 3"), ready=lambda: False)
    units = [unit(tmp_path, "database"), Unit(name="relay", program=lambda: failing)]
    with pytest.raises(DidNotStart, match=r"relay ended with code 3: no such database \(see .*relay.log\)"):
        Stage().run(units)
    assert len(pids(tmp_path, "relay")) == 3
    assert not runs(pids(tmp_path, "database")[0])


def test_a_step_that_fails_stops_the_whole_unless_it_is_not_essential(tmp_path: Path) -> None:
    with pytest.raises(DidNotStart, match="migrate ended with code 1: the disk is full"):
        Stage().run([step(tmp_path, "migrate", "echo the disk is full; exit 1")])
    stage = Stage()
    stage.run(
        [
            step(tmp_path, "demo", "echo no names left; exit 1", essential=False),
            unit(tmp_path, "api", after=("demo",)),
        ]
    )
    assert "no names left" in stage.said[0]
    assert stage.order() == ["demo", "api"]


def test_a_refusal_to_start_is_passed_on(tmp_path: Path) -> None:
    def refuse() -> Program:
        raise Refused("The folder is in use.")

    with pytest.raises(Refused, match=r"^The folder is in use\.$"):
        Stage().run([unit(tmp_path, "plain"), Unit(name="postgres", program=refuse, after=("plain",))])
    assert not runs(pids(tmp_path, "plain")[0])


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_the_supervisor_however_it_ends(tmp_path: Path, ending: signal.Signals) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.infra.test_supervisor import unit\n"
        "from infra.embedded.supervisor import Supervisor\n"
        "folder = Path(sys.argv[1])\n"
        "units = [unit(folder, 'database'), unit(folder, 'api', after=('database',))]\n"
        "Supervisor(units, say=print, when_up=lambda: (folder / 'up').touch()).run()\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=PROJECT, stdout=subprocess.DEVNULL)
    until((tmp_path / "up").exists)
    children = pids(tmp_path, "database") + pids(tmp_path, "api")
    assert all(runs(pid) for pid in children)
    supervisor.send_signal(ending)
    assert supervisor.wait(timeout=10) == (-9 if ending is signal.SIGKILL else 0)
    until(lambda: not any(runs(pid) for pid in children))
