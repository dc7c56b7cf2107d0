"""Departments that a manifest declares: they and their registers follow it; who works in them, and others, stay."""

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind, system
from tenants.companies import departments
from tenants.companies.model import Company, Department, Role
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.manifests import applying, faults
from tenants.manifests.applying import Outcome
from tenants.manifests.faults import FaultyManifest
from tenants.registers import binding
from tenants.registers.binding import BoundByManifest
from tenants.registers.model import Register, RegisterDepartment
from tests import make
from tests.make import MadeCompany, MadeGroup
from tests.tenants.manifests import samples

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST
Edit = tuple[str, str]
PLAIN = "    name: Alfa Oy\n"


def said(registers: str) -> Edit:
    return (
        PLAIN,
        f"{PLAIN}    departments:\n      - key: luotto\n"
        f"        name: {{ fi: Luotto-osasto, sv: Kreditavdelningen, en: Credit }}\n        registers: [{registers}]\n",
    )


@pytest.fixture
def slug() -> str:
    return samples.new_slug()


def apply(slug: str, *edits: Edit) -> Outcome:
    read = samples.read(slug, *edits)
    with walled_session(system(applying.group_id_of(read.manifest))) as session:
        return applying.apply(session, read)


def alfa(slug: str) -> MadeCompany:
    group_id = applying.group_id_of(samples.read(slug).manifest)
    with walled_session(system(group_id)) as session:
        company_id = session.scalars(select(Company.company_id).where(Company.key == "alfa")).one()
    return MadeCompany(MadeGroup(group_id, slug), company_id, "alfa")


def bound(slug: str) -> dict[str, set[str]]:
    """The keys of the registers of each department that is there."""
    with walled_session(alfa(slug).group.system()) as session:
        rows = session.execute(
            select(Department.key, Register.key)
            .outerjoin(RegisterDepartment, RegisterDepartment.department_id == Department.department_id)
            .outerjoin(Register, Register.register_id == RegisterDepartment.register_id)
            .where(Department.retired_at.is_(None))
        ).all()
    found: dict[str, set[str]] = {}
    for department, register in rows:
        found.setdefault(department, set()).update({register} if register else set())
    return found


def test_a_department_is_declared_and_bound_and_the_second_time_nothing_changes(slug: str) -> None:
    first = apply(slug, said("credit"))
    assert bound(slug) == {"luotto": {"credit"}}
    assert first.rows.added > 0
    assert not apply(slug, said("credit")).changed


def test_the_plan_names_the_place(slug: str) -> None:
    apply(slug)
    outcome = apply(slug, said("credit"))
    assert "companies.alfa.departments.luotto" in {one.place for one in outcome.changes}
    gone = apply(slug)
    assert [one.retires for one in gone.changes if one.place.startswith("companies.alfa.departments")] == [True]


def test_other_registers_take_the_place_of_the_former(slug: str) -> None:
    apply(slug, said("credit"))
    apply(slug, said("customers"))
    assert bound(slug) == {"luotto": {"customers"}}


def test_a_department_that_is_declared_no_longer_lets_its_registers_go(slug: str) -> None:
    apply(slug, said("credit"))
    apply(slug)
    assert bound(slug) == {}
    with walled_session(alfa(slug).group.system()) as session:
        assert session.scalars(select(RegisterDepartment)).all() == []


def test_departments_of_the_office_stay_and_their_people_with_them(slug: str) -> None:
    apply(slug)
    company = alfa(slug)
    admin, colleague = make.staff(company.group, (Role.COMPANY_ADMIN, company)), make.staff(company.group)
    with walled_session(admin.acting(company, RIGHTS)) as session:
        for name in ("Varasto", "Luotto"):
            departments.put_in(session, departments.add(session, Text(fi=name)), colleague.member_id)
    apply(slug, said("credit"))
    assert bound(slug) == {"luotto": {"credit"}, "varasto": set()}
    with walled_session(admin.acting(company, RIGHTS)) as session:
        listed = {one.name.fi: (one.declared, len(one.workers)) for one in departments.listed(session)}
    assert listed == {"Luotto-osasto": (True, 1), "Varasto": (False, 1)}


def test_the_office_binds_nothing_to_a_department_that_the_manifest_declares(slug: str) -> None:
    apply(slug, said("credit"))
    company = alfa(slug)
    admin = make.staff(company.group, (Role.COMPANY_ADMIN, company))
    with walled_session(admin.acting(company, RIGHTS)) as session:
        [department] = departments.listed(session)
        register_id = session.scalars(
            select(Register.register_id).where(Register.company_id == company.company_id, Register.key == "customers")
        ).one()
        for step in (binding.bind, binding.release):
            with pytest.raises(BoundByManifest):
                step(session, register_id, department.department_id)


def test_a_register_that_is_not_there_is_named_with_its_place(slug: str) -> None:
    with pytest.raises(FaultyManifest) as refusal:
        apply(slug, said("nobodys"))
    [fault] = refusal.value.faults
    assert (type(fault), fault.field) == (faults.NoSuchKey, "companies.alfa.departments.luotto.registers[0]")
