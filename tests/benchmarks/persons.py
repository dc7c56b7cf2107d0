"""Finding one person by what identifies them: at a company of fifty thousand, and at the same one of millions."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import psycopg
from psycopg import Connection
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tenants.acting import DatabaseRole, PurposeKind
from tenants.companies.model import Role
from tenants.database import engine, walled_session
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
COPY = "few"
Find = Callable[[str], Sequence[UUID]]


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    few, many = max(1_000, round(FEW * scale)), max(100_000, round(PERSONS * scale))
    company = make.company(make.group())
    staff = make.staff(company.group, (Role.REQUEST_HANDLER, company))
    with _filling(stack) as admin:
        _fill(admin, company, few - KNOWN)
        _identify(admin, company)
    _keep_a_copy(stack)
    with _filling(stack) as admin:
        _fill(admin, company, many - few)
    for name, (before, after) in _spent(company, staff).items():
        yield Figure(
            name=f"{name}, of {many:,} persons",
            value=after,
            unit="ms",
            floor=before,
            floor_is=f"ms: of {few:,}",
            aim="at most 1.5",
        )


def _filling(stack: Stack) -> Connection:
    return psycopg.connect(stack.admin_url, dbname="seloste", autocommit=True)


def _keep_a_copy(stack: Stack) -> None:
    """Of the database with few, beside the one that gets many: the two are measured in the same minutes."""
    with psycopg.connect(stack.admin_url, autocommit=True) as admin:
        # The pool makes its connections anew.
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'seloste'")
        admin.execute(f"CREATE DATABASE {COPY} TEMPLATE seloste")


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


def _spent(company: MadeCompany, staff: MadeMember) -> dict[str, tuple[float, float]]:
    """Milliseconds, as the role of the api: what programs ask, and what the office asks, with its audit."""
    acting = staff.acting(company, RIGHTS)
    few = create_engine(engine(DatabaseRole.APP).url.set(database=COPY), hide_parameters=True)
    try:
        with few.connect() as copy, walled_session(acting, copy) as before, walled_session(acting) as after:
            return {name: _in_turn(partial(find, before), partial(find, after)) for name, find in FINDING.items()}
    finally:
        few.dispose()


def _by_identifier(session: Session, one: str) -> Sequence[UUID]:
    return identifiers.find(session, NUMBER, one)


def _as_staff(session: Session, one: str) -> Sequence[UUID]:
    return [found.person_id for found in finding.search(session, one, kind=NUMBER).persons]


FINDING = {"a person by an identifier": _by_identifier, "... as staff look for them": _as_staff}


def _in_turn(before: Find, after: Find) -> tuple[float, float]:
    """Of the fastest tenth, after all were found once, measured alternately: both meet the same machine."""
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS):
        for one in _numbers():
            for find, into in zip((before, after), spent, strict=True):
                began = time.perf_counter()
                found = find(one)
                if turn:
                    into.append(time.perf_counter() - began)
                assert len(found) == 1
    few, many = (statistics.quantiles(one, n=10)[0] * 1000 for one in spent)
    return few, many


def _numbers() -> list[str]:
    return [f"M-{number}" for number in range(KNOWN)]
