"""An arena in which every table has rows of several owners, and any context can be put on and taken off.

It lives in one transaction of an administrator that is rolled back: triggers are off, so that rows need no
neighbours, and `SET LOCAL ROLE` puts the administrator behind the walls like anybody else.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct, structs
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from tenants import walls
from tenants.acting import (
    Acting,
    DatabaseRole,
    PurposeKind,
    auditor,
    client,
    contact,
    eraser,
    exporter,
    member,
    relay,
    sealer,
    subject,
    system,
    visitor,
)
from tenants.database import context_of
from tests.walls.expected import (
    AGREED,
    AGREED_WITH_PILVI,
    ALFA,
    AUDITOR,
    BOUND,
    CONTACT,
    ERASED,
    FED,
    KEPT,
    LEFT,
    MEMBER,
    NARROWED,
    OFFICER,
    PILVI,
    PILVIS,
    PROPOSED,
    SHARED,
    UNSIGNED,
    Row,
)

OURS, THEIRS = uuid4(), ERASED
BETA, GAMMA, FOREIGN = uuid4(), uuid4(), uuid4()
ADA, BO, CLEO = uuid4(), uuid4(), uuid4()
CASES = {(ALFA, ADA): uuid4(), (BETA, ADA): uuid4(), (ALFA, BO): uuid4(), (FOREIGN, CLEO): uuid4()}


def through_the_door(acting: Acting) -> Acting:
    """The door's functions run as its own role, in the context of whoever calls them. No process holds that role."""
    return structs.replace(acting, role=cast(DatabaseRole, "door"))


CONTEXTS: dict[str, Acting] = {
    "a member for a company and a purpose": member(OURS, MEMBER, company_id=ALFA, purpose=PurposeKind.CUSTOMER_CARE),
    "a member for a company without a purpose": member(OURS, MEMBER, company_id=ALFA),
    "a member for no company": member(OURS, MEMBER),
    "a member for a company and a rights request": member(
        OURS, MEMBER, company_id=ALFA, purpose=PurposeKind.RIGHTS_REQUEST
    ),
    "a member who has not signed the newest commitment": member(
        OURS, UNSIGNED, company_id=ALFA, purpose=PurposeKind.RIGHTS_REQUEST
    ),
    "a member without a role that opens personal data": member(
        OURS, AUDITOR, company_id=ALFA, purpose=PurposeKind.CUSTOMER_CARE
    ),
    "the officer who oversees all companies": member(OURS, OFFICER),
    "the system for a company": system(OURS, company_id=ALFA, purpose=PurposeKind.STORAGE),
    "the system for no company": system(OURS),
    "a processor's client": client(OURS, AGREED),
    "a person of the processor": contact(OURS, CONTACT),
    "a person who was one of the processor's": contact(OURS, LEFT),
    "a visitor": visitor(OURS),
    "a subject": subject(OURS, ADA),
    "the relay": relay(),
    "the sealer": sealer(OURS),
    "an auditor of a company": auditor(OURS, company_id=ALFA),
    "an auditor of the group": auditor(OURS),
    "the exporter": exporter(OURS),
    "the eraser of a group that nobody erases": eraser(OURS),
    "the eraser": eraser(ERASED),
    "a member through the door": through_the_door(
        member(OURS, MEMBER, company_id=ALFA, purpose=PurposeKind.CUSTOMER_CARE)
    ),
    "a member through the door for another purpose": through_the_door(
        member(OURS, MEMBER, company_id=ALFA, purpose=PurposeKind.STORAGE)
    ),
    "a member for no company through the door": through_the_door(member(OURS, MEMBER)),
    "a member through the door who has not signed": through_the_door(
        member(OURS, UNSIGNED, company_id=ALFA, purpose=PurposeKind.CUSTOMER_CARE)
    ),
    "a processor's client through the door": through_the_door(client(OURS, AGREED)),
    "the officer through the door": through_the_door(member(OURS, OFFICER)),
    "a subject through the door": through_the_door(subject(OURS, ADA)),
}


STAFF = (MEMBER, UNSIGNED, AUDITOR, OFFICER)
Variants = list[dict[str, Any]]


def _assignments(company_id: UUID | None) -> Variants:
    """Whoever has proposed a role administers the company, or the group."""
    if company_id is None:
        roles = [(AUDITOR, "auditor"), (OFFICER, "data_protection_officer"), (UNSIGNED, "group_admin")]
    elif company_id == ALFA:
        roles = [(MEMBER, "request_handler"), (UNSIGNED, "request_handler"), (MEMBER, "company_admin")]
    else:
        roles = []
    return [{"member_id": one, "role": role} for one, role in roles]


def _proposed(company_id: UUID | None) -> Variants:
    at = {ALFA: "alfa", None: "group"}.get(company_id)
    return [
        {"member_id": member_id, "role": role, "proposed_by": by}
        for (where, member_id, role), by in PROPOSED.items()
        if where == at
    ]


def _agreed(company_id: UUID | None) -> Variants:
    """Alfa has agreed with the processor whose client acts, and in another group somebody by the same id."""
    return [{"agreement_id": one} for one in ((*AGREED_WITH_PILVI, ADA) if company_id in (ALFA, FOREIGN) else (BO,))]


def _agreements(company_id: UUID | None) -> Variants:
    """One of Alfa's is with another processor."""
    return [{**one, "processor_id": CLEO if one["agreement_id"] == ADA else PILVI} for one in _agreed(company_id)]


def _contacts(company_id: UUID | None) -> Variants:
    if company_id not in (ALFA, FOREIGN):
        return [{"contact_id": uuid4(), "processor_id": PILVI}]
    now = datetime.now(UTC)
    return [
        {"contact_id": CONTACT, "processor_id": PILVI, "accepted_at": now},
        {"contact_id": LEFT, "processor_id": PILVI, "accepted_at": now, "ended_at": now},
    ]


def _brought(_: UUID | None) -> Variants:
    return [
        {"contact_id": one, "processor_id": processor}
        for one, processor in ((CONTACT, PILVI), (ADA, PILVI), (CONTACT, CLEO), (LEFT, PILVI))
    ]


def _of_clients(company_id: UUID | None) -> Variants:
    return [{"client_id": one} for one in ((PILVIS, uuid4()) if company_id in (ALFA, FOREIGN) else (uuid4(),))]


# Who is who among the members, and what is theirs; in both groups, so that one group's roles could open another's data.
OF_STAFF: dict[str, Callable[[UUID | None], Variants]] = {
    "assignments": _assignments,
    "proposed_roles": _proposed,
    "members": lambda _: [{"member_id": one} for one in STAFF],
    "department_members": lambda _: [{"member_id": one} for one in STAFF],
    "certifications": lambda _: [{"member_id": one} for one in STAFF],
    "maintenance_asks": lambda _: [{"member_id": one} for one in STAFF],
    "maintenance_grants": lambda _: [{"member_id": UNSIGNED, "granted_by": one} for one in (MEMBER, ADA)],
    "emergencies": lambda _: [{"asked_by": one, "minutes": 60} for one in (MEMBER, ADA)],
    "emergency_answers": lambda _: [
        {"asked_by": one, "answered_by": other} for one, other in ((UNSIGNED, MEMBER), (MEMBER, ADA), (ADA, BO))
    ],
    "authority_cases": lambda _: [{"opened_by": one} for one in (MEMBER, UNSIGNED, ADA)],
    "authority_decisions": lambda _: [{"opened_by": ADA, "decided_by": one} for one in (MEMBER, UNSIGNED, BO)],
    "commitments": lambda _: [{"version": version} for version in (1, 2)],
    "commitment_signatures": lambda _: [{"member_id": one, "version": 1 if one == UNSIGNED else 2} for one in STAFF],
    "agreements": _agreements,
    "processors": lambda company_id: [{} if company_id else {"processor_id": PILVI}],
    "processor_contacts": _contacts,
    "offered_keys": lambda at: [{**one, "jwks_uri": "https://pilvi.example/keys"} for one in _brought(at)],
    "lost_keys": _brought,
    "scope_wishes": _brought,
    "oauth_clients": lambda company_id: [
        {**one, "processor_id": PILVI if one["client_id"] == PILVIS or company_id == BETA else CLEO}
        for one in _of_clients(company_id)
    ],
    "oauth_client_keys": _of_clients,
    "oauth_client_key_sets": _of_clients,
    "oauth_tokens": _of_clients,
    "agreement_versions": lambda company_id: [
        {**one, "approved_at": at} for one in _agreed(company_id) for at in (None, datetime.now(UTC))
    ],
    "feeds": _agreed,
    "feed_days": _agreed,
    "feed_scopes": lambda company_id: [
        {**one, "reads": (FED,), "approved_at": at, "opens_at": at, "scope_id": uuid4() if at else None}
        for one in _agreed(company_id)
        for at in (datetime.now(UTC), None)
    ],
    "changes": lambda _: [{}, {"number": 7}],
    "notifications": lambda company_id: [
        {**one, "recipient_id": PILVI, "restricted": restricted, "person_id": person}
        for one in _agreed(company_id)
        for restricted in (False, True)
        for person in (ADA, BO)
    ],
    "register_departments": lambda company_id: [{"register_id": BOUND}] if company_id == ALFA else [{}],
    "corrections": lambda _: [{"register_id": register} for register in (KEPT, BOUND)],
    "imports": lambda _: [{"register_id": register} for register in (KEPT, BOUND)],
    "extracts": lambda _: [{"register_id": register} for register in (KEPT, BOUND)],
}


class Column(Struct, frozen=True):
    name: str
    type: str
    required: bool
    words: tuple[str, ...]


class Arena:
    def __init__(self, connection: Connection[tuple[Any, ...]]) -> None:
        self.connection = connection
        self.tables = self._tables()
        self.rows: dict[str, list[Row]] = {}

    def fill(self) -> None:
        """In place of what other tests committed, which comes back when the transaction is rolled back."""
        self.connection.execute("SET LOCAL lock_timeout = '10s'")
        self.connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, self.tables))))
        for table in self.tables:
            self.rows[table] = list(self._owners(table))
            for row in self.rows[table]:
                self._insert(table, row, known_cases=True)
        self.connection.execute("UPDATE groups SET erasing_at = now() WHERE group_id = %s", [ERASED])
        self.connection.execute("UPDATE groups SET roles_by_two = true WHERE group_id = %s", [OURS])

    @contextmanager
    def behind_the_walls(self, acting: Acting) -> Iterator[None]:
        """As this context, until the end of the block; nothing that is done in it stays."""
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(f"seloste_{acting.role}")))
            self.connection.execute(context_of(acting))
            yield

    def reached(self, table: str, command: str, acting: Acting) -> int:
        """How many rows the command reaches; -1 where it is not granted at all."""
        narrowed = NARROWED.get((table, str(acting.role)))
        statement = {
            "SELECT": sql.SQL("SELECT count(*) FROM {}"),
            "UPDATE": sql.SQL("UPDATE {} SET {} = {}"),
            "DELETE": sql.SQL("DELETE FROM {}"),
        }[command]
        name, value = self._harmless(table, narrowed)
        parts = [sql.Identifier(table)] + ([sql.Identifier(name), value] if command == "UPDATE" else [])
        with self.behind_the_walls(acting):
            try:
                result = self.connection.execute(statement.format(*parts))
            except psycopg.errors.InsufficientPrivilege as error:
                if "row-level security" in str(error):
                    raise
                return -1
            return int(result.fetchone()[0]) if command == "SELECT" else result.rowcount  # type: ignore[index]

    def lets_move(self, table: str, acting: Acting) -> bool:
        """Whether rows can be given away to other groups."""
        statement = sql.SQL("UPDATE {} SET group_id = gen_random_uuid()").format(sql.Identifier(table))
        with self.behind_the_walls(acting):
            try:
                return self.connection.execute(statement).rowcount > 0
            except psycopg.errors.InsufficientPrivilege:
                return False

    def lets_in(self, table: str, row: Row, acting: Acting) -> bool:
        with self.behind_the_walls(acting):
            try:
                self._insert(table, row)
            except psycopg.errors.InsufficientPrivilege:
                return False
            except psycopg.errors.UniqueViolation:
                return True  # the policies are asked first
            return True

    def _tables(self) -> dict[str, list[Column]]:
        found = self.connection.execute(
            """
            SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull AND NOT a.atthasdef,
                   (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
                    WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] LIMIT 1)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1, a.attnum
            """
        )
        tables: dict[str, list[Column]] = {}
        for table, name, kind, required, check in found:
            if table not in walls.WITHOUT_WALLS:
                words = tuple(re.findall(r"'([^']*)'::", check or ""))
                tables.setdefault(table, []).append(Column(name, kind, required, words))
        return tables

    def _owners(self, table: str) -> Iterator[Row]:
        """One row for each kind of owner that the table can have."""
        names = {column.name for column in self.tables[table]}
        companies: Sequence[tuple[UUID, UUID | None]] = [(OURS, ALFA), (OURS, BETA), (THEIRS, FOREIGN)]
        if "company_id" in names and not self._required(table, "company_id"):
            companies = [*companies, (OURS, None), (THEIRS, None)]
        if "company_id" not in names:
            companies = [(OURS, None), (THEIRS, None)]
        for group_id, company_id in companies:
            for extra in self._variants(table, names, group_id, company_id):
                yield Row(group_id=group_id, company_id=company_id, **extra)

    def _required(self, table: str, name: str) -> bool:
        return any(column.name == name and column.required for column in self.tables[table])

    def _variants(
        self, table: str, names: set[str], group_id: UUID, company_id: UUID | None
    ) -> Iterator[dict[str, Any]]:
        if table == "records":
            yield from (
                {"restricted": restricted, "register_id": register}
                for restricted in (False, True)
                for register in (SHARED, KEPT, BOUND, FED)
            )
        elif table in OF_STAFF:
            yield from OF_STAFF[table](company_id)
        elif "restricted" in names:
            yield from ({"restricted": restricted} for restricted in (False, True))
        elif "taken_over_by" in names:
            yield from ({"taken_over_by": change} for change in (None, uuid4()))
        elif "recipient_id" in names:
            recipients = (ALFA, BETA, GAMMA, PILVI) if group_id == OURS else (ALFA, PILVI)
            yield from (
                {"recipient_id": one, **({"reads": (self._reads(group_id, one),)} if "reads" in names else {})}
                for one in recipients
                if one != company_id
            )
        elif "request_id" in names:
            requests = (ADA, BO) if group_id == OURS else (CLEO,)
            others = self._others(names, company_id)
            yield from ({"request_id": request, **other} for request in requests for other in others)
        elif "chain_id" in names:
            yield from (
                {"chain_id": chain} for chain in ((OURS, ALFA, BETA) if group_id == OURS else (THEIRS, FOREIGN))
            )
        elif "use" in names:
            yield from ({"use": use} for use in ("archive", "audit", "oauth"))
        elif "actor_id" in names:
            yield from (
                {"actor": actor, "actor_id": actor_id, "sealed": sealed}
                for actor, actor_id in (
                    ("system", None),
                    ("member", MEMBER),
                    ("subject", ADA),
                    ("visitor", None),
                    ("client", AGREED),
                    ("contact", CONTACT),
                )
                for sealed in ((False, True) if "sealed" in names else (False,))
            )
        elif table == "case_findings":
            wanted = {request for company, request in CASES if company == company_id}
            yield from ({"case_id": CASES[company_id, request], "request_id": request} for request in wanted)  # type: ignore[index]
        else:
            yield {}
        if table == "requests":
            yield from ({"request_id": uuid4(), "company_ids": (one,)} for one in (ALFA, BETA))

    @staticmethod
    def _reads(group_id: UUID, recipient_id: UUID) -> UUID:
        return SHARED if (group_id, recipient_id) == (OURS, ALFA) else KEPT

    def _others(self, names: set[str], company_id: UUID | None) -> list[dict[str, Any]]:
        """What else a row of a request may be told apart by."""
        if "on_paper" in names:
            return [{"on_paper": on_paper} for on_paper in ((False, True) if company_id else (False,))]
        return [{"member_id": holder} for holder in (None, MEMBER, ADA)] if "member_id" in names else [{}]

    def _insert(self, table: str, row: Row, *, known_cases: bool = False) -> None:
        values = {column.name: _value(column, row) for column in self.tables[table] if _is_given(column, row)}
        if known_cases and table == "cases":
            values["person_id"] = sql.Literal(row.request_id)
            values["state"] = sql.Literal("building" if row.company_id == BETA else "answered")
        if known_cases and table == "cases" and (row.company_id, row.request_id) in CASES:
            values["case_id"] = sql.Literal(CASES[row.company_id, row.request_id])  # type: ignore[index]
        self.connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(values.values()),
            )
        )

    def _harmless(self, table: str, narrowed: str | None) -> tuple[str, sql.Composable]:
        """A column that no wall looks at, and a value for it that reads no column, so that SELECT is not asked too."""
        for column in self.tables[table]:
            free = column.name not in Row.__struct_fields__ and not column.name.endswith("_id")
            if column.name == narrowed or (free and not narrowed):
                return column.name, _plain(column)
        raise LookupError(table)


def _is_given(column: Column, row: Row) -> bool:
    if column.name in Row.__struct_fields__:
        return getattr(row, column.name) is not None or column.required
    return column.required


def _value(column: Column, row: Row) -> sql.Composable:
    if column.name in Row.__struct_fields__ and (given := getattr(row, column.name)) is not None:
        return sql.Literal(list(given) if isinstance(given, tuple) else given) + sql.SQL(
            "::uuid[]" if isinstance(given, tuple) else ""
        )
    return _plain(column)


def _plain(column: Column) -> sql.Composable:
    if column.words:
        return sql.Literal(column.words[0])
    plain = {
        "uuid": "gen_random_uuid()",
        "text": "gen_random_uuid()::text",
        "character varying": "'x'",
        "bytea": "uuid_send(gen_random_uuid())",
        "boolean": "false",
        "integer": "(random() * 2000000000)::int",
        "smallint": "1",
        "bigint": "(random() * 2000000000)::bigint",
        "jsonb": "'{}'::jsonb",
        "timestamp with time zone": "clock_timestamp()",
        "date": "current_date",
        "text[]": "'{}'::text[]",
        "uuid[]": "ARRAY[gen_random_uuid()]",
    }
    return sql.SQL(plain[column.type])


@contextmanager
def arena(admin_url: str) -> Iterator[Arena]:
    with psycopg.connect(make_conninfo(admin_url, dbname="seloste")) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        made = Arena(connection)
        made.fill()
        yield made
        connection.rollback()


ROLES = tuple(str(role) for role in DatabaseRole)
