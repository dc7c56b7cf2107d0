"""The officer counts every company and looks into none."""

from datetime import date

import pytest
from sqlalchemy import select, text

from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.requests import overseeing
from tenants.requests.model import Case, CaseState
from tests import make
from tests.make import MadeMember
from tests.services import stage
from tests.services.stage import Stage

TODAY, LATER = date(2026, 11, 22), date(2090, 1, 1)


@pytest.fixture(scope="module")
def built(database: object, storage: object) -> Stage:
    return stage.build("unproven_id", "restriction_id", "noticed_id")


def seen(who: MadeMember, *, today: date = TODAY) -> dict[str, overseeing.Overseen]:
    with walled_session(who.acting()) as session:
        return {one.company: one for one in overseeing.overview(session, today=today)}


def test_the_officer_of_the_group_counts_every_company(built: Stage) -> None:
    officer = make.staff(built.group, (Role.DATA_PROTECTION_OFFICER, None))
    found = seen(officer)
    assert {"Alfa Oy", "Beta Oy"} <= set(found)
    assert {one.state for one in found["Alfa Oy"].open} >= {CaseState.REFUSAL_PROPOSED, CaseState.AWAITING_IDENTITY}
    assert found["Alfa Oy"].restrictions == 2
    assert found["Beta Oy"].open_cases == 0


def test_what_is_past_its_day_is_told(built: Stage) -> None:
    officer = make.staff(built.group, (Role.DATA_PROTECTION_OFFICER, None))
    alfa = seen(officer, today=LATER)["Alfa Oy"]
    assert alfa.late == alfa.open_cases
    assert alfa.first_due is not None


def test_the_officer_of_one_company_counts_that_one(built: Stage) -> None:
    officer = make.staff(built.group, (Role.DATA_PROTECTION_OFFICER, built.beta))
    with walled_session(officer.acting(built.beta)) as session:
        assert [one.company for one in overseeing.overview(session, today=TODAY)] == ["Beta Oy"]


def test_the_officer_sees_no_case_while_counting(built: Stage) -> None:
    officer = make.staff(built.group, (Role.DATA_PROTECTION_OFFICER, None))
    with walled_session(officer.acting()) as session:
        assert session.scalars(select(Case)).all() == []


@pytest.mark.parametrize("role", [Role.GROUP_ADMIN, Role.AUDITOR])
def test_others_count_nothing_not_even_past_the_application(built: Stage, role: Role) -> None:
    other = make.staff(built.group, (role, None))
    with pytest.raises(NotPermitted):
        seen(other)
    with walled_session(other.acting()) as session:
        for figures in ("overseen_cases", "overseen_restrictions"):
            assert session.execute(text(f"SELECT * FROM {figures}(current_date)")).all() == []


def test_the_officer_of_another_group_counts_nothing_here(built: Stage) -> None:
    stranger = make.staff(built.elsewhere.group, (Role.DATA_PROTECTION_OFFICER, None))
    assert set(seen(stranger)) == {"Muualla Oy"}
