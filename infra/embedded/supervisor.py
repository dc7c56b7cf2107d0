"""Runs programs that need each other: starts each in its turn, restarts what dies, stops all in order."""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from types import FrameType

import msgspec

from infra.embedded.children import Child, DidNotStart, Program, last_line

STARTING_SECONDS = 60
STOPPING_SECONDS = 15
# A program that lived this long is not failing again and again: its next restart is immediate.
SETTLED_SECONDS = 30
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# Until everything was up once, a program that fails this often stops the whole: something is wrong with it.
TRIES = 3


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One program of the set.

    `program` is called when all of `after` are up, so it may make folders and install things. A unit that runs `once`
    is up when it has ended well; the others are up when their program says that it serves. `where` is what the status
    line shows beside the name. Without a unit that is not `essential` the rest goes on.
    """

    name: str
    program: Callable[[], Program]
    after: tuple[str, ...] = ()
    once: bool = False
    essential: bool = True
    where: str = ""
    when_done: Callable[[], None] = lambda: None


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    UP = "up"
    DONE = "done"
    ENDED = "ended"
    FAILED = "failed"


class _Post:
    """A unit and what has become of it so far."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.state = State.WAITING
        self.child: Child | None = None
        self.failures = 0
        self.retry_at = 0.0

    @property
    def settled(self) -> bool:
        return self.state in (State.UP, State.DONE, State.FAILED)

    def pause(self) -> float:
        return float(min(FIRST_PAUSE * 2 ** (self.failures - 1), LONGEST_PAUSE))


class Supervisor:
    """Run it in the main thread: signals arrive there, and children live as long as the thread that started them."""

    def __init__(self, units: Sequence[Unit], *, say: Callable[[str], None], when_up: Callable[[], None]) -> None:
        self._posts = {unit.name: _Post(unit) for unit in units}
        self._say = say
        self._when_up = when_up
        self._asked_to_stop = False
        self._was_up = False
        self._width = max(len(unit.name) for unit in units)

    def run(self) -> None:
        """Until SIGINT, SIGTERM or SIGHUP. Raises DidNotStart when an essential unit does not come up."""
        with self._signals() as wake:
            try:
                while not self._asked_to_stop:
                    for post in self._posts.values():
                        self._advance(post)
                    self._greet_once()
                    wake(0.02 if any(post.state is State.STARTING for post in self._posts.values()) else 0.5)
            finally:
                self._stop_all()

    def _advance(self, post: _Post) -> None:
        match post.state:
            case State.WAITING if self._all_up(post.unit.after):
                self._start(post)
            case State.ENDED if time.monotonic() >= post.retry_at:
                self._start(post)
            case State.STARTING if post.child is not None:
                self._see_whether_up(post, post.child)
            case State.UP if post.child is not None and not post.child.alive:
                self._has_ended(post, post.child)

    def _all_up(self, names: tuple[str, ...]) -> bool:
        return all(self._posts[name].settled for name in names)

    def _start(self, post: _Post) -> None:
        post.child = Child(post.unit.program())
        post.state = State.STARTING

    def _see_whether_up(self, post: _Post, child: Child) -> None:
        if post.unit.once:
            if child.exit_code == 0:
                post.unit.when_done()
                self._reached(post, child, State.DONE)
            elif not child.alive:
                self._has_ended(post, child)
        elif not child.alive:
            self._has_ended(post, child)
        elif child.program.ready():
            self._reached(post, child, State.UP)
        elif time.monotonic() > child.started + STARTING_SECONDS:
            child.kill()
            self._has_ended(post, child)

    def _reached(self, post: _Post, child: Child, state: State) -> None:
        post.state = state
        took = time.monotonic() - child.started
        self._say(f"  {post.unit.name:{self._width}}  {state:8}  {took:5.1f} s  {post.unit.where}".rstrip())

    def _has_ended(self, post: _Post, child: Child) -> None:
        if time.monotonic() > child.started + SETTLED_SECONDS:
            post.failures = 0
        post.failures += 1
        said = f"{post.unit.name} ended with code {child.exit_code}: {last_line(child.program.log)}"
        if post.unit.once or (not self._was_up and post.failures >= TRIES):
            self._give_up(post, f"{said} (see {child.program.log})")
            return
        pause = 0 if post.failures == 1 else post.pause()
        post.state, post.retry_at = State.ENDED, time.monotonic() + pause
        self._say(f"  {said}; starting it again" + (f" in {pause:.0f} s" if pause else ""))

    def _give_up(self, post: _Post, said: str) -> None:
        if post.unit.essential:
            raise DidNotStart(said)
        post.state = State.FAILED
        self._say(f"  {said}; going on without it")

    def _greet_once(self) -> None:
        if not self._was_up and all(post.settled for post in self._posts.values()):
            self._was_up = True
            self._when_up()

    def _stop_all(self) -> None:
        """What others build on ends last."""
        for names in reversed(self._floors()):
            children = [post.child for name in names if (post := self._posts[name]).child is not None]
            running = [child for child in children if child is not None and child.alive]
            for child in running:
                child.ask_to_stop()
            until = time.monotonic() + STOPPING_SECONDS
            for child in running:
                child.stop(max(0.0, until - time.monotonic()))

    def _floors(self) -> list[list[str]]:
        depth: dict[str, int] = {}
        for name, post in self._posts.items():
            depth[name] = 1 + max((depth[below] for below in post.unit.after), default=0)
        return [[name for name in depth if depth[name] == floor] for floor in range(1, max(depth.values()) + 1)]

    @contextmanager
    def _signals(self) -> Iterator[Callable[[float], None]]:
        """Yields a wait that ends early when a child dies or the end is asked for."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
        before = {each: signal.signal(each, self._on_signal) for each in handled}
        wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector, ours, theirs:
            selector.register(ours, selectors.EVENT_READ)

            def wait(seconds: float) -> None:
                if selector.select(seconds):
                    os.read(ours.fileno(), 4096)

            try:
                yield wait
            finally:
                signal.set_wakeup_fd(wakeup)
                for each, handler in before.items():
                    signal.signal(each, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._asked_to_stop = True
