"""Registers bound to departments: who changes that opens nothing to themselves."""

from uuid import UUID

import pytest

from tenants.acting import PurposeKind
from tenants.companies import departments
from tenants.companies.departments import KnownDepartment, NeedsDepartmentName, NoSuchDepartment
from tenants.companies.members import OwnRoles
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.registers import binding
from tenants.registers.binding import OpensToYourself
from tests import make
from tests.make import MadeCompany, MadeMember, MadeRegister

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def register(alfa: MadeCompany) -> MadeRegister:
    return make.register(alfa)


@pytest.fixture
def admin(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))


def add(who: MadeMember, at: MadeCompany, name: str) -> UUID:
    with walled_session(who.acting(at, RIGHTS)) as session:
        return departments.add(session, Text(fi=name))


def put_in(by: MadeMember, at: MadeCompany, department_id: UUID, member: MadeMember) -> None:
    with walled_session(by.acting(at, RIGHTS)) as session:
        departments.put_in(session, department_id, member.member_id)


def bind(by: MadeMember, register: MadeRegister, department_id: UUID) -> None:
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        binding.bind(session, register.register_id, department_id)


def release(by: MadeMember, register: MadeRegister, department_id: UUID) -> None:
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        binding.release(session, register.register_id, department_id)


def test_nobody_opens_a_register_to_themselves_by_releasing_it(
    alfa: MadeCompany, register: MadeRegister, admin: MadeMember
) -> None:
    sales = add(admin, alfa, "Myynti")
    bind(admin, register, sales)
    with pytest.raises(OpensToYourself):
        release(admin, register, sales)
    colleague = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    put_in(admin, alfa, sales, colleague)
    release(colleague, register, sales)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        assert binding.bound(session, alfa.company_id) == {}


def test_nobody_opens_a_register_to_themselves_by_binding_it_to_their_own_department(
    alfa: MadeCompany, register: MadeRegister, admin: MadeMember
) -> None:
    sales, stock = add(admin, alfa, "Myynti"), add(admin, alfa, "Varasto")
    storekeeper = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    put_in(admin, alfa, stock, storekeeper)
    bind(admin, register, sales)
    with pytest.raises(OpensToYourself):
        bind(storekeeper, register, stock)
    bind(admin, register, stock)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        assert set(binding.bound(session, alfa.company_id)) == {sales, stock}


def test_a_department_is_the_own_companys_and_nobody_joins_it_by_themselves(
    alfa: MadeCompany, register: MadeRegister, admin: MadeMember
) -> None:
    sales = add(admin, alfa, "Myynti")
    beta = make.company(alfa.group, "beta")
    sister = make.staff(alfa.group, (Role.COMPANY_ADMIN, beta))
    with pytest.raises(NoSuchDepartment):
        put_in(sister, beta, sales, admin)
    with pytest.raises(OwnRoles):
        put_in(admin, alfa, sales, admin)
    handler = make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))
    with pytest.raises(NotPermitted):
        bind(handler, register, sales)


def test_a_department_has_a_name_of_its_own(alfa: MadeCompany, admin: MadeMember) -> None:
    add(admin, alfa, "Myynti")
    with pytest.raises(KnownDepartment):
        add(admin, alfa, " myynti ")
    with pytest.raises(NeedsDepartmentName):
        add(admin, alfa, " ")
