"""Runs the migrations as seloste_owner; started by `running.py`, never by alembic's own command."""

from alembic import context

from tenants.acting import DatabaseRole
from tenants.base import Base
from tenants.database import engine

with engine(DatabaseRole.OWNER).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
