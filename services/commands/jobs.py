"""`seloste jobs`: what failed, and once more or never again."""

import argparse
from uuid import UUID

from sqlalchemy.orm import Session

from services.commands.subparsers import Subparsers
from tenants.acting import system
from tenants.audit import trail
from tenants.database import walled_session
from tenants.groups import directory
from tenants.jobs import outbox
from tenants.jobs.model import DismissalReason


def add(commands: Subparsers) -> None:
    jobs = commands.add_parser("jobs", help="failed jobs of a group: list them, do them once more, or dismiss them")
    verbs = jobs.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the failed jobs, newest first")
    listing.add_argument("group", help="the group's short name, as in /g/NAME")
    listing.set_defaults(run=_list)
    replay = verbs.add_parser("replay", help="put failed jobs back into the queue")
    _add_which(replay)
    replay.set_defaults(run=_replay)
    dismiss = verbs.add_parser("dismiss", help="say that nobody does failed jobs any more, and why")
    _add_which(dismiss)
    dismiss.add_argument("--reason", required=True, type=DismissalReason, choices=list(DismissalReason))
    dismiss.set_defaults(run=_dismiss)


def _add_which(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("group", help="the group's short name, as in /g/NAME")
    which = verb.add_mutually_exclusive_group(required=True)
    which.add_argument("job", nargs="*", type=UUID, default=[], help="ids of failed jobs")
    which.add_argument("--all", action="store_true", help="all failed jobs of the group")


def _list(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group(chosen.group))) as session:
        for row in outbox.list_failed(session):
            print(f"{row.job_id}  {row.failed_at:%Y-%m-%d %H:%M}  {row.attempts}  {row.name}  {row.failure}")


def _replay(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group(chosen.group))) as session:
        wanted = _wanted(session, chosen)
        for job_id in wanted:
            outbox.replay(session, job_id)
        trail.record(session, "job.replayed", about="job", ids=wanted)
    print(*wanted, sep="\n")


def _dismiss(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group(chosen.group))) as session:
        wanted = _wanted(session, chosen)
        for job_id in wanted:
            outbox.dismiss(session, job_id, chosen.reason)
        trail.record(session, "job.dismissed", about="job", ids=wanted, reason=chosen.reason)
    print(*wanted, sep="\n")


def _wanted(session: Session, chosen: argparse.Namespace) -> list[UUID]:
    return [row.job_id for row in outbox.list_failed(session)] if chosen.all else chosen.job


def _group(slug: str) -> UUID:
    return directory.find_group(directory.Kind.SLUG, slug)
