"""What the walls ask of whoever acts, they ask once a statement and not once a row; and with fewer reads of their own.

Planned, a bare boolean is taken to hold for every second row, `IS NOT NULL` for nearly all of them.
"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import setting

revision = "0033"
down_revision = "0032"

ME = setting("actor_id")
OTHERS = f"""IF {setting("actor", "text")} IS DISTINCT FROM 'member' THEN
            RETURN true;
          END IF;"""
BOUND = "register_id <> ALL ((SELECT closed_registers())::uuid[])"
NONE_BOUND = "(SELECT NULLIF(closed_registers() = '{}', false)) IS NOT NULL"
# As PostgreSQL writes out again what it was given.
MAY_OPEN = "( SELECT may_open() AS may_open)"
A_SETTING = (
    r"(?:\(NULLIF\(current_setting\('seloste\.\w+'::text, true\), ''::text\)\)::uuid"
    r"|NULLIF\(current_setting\('seloste\.\w+'::text, true\), ''::text\))"
)
# What is asked of restricted rows only, and of few of them, stays as it is.
EACH_ROW = re.compile(rf"(?<!SELECT )(?<!SELECT \()(?<!\(NOT restricted\) OR \(){A_SETTING}")
ONCE = re.compile(rf'\( SELECT ({A_SETTING}) AS "nullif"\)')
POLICIES = sa.text("""
    SELECT tablename, policyname, roles = '{seloste_door}' AS of_the_door, qual, with_check
    FROM pg_policies WHERE schemaname = current_schema() ORDER BY tablename, policyname
""")


def upgrade() -> None:
    create_question_of_a_member("member_may_open", "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp")
    hand_over_to_the_door("member_may_open()")
    create_may_open()
    create_closed_registers()
    rewrite(asked_once, f"{NONE_BOUND} OR {BOUND}")


def rewrite(change: Callable[..., str], bound: str) -> None:
    """Every policy, as it stands in the catalogue. What lets rows in is asked of few, mostly of one: its settings stay.

    So do the door's: it reads by keys, for which a setting is asked once as it stands.
    """
    for policy in op.get_bind().execute(POLICIES).all():
        name = policy.policyname
        suspension = name.endswith("_open")
        clauses = ""
        for clause, text, settings in (
            (" USING ", policy.qual, suspension or not policy.of_the_door),
            (" WITH CHECK ", policy.with_check, suspension),
        ):
            if text:
                changed = bound if name.endswith("_bound") else change(text, settings=settings, suspension=suspension)
                clauses += f"{clause}({changed})" * (changed != text)
        if clauses:
            op.execute(f"ALTER POLICY {name} ON {policy.tablename}{clauses}")


def asked_once(text: str, *, settings: bool, suspension: bool) -> str:
    text = text.replace(MAY_OPEN, f"({MAY_OPEN} IS NOT NULL)")
    if settings:
        text = EACH_ROW.sub(r"( SELECT \g<0>)", text)
    return f"({text}) IS NOT NULL" if suspension else text


def asked_each_row(text: str, *, settings: bool, suspension: bool) -> str:
    text = ONCE.sub(r"\1", text).replace(f"({MAY_OPEN} IS NOT NULL)", MAY_OPEN)
    return text.removeprefix("(").removesuffix(" IS NOT NULL)") if suspension else text


def create_question_of_a_member(name: str, attributes: str = "", beginning: str = "") -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE {attributes} AS $$
        DECLARE
          the_group uuid := {setting("group_id")};
          here uuid := {setting("company_id")};
          me uuid := {setting("actor_id")};
          contract uuid;
          by_role boolean;
        BEGIN{beginning}
          SELECT m.contract_id, EXISTS (
              SELECT FROM public.assignments a
              WHERE a.group_id = the_group AND a.member_id = me
                AND (a.company_id = here OR (a.company_id IS NULL AND m.contract_id IS NULL))
                AND a.role NOT IN ('group_admin', 'maintenance', 'auditor')
                AND (m.contract_id IS NULL
                     OR a.role IN ('request_handler', 'customer_care', 'data_protection_officer')))
          INTO contract, by_role
          FROM public.members m
          WHERE m.group_id = the_group AND m.member_id = me AND m.deactivated_at IS NULL
            AND EXISTS (
              SELECT FROM public.commitment_signatures s
              WHERE s.group_id = the_group AND s.member_id = me
                AND s.version = (SELECT max(v.version) FROM public.commitments v WHERE v.group_id = the_group));
          IF NOT FOUND OR here IS NULL THEN
            RETURN false;
          END IF;
          IF contract IS NOT NULL THEN
            PERFORM FROM public.staff_contracts c
            WHERE c.group_id = the_group AND c.contract_id = contract AND c.company_id = here AND c.ended_at IS NULL
              AND c.ends_on >= (statement_timestamp() AT TIME ZONE 'Europe/Helsinki')::date;
            IF NOT FOUND THEN
              RETURN false;
            END IF;
          END IF;
          IF by_role THEN
            RETURN true;
          END IF;
          RETURN EXISTS (
            SELECT FROM public.maintenance_grants g
            WHERE g.group_id = the_group AND g.member_id = me AND g.company_id = here
              AND g.purpose = {setting("purpose", "text")} AND NOT g.refused
              AND g.ends_at > statement_timestamp() AND g.ended_at IS NULL);
        END $$
    """)


def hand_over_to_the_door(function: str) -> None:
    """Its role may see the staff of the group acted for, and nobody's data: no wall of those tables is asked in turn."""
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute(f"ALTER FUNCTION {function} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO seloste_app")
    op.execute("RESET ROLE")


def create_may_open() -> None:
    """True or nothing."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION may_open() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        BEGIN
          {OTHERS}
          RETURN NULLIF(public.member_may_open(), false);
        END $$
    """)


def create_closed_registers() -> None:
    """As before; a company that binds no register, and most bind none, is asked nothing further."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION closed_registers() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        DECLARE
          the_group uuid;
          here uuid;
        BEGIN
          IF {setting("actor", "text")} IS DISTINCT FROM 'member'
             OR {setting("purpose", "text")} = 'rights_request' THEN
            RETURN '{{}}';
          END IF;
          the_group := {setting("group_id")};
          here := {setting("company_id")};
          IF NOT EXISTS (
              SELECT FROM public.register_departments b WHERE b.group_id = the_group AND b.company_id = here) THEN
            RETURN '{{}}';
          END IF;
          RETURN ARRAY(
            SELECT DISTINCT b.register_id FROM public.register_departments b
            WHERE b.group_id = the_group AND b.company_id = here
              AND NOT EXISTS (
                SELECT FROM public.register_departments o
                JOIN public.department_members w ON w.group_id = o.group_id AND w.department_id = o.department_id
                WHERE o.group_id = the_group AND o.register_id = b.register_id AND w.member_id = {ME}));
        END $$
    """)


def downgrade() -> None:
    rewrite(asked_each_row, BOUND)
    create_question_of_a_member("may_open", beginning=f"\n          {OTHERS}")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute("DROP FUNCTION member_may_open()")
    op.execute("RESET ROLE")
