"""PostgreSQL asks by itself, at every statement, whether a member of staff may open personal data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from tenants.acting import DatabaseRole, PurposeKind
from tenants.base import new_id
from tenants.companies import committing
from tenants.companies.model import (
    Assignment,
    CommitmentSignature,
    Department,
    DepartmentMember,
    MaintenanceAsk,
    MaintenanceGrant,
    Member,
    Role,
    StaffContract,
)
from tenants.database import engine, walled_session
from tenants.languages.speaking import Text
from tenants.registers import persons, records, restricting
from tenants.registers.model import Person, Record, RegisterDepartment, RestrictionGround
from tests import make
from tests.make import MadeCompany, MadeMember, MadeRegister

pytestmark = pytest.mark.usefixtures("database")

RIGHTS, STORAGE, CARE = PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE, PurposeKind.CUSTOMER_CARE


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def register(alfa: MadeCompany) -> MadeRegister:
    """With one customer in it."""
    made = make.register(alfa)
    with walled_session(alfa.system()) as session:
        person_id = persons.create(session)
        records.write(
            session, made.register_id, person_id, {"customer_number": "1"}, source="kassa", at=datetime.now(UTC)
        )
    return made


def seen(session: Session) -> tuple[int, int]:
    """How many persons and records there are for whoever acts."""
    found = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Person, Record)]
    return found[0], found[1]


def seen_by(who: MadeMember, at: MadeCompany, purpose: PurposeKind = CARE) -> tuple[int, int]:
    with walled_session(who.acting(at, purpose)) as session:
        return seen(session)


@contextmanager
def at_work(who: MadeMember, at: MadeCompany, purpose: PurposeKind = CARE) -> Iterator[Session]:
    """A long transaction that sees the customer, and at its next statement what others changed meanwhile."""
    with walled_session(who.acting(at, purpose)) as session:
        assert seen(session) == (1, 1)
        yield session


def change(of: MadeCompany, *statements: object) -> None:
    with walled_session(of.group.system()) as session:
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]


def contract(of: MadeCompany, who: MadeMember, *, ends_on: date) -> None:
    contract_id = new_id()
    row = {"contract_id": contract_id, "company_id": of.company_id, "processor": "Palvelu Oy", "reference": "S-1"}
    change(
        of,
        insert(StaffContract).values(group_id=of.group.group_id, ends_on=ends_on, **row),
        update(Member).where(Member.member_id == who.member_id).values(contract_id=contract_id),
    )


def test_without_a_signature_nothing_opens(alfa: MadeCompany, register: MadeRegister) -> None:
    newcomer = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa), signed=False)
    assert seen_by(newcomer, alfa) == (0, 0)
    make.sign(newcomer)
    assert seen_by(newcomer, alfa) == (1, 1)


def test_a_new_version_closes_what_was_open_in_an_open_transaction(alfa: MadeCompany, register: MadeRegister) -> None:
    carer = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    with at_work(carer, alfa) as session:
        with walled_session(alfa.group.system()) as declaring:
            committing.declare(declaring, Text(fi="Uusi sitoumus"))
        assert seen(session) == (0, 0)
    make.sign(carer)
    assert seen_by(carer, alfa) == (1, 1)


def test_nobody_signs_for_another(alfa: MadeCompany) -> None:
    ada = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    bo = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa), signed=False)
    signature = {"member_id": bo.member_id, "version": 1, "language": "fi", "digest": b"x"}
    for acting in (ada.acting(), alfa.group.system()):
        with pytest.raises(ProgrammingError, match="row-level security"), walled_session(acting) as session:
            session.execute(insert(CommitmentSignature).values(group_id=alfa.group.group_id, **signature))


def test_a_role_that_is_taken_away_closes_in_an_open_transaction(alfa: MadeCompany, register: MadeRegister) -> None:
    carer = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    with at_work(carer, alfa) as session:
        change(alfa, delete(Assignment).where(Assignment.member_id == carer.member_id))
        assert seen(session) == (0, 0)


@pytest.mark.parametrize("role", [Role.GROUP_ADMIN, Role.AUDITOR, Role.MAINTENANCE])
def test_rank_opens_nothing(alfa: MadeCompany, register: MadeRegister, role: Role) -> None:
    ranked = make.staff(alfa.group, (role, None))
    assert seen_by(ranked, alfa) == (0, 0)


def test_nobody_gives_themselves_a_role(alfa: MadeCompany) -> None:
    admin = make.staff(alfa.group, (Role.GROUP_ADMIN, None))
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        walled_session(admin.acting()) as session,
    ):
        session.add(Assignment(member_id=admin.member_id, role=Role.REQUEST_HANDLER, company_id=alfa.company_id))


def test_nobody_makes_the_role_of_another_their_own(alfa: MadeCompany) -> None:
    admin = make.staff(alfa.group, (Role.GROUP_ADMIN, None))
    make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        walled_session(admin.acting()) as session,
    ):
        session.execute(update(Assignment).values(member_id=admin.member_id))


def test_an_outsider_sees_nothing_after_the_contract_ended(alfa: MadeCompany, register: MadeRegister) -> None:
    outsider = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    contract(alfa, outsider, ends_on=date(2090, 1, 31))
    with at_work(outsider, alfa) as session:
        change(alfa, update(StaffContract).values(ended_at=func.now()))
        assert seen(session) == (0, 0)
    change(alfa, update(StaffContract).values(ended_at=None))
    assert seen_by(outsider, alfa) == (1, 1)
    change(alfa, update(StaffContract).values(ends_on=date(2026, 1, 31)))
    assert seen_by(outsider, alfa) == (0, 0)


def test_an_outsider_sees_nothing_of_a_company_beside_the_contract(alfa: MadeCompany, register: MadeRegister) -> None:
    beta = make.company(alfa.group, "beta")
    outsider = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    contract(beta, outsider, ends_on=date(2090, 1, 31))
    assert seen_by(outsider, alfa) == (0, 0)


def test_an_outsider_sees_nothing_by_a_role_that_outsiders_cannot_have(
    alfa: MadeCompany, register: MadeRegister
) -> None:
    outsider = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    contract(alfa, outsider, ends_on=date(2090, 1, 31))
    assert seen_by(outsider, alfa, STORAGE) == (0, 0)


def ask(of: MadeCompany, who: MadeMember, *, until: datetime) -> MaintenanceAsk:
    with walled_session(who.acting()) as session:
        asked = MaintenanceAsk(
            ask_id=new_id(),
            member_id=who.member_id,
            company_id=of.company_id,
            purpose=STORAGE,
            ticket="HD-1",
            reason="Vika",
            ends_at=until,
        )
        session.add(asked)
    return asked


def grant(
    of: MadeCompany, by: MadeMember, asked: MaintenanceAsk, *, until: datetime, named: MadeMember | None = None
) -> None:
    with walled_session(by.acting(of, STORAGE)) as session:
        session.add(
            MaintenanceGrant(
                ask_id=asked.ask_id,
                member_id=asked.member_id,
                company_id=asked.company_id,
                purpose=asked.purpose,
                refused=False,
                granted_by=(named or by).member_id,
                ends_at=until,
            )
        )


def test_a_maintenance_access_opens_for_its_purpose_and_runs_out(alfa: MadeCompany, register: MadeRegister) -> None:
    admin = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    mechanic = make.staff(alfa.group, (Role.MAINTENANCE, None))
    later = datetime.now(UTC) + timedelta(hours=1)
    assert seen_by(mechanic, alfa, STORAGE) == (0, 0)
    grant(alfa, admin, ask(alfa, mechanic, until=later), until=later)
    assert seen_by(mechanic, alfa, CARE) == (0, 0)
    with at_work(mechanic, alfa, STORAGE) as session:
        change(alfa, update(MaintenanceGrant).values(ended_at=func.now(), ended_by=admin.member_id))
        assert seen(session) == (0, 0)


def test_a_maintenance_access_whose_time_is_over_opens_nothing(alfa: MadeCompany, register: MadeRegister) -> None:
    admin = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    mechanic = make.staff(alfa.group, (Role.MAINTENANCE, None))
    now = datetime.now(UTC)
    grant(alfa, admin, ask(alfa, mechanic, until=now + timedelta(hours=1)), until=now - timedelta(seconds=1))
    assert seen_by(mechanic, alfa, STORAGE) == (0, 0)


def test_nobody_grants_an_access_to_themselves_nor_in_anothers_name(alfa: MadeCompany) -> None:
    admin = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    other = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    later = datetime.now(UTC) + timedelta(hours=1)
    asked = ask(alfa, admin, until=later)
    with pytest.raises(IntegrityError, match="by_another"):
        grant(alfa, admin, asked, until=later)
    with pytest.raises(ProgrammingError, match="row-level security"):
        grant(alfa, admin, asked, until=later, named=other)


def bind(register: MadeRegister) -> Department:
    of = register.company
    department = Department(department_id=new_id(), company_id=of.company_id, key="myynti", name=Text(fi="Myynti"))
    with walled_session(of.group.system()) as session:
        session.add(department)
        session.flush()
        session.add(
            RegisterDepartment(
                register_id=register.register_id, department_id=department.department_id, company_id=of.company_id
            )
        )
    return department


def test_a_bound_register_opens_to_members_of_its_department_only(alfa: MadeCompany, register: MadeRegister) -> None:
    seller, carer = (make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa)) for _ in range(2))
    department = bind(register)
    with walled_session(alfa.group.system()) as session:
        session.add(DepartmentMember(department_id=department.department_id, member_id=seller.member_id))
    assert seen_by(seller, alfa) == (1, 1)
    assert seen_by(carer, alfa) == (1, 0)


def test_a_bound_register_opens_to_whoever_answers_requests(alfa: MadeCompany, register: MadeRegister) -> None:
    handler = make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))
    officer = make.staff(alfa.group, (Role.DATA_PROTECTION_OFFICER, None))
    bind(register)
    assert seen_by(handler, alfa, RIGHTS) == seen_by(officer, alfa, RIGHTS) == (1, 1)


def test_nobody_puts_themselves_into_a_department(alfa: MadeCompany, register: MadeRegister) -> None:
    admin = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    department = bind(register)
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        walled_session(admin.acting(alfa, STORAGE)) as session,
    ):
        session.add(DepartmentMember(department_id=department.department_id, member_id=admin.member_id))


def test_the_machines_need_no_signature(alfa: MadeCompany, register: MadeRegister) -> None:
    bind(register)
    with walled_session(alfa.system()) as session:
        assert seen(session) == (1, 1)


def take_role(register: MadeRegister, who: MadeMember) -> None:
    change(register.company, delete(Assignment).where(Assignment.member_id == who.member_id))


def deactivate(register: MadeRegister, who: MadeMember) -> None:
    change(register.company, update(Member).where(Member.member_id == who.member_id).values(deactivated_at=func.now()))


def bind_to_others(register: MadeRegister, who: MadeMember) -> None:
    bind(register)


def restrict(register: MadeRegister, who: MadeMember) -> None:
    handler = make.staff(register.company.group, (Role.REQUEST_HANDLER, register.company))
    with walled_session(handler.acting(register.company, RIGHTS)) as session:
        person_id = session.scalars(select(Person.person_id)).one()
        ground, review_on = RestrictionGround.UNLAWFUL, date(2090, 1, 31)
        restricting.place(session, person_id, ground=ground, reason="Syy", review_on=review_on)


@contextmanager
def prepared(who: MadeMember, at: MadeCompany) -> Iterator[Session]:
    """A session whose statements have one plan for whoever executes them."""
    with walled_session(who.acting(at, CARE)) as session:
        session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
        yield session


@pytest.mark.parametrize(
    ("close", "left", "of_another"),
    [
        (take_role, (0, 0), (1, 1)),
        (deactivate, (0, 0), (1, 1)),
        (bind_to_others, (1, 0), (1, 0)),
        (restrict, (0, 0), (0, 0)),
    ],
)
def test_a_prepared_statement_asks_anew_whoever_executes_it(
    alfa: MadeCompany,
    register: MadeRegister,
    close: Callable[[MadeRegister, MadeMember], None],
    left: tuple[int, int],
    of_another: tuple[int, int],
) -> None:
    carer, other = (make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa)) for _ in range(2))
    stranger = make.staff(alfa.group, (Role.CUSTOMER_CARE, make.company(alfa.group, "beta")))
    engine(DatabaseRole.APP).dispose()
    with prepared(carer, alfa) as session:
        assert {seen(session) for _ in range(20)} == {(1, 1)}
        assert session.scalar(text("SELECT sum(generic_plans) FROM pg_prepared_statements")) > 0
        close(register, carer)
        assert seen(session) == left
    for who, saw in ((other, of_another), (stranger, (0, 0)), (carer, left), (other, of_another)):
        with prepared(who, alfa) as session:
            assert seen(session) == saw
