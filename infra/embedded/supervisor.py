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
from infra.embedded.refusals import Refused

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
        """Until SIGINT, SIGTERM or SIGHUP; a second one ends it at once. Raises Refused when it does not come up."""
        with self._signals() as wait:
            try:
                while not self._asked_to_stop:
                    for post in self._posts.values():
                        self._advance(post)
                    self._greet_once()
                    wait(0.02 if any(post.state is State.STARTING for post in self._posts.values()) else 0.5)
            finally:
                self._stop_all(wait)

    def _advance(self, post: _Post) -> None:
        match post.state:
            case State.WAITING if self._all_settled(post.unit.after):
                self._start(post)
            case State.ENDED if time.monotonic() >= post.retry_at:
                self._start(post)
            case State.STARTING if post.child is not None:
                self._see_whether_up(post, post.child)
            case State.UP if post.child is not None and not post.child.alive:
                self._has_ended(post, post.child)

    def _all_settled(self, names: tuple[str, ...]) -> bool:
        return all(self._posts[name].settled for name in names)

    def _start(self, post: _Post) -> None:
        try:
            post.child = Child(post.unit.program())
        except Refused as refusal:
            if not self._was_up:
                raise
            post.failures += 1
            self._try_again(post, str(refusal))
        else:
            post.state = State.STARTING

    def _see_whether_up(self, post: _Post, child: Child) -> None:
        lived = time.monotonic() - child.started
        if post.unit.once and child.exit_code == 0:
            post.unit.when_done()
            self._reached(post, State.DONE, lived)
        elif not child.alive:
            self._has_ended(post, child)
        elif child.program.ready() and not post.unit.once:
            self._reached(post, State.UP, lived)
        elif lived > STARTING_SECONDS and not post.unit.once:
            child.kill()
            self._has_ended(post, child)

    def _reached(self, post: _Post, state: State, seconds: float) -> None:
        post.state = state
        self._say(f"  {post.unit.name:{self._width}}  {state:8}  {seconds:5.1f} s  {post.unit.where}".rstrip())

    def _has_ended(self, post: _Post, child: Child) -> None:
        if time.monotonic() > child.started + SETTLED_SECONDS:
            post.failures = 0
        post.failures += 1
        child.end_group()
        said = f"{post.unit.name} ended with code {child.exit_code}: {last_line(child.program.log)}"
        if not post.unit.once and (self._was_up or post.failures < TRIES):
            self._try_again(post, said)
        elif post.unit.essential:
            raise DidNotStart(f"{said} (see {child.program.log})")
        else:
            post.state = State.FAILED
            self._say(f"  {said} (see {child.program.log}); going on without it")

    def _try_again(self, post: _Post, said: str) -> None:
        pause = min(FIRST_PAUSE * 2 ** (post.failures - 1), LONGEST_PAUSE)
        post.state, post.retry_at = State.ENDED, time.monotonic() + pause
        self._say(f"  {said}; starting it again in {pause:.1f} s")

    def _greet_once(self) -> None:
        if not self._was_up and all(post.settled for post in self._posts.values()):
            self._was_up = True
            self._when_up()

    def _stop_all(self, wait: Callable[[float], None]) -> None:
        """What others build on ends last."""
        self._asked_to_stop = False
        for names in reversed(self._floors()):
            children = [post.child for name in names if (post := self._posts[name]).child is not None]
            running = [child for child in children if child is not None and child.alive]
            for child in running:
                child.ask_to_stop()
            until = time.monotonic() + STOPPING_SECONDS
            while any(child.alive for child in running) and time.monotonic() < until and not self._asked_to_stop:
                wait(0.1)
            for child in running:
                child.kill()

    def _floors(self) -> list[list[str]]:
        """The names, from those that need nothing upward."""
        floors: list[list[str]] = []
        left = dict(self._posts)
        while left:
            floor = [name for name, post in left.items() if not left.keys() & set(post.unit.after)]
            floors.append(floor)
            for name in floor:
                del left[name]
        return floors

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
