"""Finding one person by what identifies them: at a company of fifty thousand, and at the same one of millions."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import Connection

from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.registers import finding, identifiers
from tenants.vault import digests
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring
from tests import make
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack
from tests.make import MadeCompany, MadeMember

PERSONS, FEW = 5_000_000, 50_000
BY_PERSON = "ix_identifiers_group_id_company_id_person_id"
KNOWN, ROUNDS = 400, 3
NUMBER = IdentifierKind.CUSTOMER_NUMBER
RIGHTS = PurposeKind.RIGHTS_REQUEST


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    few, many = max(1_000, round(FEW * scale)), max(100_000, round(PERSONS * scale))
    company = make.company(make.group())
    staff = make.staff(company.group, (Role.REQUEST_HANDLER, company))
    with psycopg.connect(stack.admin_url, dbname="seloste", autocommit=True) as admin:
        _fill(admin, company, few - KNOWN)
        _identify(admin, company)
        before = _spent(company, staff)
        _fill(admin, company, many - few)
        after = _spent(company, staff)
    for name, spent in after.items():
        yield Figure(
            name=f"{name}, of {many:,} persons",
            value=spent,
            unit="ms",
            floor=before[name],
            floor_is=f"ms: of {few:,}",
            aim="at most 1.5",
        )


def _fill(admin: Connection, company: MadeCompany, persons: int) -> None:
    """Each with three identifiers that are nobody's words: to the index a digest is as random as these."""
    with admin.transaction(), _indexed_afterwards(admin):
        admin.execute(
            "WITH made AS (INSERT INTO persons (group_id, company_id, person_id)"
            " SELECT %(group)s, %(company)s, uuidv7() FROM generate_series(1, %(persons)s)"
            " RETURNING group_id, company_id, person_id)"
            " INSERT INTO identifiers (group_id, company_id, person_id, kind, digest, key_version)"
            " SELECT group_id, company_id, person_id, kind, sha256((kind || person_id)::bytea), 1"
            " FROM made, unnest(%(kinds)s::text[]) AS kind",
            {
                "group": company.group.group_id,
                "company": company.company_id,
                "persons": persons,
                "kinds": [NUMBER, IdentifierKind.EMAIL, IdentifierKind.NAME],
            },
        )
    admin.execute("VACUUM ANALYZE persons, identifiers")
    admin.execute("CHECKPOINT")


@contextmanager
def _indexed_afterwards(admin: Connection) -> Iterator[None]:
    """Millions of digests in no order would each look for a page of the index that is on the disk by then."""
    [(key,)] = admin.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'pk_identifiers'"
    ).fetchall()
    [(by_person,)] = admin.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [BY_PERSON]).fetchall()
    # Nobody checks each row's references either: they were made with it.
    admin.execute("SET LOCAL session_replication_role = replica; SET LOCAL maintenance_work_mem = '1GB'")
    admin.execute(f"ALTER TABLE identifiers DROP CONSTRAINT pk_identifiers; DROP INDEX {BY_PERSON}")
    yield
    admin.execute(f"ALTER TABLE identifiers ADD CONSTRAINT pk_identifiers {key}")
    admin.execute(by_person)


def _identify(admin: Connection, company: MadeCompany) -> None:
    """Some who can be asked for, with the digests that their customer numbers have."""
    with walled_session(company.system()) as session:
        keys = keyring(session)
        rows = [
            (company.group.group_id, company.company_id, NUMBER, digests.digests(keys, NUMBER, one)[0], keys.current)
            for one in _numbers()
        ]
    with admin.cursor() as cursor:
        cursor.executemany(
            "WITH made AS (INSERT INTO persons (group_id, company_id, person_id) VALUES (%s, %s, uuidv7())"
            " RETURNING group_id, company_id, person_id)"
            " INSERT INTO identifiers (group_id, company_id, person_id, kind, digest, key_version)"
            " SELECT group_id, company_id, person_id, %s, %s, %s FROM made",
            rows,
        )


def _spent(company: MadeCompany, staff: MadeMember) -> dict[str, float]:
    """Milliseconds, as the role of the api: what programs ask, and what the office asks, with its audit."""
    with walled_session(staff.acting(company, RIGHTS)) as session:
        return {
            "a person by an identifier": _milliseconds(lambda one: identifiers.find(session, NUMBER, one)),
            "... as staff look for them": _milliseconds(
                lambda one: [found.person_id for found in finding.search(session, one, kind=NUMBER).persons]
            ),
        }


def _milliseconds(find: Callable[[str], Sequence[UUID]]) -> float:
    """Of the fastest tenth, after all were found once: the two sizes are measured minutes apart, beside other work."""
    spent = []
    for turn in range(ROUNDS):
        for one in _numbers():
            began = time.perf_counter()
            found = find(one)
            if turn:
                spent.append(time.perf_counter() - began)
            assert len(found) == 1
    return statistics.quantiles(spent, n=10)[0] * 1000


def _numbers() -> list[str]:
    return [f"M-{number}" for number in range(KNOWN)]
