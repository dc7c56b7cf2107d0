"""`seloste jobs`: what failed, and once more."""

import argparse
from uuid import UUID

from services.commands.subparsers import Subparsers
from tenants.acting import system
from tenants.audit import trail
from tenants.database import walled_session
from tenants.groups import directory
from tenants.jobs import outbox


def add(commands: Subparsers) -> None:
    jobs = commands.add_parser("jobs", help="failed jobs of a group: list them, or do them once more")
    verbs = jobs.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the failed jobs, newest first")
    listing.add_argument("group", help="the group's short name, as in /g/NAME")
    listing.set_defaults(run=_list)
    replay = verbs.add_parser("replay", help="put failed jobs back into the queue")
    replay.add_argument("group", help="the group's short name, as in /g/NAME")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("job", nargs="*", type=UUID, default=[], help="ids of failed jobs")
    which.add_argument("--all", action="store_true", help="all failed jobs of the group")
    replay.set_defaults(run=_replay)


def _list(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group(chosen.group))) as session:
        for row in outbox.list_failed(session):
            print(f"{row.job_id}  {row.failed_at:%Y-%m-%d %H:%M}  {row.attempts}  {row.name}  {row.failure}")


def _replay(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group(chosen.group))) as session:
        wanted = [row.job_id for row in outbox.list_failed(session)] if chosen.all else chosen.job
        for job_id in wanted:
            outbox.replay(session, job_id)
        trail.record(session, "job.replayed", about="job", ids=wanted)
    for job_id in wanted:
        print(job_id)


def _group(slug: str) -> UUID:
    return directory.find_group(directory.Kind.SLUG, slug)
