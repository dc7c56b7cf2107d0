"""Who is a member, who may say so, and what each may act for."""

import threading
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import certifying, members
from tenants.companies.model import Assignment, Certification, Role
from tenants.companies.permissions import NotPermitted, standing
from tenants.database import walled_session
from tenants.errors import Forbidden, SeveralInvalid, TooLong
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember
from tests.waiting import somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST
STORAGE = PurposeKind.STORAGE


@pytest.fixture
def group() -> MadeGroup:
    return make.group()


@pytest.fixture
def alfa(group: MadeGroup) -> MadeCompany:
    return make.company(group, "alfa")


@pytest.fixture
def beta(group: MadeGroup) -> MadeCompany:
    return make.company(group, "beta")


def offered(member: MadeMember) -> list[tuple[str | None, PurposeKind | None]]:
    with walled_session(member.acting()) as session:
        return [(one.company, one.purpose) for one in members.choices(session, standing(session))]


def take_roles(session: Session, member_id: UUID) -> None:
    for held in session.scalars(select(Assignment).where(Assignment.member_id == member_id)).all():
        members.unassign(session, held.assignment_id)


def leave_unconfirmed(session: Session, member_id: UUID) -> None:
    [asked] = session.scalars(select(Certification).where(Certification.member_id == member_id)).all()
    certifying.decide(session, asked.campaign_id, asked.assignment_id, keep=False)


def test_an_account_is_found_by_its_issuer_and_subject(group: MadeGroup) -> None:
    made = make.staff(group)
    with walled_session(group.system()) as session:
        assert members.find(session, issuer=made.issuer, subject=made.subject).member_id == made.member_id
        with pytest.raises(members.NotAMember):
            members.find(session, issuer="https://other.example", subject=made.subject)


def test_an_account_of_another_group_is_not_a_member_here(group: MadeGroup) -> None:
    stranger = make.staff(make.group())
    with walled_session(group.system()) as session, pytest.raises(members.NotAMember):
        members.find(session, issuer=stranger.issuer, subject=stranger.subject)


def test_a_former_member_is_not_found(group: MadeGroup) -> None:
    made = make.staff(group)
    with walled_session(group.system()) as session:
        members.deactivate(session, made.member_id)
        with pytest.raises(members.NotAMember):
            members.find(session, issuer=made.issuer, subject=made.subject)


def test_a_handler_may_act_for_the_own_company_only(group: MadeGroup, alfa: MadeCompany, beta: MadeCompany) -> None:
    assert offered(make.staff(group, (Role.REQUEST_HANDLER, beta))) == [("Beta Oy", RIGHTS)]


def test_an_officer_may_choose_each_company(group: MadeGroup, alfa: MadeCompany, beta: MadeCompany) -> None:
    officer = make.staff(group, (Role.DATA_PROTECTION_OFFICER, None))
    assert offered(officer) == [(None, None), ("Alfa Oy", RIGHTS), ("Beta Oy", RIGHTS)]


def test_a_group_admin_is_offered_administration_alone(group: MadeGroup, alfa: MadeCompany) -> None:
    assert offered(make.staff(group, (Role.GROUP_ADMIN, None))) == [(None, None)]


def test_a_company_admin_chooses_between_purposes(group: MadeGroup, alfa: MadeCompany) -> None:
    assert offered(make.staff(group, (Role.COMPANY_ADMIN, alfa))) == [("Alfa Oy", RIGHTS), ("Alfa Oy", STORAGE)]


def test_staff_start_where_requests_wait(group: MadeGroup, alfa: MadeCompany) -> None:
    officer = make.staff(group, (Role.DATA_PROTECTION_OFFICER, None))
    with walled_session(officer.acting()) as session:
        start = members.first_choice(members.choices(session, standing(session)))
    assert (start.company, start.purpose) == ("Alfa Oy", RIGHTS)


def test_a_group_admin_adds_a_member_and_gives_a_role_and_both_are_audited(group: MadeGroup, alfa: MadeCompany) -> None:
    admin = make.staff(group, (Role.GROUP_ADMIN, None))
    with walled_session(admin.acting()) as session:
        added = members.add(
            session, issuer="https://op.example", subject="uusi", name="Uusi", email="uusi@alfa.example"
        )
        members.assign(session, added.member_id, Role.REQUEST_HANDLER, company_id=alfa.company_id)
    with walled_session(group.system()) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.about_ids == [added.member_id])).all()
    assert [(one.action, one.actor_id) for one in entries] == [
        ("member.added", admin.member_id),
        ("role.given", admin.member_id),
    ]


def test_nobody_changes_their_own_roles(group: MadeGroup, alfa: MadeCompany) -> None:
    admin = make.staff(group, (Role.GROUP_ADMIN, None))
    with walled_session(admin.acting()) as session, pytest.raises(members.OwnRoles):
        members.assign(session, admin.member_id, Role.REQUEST_HANDLER, company_id=alfa.company_id)


def test_a_company_admin_gives_roles_at_the_own_company_only(
    group: MadeGroup, alfa: MadeCompany, beta: MadeCompany
) -> None:
    admin = make.staff(group, (Role.COMPANY_ADMIN, alfa))
    colleague = make.staff(group)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        members.assign(session, colleague.member_id, Role.REQUEST_HANDLER, company_id=alfa.company_id)
        for elsewhere in (beta.company_id, None):
            with pytest.raises(members.NotYoursToGive):
                members.assign(session, colleague.member_id, Role.REQUEST_HANDLER, company_id=elsewhere)


def test_a_handler_gives_no_roles(group: MadeGroup, alfa: MadeCompany) -> None:
    handler = make.staff(group, (Role.REQUEST_HANDLER, alfa))
    with walled_session(handler.acting(alfa, RIGHTS)) as session, pytest.raises(NotPermitted):
        members.assign(session, make.staff(group).member_id, Role.AUDITOR, company_id=alfa.company_id)


@pytest.mark.parametrize(
    ("role", "at_alfa", "refusal"),
    [
        (Role.GROUP_ADMIN, True, members.GroupWideOnly),
        (Role.COMPANY_ADMIN, False, members.CompanyNeeded),
        (Role.REGISTER_OWNER, False, members.CompanyNeeded),
    ],
)
def test_a_role_is_held_where_it_makes_sense(
    group: MadeGroup, alfa: MadeCompany, role: Role, at_alfa: bool, refusal: type[Exception]
) -> None:
    member = make.staff(group)
    with walled_session(group.system()) as session, pytest.raises(refusal):
        members.assign(session, member.member_id, role, company_id=alfa.company_id if at_alfa else None)


def test_a_role_is_given_once(group: MadeGroup) -> None:
    auditor = make.staff(group, (Role.AUDITOR, None))
    with walled_session(group.system()) as session, pytest.raises(members.AlreadyAssigned):
        members.assign(session, auditor.member_id, Role.AUDITOR)


def test_a_company_of_another_group_cannot_be_named(group: MadeGroup) -> None:
    elsewhere = make.company(make.group())
    member = make.staff(group)
    with walled_session(group.system()) as session, pytest.raises(members.NoSuchCompany):
        members.assign(session, member.member_id, Role.REQUEST_HANDLER, company_id=elsewhere.company_id)


def test_a_role_taken_away_is_gone(group: MadeGroup, alfa: MadeCompany) -> None:
    handler = make.staff(group, (Role.REQUEST_HANDLER, alfa))
    with walled_session(group.system()) as session:
        [held] = session.scalars(select(Assignment).where(Assignment.member_id == handler.member_id))
        members.unassign(session, held.assignment_id)
    assert offered(handler) == []


def test_a_company_admin_sees_the_own_company_and_the_group_wide_staff(
    group: MadeGroup, alfa: MadeCompany, beta: MadeCompany
) -> None:
    admin = make.staff(group, (Role.COMPANY_ADMIN, alfa))
    officer = make.staff(group, (Role.DATA_PROTECTION_OFFICER, None))
    make.staff(group, (Role.REQUEST_HANDLER, beta))
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        assert [one.member_id for one in members.listed(session)] == [admin.member_id, officer.member_id]


@pytest.mark.parametrize("end", [members.deactivate, take_roles, leave_unconfirmed])
def test_two_administrators_who_end_each_other_at_once_do_not_both_succeed(
    group: MadeGroup, database: Postgres, end: Callable[[Session, UUID], None]
) -> None:
    ada, bo = (make.staff(group, (Role.GROUP_ADMIN, None)) for _ in range(2))
    said: list[type[Exception]] = []
    with walled_session(ada.acting()) as session:
        certifying.begin(session, today=date(2026, 3, 2))

    def by_bo() -> None:
        try:
            with walled_session(bo.acting()) as session:
                end(session, ada.member_id)
        except Forbidden as refusal:
            said.append(type(refusal))

    other = threading.Thread(target=by_bo)
    with walled_session(ada.acting()) as session:
        end(session, bo.member_id)
        other.start()
        until(lambda: somebody_waits(database) or not other.is_alive())
    other.join(10)
    with walled_session(group.system()) as session:
        left = {one.member_id for one in members.listed(session) if one.roles and one.deactivated_at is None}
    assert (left, len(said)) == ({ada.member_id}, 1)


def test_whatever_is_too_long_is_told_field_by_field(group: MadeGroup) -> None:
    with walled_session(group.system()) as session, pytest.raises(SeveralInvalid) as refused:
        members.add(session, issuer="https://op.example", subject="s" * 256, name="n" * 201, email="e" * 255)
    assert [(type(one), one.field) for one in refused.value.problems] == [
        (TooLong, "subject"),
        (TooLong, "name"),
        (TooLong, "email"),
    ]
