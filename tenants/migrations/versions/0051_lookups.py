"""What is bound to an event names the register of its events; the door gives one person's data by one of them."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, GROUP, HAS_PURPOSE, MAY_OPEN, actor_is, also, let, setting, wall

revision = "0051"
down_revision = "0050"

MINE = setting("company_id")
GIVER = f"company_id = ANY (ARRAY(SELECT f.company_id FROM feeds f WHERE f.{GROUP} AND {actor_is('client')}))"
LAW = "today date, free text[], adequate text[], partly text[]"
LAW_TYPES = "date, text[], text[], text[]"
FUNCTION = f"feed_looked_up(uuid, uuid, {LAW_TYPES})"
FIXED = "SET search_path = pg_catalog, public, pg_temp"
TABLE = "feed_lookups"


def upgrade() -> None:
    op.add_column("feed_scopes", sa.Column("event_register_id", sa.Uuid(), nullable=True))
    op.add_column("feed_scopes", sa.Column("event_days", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_feed_scopes_event_and_its_age"),
        "feed_scopes",
        "(event_register_id IS NULL) = (event_days IS NULL)",
    )
    op.create_foreign_key(
        op.f("fk_feed_scopes_group_id_company_id_event_register_id"),
        "feed_scopes",
        "registers",
        ["group_id", "company_id", "event_register_id"],
        ["group_id", "company_id", "register_id"],
    )
    create_lookups()
    create_door()
    hand_over_to_the_door()


def create_lookups() -> None:
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("group_id", "company_id", "lookup_id", "feed_id")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("scope_id", "event_id", "person_id")),
        sa.Column("looked_up_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["group_id", key], [f"{table}.group_id", f"{table}.{key}"], name=op.f(f"fk_{TABLE}_group_id_{key}")
            )
            for table, key in (("feeds", "feed_id"), ("disclosure_scopes", "scope_id"))
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "lookup_id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index("ix_feed_lookups_event", TABLE, ["group_id", "company_id", "feed_id", "event_id"], unique=False)
    op.create_index("ix_feed_lookups_person", TABLE, ["group_id", "company_id", "person_id"], unique=False)
    wall(TABLE)
    let("app", "SELECT", TABLE, f"{COMPANY} AND {HAS_PURPOSE}")
    also("app", "SELECT", TABLE, MAY_OPEN)
    let("door", "SELECT, INSERT", TABLE, f"{GROUP} AND {GIVER}")


def create_door() -> None:
    """The first line says what became of the question and what it gives; the records follow.

    Two questions by one event wait for each other: it is used up once.
    """
    op.execute(f"""
        CREATE FUNCTION feed_looked_up(the_feed uuid, the_event uuid, {LAW})
        RETURNS TABLE (outcome text, lookup_id uuid, company_id uuid, version integer, keys text[], ids text[],
                       sealed boolean[], person_id uuid, record_id uuid, updated_at timestamptz, data jsonb)
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER {FIXED} SET enable_seqscan = off AS $$
        #variable_conflict use_column
        DECLARE
          the_group uuid := {setting("group_id")};
          the_lookup uuid := gen_random_uuid();
          given record;
          bound record;
          the_person uuid;
          first_time timestamptz;
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('event ' || the_feed::text || the_event::text, 0));
          SELECT * INTO given
          FROM feed_in_force(the_group, {setting("actor_id")}, the_feed, today, free, adequate, partly) g;
          IF NOT FOUND THEN
            outcome := 'closed';
            RETURN NEXT;
            RETURN;
          ELSIF given.in_bulk THEN
            outcome := 'in_bulk';
            RETURN NEXT;
            RETURN;
          END IF;
          SELECT s.event_register_id, s.event_days INTO bound FROM feed_scopes s
          WHERE s.group_id = the_group AND s.feed_id = the_feed AND s.version = given.version;
          SELECT e.person_id INTO the_person FROM records e
          WHERE e.group_id = the_group AND e.company_id = given.company_id AND e.record_id = the_event
            AND e.register_id = bound.event_register_id AND NOT e.restricted
            AND e.created_at > statement_timestamp() - make_interval(days => bound.event_days);
          SELECT min(l.looked_up_at) INTO first_time FROM feed_lookups l
          WHERE l.group_id = the_group AND l.company_id = given.company_id AND l.feed_id = the_feed
            AND l.event_id = the_event;
          IF the_person IS NULL OR NOT EXISTS (
            SELECT FROM fit_to_share(the_group, given.company_id, given.register_id, given.kind, given.condition) r
            WHERE r.person_id = the_person)
          THEN
            outcome := 'unknown';
            RETURN NEXT;
            RETURN;
          ELSIF first_time <= statement_timestamp() - interval '1 day' THEN
            outcome := 'used_up';
            RETURN NEXT;
            RETURN;
          END IF;
          INSERT INTO feed_lookups (group_id, company_id, lookup_id, feed_id, version, scope_id, event_id, person_id)
          VALUES (the_group, given.company_id, the_lookup, the_feed, given.version, given.scope_id, the_event,
                  the_person);
          INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)
          SELECT the_group, given.company_id, given.scope_id, the_person, clock_timestamp(), given.recipient_id
          WHERE NOT EXISTS (
            SELECT FROM disclosures d
            WHERE d.group_id = the_group AND d.scope_id = given.scope_id AND d.person_id = the_person
              AND d.until IS NULL);
          outcome := 'given';
          lookup_id := the_lookup;
          company_id := given.company_id;
          version := given.version;
          keys := given.keys;
          ids := given.ids;
          sealed := given.sealed;
          person_id := the_person;
          RETURN NEXT;
          RETURN QUERY EXECUTE format($q$
            SELECT 'record', NULL::uuid, NULL::uuid, NULL::integer, NULL::text[], NULL::text[], NULL::boolean[],
                   r.person_id, r.record_id, r.updated_at, %s
            FROM fit_to_share($1, $2, $3, $4, $5) r WHERE r.person_id = $6 ORDER BY r.record_id
          $q$, feed_projection(given.keys, given.ids))
          USING the_group, given.company_id, given.register_id, given.kind, given.condition, the_person;
        END $$
    """)


def hand_over_to_the_door() -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    op.execute(f"ALTER FUNCTION {FUNCTION} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO seloste_app")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"DROP FUNCTION {FUNCTION}")
    op.execute("RESET ROLE")
    op.drop_table(TABLE)
    op.drop_constraint(op.f("fk_feed_scopes_group_id_company_id_event_register_id"), "feed_scopes")
    op.drop_constraint(op.f("ck_feed_scopes_event_and_its_age"), "feed_scopes")
    op.drop_column("feed_scopes", "event_days")
    op.drop_column("feed_scopes", "event_register_id")
