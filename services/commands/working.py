"""`seloste work`, `seloste relay` and `seloste schedule`: the processes behind the queue."""

import argparse
import os
import sys

from services.commands.subparsers import Subparsers
from tenants import settings
from tenants.jobs.model import Queue


def add(commands: Subparsers) -> None:
    work = commands.add_parser("work", help="run one worker process")
    work.add_argument("--queues", default=",".join(Queue), help="which queues it works on (all)")
    work.add_argument("--threads", type=int, default=None, help="jobs it runs at once (SELOSTE_WORKER_THREADS)")
    work.set_defaults(run=_work)
    relay = commands.add_parser("relay", help="carry due jobs to the workers")
    relay.set_defaults(run=_relay)
    schedule = commands.add_parser("schedule", help="queue the periodic work")
    schedule.set_defaults(run=_schedule)


def _work(chosen: argparse.Namespace) -> None:
    threads = chosen.threads or settings.current().worker_threads
    _become("services.worker.main", "--queues", chosen.queues, "--threads", str(threads))


def _relay(_: argparse.Namespace) -> None:
    _become("services.worker.relay")


def _schedule(_: argparse.Namespace) -> None:
    _become("services.worker.schedule")


def _become(module: str, *arguments: str) -> None:
    """The same process goes on as another program, so that it holds in memory what it needs and no other command."""
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 (the program is ours)
