"""Keys are checked past row-level security: they must neither reach nor betray what another tenant has."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError, ProgrammingError

from tenants.acting import DatabaseRole
from tenants.base import new_id
from tenants.companies.model import Company, Contact
from tenants.database import engine, walled_session
from tenants.groups import directory
from tenants.registers.model import Person, Provenance, Record
from tests import make

pytestmark = pytest.mark.usefixtures("database")


def person(company: make.MadeCompany) -> Person:
    made = Person(person_id=new_id())
    with walled_session(company.system()) as session:
        session.add(made)
    return made


def record(register: make.MadeRegister, of: Person) -> Record:
    provenance = Provenance(source="test", at=datetime.now(UTC))
    return Record(register_id=register.register_id, person_id=of.person_id, data={}, provenance=provenance)


def test_a_record_cannot_point_at_a_person_of_a_sister_company() -> None:
    group = make.group()
    alfa, beta = make.company(group, "alfa"), make.company(group, "beta")
    register, stranger = make.register(alfa), person(beta)
    with pytest.raises(IntegrityError), walled_session(alfa.system()) as session:
        session.add(record(register, stranger))


def test_a_record_cannot_lie_in_a_register_of_a_sister_company() -> None:
    group = make.group()
    alfa, beta = make.company(group, "alfa"), make.company(group, "beta")
    register, own = make.register(beta), person(alfa)
    with pytest.raises(IntegrityError), walled_session(alfa.system()) as session:
        session.add(record(register, own))


def test_an_existing_and_a_missing_foreign_row_are_refused_alike() -> None:
    ours, theirs = make.company(make.group()), make.company(make.group())
    register, stranger = make.register(ours), person(theirs)
    refusals = []
    for target in (stranger, Person(person_id=new_id())):
        with pytest.raises(IntegrityError) as refused, walled_session(ours.system()) as session:
            session.add(record(register, target))
        refusals.append(type(refused.value.orig))
    assert refusals[0] is refusals[1]


def test_the_same_key_in_two_groups_collides_with_nothing() -> None:
    for _ in range(2):
        make.company(make.group(), "same-key")


def test_a_row_cannot_be_written_for_another_group() -> None:
    ours, theirs = make.group(), make.group()
    foreign = Company(
        group_id=theirs.group_id,
        key="x",
        name="X",
        prefix="X",
        contact=Contact(),
        approval="staff",
        archive_days=1,
        position=1,
    )
    with pytest.raises(ProgrammingError, match="row-level security"), walled_session(ours.system()) as session:
        session.add(foreign)


def test_a_stranger_finds_a_group_by_its_exact_key_and_cannot_list_them() -> None:
    group = make.group()
    assert directory.find_group(directory.Kind.SLUG, group.slug) == group.group_id
    with pytest.raises(directory.NoSuchGroup):
        directory.find_group(directory.Kind.SLUG, group.slug[:-1])
    for role in (DatabaseRole.APP, DatabaseRole.PORTAL):
        for statement in ("SELECT * FROM directory", "SELECT list_groups()"):
            with pytest.raises(ProgrammingError, match="permission denied"), engine(role).connect() as connection:
                connection.exec_driver_sql(statement)


def test_a_slug_belongs_to_one_group() -> None:
    group, other = make.group(), make.group()
    with pytest.raises(IntegrityError), walled_session(other.system()) as session:
        directory.enter(session, directory.Kind.SLUG, group.slug)


def test_a_group_cannot_enter_another_into_the_directory() -> None:
    ours, theirs = make.group(), make.group()
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        walled_session(ours.system()) as session,
    ):
        session.connection().exec_driver_sql("INSERT INTO directory VALUES ('slug', 'x', %s)", (str(theirs.group_id),))
