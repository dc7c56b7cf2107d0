"""`seloste restored`: what is to be done once after the database was restored from a backup."""

import argparse
from uuid import UUID

from services.commands.subparsers import Subparsers
from tenants.acting import DatabaseRole, system
from tenants.companies import companies
from tenants.database import list_groups, walled_session
from tenants.feeds import restoring
from tenants.groups.directory import Kind, find_group
from tenants.languages.speaking import DEFAULT, sentence, translate
from tenants.life import suspending

BEGUN = sentence("%(feeds)s feeds begin anew: whoever follows one reads it from the start.")


def add(commands: Subparsers) -> None:
    parser = commands.add_parser("restored", help="run after a restore: every feed begins a new epoch")
    parser.add_argument("group", nargs="*", help="short names of groups; left out: all of them")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> None:
    named = [find_group(Kind.SLUG, slug) for slug in chosen.group]
    feeds = sum(_begin_anew(group_id) for group_id in named or list_groups(DatabaseRole.RELAY))
    print(translate(DEFAULT, BEGUN, feeds=feeds))


def _begin_anew(group_id: UUID) -> int:
    """Of a suspended group as well: it will be resumed."""
    with walled_session(system(group_id)) as session, suspending.working_all_the_same(session):
        known = list(companies.names(session))
    begun = 0
    for company_id in known:
        acting = system(group_id, company_id=company_id)
        # Within a savepoint, and so written before the suspension stands again: also what the audit says.
        with walled_session(acting) as session, suspending.working_all_the_same(session), session.begin_nested():
            begun += restoring.begin_anew(session)
    return begun
