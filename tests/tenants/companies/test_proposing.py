"""Where the group wants two for a role: one gives it, another confirms it, and neither is the holder."""

from datetime import date

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.companies import contracts, members, proposing
from tenants.companies.model import Assignment, Member, ProposedRole, Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.groups.model import Group
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST
CARE = Role.CUSTOMER_CARE


@pytest.fixture
def group() -> MadeGroup:
    made = make.group()
    with walled_session(made.system()) as session:
        session.execute(update(Group).values(roles_by_two=True))
    return made


@pytest.fixture
def alfa(group: MadeGroup) -> MadeCompany:
    return make.company(group, "alfa")


@pytest.fixture
def ada(group: MadeGroup, alfa: MadeCompany) -> MadeMember:
    return make.staff(group, (Role.COMPANY_ADMIN, alfa))


@pytest.fixture
def bo(group: MadeGroup, alfa: MadeCompany) -> MadeMember:
    return make.staff(group, (Role.COMPANY_ADMIN, alfa))


@pytest.fixture
def carer(group: MadeGroup) -> MadeMember:
    return make.staff(group)


def give(by: MadeMember, at: MadeCompany, to: MadeMember) -> bool:
    with walled_session(by.acting(at, RIGHTS)) as session:
        return members.assign(session, to.member_id, CARE, company_id=at.company_id)


def waits(by: MadeMember, at: MadeCompany) -> list[proposing.Waiting]:
    with walled_session(by.acting(at, RIGHTS)) as session:
        return proposing.waiting(session)


def roles_of(who: MadeMember) -> list[Role]:
    with walled_session(who.group.system()) as session:
        return list(session.scalars(select(Assignment.role).where(Assignment.member_id == who.member_id)))


def test_a_role_holds_when_another_administrator_has_confirmed_it(
    alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    assert give(ada, alfa, carer) is False
    assert roles_of(carer) == []
    [waiting] = waits(bo, alfa)
    assert (waiting.member_id, waiting.role, waiting.company, waiting.proposed_by) == (
        carer.member_id,
        CARE,
        "Alfa Oy",
        ada.member_id,
    )
    with walled_session(bo.acting(alfa, RIGHTS)) as session:
        proposing.confirm(session, waiting.proposal_id)
    assert roles_of(carer) == [CARE]
    assert waits(bo, alfa) == []
    with walled_session(alfa.system()) as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.about_ids == [carer.member_id], AuditEntry.action.like("role.%"))
        ).all()
    assert {(one.action, one.actor_id) for one in entries} == {
        ("role.proposed", ada.member_id),
        ("role.given", bo.member_id),
    }


def test_nobody_confirms_what_they_gave_themselves(
    alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    give(ada, alfa, carer)
    [waiting] = waits(ada, alfa)
    with walled_session(ada.acting(alfa, RIGHTS)) as session, pytest.raises(proposing.OwnProposal):
        proposing.confirm(session, waiting.proposal_id)
    assert roles_of(carer) == []


def test_nobody_confirms_a_role_of_their_own(alfa: MadeCompany, ada: MadeMember, bo: MadeMember) -> None:
    give(ada, alfa, bo)
    [waiting] = waits(bo, alfa)
    with walled_session(bo.acting(alfa, RIGHTS)) as session, pytest.raises(members.OwnRoles):
        proposing.confirm(session, waiting.proposal_id)


def test_the_same_role_is_not_given_twice_to_wait(alfa: MadeCompany, ada: MadeMember, carer: MadeMember) -> None:
    give(ada, alfa, carer)
    with pytest.raises(members.AlreadyProposed):
        give(ada, alfa, carer)


def test_what_was_declined_is_gone(alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember) -> None:
    give(ada, alfa, carer)
    [waiting] = waits(bo, alfa)
    with walled_session(bo.acting(alfa, RIGHTS)) as session:
        proposing.decline(session, waiting.proposal_id)
    with walled_session(bo.acting(alfa, RIGHTS)) as session, pytest.raises(proposing.NoSuchProposal):
        proposing.confirm(session, waiting.proposal_id)
    assert roles_of(carer) == []


def test_an_administrator_of_a_sister_company_neither_sees_nor_confirms_it(
    group: MadeGroup, alfa: MadeCompany, ada: MadeMember, carer: MadeMember
) -> None:
    beta = make.company(group, "beta")
    stranger = make.staff(group, (Role.COMPANY_ADMIN, beta))
    give(ada, alfa, carer)
    [waiting] = waits(ada, alfa)
    assert waits(stranger, beta) == []
    with walled_session(stranger.acting(beta, RIGHTS)) as session, pytest.raises(members.NotYoursToGive):
        proposing.confirm(session, waiting.proposal_id)


def test_a_handler_confirms_nothing(alfa: MadeCompany, ada: MadeMember, carer: MadeMember) -> None:
    handler = make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))
    give(ada, alfa, carer)
    [waiting] = waits(ada, alfa)
    with walled_session(handler.acting(alfa, RIGHTS)) as session, pytest.raises(NotPermitted):
        proposing.confirm(session, waiting.proposal_id)


def test_whoever_left_meanwhile_gets_no_role(
    alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    give(ada, alfa, carer)
    with walled_session(alfa.group.system()) as session:
        members.deactivate(session, carer.member_id)
    assert waits(bo, alfa) == []


def test_whoever_lost_the_role_meanwhile_has_given_nothing(
    group: MadeGroup, alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    give(ada, alfa, carer)
    [waiting] = waits(bo, alfa)
    with walled_session(group.system()) as session:
        members.assign(session, ada.member_id, Role.REQUEST_HANDLER, company_id=alfa.company_id)
        [held] = session.scalars(
            select(Assignment.assignment_id).where(
                Assignment.member_id == ada.member_id, Assignment.role == Role.COMPANY_ADMIN
            )
        )
        members.unassign(session, held)
    with walled_session(bo.acting(alfa, RIGHTS)) as session, pytest.raises(proposing.ProposerMayNot):
        proposing.confirm(session, waiting.proposal_id)
    assert roles_of(carer) == []


def test_whoever_left_meanwhile_has_given_nothing(
    alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    give(ada, alfa, carer)
    with walled_session(alfa.group.system()) as session:
        members.deactivate(session, ada.member_id)
    [waiting] = waits(bo, alfa)
    with walled_session(bo.acting(alfa, RIGHTS)) as session:
        with pytest.raises(proposing.ProposerMayNot):
            proposing.confirm(session, waiting.proposal_id)
        proposing.decline(session, waiting.proposal_id)
        assert members.assign(session, carer.member_id, CARE, company_id=alfa.company_id) is False


def test_what_a_group_admin_gave_at_a_company_its_administrator_confirms(
    group: MadeGroup, alfa: MadeCompany, bo: MadeMember, carer: MadeMember
) -> None:
    with walled_session(make.staff(group, (Role.GROUP_ADMIN, None)).acting()) as session:
        members.assign(session, carer.member_id, CARE, company_id=alfa.company_id)
    [waiting] = waits(bo, alfa)
    with walled_session(bo.acting(alfa, RIGHTS)) as session:
        proposing.confirm(session, waiting.proposal_id)
    assert roles_of(carer) == [CARE]


def test_what_an_outsider_may_not_hold_is_not_confirmed(
    group: MadeGroup, alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    give(ada, alfa, carer)
    [waiting] = waits(bo, alfa)
    beta = make.company(group, "beta")
    with walled_session(make.staff(group, (Role.GROUP_ADMIN, None)).acting()) as session:
        contract_id = contracts.add(
            session, company_id=beta.company_id, processor="Palvelu Oy", reference="S-1", ends_on=date(2090, 1, 31)
        )
        contracts.tie(session, carer.member_id, contract_id)
    with walled_session(bo.acting(alfa, RIGHTS)) as session, pytest.raises(members.NotForOutsiders):
        proposing.confirm(session, waiting.proposal_id)


def test_the_operator_needs_no_second_one_for_the_first_administrator(group: MadeGroup, carer: MadeMember) -> None:
    with walled_session(group.system()) as session:
        assert members.assign(session, carer.member_id, Role.GROUP_ADMIN) is True
    assert roles_of(carer) == [Role.GROUP_ADMIN]


def write(by: MadeMember, at: MadeCompany, table: type[Assignment | ProposedRole], **values: object) -> None:
    """Past our own code, as somebody might who got hold of a session."""
    row = {"group_id": at.group.group_id, "company_id": at.company_id, "role": CARE, **values}
    row["assignment_id" if table is Assignment else "proposal_id"] = new_id()
    with walled_session(by.acting(at, RIGHTS)) as session:
        session.execute(insert(table).values(**row))


def test_the_database_takes_no_role_of_one_alone(alfa: MadeCompany, ada: MadeMember, carer: MadeMember) -> None:
    give(ada, alfa, carer)
    with pytest.raises(ProgrammingError, match="row-level security"):
        write(ada, alfa, Assignment, member_id=carer.member_id)


@pytest.mark.parametrize("left", [True, False])
def test_the_database_takes_no_role_of_somebody_who_administers_no_longer(
    group: MadeGroup, alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember, *, left: bool
) -> None:
    give(ada, alfa, carer)
    with walled_session(group.system()) as session:
        if left:
            session.execute(update(Member).where(Member.member_id == ada.member_id).values(deactivated_at=func.now()))
        else:
            held = update(Assignment).where(Assignment.member_id == ada.member_id)
            session.execute(held.values(role=Role.REGISTER_OWNER))
    with pytest.raises(ProgrammingError, match="row-level security"):
        write(bo, alfa, Assignment, member_id=carer.member_id)


def test_the_database_takes_what_two_administrators_gave(
    alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    give(ada, alfa, carer)
    write(bo, alfa, Assignment, member_id=carer.member_id)
    assert roles_of(carer) == [CARE]


def test_the_database_takes_no_proposal_in_anothers_name_or_for_oneself(
    alfa: MadeCompany, ada: MadeMember, bo: MadeMember, carer: MadeMember
) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        write(ada, alfa, ProposedRole, member_id=carer.member_id, proposed_by=bo.member_id)
    with pytest.raises(IntegrityError, match="by_another"):
        write(ada, alfa, ProposedRole, member_id=ada.member_id, proposed_by=ada.member_id)


def test_without_the_setting_a_role_holds_at_once(alfa: MadeCompany, ada: MadeMember, carer: MadeMember) -> None:
    with walled_session(alfa.group.system()) as session:
        session.execute(update(Group).values(roles_by_two=False))
    assert give(ada, alfa, carer) is True
    assert roles_of(carer) == [CARE]
