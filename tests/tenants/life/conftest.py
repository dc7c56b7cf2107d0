"""Groups in which much has happened, and what an administrator of the database counts in them."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from infra.embedded.postgres import Postgres
from infra.embedded.s3 import S3
from services.worker import sealing
from tests.services import stage
from tests.services.stage import Stage

# To whom data goes, and under what.
CATALOGUE = {
    "agreement_versions",
    "agreements",
    "processor_verifications",
    "processors",
    "sub_processor_objections",
    "sub_processors",
}

Counted = dict[str, tuple[int, str]]


@pytest.fixture
def built(database: Postgres, storage: S3) -> Stage:
    """With people, requests, imports, restrictions, staff, and a sealed audit."""
    made = stage.furnished()
    sealing.seal_group(made.group.group_id)
    return made


@pytest.fixture
def admin(database: Postgres) -> Iterator[Connection[Any]]:
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def counted(admin: Connection[Any]) -> Callable[[UUID], Counted]:
    """Of each table with rows of the group: how many, and a checksum of all of them."""

    def count(group_id: UUID) -> Counted:
        tables = admin.execute("""
            SELECT table_name FROM information_schema.columns
             WHERE table_schema = 'public' AND column_name = 'group_id'
        """).fetchall()
        found = {}
        for (table,) in tables:
            rows, checksum = admin.execute(
                sql.SQL(
                    "SELECT count(*), md5(coalesce(string_agg(told, ',' ORDER BY told), ''))"
                    " FROM (SELECT to_jsonb(one)::text AS told FROM {} AS one WHERE group_id = %s) AS all_of_them"
                ).format(sql.Identifier(table)),
                [group_id],
            ).fetchone() or (0, "")
            if rows:
                found[table] = (rows, checksum)
        return found

    return count
