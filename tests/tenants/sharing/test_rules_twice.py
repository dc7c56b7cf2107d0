"""The rules said twice: for random groups, policies and people the door lets through what the rules in Python say.

Through the real door and its walls, group by group; `test_rules_in_bulk` compares the rules over many more.
Explanations are held against the same truth: a field is explained as shared where the door shows it, and only there.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.consents.model import Consent, Objection
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.ledger.model import DisclosureScope
from tenants.registers.model import (
    Cardinality,
    Field,
    FieldType,
    IdentityLevel,
    LegalBasis,
    Origin,
    Person,
    Provenance,
    Purpose,
    Recipient,
    Record,
    Register,
)
from tenants.sharing import door, explaining, judging
from tenants.sharing.conditions import All, Any, Condition, Consented, FieldIs, HasRecord, NotObjected
from tenants.sharing.model import SharingAcceptance, SharingGrant, SharingPolicy
from tests import make
from tests.make import MadeCompany, MadeGroup

CARE, MARKETING = KINDS = (PurposeKind.CUSTOMER_CARE, PurposeKind.MARKETING)
REGISTERS, RECEIVERS, FIELDS = ("customers", "orders"), ("beta", "gamma"), ("segment", "vip", "amount", "secret")
VALUES: dict[str, list[str | bool | int | float]] = {
    "segment": ["A", "B", "true"],
    "vip": [True, False],
    "amount": [0, 1, 12.5],
    "secret": ["x"],
}
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Grant(Struct, frozen=True):
    """Of one register to one receiver for one kind of purpose. Fields by key, and so are the condition's."""

    fields: frozenset[str]
    condition: Condition | None
    accepted: bool
    opens_at: datetime
    closes_at: datetime | None


class Notice(Struct, frozen=True):
    """What the notice says of one register."""

    names: tuple[str, ...]
    """Of recipients: "group", "beta", "gamma"."""
    retired: frozenset[PurposeKind]
    serving: dict[PurposeKind, frozenset[str]]


class Someone(Struct, frozen=True):
    restricted: bool
    objected: frozenset[PurposeKind]
    consented: frozenset[PurposeKind]
    records: tuple[tuple[str, bool, dict[str, str | bool | int | float]], ...]
    """Register, whether it is restricted, values by key."""


class World(Struct, frozen=True):
    notices: dict[str, Notice]
    grants: dict[tuple[str, str, PurposeKind], Grant]
    people: tuple[Someone, ...]


def asked(field: str) -> some.SearchStrategy[Condition]:
    values = some.lists(some.sampled_from(VALUES[field]), min_size=1, max_size=2).map(tuple)
    own = values.map(lambda given: FieldIs(field, given))
    other = some.tuples(some.sampled_from(REGISTERS), values).map(lambda given: HasRecord(given[0], field, given[1]))
    return some.one_of(own, other)


PARTS: some.SearchStrategy[Condition] = some.one_of(
    some.sampled_from(FIELDS[:3]).flatmap(asked),
    some.sampled_from(KINDS).map(Consented),
    some.sampled_from(KINDS).map(NotObjected),
)
CONDITIONS = some.recursive(
    PARTS,
    lambda inner: some.tuples(some.sampled_from([All, Any]), some.lists(inner, min_size=1, max_size=3)).map(
        lambda given: given[0](tuple(given[1]))
    ),
    max_leaves=5,
)
GRANTS = some.builds(
    Grant,
    fields=some.frozensets(some.sampled_from(FIELDS), min_size=1),
    condition=some.none() | CONDITIONS,
    accepted=some.sampled_from([True, True, True, True, False]),
    opens_at=some.sampled_from([NOW - DAY, NOW - DAY, NOW - DAY, NOW - DAY, NOW + DAY]),
    closes_at=some.sampled_from([None, None, NOW + DAY, NOW - DAY / 2]),
)
NOTICES = some.builds(
    Notice,
    names=some.sampled_from([("group",), ("group",), ("beta", "gamma"), ("beta",), ()]),
    retired=some.sampled_from([frozenset[PurposeKind](), frozenset[PurposeKind](), frozenset({MARKETING})]),
    serving=some.fixed_dictionaries(dict.fromkeys(KINDS, some.frozensets(some.sampled_from(FIELDS), min_size=2))),
)
KINDS_SAID = some.frozensets(some.sampled_from(KINDS), max_size=1)
RECORDS = some.tuples(
    some.sampled_from(REGISTERS),
    some.sampled_from([False, False, False, True]),
    some.fixed_dictionaries(
        {field: some.sampled_from(VALUES[field]) for field in FIELDS[:2]},
        optional={field: some.sampled_from(VALUES[field]) for field in FIELDS[2:]},
    ),
)
PEOPLE = some.builds(
    Someone,
    restricted=some.sampled_from([False, False, False, True]),
    objected=KINDS_SAID,
    consented=KINDS_SAID,
    records=some.lists(RECORDS, min_size=1, max_size=4).map(tuple),
)
WORLDS = some.builds(
    World,
    notices=some.fixed_dictionaries(dict.fromkeys(REGISTERS, NOTICES)),
    grants=some.dictionaries(
        some.tuples(some.sampled_from(REGISTERS), some.sampled_from(RECEIVERS), some.sampled_from(KINDS)),
        GRANTS,
        min_size=4,
        max_size=8,
    ),
    people=some.lists(PEOPLE, min_size=3, max_size=6).map(tuple),
)

Seen = dict[tuple[UUID, UUID], dict[str, object]]
"""What comes through: by person and record, values by field id."""


class Built(Struct):
    """A world as it stands in the database."""

    world: World
    group: MadeGroup
    companies: dict[str, MadeCompany]
    registers: dict[str, UUID]
    fields: dict[tuple[str, str], UUID]
    purposes: dict[tuple[str, PurposeKind], UUID]
    people: list[tuple[UUID, judging.Person, Someone]]

    def condition(self, register: str, said: Condition) -> Condition:
        """By ids. The model's own translation, not the product's."""
        match said:
            case FieldIs(field, values):
                return FieldIs(str(self.fields[register, field]), values)
            case HasRecord(other, field, values):
                return HasRecord(str(self.registers[other]), str(self.fields[other, field]), values)
            case All(of) | Any(of):
                return type(said)(tuple(self.condition(register, part) for part in of))
            case _:
                return said


def expected(built: Built, receiver: str, kind: PurposeKind) -> Seen:
    """The rules, as the notice's reader would say them."""
    found: Seen = {}
    for register in REGISTERS:
        grant = built.world.grants.get((register, receiver, kind))
        notice = built.world.notices[register]
        named = "group" in notice.names or receiver in notice.names
        in_time = grant and grant.opens_at <= NOW and (grant.closes_at is None or grant.closes_at > NOW)
        if grant is None or not (grant.accepted and in_time and named) or kind in notice.retired:
            continue
        shown = {str(built.fields[register, key]) for key in (grant.fields & notice.serving[kind]) - {"secret"}}
        condition = grant.condition and built.condition(register, grant.condition)
        for person_id, person, _ in built.people:
            if person.restricted or kind in person.objected:
                continue
            for record in person.records:
                if record.register_id != built.registers[register] or record.restricted:
                    continue
                if condition is None or judging.failing(condition, person, record) is None:
                    found[person_id, record.record_id] = {
                        field: value for field, value in record.data.items() if field in shown
                    }
    return found


def seen_by_page(built: Built, receiver: str, kind: PurposeKind) -> Seen:
    found: Seen = {}
    with walled_session(built.companies[receiver].system(kind)) as session:
        for register_id in built.registers.values():
            after: door.Cursor | None = None
            while page := door.page(session, register_id, after=after, most=2):
                found |= {(one.person_id, one.record_id): dict(one.data) for one in page}
                after = door.Cursor(page[-1].person_id, page[-1].record_id)
    return found


def seen_by_person(built: Built, receiver: str, kind: PurposeKind) -> Seen:
    alfa = built.companies["alfa"].company_id
    with walled_session(built.companies[receiver].system(kind)) as session:
        return {
            (one.person_id, one.record_id): dict(one.data)
            for person_id, _, _ in built.people
            for one in door.of_person(session, alfa, person_id)
        }


@pytest.mark.usefixtures("database")
@given(world=WORLDS)
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_the_door_lets_through_what_the_rules_say(world: World) -> None:
    built = build(world)
    for receiver in RECEIVERS:
        for kind in KINDS:
            wanted = expected(built, receiver, kind)
            assert seen_by_page(built, receiver, kind) == wanted
            assert seen_by_person(built, receiver, kind) == wanted


@pytest.mark.usefixtures("database")
@given(world=WORLDS)
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_what_is_explained_as_shared_is_what_the_door_shows(world: World) -> None:
    built = build(world)
    officer = make.staff(built.group, (Role.DATA_PROTECTION_OFFICER, built.companies["alfa"]))
    shared = set()
    with walled_session(officer.acting(built.companies["alfa"], PurposeKind.RIGHTS_REQUEST)) as session:
        for receiver in RECEIVERS:
            for (_, _), field_id in built.fields.items():
                for person_id, _, _ in built.people:
                    recipient_id = built.companies[receiver].company_id
                    verdicts = explaining.explain(session, person_id, recipient_id=recipient_id, field_id=field_id)
                    shared |= {(receiver, one.kind, person_id, field_id) for one in verdicts if one.shared}
    assert shared == {
        (receiver, kind, person_id, field_id)
        for receiver in RECEIVERS
        for kind in KINDS
        for person_id, field_id in shown(built, receiver, kind)
    }


def shown(built: Built, receiver: str, kind: PurposeKind) -> Iterator[tuple[UUID, UUID]]:
    """The fields that are open to a receiver of each person who is let through, whether they hold a value or not."""
    through = expected(built, receiver, kind)
    for (register, receives, of), grant in built.world.grants.items():
        if (receives, of) != (receiver, kind):
            continue
        serving = built.world.notices[register].serving[kind]
        for person_id, person, _ in built.people:
            records = {one.record_id for one in person.records if one.register_id == built.registers[register]}
            if any((person_id, record_id) in through for record_id in records):
                for key in (grant.fields & serving) - {"secret"}:
                    yield person_id, built.fields[register, key]


def build(world: World) -> Built:
    group = make.group()
    companies = {key: make.company(group, key) for key in ("alfa", *RECEIVERS)}
    built = Built(world, group, companies, {}, {}, {}, [])
    with walled_session(group.system()) as session:
        _declare(session, built)
    with walled_session(companies["alfa"].system()) as session:
        _people(session, built)
        grants = _grants(session, built)
    for receiver in RECEIVERS:
        with walled_session(companies[receiver].system()) as session:
            for one in grants:
                if one[1] == receiver:
                    session.add(SharingAcceptance(grant_id=one[0], company_id=companies[receiver].company_id))
    return built


def _declare(session: Session, built: Built) -> None:
    for position, (key, notice) in enumerate(built.world.notices.items()):
        built.registers[key] = new_id()
        session.add(register_of(built, key, notice, position))
        session.flush()
        for kind in KINDS:
            built.purposes[key, kind] = new_id()
            session.add(purpose_of(built, key, kind, notice))
        for field in FIELDS:
            built.fields[key, field] = new_id()
            session.add(field_of(built, key, field))


def register_of(built: Built, key: str, notice: Notice, position: int) -> Register:
    return Register(
        register_id=built.registers[key],
        company_id=built.companies["alfa"].company_id,
        key=key,
        name=Text(fi=key),
        identity_level=IdentityLevel.L1,
        cardinality=Cardinality.MANY,
        sources=[],
        recipients=[_recipient(name) for name in notice.names],
        position=position,
    )


def purpose_of(built: Built, register: str, kind: PurposeKind, notice: Notice) -> Purpose:
    return Purpose(
        purpose_id=built.purposes[register, kind],
        company_id=built.companies["alfa"].company_id,
        register_id=built.registers[register],
        key=kind,
        kind=kind,
        legal_basis=LegalBasis.CONTRACT,
        label=Text(fi=kind),
        position=1,
        retired_at=NOW if kind in notice.retired else None,
    )


def _recipient(name: str) -> Recipient:
    if name == "group":
        return Recipient(Text(fi="Konsernin yhtiöt"), in_group=True)
    return Recipient(Text(fi="Kumppani"), name=f"{name.title()} Oy")


def field_of(built: Built, register: str, key: str) -> Field:
    serving = built.world.notices[register].serving
    return Field(
        field_id=built.fields[register, key],
        company_id=built.companies["alfa"].company_id,
        register_id=built.registers[register],
        key=key,
        label=Text(fi=key),
        category=Text(fi="Tiedot"),
        type=FieldType.TEXT,
        origin=Origin.PROVIDED,
        sealed=key == "secret",
        required=False,
        record_key=False,
        purposes=[kind for kind in KINDS if key in serving[kind]],
        position=FIELDS.index(key),
    )


def _people(session: Session, built: Built) -> None:
    for someone in built.world.people:
        person_id = new_id()
        session.add(Person(person_id=person_id, restricted=someone.restricted))
        session.flush()
        session.add_all(Objection(person_id=person_id, kind=kind, since=NOW) for kind in someone.objected)
        session.add_all(Consent(person_id=person_id, kind=kind, since=NOW, source="-") for kind in someone.consented)
        person = person_of(built, someone)
        session.add_all(
            Record(
                record_id=one.record_id,
                register_id=one.register_id,
                person_id=person_id,
                restricted=one.restricted,
                data=dict(one.data),
                provenance=Provenance("Testi", NOW),
            )
            for one in person.records
        )
        built.people.append((person_id, person, someone))


def person_of(built: Built, someone: Someone) -> judging.Person:
    """As the model sees them."""
    records = (
        judging.Record(
            record_id=new_id(),
            register_id=built.registers[register],
            restricted=restricted,
            data={str(built.fields[register, key]): value for key, value in values.items()},
        )
        for register, restricted, values in someone.records
    )
    return judging.Person(
        restricted=someone.restricted,
        objected=someone.objected,
        consented=someone.consented,
        records=tuple(records),
    )


def _grants(session: Session, built: Built) -> list[tuple[UUID, str]]:
    """The grants that are accepted, with their receivers."""
    accepted = []
    for (register, receiver, kind), grant in built.world.grants.items():
        made = granted(built, register, receiver, kind, grant)
        session.add_all(made[:2])
        session.flush()
        session.add(made[2])
        session.flush()
        if grant.accepted:
            accepted.append((made[2].grant_id, receiver))
    return accepted


def granted(
    built: Built, register: str, receiver: str, kind: PurposeKind, grant: Grant
) -> tuple[SharingPolicy, DisclosureScope, SharingGrant]:
    same = {
        "company_id": built.companies["alfa"].company_id,
        "register_id": built.registers[register],
        "purpose_id": built.purposes[register, kind],
    }
    to, fields = built.companies[receiver].company_id, [built.fields[register, key] for key in sorted(grant.fields)]
    policy_id, scope_id = new_id(), new_id()
    policy = SharingPolicy(
        policy_id=policy_id,
        version=1,
        recipients=[to],
        fields=sorted(grant.fields),
        legal_basis=LegalBasis.CONTRACT,
        valid_from=NOW.date(),
        granted_at=NOW,
        **same,
    )
    scope = DisclosureScope(
        scope_id=scope_id, recipient_id=to, kind=kind, fields=fields, source_id=policy_id, source_version=1, **same
    )
    compiled = SharingGrant(
        grant_id=new_id(),
        recipient_id=to,
        policy_id=policy_id,
        version=1,
        kind=kind,
        fields=fields,
        condition=grant.condition and built.condition(register, grant.condition),
        reads=list(built.registers.values()),
        scope_id=scope_id,
        opens_at=grant.opens_at,
        closes_at=grant.closes_at,
        **same,
    )
    return policy, scope, compiled
