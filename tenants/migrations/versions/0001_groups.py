"""Groups and the directory that finds them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import GROUP, let, wall

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "directory",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key_digest", name=op.f("pk_directory")),
    )
    op.create_table(
        "groups",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("default_language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_groups")),
    )


def raise_walls() -> None:
    wall("groups")
    let("app", "SELECT, INSERT, UPDATE", "groups", GROUP)
    let("portal", "SELECT", "groups", GROUP)
    let("sealer", "SELECT", "groups", GROUP)
    let("auditor", "SELECT", "groups", GROUP)
    wall("directory")
    let("owner", "SELECT", "directory", "true")  # for the two functions below, which run as the owner
    let("app", "INSERT", "directory", GROUP)
    create_directory_functions()


def create_directory_functions() -> None:
    op.execute("""
        CREATE FUNCTION find_group(wanted_kind text, wanted_digest bytea) RETURNS uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
        AS $$ SELECT group_id FROM directory WHERE kind = wanted_kind AND key_digest = wanted_digest $$
    """)
    op.execute("""
        CREATE FUNCTION list_groups() RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
        AS $$ SELECT group_id FROM directory WHERE kind = 'slug' ORDER BY group_id $$
    """)
    for function in ("find_group(text, bytea)", "list_groups()"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION find_group(text, bytea) TO seloste_app, seloste_portal")
    op.execute("GRANT EXECUTE ON FUNCTION list_groups() TO seloste_relay, seloste_sealer")


def downgrade() -> None:
    op.execute("DROP FUNCTION find_group(text, bytea), list_groups()")
    for table in (
        "groups",
        "directory",
    ):
        op.drop_table(table)
