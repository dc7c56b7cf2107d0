"""Child processes that cannot outlive their parent."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

import msgspec

from infra.embedded.refusals import Refused

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.02

# Loaded before any fork: a child between fork and exec may call it, but may not load anything.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class DidNotStart(Refused):
    """A server ended, or stayed silent, before it was ready."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, and how to know that it serves.

    `environment` is added to the parent's. `stop_signal` asks for a clean end; the kernel sends it too when the
    parent is killed. `user` is an account to change to, for root only.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[], bool]
    environment: Mapping[str, str] = {}
    folder: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None


class Child:
    """One running program. Start it from the main thread: the kernel ties its life to the thread that starts it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.started = time.monotonic()
        self.process = _spawn(program)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self.process.poll()

    def wait_until_ready(self, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not self.program.ready():
            if not self.alive:
                raise DidNotStart(
                    f"{self.program.name} ended with code {self.exit_code}: {last_line(self.program.log)}"
                )
            if time.monotonic() > until:
                raise DidNotStart(f"{self.program.name} was not ready within {seconds:.0f} s; see {self.program.log}")
            time.sleep(POLL_SECONDS)

    def ask_to_stop(self) -> None:
        if self.alive:
            self.process.send_signal(self.program.stop_signal)

    def stop(self, seconds: float = 10) -> None:
        """End it, cleanly if it can within the time."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        self.end_group()
        self.process.wait()

    def end_group(self) -> None:
        """Ends what is left of it: itself, and what it has started and left behind."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


@contextmanager
def running(program: Program, *, seconds: float = 30) -> Iterator[Child]:
    child = Child(program)
    try:
        child.wait_until_ready(seconds)
        yield child
    finally:
        child.stop()


class Account(TypedDict, total=False):
    user: str
    group: int
    extra_groups: list[int]


def as_account(user: str | None) -> Account:
    """The arguments that make subprocess change to an account, with its own group and no others."""
    return Account(user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[]) if user else Account()


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1].strip() if lines else "it wrote nothing"


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command,
            cwd=program.folder,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A session of its own: Ctrl-C reaches the supervisor only, which stops the children in order.
            start_new_session=True,
            umask=0o077,
            **as_account(program.user),
            preexec_fn=_leash(program.stop_signal, os.getpid()),  # noqa: PLW1509 (it calls one function of libc)
        )


def _leash(death_signal: signal.Signals, parent: int) -> Callable[[], None] | None:
    """Has the kernel send `death_signal` when the parent ends, however it ends. Linux only."""
    if _LIBC is None:
        return None
    prctl = _LIBC.prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it ended before the leash was on
            os._exit(1)

    return tie
