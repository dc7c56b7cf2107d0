"""`seloste group`: the life of a tenant, from the outside. Founded, suspended, resumed."""

import argparse
from contextlib import AbstractContextManager

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.commands.subparsers import Subparsers
from tenants.acting import DatabaseRole, system
from tenants.base import new_id
from tenants.companies import companies
from tenants.database import list_groups, walled_session
from tenants.groups import directory
from tenants.groups.model import Group, SuspensionReason
from tenants.languages.speaking import DEFAULT, Language, sentence, translate
from tenants.life import founding, suspending

CREATED = sentence("The group %(group)s was founded. Apply its manifest next.")
SUSPENDED = sentence(
    "The group %(group)s is suspended. The time limits of the law run on: requests that are open must be answered in"
    " time, and new ones reach the controllers by other means."
)
RESUMED = sentence("The group %(group)s is resumed; jobs that waited go on.")
IN_USE, IS_SUSPENDED, IS_BEING_ERASED = sentence("in use"), sentence("suspended"), sentence("being erased")


def add(commands: Subparsers) -> None:
    group = commands.add_parser("group", help="found, list, show, suspend and resume groups")
    verbs = group.add_subparsers(required=True, metavar="VERB")
    create = _verb(verbs, "create", "found a group; `apply` does it too, from a manifest")
    create.add_argument("--name", required=True)
    create.add_argument("--languages", nargs="+", type=Language, choices=list(Language), default=list(Language))
    create.set_defaults(run=_create)
    listing = verbs.add_parser("list", help="every group and its state")
    listing.set_defaults(run=_list)
    _verb(verbs, "show", "one group and its companies").set_defaults(run=_show)
    suspend = _verb(verbs, "suspend", "refuse whoever acts for the group, from the next statement on")
    suspend.add_argument("--reason", required=True, type=SuspensionReason, choices=list(SuspensionReason))
    suspend.set_defaults(run=_suspend)
    _verb(verbs, "resume", "let the group go on").set_defaults(run=_resume)


def _verb(verbs: Subparsers, name: str, told: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=told)
    verb.add_argument("group", help="the group's short name, as in /g/NAME")
    return verb


def _create(chosen: argparse.Namespace) -> None:
    with walled_session(system(new_id())) as session:
        founding.create(session, chosen.group, name=chosen.name, languages=chosen.languages)
    _say(CREATED, chosen.group)


class _Line(Struct, frozen=True):
    slug: str
    name: str
    state: str


def _list(_: argparse.Namespace) -> None:
    lines = []
    for group_id in list_groups(DatabaseRole.RELAY):
        with walled_session(system(group_id)) as session:
            lines += [_Line(row.slug, row.name, _state(row)) for row in session.scalars(select(Group))]
    for line in sorted(lines, key=lambda one: one.slug):
        print(f"{line.slug}  {line.state}  {line.name}")


def _show(chosen: argparse.Namespace) -> None:
    with _session_of(chosen.group) as session:
        row = session.scalars(select(Group)).one()
        print(f"{row.slug}  {_state(row)}  {row.name}")
        print(f"{row.group_id}  {row.created_at:%Y-%m-%d}  {', '.join(row.languages)}")
        for company in companies.listed(session):
            print(f"  {company.key}  {company.name}")


def _state(row: Group) -> str:
    if row.erasing_at is not None:
        return translate(DEFAULT, IS_BEING_ERASED)
    if row.suspended_at is None:
        return translate(DEFAULT, IN_USE)
    return f"{translate(DEFAULT, IS_SUSPENDED)} {row.suspended_at:%Y-%m-%d} ({row.suspended_for})"


def _suspend(chosen: argparse.Namespace) -> None:
    with _session_of(chosen.group) as session:
        suspending.suspend(session, chosen.reason)
    _say(SUSPENDED, chosen.group)


def _resume(chosen: argparse.Namespace) -> None:
    with _session_of(chosen.group) as session:
        suspending.resume(session)
    _say(RESUMED, chosen.group)


def _session_of(slug: str) -> AbstractContextManager[Session]:
    return walled_session(system(directory.find_group(directory.Kind.SLUG, slug, role=DatabaseRole.APP)))


def _say(told: str, group: str) -> None:
    print(translate(DEFAULT, told, group=group))
