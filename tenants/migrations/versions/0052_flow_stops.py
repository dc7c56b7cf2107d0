"""What a company lets flow out is stopped, all of it, to one processor or by one feed, until it is resumed."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, GROUP, actor_is, let, let_see, setting, wall

revision = "0052"
down_revision = "0051"

LAW = "date, text[], text[], text[]"
STOPS = "agreement_stops(uuid, uuid, date, text[], text[], text[])"
IN_FORCE = f"feed_in_force(uuid, uuid, uuid, {LAW})"
IS_CLIENT = actor_is("client")
# Seloste itself, for no company: it sends for all of them.
FOR_THE_GROUP = f"({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"
OF_THE_GIVER = f"""({GROUP} AND company_id = ANY (ARRAY(
    SELECT f.company_id FROM feeds f WHERE f.{GROUP} AND {IS_CLIENT} AND f.agreement_id = {setting("actor_id")})))"""
BEFORE = "UNION SELECT 'retired', '' FROM bound"
BY_HAND = f"""UNION SELECT CASE WHEN t.processor_id IS NULL THEN 'company_stopped' ELSE 'processor_stopped' END, ''
            FROM said, public.flow_stops t
            WHERE t.group_id = the_group AND t.company_id = said.company_id AND t.resumed_at IS NULL
              AND t.feed_id IS NULL AND COALESCE(t.processor_id = said.processor_id, true)
          {BEFORE}"""
NO_STOP_BEFORE = "AND f.stopped_at IS NULL AND f.ended_at IS NULL"
NO_STOP = """AND f.ended_at IS NULL AND NOT EXISTS (
              SELECT FROM flow_stops t
              WHERE t.group_id = f.group_id AND t.company_id = f.company_id AND t.feed_id = f.feed_id
                AND t.resumed_at IS NULL)"""


def upgrade() -> None:
    create_stops()
    raise_walls()
    rewrite(STOPS, BEFORE, BY_HAND)
    rewrite_of_the_door(IN_FORCE, NO_STOP_BEFORE, NO_STOP)
    for column in ("stopped_at", "stopped_by", "stopped_reason"):
        op.drop_column("feeds", column)


def create_stops() -> None:
    table = "flow_stops"
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("group_id", "stop_id", "company_id")),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("processor_id", "feed_id")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("stopped_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_reason", sa.Text(), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_by", sa.Uuid(), nullable=True),
        refers(table, "companies", "company_id"),
        refers(table, "processors", "processor_id"),
        refers(table, "feeds", "feed_id"),
        sa.PrimaryKeyConstraint("group_id", "stop_id", name=op.f("pk_flow_stops")),
        sa.CheckConstraint("num_nonnulls(processor_id, feed_id) <= 1", name=op.f("ck_flow_stops_of_one")),
    )
    running = sa.text("resumed_at IS NULL")
    op.create_index("ix_flow_stops_in_force", table, ["group_id", "company_id"], unique=False, postgresql_where=running)


def refers(table: str, to: str, column: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", column]
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def raise_walls() -> None:
    wall("flow_stops")
    let("app", "SELECT", "flow_stops", f"({COMPANY}) OR {FOR_THE_GROUP} OR {OF_THE_GIVER}")
    steps = "proposed_at, proposed_by, proposed_reason, resumed_at, resumed_by"
    let("app", "INSERT, UPDATE", "flow_stops", COMPANY, columns=steps)
    # The door says of whatever it is asked whether it is stopped, and by nobody's words.
    let_see("door", "flow_stops", GROUP, columns="group_id, company_id, processor_id, feed_id, resumed_at")


def rewrite(function: str, before: str, after: str) -> None:
    """As it stands in the catalogue, with this place changed."""
    asked = sa.text("SELECT pg_get_functiondef(CAST(:function AS regprocedure))")
    text = op.get_bind().execute(asked, {"function": function}).scalar_one()
    if before not in text:
        raise RuntimeError(f"{function} is not what this migration changes")
    op.get_bind().exec_driver_sql(text.replace(before, after).replace("%", "%%"))


def rewrite_of_the_door(function: str, before: str, after: str) -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    rewrite(function, before, after)
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")


def downgrade() -> None:
    op.add_column("feeds", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("feeds", sa.Column("stopped_by", sa.Uuid(), nullable=True))
    op.add_column("feeds", sa.Column("stopped_reason", sa.Text(), nullable=True))
    op.execute("GRANT UPDATE (stopped_at, stopped_by, stopped_reason) ON feeds TO seloste_app")
    rewrite_of_the_door(IN_FORCE, NO_STOP, NO_STOP_BEFORE)
    rewrite(STOPS, BY_HAND, BEFORE)
    op.drop_table("flow_stops")
