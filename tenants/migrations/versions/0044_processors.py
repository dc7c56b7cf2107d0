"""Processors and other recipients, their sub-processors, the evidence about them, and the agreements of companies."""

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, COMPANY_OR_GROUP, GROUP, actor_is, let, let_see, setting, wall

revision = "0044"
down_revision = "0043"

KINDS = (
    "group_company",
    "ict_provider",
    "data_provider",
    "credit_information",
    "collection",
    "accounting",
    "payment",
    "transport",
    "supplier",
    "distribution_partner",
    "advertising",
    "web_analytics",
    "other_partner",
    "authority",
)
RELATIONS = ("processor", "independent_controller", "joint_controller")
POINTS = ("instructions", "confidentiality", "security", "sub_processors", "rights", "assistance", "deletion", "audits")

# Seloste itself, for no company: it brings what a manifest declares, as drafts and as nothing else.
FOR_THE_GROUP = f"({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"
OVERSEEN = f"{GROUP} AND company_id = ANY ((SELECT overseen_companies())::uuid[])"

STOPS = "agreement_stops(uuid, uuid, date, text[], text[], text[])"
STATE = "agreement_state(timestamptz, timestamptz, date, date, date, date)"
OVERSIGHT = "overseen_agreements(date, text[], text[], text[])"
FOR_OTHERS = "agreements_for_others(uuid, date)"
# Whoever is itself the processor in an agreement is a party to it.
MINE = setting("company_id")
PARTY = f"""{GROUP} AND processor_id = ANY (ARRAY(
    SELECT p.processor_id FROM processors p WHERE p.{GROUP} AND p.company_id = {MINE}))"""
APPROVED_PARTY = f"""{GROUP} AND approved_at IS NOT NULL AND agreement_id = ANY (ARRAY(
    SELECT a.agreement_id FROM agreements a WHERE a.{GROUP}))"""
# Of an agreement the version by which it is known on a day, as `reading.Agreed.on` chooses it.
HOLDS = "LATERAL (SELECT v.approved_at IS NOT NULL AND COALESCE(v.replaced_on > today, true) AS holds) h"
FIRST = "ORDER BY h.holds DESC, CASE WHEN h.holds THEN v.version ELSE -v.version END LIMIT 1"


def upgrade() -> None:
    create_catalogue()
    create_evidence()
    create_agreements()
    raise_walls()
    create_state()
    create_stops()
    let_the_door_see()
    create_oversight()
    create_record_of_a_processor()
    hand_over_to_the_door()


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def instant(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def day(name: str, *, known: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=not known)


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def texts(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=not known) for name in names]


def lists(kind: sa.Text | sa.Uuid[uuid.UUID], *names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, postgresql.ARRAY(kind), nullable=False) for name in names]


def refers(table: str, to: str, *columns: str, theirs: tuple[str, ...] = ()) -> sa.ForeignKeyConstraint:
    keys = ["group_id", *columns]
    name = op.f(f"fk_{table}_{'_'.join(keys)}")
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in ("group_id", *(theirs or columns))], name=name)


def once_only(table: str, *columns: str) -> sa.UniqueConstraint:
    keys = ["group_id", *columns]
    return sa.UniqueConstraint(*keys, name=op.f(f"uq_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def create_catalogue() -> None:
    table = "processors"
    op.create_table(
        table,
        *ids("group_id", "processor_id"),
        *texts("key", "name"),
        *texts("business_id", "vat_number", known=False),
        sa.Column("kind", words("recipientkind", *KINDS), nullable=False),
        *texts("country"),
        *lists(sa.Text(), "countries"),
        sa.Column("contact", postgresql.JSONB(), nullable=False),
        *texts("domain", known=False),
        *ids("company_id", known=False),
        *lists(sa.Text(), "recipients"),
        instant("created_at", now=True),
        instant("retired_at"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f(f"fk_{table}_group_id")),
        refers(table, "companies", "company_id"),
        primary(table, "processor_id"),
        *(once_only(table, one) for one in ("key", "business_id", "vat_number", "company_id")),
    )
    table = "sub_processors"
    op.create_table(
        table,
        *ids("group_id", "processor_id", "sub_processor_id"),
        sa.Column("service", postgresql.JSONB(), nullable=False),
        *lists(sa.Text(), "countries"),
        day("since", known=True),
        day("announced_on"),
        day("objections_until"),
        instant("ended_at"),
        refers(table, "processors", "processor_id"),
        refers(table, "processors", "sub_processor_id", theirs=("processor_id",)),
        primary(table, "processor_id", "sub_processor_id"),
    )
    op.create_index("ix_sub_processors_sub_processor", table, ["group_id", "sub_processor_id"], unique=False)
    table = "sub_processor_objections"
    op.create_table(
        table,
        *ids("group_id", "objection_id", "company_id", "processor_id", "sub_processor_id"),
        *texts("reason"),
        instant("objected_at", now=True),
        *ids("objected_by", known=False),
        *texts("solution", known=False),
        instant("solved_at"),
        *ids("solved_by", known=False),
        refers(table, "companies", "company_id"),
        refers(table, "sub_processors", "processor_id", "sub_processor_id"),
        primary(table, "objection_id"),
    )
    op.create_index(
        "uq_sub_processor_objections_open",
        table,
        ["group_id", "company_id", "processor_id", "sub_processor_id"],
        unique=True,
        postgresql_where=sa.text("solved_at IS NULL"),
    )


def create_evidence() -> None:
    table = "processor_verifications"
    op.create_table(
        table,
        *ids("group_id", "verification_id", "processor_id"),
        *ids("company_id", known=False),
        day("verified_on", known=True),
        day("valid_until", known=True),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        instant("recorded_at", now=True),
        *ids("recorded_by", known=False),
        instant("withdrawn_at"),
        *ids("withdrawn_by", known=False),
        refers(table, "processors", "processor_id"),
        refers(table, "companies", "company_id"),
        primary(table, "verification_id"),
    )
    op.create_index(
        "ix_processor_verifications_processor", table, ["group_id", "processor_id", "verified_on"], unique=False
    )


def create_agreements() -> None:
    table = "agreements"
    op.create_table(
        table,
        *ids("group_id", "agreement_id", "company_id", "processor_id"),
        *texts("key"),
        sa.Column("declared", sa.Boolean(), server_default="false", nullable=False),
        instant("created_at", now=True),
        instant("ended_at"),
        *ids("ended_by", known=False),
        refers(table, "companies", "company_id"),
        refers(table, "processors", "processor_id"),
        primary(table, "agreement_id"),
        once_only(table, "company_id", "key"),
        once_only(table, "company_id", "agreement_id"),
        once_only(table, "processor_id", "agreement_id"),
    )
    table = "agreement_versions"
    op.create_table(
        table,
        *ids("group_id", "agreement_id"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        *ids("company_id"),
        sa.Column("relation", words("relation", *RELATIONS), nullable=False),
        *lists(sa.Uuid(), "registers", "purposes"),
        sa.Column("checklist", postgresql.JSONB(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=True),
        day("valid_from", known=True),
        day("valid_until"),
        day("verify_again_on"),
        sa.Column("at_end", words("atend", "deletion", "return"), nullable=True),
        sa.Column("transfers", postgresql.JSONB(), nullable=False),
        sa.Column("questionnaire", postgresql.JSONB(), nullable=True),
        sa.Column("objection_stops", sa.Boolean(), nullable=False),
        instant("drafted_at", now=True),
        *ids("drafted_by", known=False),
        sa.Column("editors", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        instant("approved_at"),
        *ids("approved_by", known=False),
        day("replaced_on"),
        refers(table, "agreements", "company_id", "agreement_id"),
        primary(table, "agreement_id", "version"),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f(f"ck_{table}_ends_later")),
    )


def raise_walls() -> None:
    for table in ("processors", "sub_processors"):
        wall(table)
        let("app", "SELECT, INSERT, UPDATE", table, GROUP)
    wall("sub_processor_objections")
    let("app", "SELECT", "sub_processor_objections", COMPANY)
    let("app", "INSERT, UPDATE", "sub_processor_objections", COMPANY, columns="solution, solved_at, solved_by")
    wall("processor_verifications")
    let("app", "SELECT", "processor_verifications", GROUP)
    withdrawn = "withdrawn_at, withdrawn_by"
    let("app", "INSERT, UPDATE", "processor_verifications", COMPANY_OR_GROUP, columns=withdrawn)
    wall("agreements")
    let("app", "SELECT, INSERT", "agreements", f"({COMPANY}) OR {FOR_THE_GROUP}")
    let("app", "UPDATE", "agreements", COMPANY, columns="ended_at, ended_by")
    wall("agreement_versions")
    let("app", "SELECT", "agreement_versions", f"({COMPANY}) OR {FOR_THE_GROUP}")
    drafted = f"({COMPANY}) OR ({FOR_THE_GROUP} AND approved_at IS NULL)"
    let("app", "INSERT, UPDATE", "agreement_versions", drafted)


def create_state() -> None:
    op.execute("""
        CREATE FUNCTION agreement_state(
          ended_at timestamptz, approved_at timestamptz, replaced_on date, valid_from date, valid_until date, today date)
        RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
          SELECT CASE WHEN ended_at IS NOT NULL THEN 'ended'
                      WHEN approved_at IS NULL THEN 'draft'
                      WHEN replaced_on <= today THEN 'replaced'
                      WHEN valid_until < today THEN 'expired'
                      WHEN valid_from > today THEN 'approved'
                      ELSE 'in_force' END
        $$
    """)


def create_stops() -> None:
    """`standing.stops` in SQL, of the version that holds on a day. The law's countries are given by who asks."""
    op.execute(f"""
        CREATE FUNCTION agreement_stops(
          the_group uuid, the_agreement uuid, today date, free text[], adequate text[], partly text[])
        RETURNS TABLE (reason text, about text) LANGUAGE sql STABLE AS $$
          WITH RECURSIVE said AS (
            SELECT a.processor_id, a.ended_at, v.*
            FROM public.agreements a
            JOIN public.agreement_versions v ON v.group_id = a.group_id AND v.agreement_id = a.agreement_id, {HOLDS}
            WHERE a.group_id = the_group AND a.agreement_id = the_agreement {FIRST}
          ), bound AS (
            SELECT p.* FROM public.processors p, said
            WHERE p.group_id = the_group AND p.processor_id = said.processor_id
          ), chain AS (
            SELECT s.processor_id, s.sub_processor_id, s.countries, s.since FROM public.sub_processors s, said
            WHERE s.group_id = the_group AND s.processor_id = said.processor_id AND s.ended_at IS NULL
            UNION
            SELECT s.processor_id, s.sub_processor_id, s.countries, s.since
            FROM public.sub_processors s JOIN chain c ON s.processor_id = c.sub_processor_id
            WHERE s.group_id = the_group AND s.ended_at IS NULL
          ), places AS (
            SELECT country FROM bound
            UNION SELECT unnest(countries) FROM bound
            UNION SELECT unnest(countries) FROM chain WHERE since <= today
            UNION SELECT p.country FROM public.processors p JOIN chain c ON c.sub_processor_id = p.processor_id
                  WHERE p.group_id = the_group AND c.since <= today
          ), evidence AS (
            SELECT e.verified_on, e.valid_until FROM public.processor_verifications e, said
            WHERE e.group_id = the_group AND e.processor_id = said.processor_id
              AND e.withdrawn_at IS NULL AND e.verified_on <= today
          ), registers AS (
            SELECT r.key, r.retired_at, r.recipients FROM public.registers r, said
            WHERE r.group_id = the_group AND r.register_id = ANY (said.registers)
          )
          SELECT CASE public.agreement_state(ended_at, approved_at, replaced_on, valid_from, valid_until, today)
                   WHEN 'draft' THEN 'not_approved' WHEN 'approved' THEN 'not_begun'
                   WHEN 'expired' THEN 'expired' ELSE 'ended' END, ''
          FROM said
          WHERE public.agreement_state(ended_at, approved_at, replaced_on, valid_from, valid_until, today) <> 'in_force'
          UNION SELECT 'retired', '' FROM bound WHERE retired_at IS NOT NULL
          UNION SELECT 'unverified', '' FROM said WHERE NOT EXISTS (SELECT FROM evidence)
          UNION SELECT 'verification_expired', '' FROM said
            WHERE EXISTS (SELECT FROM evidence) AND NOT EXISTS (
              SELECT FROM evidence WHERE valid_until >= today
                AND (COALESCE(said.verify_again_on > today, true) OR verified_on >= said.verify_again_on))
          UNION SELECT 'checklist_incomplete', point FROM said, unnest(ARRAY{list(POINTS)}) point
            WHERE relation = 'processor' AND NOT EXISTS (
              SELECT FROM jsonb_array_elements(checklist) one
              WHERE one->>'point' = point AND (one->>'met')::boolean AND btrim(COALESCE(one->>'where', '')) <> '')
          UNION SELECT 'covers_nothing', '' FROM said WHERE registers = '{{}}' OR purposes = '{{}}'
          UNION SELECT 'no_transfer_basis', country FROM places, said
            WHERE country <> ALL (free) AND NOT EXISTS (
              SELECT FROM jsonb_array_elements(transfers) one
              WHERE one->>'country' = country AND CASE one->>'kind'
                WHEN 'adequacy' THEN country = ANY (adequate)
                  AND (country <> ALL (partly) OR one->'assessment' IS NOT NULL)
                ELSE one->'assessment' IS NOT NULL END)
          UNION SELECT 'sub_processor_objected', p.key
            FROM said, public.sub_processor_objections o, chain c, public.processors p
            WHERE said.objection_stops AND o.group_id = the_group AND o.company_id = said.company_id
              AND o.solved_at IS NULL AND o.processor_id = c.processor_id AND o.sub_processor_id = c.sub_processor_id
              AND p.group_id = the_group AND p.processor_id = c.sub_processor_id
          UNION SELECT 'not_declared', key FROM registers WHERE retired_at IS NOT NULL
          UNION SELECT 'not_declared', r.key || '.' || u.key
            FROM said, public.purposes u
            JOIN public.registers r ON r.group_id = u.group_id AND r.register_id = u.register_id
            WHERE u.group_id = the_group AND u.purpose_id = ANY (said.purposes) AND u.retired_at IS NOT NULL
          UNION SELECT 'not_named', r.key FROM registers r, bound
            WHERE r.retired_at IS NULL AND NOT EXISTS (
              SELECT FROM jsonb_array_elements(r.recipients) one
              WHERE one->>'key' = ANY (bound.recipients) OR one->>'name' = bound.name
                 OR (bound.company_id IS NOT NULL AND (one->>'in_group')::boolean))
        $$
    """)
    for function in (STATE, STOPS):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO seloste_app, seloste_door")


def let_the_door_see() -> None:
    for table in ("processors", "sub_processors", "processor_verifications"):
        let("door", "SELECT", table, GROUP)
    seen = "group_id, company_id, processor_id, sub_processor_id, solved_at"
    let_see("door", "sub_processor_objections", OVERSEEN, columns=seen)
    let("door", "SELECT", "agreements", f"({OVERSEEN}) OR ({PARTY})")
    let("door", "SELECT", "agreement_versions", f"({OVERSEEN}) OR ({APPROVED_PARTY})")


def create_oversight() -> None:
    """Figures, dates and states of all companies: counted, never listed, and nothing of what was agreed."""
    op.execute(f"""
        CREATE FUNCTION overseen_agreements(today date, free text[], adequate text[], partly text[])
        RETURNS TABLE (company_id uuid, state text, agreements bigint, stopped bigint, first_end date)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT a.company_id, s.state, count(*), count(*) FILTER (WHERE s.stopped), min(s.valid_until)
          FROM public.agreements a, LATERAL (
            SELECT public.agreement_state(
                     a.ended_at, v.approved_at, v.replaced_on, v.valid_from, v.valid_until, today) AS state,
                   v.valid_until,
                   EXISTS (SELECT FROM public.agreement_stops(
                     a.group_id, a.agreement_id, today, free, adequate, partly)) AS stopped
            FROM public.agreement_versions v, {HOLDS}
            WHERE v.group_id = a.group_id AND v.agreement_id = a.agreement_id {FIRST}) s
          WHERE a.company_id = ANY ((SELECT public.overseen_companies())::uuid[])
          GROUP BY a.company_id, s.state
        $$
    """)


def create_record_of_a_processor() -> None:
    """Art. 30(2): for whom a company that is itself a processor does what, and nothing else of the agreement."""
    op.execute(f"""
        CREATE FUNCTION agreements_for_others(the_processor uuid, today date)
        RETURNS TABLE (
          controller_id uuid, state text, valid_from date, valid_until date, purposes jsonb, transfers jsonb)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT a.company_id,
                 public.agreement_state(
                   a.ended_at, s.approved_at, s.replaced_on, s.valid_from, s.valid_until, today),
                 s.valid_from, s.valid_until,
                 COALESCE((SELECT jsonb_agg(u.label ORDER BY u.register_id, u.position) FROM public.purposes u
                           WHERE u.group_id = a.group_id AND u.purpose_id = ANY (s.purposes)), '[]'),
                 s.transfers
          FROM public.agreements a
          JOIN public.processors p ON p.group_id = a.group_id AND p.processor_id = a.processor_id, LATERAL (
            SELECT v.* FROM public.agreement_versions v, {HOLDS}
            WHERE v.group_id = a.group_id AND v.agreement_id = a.agreement_id AND v.approved_at IS NOT NULL
            {FIRST}) s
          WHERE a.processor_id = the_processor AND p.company_id = {MINE}
          ORDER BY a.company_id, s.valid_from
        $$
    """)


def hand_over_to_the_door() -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    for function in (OVERSIGHT, FOR_OTHERS):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"ALTER FUNCTION {function} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    for function in (OVERSIGHT, FOR_OTHERS):
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO seloste_app")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE seloste_door")
    for function in (FOR_OTHERS, OVERSIGHT):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("RESET ROLE")
    for function in (STOPS, STATE):
        op.execute(f"DROP FUNCTION {function}")
    for table in (
        "agreement_versions",
        "agreements",
        "processor_verifications",
        "sub_processor_objections",
        "sub_processors",
        "processors",
    ):
        op.drop_table(table)
