"""The staff for programs: roles, the commitment, contracts of processors, departments and maintenance."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import update

from tenants.acting import PurposeKind
from tenants.companies import api_tokens
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.groups.model import Group
from tests import make
from tests.make import MadeCompany, MadeMember

RIGHTS = PurposeKind.RIGHTS_REQUEST
Ask = Callable[..., Response]


@pytest.fixture
def alfa(app: object) -> MadeCompany:
    return make.company(make.group(), "alfa")


@pytest.fixture
def admin(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))


@pytest.fixture
def ask(client: TestClient[Litestar], alfa: MadeCompany) -> Ask:
    """As a program of this member at Alfa, or for no company."""
    keys: dict[tuple[MadeMember, bool], str] = {}

    def send(who: MadeMember, method: str, path: str, json: Any = None, *, at_alfa: bool = True) -> Response:
        if (who, at_alfa) not in keys:
            company, purpose = (alfa, RIGHTS) if at_alfa else (None, None)
            with walled_session(who.acting(company, purpose)) as session:
                company_id = company.company_id if company else None
                issued = api_tokens.issue(session, label="koe", days=1, company_id=company_id, purpose=purpose)
            keys[who, at_alfa] = issued.token
        headers = {"Authorization": f"Bearer {keys[who, at_alfa]}"}
        return client.request(method, f"/api/v1{path}", headers=headers, json=json)

    return send


def test_a_program_sees_who_has_signed_the_commitment(ask: Ask, alfa: MadeCompany, admin: MadeMember) -> None:
    newcomer = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa), signed=False)
    found = ask(admin, "GET", "/commitment").json()
    signed = {one["member_id"]: one["signed_at"] is not None for one in found["signatures"]}
    assert found["version"] == 1
    assert signed == {str(admin.member_id): True, str(newcomer.member_id): False}


def test_a_contract_is_added_listed_tied_and_ended(ask: Ask, alfa: MadeCompany, admin: MadeMember) -> None:
    carer = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    said = {"company_id": str(alfa.company_id), "processor": "Palvelu Oy", "reference": "S-1", "ends_on": "2090-01-31"}
    added = ask(admin, "POST", "/contracts", said)
    assert added.status_code == 201
    contract_id = added.json()["contract_id"]
    assert ask(admin, "POST", "/contracts", said).status_code == 409
    tied = ask(admin, "POST", f"/contracts/{contract_id}/members", {"member_id": str(carer.member_id)})
    assert tied.status_code == 204
    [shown] = ask(admin, "GET", "/contracts").json()
    assert shown == {"contract_id": contract_id, **said, "ended_at": None}
    assert ask(admin, "POST", f"/contracts/{contract_id}/ending").status_code == 204
    assert ask(admin, "GET", "/contracts").json()[0]["ended_at"] is not None


def test_a_contract_without_a_processor_is_refused_at_its_field(ask: Ask, alfa: MadeCompany, admin: MadeMember) -> None:
    said = {"company_id": str(alfa.company_id), "processor": " ", "reference": "S-1", "ends_on": "2090-01-31"}
    refused = ask(admin, "POST", "/contracts", said)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["processor"]


def test_a_department_is_added_and_gets_its_people_and_registers(
    ask: Ask, alfa: MadeCompany, admin: MadeMember
) -> None:
    register = make.register(alfa)
    colleague = make.staff(alfa.group, (Role.REGISTER_OWNER, alfa))
    department_id = ask(admin, "POST", "/departments", {"name": "Varasto"}).json()["department_id"]
    works = {"member_id": str(colleague.member_id), "works_here": True}
    bound = {"register_id": str(register.register_id), "bound": True}
    assert ask(admin, "POST", f"/departments/{department_id}/members", works).status_code == 204
    assert ask(admin, "POST", f"/departments/{department_id}/registers", bound).status_code == 204
    [shown] = ask(admin, "GET", "/departments").json()
    assert (shown["name"], shown["members"], shown["registers"]) == (
        "Varasto",
        [works["member_id"]],
        [bound["register_id"]],
    )
    own = {"member_id": str(admin.member_id), "works_here": True}
    assert ask(admin, "POST", f"/departments/{department_id}/members", own).status_code == 403
    ask(admin, "POST", f"/departments/{department_id}/members", works | {"works_here": False})
    assert ask(admin, "GET", "/departments").json()[0]["members"] == []


def test_departments_belong_to_a_company(ask: Ask, alfa: MadeCompany) -> None:
    group_admin = make.staff(alfa.group, (Role.GROUP_ADMIN, None))
    assert ask(group_admin, "GET", "/departments", at_alfa=False).status_code == 403


def test_maintenance_is_asked_for_and_let_in_by_another(ask: Ask, alfa: MadeCompany, admin: MadeMember) -> None:
    mechanic = make.staff(alfa.group, (Role.MAINTENANCE, None))
    said = {"company_id": str(alfa.company_id), "purpose": "storage", "ticket": "HD-7", "reason": "Vika", "hours": 1}
    too_long = ask(mechanic, "POST", "/maintenance", {**said, "hours": 99}, at_alfa=False)
    assert [one["field"] for one in too_long.json()["errors"]] == ["hours"]
    ask_id = ask(mechanic, "POST", "/maintenance", said, at_alfa=False).json()["ask_id"]
    [waiting] = ask(admin, "GET", "/maintenance").json()
    assert (waiting["ask_id"], waiting["refused"], waiting["running"]) == (ask_id, None, False)
    assert ask(admin, "POST", f"/maintenance/{ask_id}/answer", {"grant": True}).status_code == 204
    assert ask(admin, "POST", f"/maintenance/{ask_id}/answer", {"grant": True}).status_code == 409
    assert ask(mechanic, "GET", "/maintenance", at_alfa=False).json()[0]["running"] is True
    assert ask(mechanic, "POST", f"/maintenance/{ask_id}/ending", at_alfa=False).status_code == 204
    assert ask(admin, "GET", "/maintenance").json()[0]["running"] is False


def test_a_role_is_given_confirmed_by_another_and_taken_away(ask: Ask, alfa: MadeCompany, admin: MadeMember) -> None:
    with walled_session(alfa.group.system()) as session:
        session.execute(update(Group).values(roles_by_two=True))
    carer, second = make.staff(alfa.group), make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    given = {"role": "customer_care", "company_id": str(alfa.company_id)}
    assert ask(admin, "POST", f"/members/{carer.member_id}/roles", given).json() == {"holds": False}
    [waiting] = ask(admin, "GET", "/members").json()["waiting"]
    confirm = f"/members/proposals/{waiting['proposal_id']}/confirmation"
    assert ask(admin, "POST", confirm).status_code == 403
    assert ask(second, "POST", confirm).status_code == 204
    staff = {one["member_id"]: one for one in ask(admin, "GET", "/members").json()["members"]}
    [role] = staff[str(carer.member_id)]["roles"]
    assert (role["role"], role["company_id"], role["by_sign_in"]) == (*given.values(), False)
    assert ask(admin, "POST", f"/members/roles/{role['assignment_id']}/removal").status_code == 204
    again = {one["member_id"]: one["roles"] for one in ask(admin, "GET", "/members").json()["members"]}
    assert again[str(carer.member_id)] == []
