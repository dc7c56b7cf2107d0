"""Maintenance access: two people, one ticket, an end."""

from uuid import UUID

import pytest
from sqlalchemy import select, update

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.audit.model import AuditEntry
from tenants.companies import maintaining, permissions
from tenants.companies.maintaining import AnsweredAlready, NoSuchAsk, OwnAsk
from tenants.companies.model import Role
from tenants.companies.permissions import MAINTAINED, NotActingHere, NotPermitted, Permission
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.groups.model import Group
from tests import make
from tests.make import MadeCompany, MadeMember

pytestmark = pytest.mark.usefixtures("database")

STORAGE, RIGHTS = PurposeKind.STORAGE, PurposeKind.RIGHTS_REQUEST


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def mechanic(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.MAINTENANCE, None))


@pytest.fixture
def admin(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))


def ask(who: MadeMember, at: MadeCompany, *, hours: int = 2, ticket: str = "HD-1") -> UUID:
    with walled_session(who.acting()) as session:
        return maintaining.ask(
            session, company_id=at.company_id, purpose=STORAGE, ticket=ticket, reason="Tuonti jumissa", hours=hours
        )


def test_somebody_of_the_company_lets_maintenance_in(
    alfa: MadeCompany, mechanic: MadeMember, admin: MadeMember
) -> None:
    ask_id = ask(mechanic, alfa)
    with pytest.raises(NotActingHere), walled_session(mechanic.acting(alfa, STORAGE)) as session:
        permissions.standing(session)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        maintaining.answer(session, ask_id, grant=True)
    with walled_session(mechanic.acting(alfa, STORAGE)) as session:
        assert permissions.standing(session).permissions == MAINTAINED
    with walled_session(mechanic.acting()) as session:
        maintaining.end(session, ask_id)
    with pytest.raises(NotActingHere), walled_session(mechanic.acting(alfa, STORAGE)) as session:
        permissions.standing(session)


def test_what_is_done_under_it_is_marked_in_the_audit(
    alfa: MadeCompany, mechanic: MadeMember, admin: MadeMember
) -> None:
    ask_id = ask(mechanic, alfa)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        maintaining.answer(session, ask_id, grant=True)
    with walled_session(mechanic.acting(alfa, STORAGE)) as session:
        permissions.require(session, Permission.SEE_PERSONS)
        trail.record(session, "person.viewed", about="person")
    with walled_session(alfa.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "person.viewed")).one()
    assert entry.figures["maintenance"] == str(ask_id)


def test_a_refused_access_opens_nothing(alfa: MadeCompany, mechanic: MadeMember, admin: MadeMember) -> None:
    ask_id = ask(mechanic, alfa)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        maintaining.answer(session, ask_id, grant=False)
    with pytest.raises(AnsweredAlready), walled_session(admin.acting(alfa, RIGHTS)) as session:
        maintaining.answer(session, ask_id, grant=True)
    with pytest.raises(NotActingHere), walled_session(mechanic.acting(alfa, STORAGE)) as session:
        permissions.standing(session)


def test_an_administrator_does_not_let_themselves_in(alfa: MadeCompany) -> None:
    both = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa), (Role.GROUP_ADMIN, None))
    ask_id = ask(both, alfa)
    with pytest.raises(OwnAsk), walled_session(both.acting(alfa, RIGHTS)) as session:
        maintaining.answer(session, ask_id, grant=True)


def test_a_sister_company_answers_nothing(alfa: MadeCompany, mechanic: MadeMember) -> None:
    beta = make.company(alfa.group, "beta")
    sister = make.staff(alfa.group, (Role.COMPANY_ADMIN, beta))
    with pytest.raises(NoSuchAsk), walled_session(sister.acting(beta, RIGHTS)) as session:
        maintaining.answer(session, ask(mechanic, alfa), grant=True)


def test_hours_ticket_and_reason_are_asked_for(alfa: MadeCompany, mechanic: MadeMember) -> None:
    with walled_session(alfa.group.system()) as session:
        session.execute(update(Group).values(maintenance_hours=4))
    with pytest.raises(SeveralInvalid) as refusal:
        ask(mechanic, alfa, hours=5, ticket=" ")
    assert {one.field for one in refusal.value.problems} == {"hours", "ticket"}


def test_others_do_not_ask(alfa: MadeCompany) -> None:
    with pytest.raises(NotPermitted):
        ask(make.staff(alfa.group, (Role.AUDITOR, None)), alfa)


def test_the_auditor_sees_all_and_maintenance_its_own(alfa: MadeCompany, mechanic: MadeMember) -> None:
    ask(mechanic, alfa)
    ask(make.staff(alfa.group, (Role.MAINTENANCE, None)), alfa)
    seen = {}
    for name, who in (("auditor", make.staff(alfa.group, (Role.AUDITOR, None))), ("mechanic", mechanic)):
        with walled_session(who.acting()) as session:
            seen[name] = len(maintaining.listed(session))
    assert seen == {"auditor": 2, "mechanic": 1}
