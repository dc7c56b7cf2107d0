"""`seloste create-database` and `seloste migrate`."""

import argparse

from services.commands.subparsers import Subparsers
from tenants import settings
from tenants.migrations import roles, running


def add(commands: Subparsers) -> None:
    create = commands.add_parser("create-database", help="make the database and its roles, as an administrator")
    create.set_defaults(run=_create)
    migrate = commands.add_parser("migrate", help="bring the database to the newest version, as its owner")
    migrate.set_defaults(run=_migrate)


def _create(_: argparse.Namespace) -> None:
    roles.create_database(settings.current())


def _migrate(_: argparse.Namespace) -> None:
    running.migrate()
