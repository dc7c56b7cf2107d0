"""Brings a database to the newest version, as its owner."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from tenants.migrations import everywhere


def migrate(revision: str = "head") -> None:
    command.upgrade(_configuration(), revision)
    everywhere.draw()


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration
