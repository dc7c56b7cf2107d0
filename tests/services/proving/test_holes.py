"""Every kind of hole is found, and called by its name."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from psycopg import Connection
from sqlalchemy import select

from services.proving import attacks, catalogue, logins, mutations, plans, routes
from services.proving.canaries import Canaries, Limits, planted
from services.proving.findings import Count, Finding, Kind, Part, Result
from services.proving.pace import Pace
from services.proving.positions import all_positions
from tenants.acting import system
from tenants.companies.model import Member
from tenants.database import walled_session
from tenants.groups.directory import Kind as DirectoryKind
from tenants.groups.directory import find_group
from tests.services.proving.ruins import Hole, holes, weakened

pytestmark = pytest.mark.usefixtures("administrator")

IN_THE_CATALOGUE = (
    Hole(
        "GRANT SELECT ON members TO seloste_portal",
        "REVOKE SELECT ON members FROM seloste_portal",
        Kind.GRANT,
        "table members: seloste_portal SELECT",
    ),
    Hole(
        "GRANT UPDATE (name) ON companies TO seloste_auditor",
        "REVOKE UPDATE (name) ON companies FROM seloste_auditor",
        Kind.GRANT,
        "column companies.name: seloste_auditor UPDATE",
    ),
    Hole(
        "REVOKE UPDATE (sealed) ON audit_entries FROM seloste_sealer",
        "GRANT UPDATE (sealed) ON audit_entries TO seloste_sealer",
        Kind.GRANT,
        "column audit_entries.sealed: seloste_sealer UPDATE",
    ),
    Hole(
        "ALTER TABLE imports NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE imports FORCE ROW LEVEL SECURITY",
        Kind.NO_WALL,
        "imports",
    ),
    Hole("CREATE TABLE bare (id int)", "DROP TABLE bare", Kind.NO_WALL, "bare"),
    Hole(
        "CREATE POLICY extra ON exports FOR SELECT TO seloste_app USING (true)",
        "DROP POLICY extra ON exports",
        Kind.POLICY,
        "exports extra",
    ),
    Hole(
        "ALTER ROLE seloste_auditor BYPASSRLS", "ALTER ROLE seloste_auditor NOBYPASSRLS", Kind.ROLE, "seloste_auditor"
    ),
    Hole(
        "GRANT seloste_auditor TO seloste_portal",
        "REVOKE seloste_auditor FROM seloste_portal",
        Kind.MEMBERSHIP,
        "seloste_portal",
    ),
    Hole(
        "CREATE FUNCTION leaky() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        "DROP FUNCTION leaky()",
        Kind.DEFINER,
        "leaky()",
    ),
    Hole(
        "ALTER FUNCTION find_group(text, bytea) RESET search_path",
        "ALTER FUNCTION find_group(text, bytea) SET search_path = pg_catalog, public",
        Kind.DEFINER,
        "find_group(text,bytea)",
    ),
    Hole(
        "CREATE FUNCTION loud(int) RETURNS bool LANGUAGE sql LEAKPROOF AS 'SELECT true'",
        "DROP FUNCTION loud(int)",
        Kind.LEAKPROOF,
        "loud(integer)",
    ),
    Hole("CREATE VIEW seen AS SELECT * FROM members", "DROP VIEW seen", Kind.VIEW, "seen"),
    Hole(
        "CREATE UNIQUE INDEX telling ON members (member_id)",
        "DROP INDEX telling",
        Kind.KEY,
        "members telling",
    ),
    Hole("DROP INDEX ix_records_register", "SELECT 1", Kind.OBJECT, "index ix_records_register"),
    Hole(
        "ALTER FUNCTION refresh_statistics() OWNER TO seloste_relay",
        "ALTER FUNCTION refresh_statistics() OWNER TO seloste_owner",
        Kind.OWNERSHIP,
        "function refresh_statistics()",
    ),
    Hole(
        "ALTER DEFAULT PRIVILEGES FOR ROLE seloste_owner GRANT SELECT ON TABLES TO seloste_portal",
        "ALTER DEFAULT PRIVILEGES FOR ROLE seloste_owner REVOKE SELECT ON TABLES FROM seloste_portal",
        Kind.DEFAULT_PRIVILEGE,
        "seloste_owner",
    ),
    Hole(
        "CREATE PUBLICATION outside FOR TABLE members", "DROP PUBLICATION outside", Kind.OBJECT, "publication outside"
    ),
    Hole(
        "ALTER ROLE seloste_relay SET search_path = pg_temp",
        "ALTER ROLE seloste_relay RESET search_path",
        Kind.ROLE,
        "seloste_relay",
    ),
    Hole(
        "ALTER FUNCTION list_groups() STRICT",
        "ALTER FUNCTION list_groups() CALLED ON NULL INPUT",
        Kind.FUNCTION,
        "list_groups()",
    ),
)


@pytest.fixture
def made() -> Iterator[Canaries]:
    with planted(Pace(0), Limits()) as canaries:
        yield canaries


def named(result: Result) -> set[tuple[Kind, str]]:
    return {(finding.kind, finding.place) for finding in result.findings}


def attacked(made: Canaries, table: str) -> Result:
    result = Result(part=Part.TABLES)
    attacks.attack_table(result, made, made.shapes[table], all_positions(made))
    return result


def test_whatever_differs_from_the_migrations_is_found(admin: Connection[Any]) -> None:
    index = admin.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_records_register'").fetchone()
    assert index is not None
    try:
        with holes(admin, IN_THE_CATALOGUE):
            found = named(catalogue.check())
    finally:
        admin.execute(index[0])
    assert {(hole.kind, hole.place) for hole in IN_THE_CATALOGUE} - found == set()
    assert catalogue.check().findings == []


def test_a_login_that_may_become_another_or_pass_the_walls_is_found(admin: Connection[Any]) -> None:
    membership = Hole(
        "GRANT seloste_auditor TO seloste_portal", "REVOKE seloste_auditor FROM seloste_portal", Kind.ESCAPE, ""
    )
    builder = Hole(
        "GRANT CREATE ON SCHEMA public TO seloste_relay",
        "REVOKE CREATE ON SCHEMA public FROM seloste_relay",
        Kind.ESCAPE,
        "",
    )
    bare = Hole(
        "ALTER TABLE imports DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE imports ENABLE ROW LEVEL SECURITY",
        Kind.ESCAPE,
        "",
    )
    with holes(admin, (membership, builder, bare)):
        found = logins.attack(Pace(0), Limits()).findings
    assert Finding(Kind.ESCAPE, "seloste_portal", "SET LOCAL ROLE seloste_auditor") in found
    assert Finding(Kind.ESCAPE, "seloste_relay", "CREATE TABLE public.seloste_canary ()") in found
    assert Finding(Kind.ESCAPE, "seloste_app", "SET row_security = off: imports") in found
    assert Finding(Kind.ESCAPE, "seloste_app", "COPY imports FROM") in found


@pytest.mark.parametrize(
    ("policy", "clause", "kind", "place"),
    [
        ("imports_app_select", "USING (true)", Kind.SEEN, "imports · seloste_app · SELECT"),
        ("exports_portal_select", "USING (true)", Kind.SEEN, "exports · seloste_portal · COPY"),
        ("imports_app_insert", "WITH CHECK (true)", Kind.LET_IN, "imports · seloste_app · INSERT"),
        ("imports_app_update", "USING (true)", Kind.CHANGED, "imports · seloste_app · UPDATE"),
        ("imports_app_delete", "USING (true)", Kind.CHANGED, "imports · seloste_app · DELETE"),
        ("imports_app_update", "WITH CHECK (true)", Kind.MOVED, "imports · seloste_app · UPDATE"),
    ],
)
def test_a_weakened_policy_is_found_by_an_attack(
    admin: Connection[Any], policy: str, clause: str, kind: Kind, place: str
) -> None:
    with weakened(admin, policy, clause), planted(Pace(0), Limits()) as made:
        assert (kind, place) in named(attacked(made, place.split(maxsplit=1)[0]))


def test_a_wall_between_companies_that_fell_is_found_although_the_group_s_stands(admin: Connection[Any]) -> None:
    group_only = "USING (group_id = NULLIF(current_setting('seloste.group_id', true), '')::uuid)"
    with weakened(admin, "imports_app_select", group_only), planted(Pace(0), Limits()) as made:
        found = attacked(made, "imports").findings
    assert Finding(Kind.SEEN, "imports · seloste_app · SELECT", "a sister company") in found
    assert "another group" not in {finding.detail for finding in found}


def test_a_key_that_tells_what_another_group_has_is_found(made: Canaries) -> None:
    made.connection.execute("CREATE UNIQUE INDEX telling ON sharing_policies (policy_id, version)")
    result = attacks.attack(made, tables=("sharing_policies",))
    assert Finding(Kind.ORACLE, "sharing_policies · seloste_app · ON CONFLICT", "another group") in result.findings


def test_a_wall_that_no_index_serves_is_found(admin: Connection[Any]) -> None:
    as_text = "USING (group_id::text = current_setting('seloste.group_id', true))"
    with weakened(admin, "imports_app_select", as_text), planted(Pace(0), Limits()) as made:
        assert (Kind.PLAN, "imports · seloste_app") in named(plans.check(made))


def test_a_large_table_that_is_one_group_s_for_the_most_part_may_be_read_whole() -> None:
    def read_whole(expected: int) -> list[plans.Node]:
        node = {"Node Type": "Seq Scan", "Relation Name": "records", "Plan Rows": expected}
        return list(plans.unserved({"Node Type": "Result", "Plans": [node]}, "records", rows=20_000))

    assert read_whole(15_000) == []
    assert [node["Plan Rows"] for node in read_whole(100)] == [100]


@get("/api/v1/unguarded", sync_to_thread=False)
def unguarded() -> str:
    return "anybody may read this"


@get("/g/{slug:str}/staff", sync_to_thread=True)
def staff(slug: FromPath[str]) -> list[str]:
    with walled_session(system(find_group(DirectoryKind.SLUG, slug))) as session:
        return list(session.scalars(select(Member.email)))


@pytest.mark.usefixtures("redis_server")
def test_a_route_without_a_guard_and_one_that_tells_are_found(made: Canaries) -> None:
    result = routes.attack(made, Litestar([unguarded, staff]))
    assert Finding(Kind.OPEN_ROUTE, "GET /api/v1/unguarded", "a stranger: 200") in result.findings
    assert Finding(Kind.TELLING_ROUTE, "GET /g/{slug:str}/staff", "a stranger") in result.findings


def test_every_wall_of_a_table_that_is_taken_down_is_noticed(made: Canaries) -> None:
    result = mutations.check(made, tables=("exports", "imports"))
    assert (result.findings, result.untried) == ([], [])
    assert result.checked[Count.COMPARED] == result.checked[Count.TAKEN_DOWN] > 20
    assert result.checked[Count.ATTACKED] == result.checked[Count.WEAKENED] > 5
