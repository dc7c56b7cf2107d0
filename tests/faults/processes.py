"""The processes behind the queue, as children of a test."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.embedded import children
from infra.embedded.children import Child, Program
from tenants.jobs.model import Queue

ROOT = Path(__file__).parents[2]


@contextmanager
def worker(folder: Path, *, threads: int = 1, queues: Sequence[Queue] = tuple(Queue)) -> Iterator[Child]:
    arguments = ("--threads", str(threads), "--queues", ",".join(queues))
    with _running("worker", folder, "tests.faults.worker", *arguments) as child:
        yield child


@contextmanager
def relay(folder: Path) -> Iterator[Child]:
    with _running("relay", folder, "services.worker.relay") as child:
        yield child


@contextmanager
def _running(name: str, folder: Path, module: str, *arguments: str) -> Iterator[Child]:
    log = folder / f"{name}.log"
    begins = len(log.read_bytes()) if log.exists() else 0
    program = Program(
        name=name,
        command=(sys.executable, "-m", module, *arguments),
        log=log,
        ready=lambda: f'event="{name} started"' in log.read_text()[begins:],
        folder=ROOT,
    )
    with children.running(program) as child:
        yield child
