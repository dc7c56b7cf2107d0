"""Brings a database to the newest version, as its owner."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tenants.base import Base
from tenants.migrations import everywhere


def migrate(revision: str = "head") -> None:
    command.upgrade(configuration(), revision)
    everywhere.draw()


def build_in(connection: Connection) -> None:
    """All that the migrations build, from nothing, in the connection's first schema and its open transaction."""
    scripts = ScriptDirectory.from_config(configuration())
    context = MigrationContext.configure(connection, opts={"target_metadata": Base.metadata})
    with Operations.context(context):
        for script in reversed(list(scripts.walk_revisions())):
            script.module.upgrade()
    everywhere.draw_in(connection)


def newest() -> str | None:
    """The revision that this version of Seloste expects."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration
