"""The same rules over thousands of groups at once: the model against the queries behind the door, in one transaction.

Here the rules are compared and not the walls: the queries are asked as the administrator, for all groups together. What
is broken on purpose must be seen, or the comparison is worth nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from msgspec import Struct
from sqlalchemy import Connection, create_engine, insert, make_url, text

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.base import Base, new_id
from tenants.companies.model import Company, Contact
from tenants.consents.model import Consent, Objection
from tenants.registers.model import Person, Provenance, Record
from tenants.sharing import judging
from tenants.sharing.conditions import All, Any, Condition, Consented, FieldIs, HasRecord, NotObjected
from tenants.sharing.model import SharingAcceptance
from tests.make import MadeCompany, MadeGroup
from tests.tenants.sharing import test_rules_twice as twice
from tests.tenants.sharing.test_rules_twice import (
    DAY,
    FIELDS,
    KINDS,
    NOW,
    RECEIVERS,
    REGISTERS,
    VALUES,
    Built,
    Grant,
    Notice,
    Someone,
    World,
)

# Built once, by one worker.
pytestmark = pytest.mark.xdist_group("rules in bulk")

GROUPS = 1_100
# To see a broken rule takes fewer.
ENOUGH = 150
SEED = 20_261_122

Through = dict[tuple[UUID, UUID, str, UUID, UUID], dict[str, object]]
"""Group, receiver, kind, person, record: the values by field id."""
Rows = dict[type[Base], list[dict[str, object]]]


class Compared(Struct):
    """Many worlds in one transaction."""

    connection: Connection
    worlds: list[Built]

    def through(self, worlds: Sequence[Built]) -> Through:
        asked = [
            (built.group.group_id, built.companies[receiver].company_id, kind)
            for built in worlds
            for receiver in RECEIVERS
            for kind in KINDS
        ]
        groups, receivers, kinds = (list(column) for column in zip(*asked, strict=True))
        rows = self.connection.execute(
            THROUGH, {"groups": groups, "receivers": receivers, "kinds": [str(kind) for kind in kinds]}
        )
        return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}


THROUGH = text(
    """
    SELECT a.group_id, a.receiver, a.kind, f.person_id, f.record_id, f.data
    FROM unnest(CAST(:groups AS uuid[]), CAST(:receivers AS uuid[]), CAST(:kinds AS text[]))
         AS a (group_id, receiver, kind)
    CROSS JOIN LATERAL open_grants(a.group_id, a.receiver, a.kind) g
    CROSS JOIN LATERAL found_on_page(a.group_id, g.company_id, g.register_id, g.kind, g.condition, g.field_ids,
                                     CAST(:groups AS uuid[])[0], CAST(:groups AS uuid[])[0], 1000) f
""".replace("CAST(:groups AS uuid[])[0]", "'00000000-0000-0000-0000-000000000000'")
)


@pytest.fixture(scope="module")
def compared(database: Postgres) -> Iterator[Compared]:
    url = make_url(database.admin_url).set(drivername="postgresql+psycopg", database="seloste")
    chance = Random(SEED)
    engine = create_engine(url)
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        worlds = [_world(chance, number) for number in range(GROUPS)]
        rows: Rows = {}
        for built in worlds:
            _say(built, chance, rows)
        for model, values in rows.items():
            connection.execute(insert(model), values)
        connection.execute(text(f"ANALYZE {', '.join(model.__tablename__ for model in rows)}"))
        yield Compared(connection, worlds)
        transaction.rollback()
    engine.dispose()


def test_thousands_of_groups_policies_and_people_are_judged_alike(compared: Compared) -> None:
    policies = sum(len(built.world.grants) for built in compared.worlds)
    people = sum(len(built.people) for built in compared.worlds)
    judged = sum(len(someone.records) for built in compared.worlds for _, someone, _ in built.people)
    print(f"{GROUPS} groups, {policies} policies, {people} people, {judged * len(RECEIVERS) * len(KINDS)} judgements")
    assert min(policies, people) > 3_000
    wanted = expected(compared.worlds)
    assert 500 < len(wanted) < judged
    assert compared.through(compared.worlds) == wanted


@pytest.mark.parametrize(
    ("function", "rule", "broken"),
    [
        ("fit_to_share", "AND NOT p.restricted", ""),
        ("fit_to_share", "AND NOT r.restricted", ""),
        ("fit_to_share", "AND o.kind = the_kind", ""),
        ("fit_to_share", "AND o.until IS NULL", ""),
        ("open_grants", "AND NOT f.sealed", ""),
        ("open_grants", "AND p.key = ANY (f.purposes)", ""),
        ("open_grants", "AND g.opens_at <= statement_timestamp()", ""),
        ("open_grants", "g.closes_at > statement_timestamp()", "true"),
        ("open_grants", "AND p.retired_at IS NULL", ""),
        ("share_meets", "AND c.until IS NULL", ""),
        ("share_meets", "AND NOT r.restricted", ""),
    ],
)
def test_a_rule_that_is_broken_on_purpose_is_seen(compared: Compared, function: str, rule: str, broken: str) -> None:
    whole = text("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = :name")
    definition = str(compared.connection.scalar(whole, {"name": function}))
    assert rule in definition
    some = compared.worlds[:ENOUGH]
    with compared.connection.begin_nested() as savepoint:
        compared.connection.exec_driver_sql(definition.replace(rule, broken, 1).replace("%", "%%"))
        # Most are seen in a part of the worlds; what is seldom met, in all of them.
        seen = any(compared.through(worlds) != expected(worlds) for worlds in (some, compared.worlds))
        savepoint.rollback()
    assert seen


def expected(worlds: Sequence[Built]) -> Through:
    return {
        (built.group.group_id, built.companies[receiver].company_id, str(kind), person_id, record_id): data
        for built in worlds
        for receiver in RECEIVERS
        for kind in KINDS
        for (person_id, record_id), data in twice.expected(built, receiver, kind).items()
    }


def _world(chance: Random, number: int) -> Built:
    group = MadeGroup(new_id(), f"moni-{number}")
    companies = {key: MadeCompany(group, new_id(), key) for key in ("alfa", *RECEIVERS)}
    pairs = [(register, receiver, kind) for register in REGISTERS for receiver in RECEIVERS for kind in KINDS]
    world = World(
        notices={key: _notice(chance) for key in REGISTERS},
        grants={pair: _grant(chance) for pair in chance.sample(pairs, chance.randint(2, 6))},
        people=tuple(_someone(chance) for _ in range(chance.randint(2, 5))),
    )
    return Built(world, group, companies, {}, {}, {}, [])


def _notice(chance: Random) -> Notice:
    return Notice(
        names=chance.choice([("group",), ("group",), ("beta", "gamma"), ("beta",), ()]),
        retired=chance.choice([frozenset(), frozenset(), frozenset({PurposeKind.MARKETING})]),
        serving={kind: frozenset(chance.sample(FIELDS, chance.randint(2, 4))) for kind in KINDS},
    )


def _grant(chance: Random) -> Grant:
    return Grant(
        fields=frozenset(chance.sample(FIELDS, chance.randint(1, 4))),
        condition=_condition(chance, 2) if chance.random() < 0.6 else None,
        accepted=chance.random() < 0.85,
        opens_at=NOW + DAY if chance.random() < 0.15 else NOW - DAY,
        closes_at=chance.choice([None, None, NOW + DAY, NOW - DAY / 2]),
    )


def _condition(chance: Random, depth: int) -> Condition:
    if depth and chance.random() < 0.4:
        parts = tuple(_condition(chance, depth - 1) for _ in range(chance.randint(1, 3)))
        return All(parts) if chance.random() < 0.5 else Any(parts)
    field = chance.choice(FIELDS[:3])
    values = tuple(chance.choices(VALUES[field], k=chance.randint(1, 2)))
    kind = chance.choice(KINDS)
    one: tuple[Condition, ...] = (
        FieldIs(field, values),
        HasRecord(chance.choice(REGISTERS), field, values),
        Consented(kind),
        NotObjected(kind),
    )
    return chance.choice(one)


def _someone(chance: Random) -> Someone:
    def said() -> frozenset[PurposeKind]:
        return frozenset(kind for kind in KINDS if chance.random() < 0.25)

    return Someone(
        restricted=chance.random() < 0.15,
        objected=said(),
        consented=said(),
        records=tuple(
            (
                chance.choice(REGISTERS),
                chance.random() < 0.15,
                {
                    field: chance.choice(VALUES[field])
                    for field in FIELDS
                    if field in FIELDS[:2] or chance.random() < 0.5
                },
            )
            for _ in range(chance.randint(1, 4))
        ),
    )


def _say(built: Built, chance: Random, rows: Rows) -> None:
    """The world as rows; its ids are noted in `built`."""

    def add(row: Base) -> None:
        given = {name: value for name, value in vars(row).items() if not name.startswith("_")}
        rows.setdefault(type(row), []).append({"group_id": built.group.group_id} | given)

    for place, company in enumerate(built.companies.values()):
        add(_company(company, place))
    for position, (key, notice) in enumerate(built.world.notices.items()):
        built.registers[key] = new_id()
        add(twice.register_of(built, key, notice, position))
        for kind in KINDS:
            built.purposes[key, kind] = new_id()
            add(twice.purpose_of(built, key, kind, notice))
        for field in FIELDS:
            built.fields[key, field] = new_id()
            add(twice.field_of(built, key, field))
    for someone in built.world.people:
        for row in _person(built, someone, chance):
            add(row)
    for (register, receiver, kind), grant in built.world.grants.items():
        policy, scope, compiled = twice.granted(built, register, receiver, kind, grant)
        for row in (policy, scope, compiled):
            add(row)
        if grant.accepted:
            to = built.companies[receiver].company_id
            add(SharingAcceptance(grant_id=compiled.grant_id, company_id=to))


def _company(company: MadeCompany, place: int) -> Company:
    return Company(
        company_id=company.company_id,
        key=company.key,
        name=f"{company.key.title()} Oy",
        prefix=f"{company.key[:3].upper()}{place}",
        contact=Contact(email="tietosuoja@esimerkki.example"),
        archive_days=14,
        approval="staff",
        position=place,
    )


def _person(built: Built, someone: Someone, chance: Random) -> Iterator[Base]:
    """With what was said once and taken back, which changes nothing."""
    whose = {"company_id": built.companies["alfa"].company_id, "person_id": new_id()}
    yield Person(restricted=someone.restricted, **whose)
    for said, kinds in ((Objection, someone.objected), (Consent, someone.consented)):
        shown = {"source": "-"} if said is Consent else {}
        for kind in KINDS:
            if kind in kinds:
                yield said(kind=kind, since=NOW, until=None, **shown, **whose)
            elif chance.random() < 0.3:
                yield said(kind=kind, since=NOW - timedelta(days=9), until=NOW - DAY, **shown, **whose)
    person = twice.person_of(built, someone)
    built.people.append((whose["person_id"], person, someone))
    for one in person.records:
        yield _record(one, whose)


def _record(one: judging.Record, whose: dict[str, UUID]) -> Record:
    return Record(
        record_id=one.record_id,
        register_id=one.register_id,
        restricted=one.restricted,
        data=dict(one.data),
        provenance=Provenance("Testi", NOW),
        **whose,
    )
