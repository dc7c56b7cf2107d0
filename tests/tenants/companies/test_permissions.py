"""What a role opens, and what no rank does."""

import pytest

from tenants.acting import PurposeKind
from tenants.companies import members, permissions
from tenants.companies.model import Role
from tenants.companies.permissions import Permission, standing
from tenants.database import walled_session
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST
STORAGE = PurposeKind.STORAGE


@pytest.fixture(scope="module")
def group() -> MadeGroup:
    return make.group()


@pytest.fixture(scope="module")
def alfa(group: MadeGroup) -> MadeCompany:
    return make.company(group, "alfa")


@pytest.fixture(scope="module")
def beta(group: MadeGroup) -> MadeCompany:
    return make.company(group, "beta")


def may(member: MadeMember, company: MadeCompany | None, purpose: PurposeKind | None) -> frozenset[Permission]:
    with walled_session(member.acting(company, purpose)) as session:
        return standing(session).permissions


def test_every_role_has_its_permissions_and_purposes() -> None:
    assert set(permissions.PERMISSIONS) == set(permissions.PURPOSES) == set(Role)


def test_a_handler_answers_requests_of_the_own_company(group: MadeGroup, alfa: MadeCompany) -> None:
    handler = make.staff(group, (Role.REQUEST_HANDLER, alfa))
    assert {Permission.SEE_CASES, Permission.DECIDE_CASES} <= may(handler, alfa, RIGHTS)


def test_a_handler_cannot_act_for_a_sister_company(group: MadeGroup, alfa: MadeCompany, beta: MadeCompany) -> None:
    handler = make.staff(group, (Role.REQUEST_HANDLER, alfa))
    with pytest.raises(permissions.NotActingHere):
        may(handler, beta, RIGHTS)


def test_a_handler_cannot_act_for_a_purpose_of_another_role(group: MadeGroup, alfa: MadeCompany) -> None:
    handler = make.staff(group, (Role.REQUEST_HANDLER, alfa))
    with pytest.raises(permissions.NotActingHere):
        may(handler, alfa, STORAGE)


def test_a_group_admin_acts_for_no_company_and_sees_no_case(group: MadeGroup, alfa: MadeCompany) -> None:
    admin = make.staff(group, (Role.GROUP_ADMIN, None))
    assert not {Permission.SEE_CASES, Permission.IMPORT_RECORDS} & may(admin, None, None)
    for purpose in (None, RIGHTS, STORAGE):
        with pytest.raises(permissions.NotActingHere):
            may(admin, alfa, purpose)


def test_a_group_wide_officer_acts_for_one_company_at_a_time(
    group: MadeGroup, alfa: MadeCompany, beta: MadeCompany
) -> None:
    officer = make.staff(group, (Role.DATA_PROTECTION_OFFICER, None))
    for company in (alfa, beta):
        assert Permission.SEE_CASES in may(officer, company, RIGHTS)
    assert Permission.SEE_CASES not in may(officer, None, None)


def test_an_officer_oversees_and_takes_requests_in_and_decides_nothing(group: MadeGroup, alfa: MadeCompany) -> None:
    here = may(make.staff(group, (Role.DATA_PROTECTION_OFFICER, None)), alfa, RIGHTS)
    assert {Permission.SEE_CASES, Permission.ENTER_REQUESTS, Permission.SEE_AUDIT} <= here
    assert not {Permission.DECIDE_CASES, Permission.HAND_OVER, Permission.CORRECT_RECORDS} & here


def test_an_auditor_reads_the_audit_and_acts_for_no_purpose(group: MadeGroup, alfa: MadeCompany) -> None:
    auditor = make.staff(group, (Role.AUDITOR, None))
    assert may(auditor, alfa, None) == {
        Permission.SEE_AUDIT,
        Permission.SEE_MAINTENANCE,
        Permission.SEE_PROCESSORS,
        Permission.USE_API,
    }
    with pytest.raises(permissions.NotActingHere):
        may(auditor, alfa, RIGHTS)


def test_requests_are_not_answered_while_acting_for_storage(group: MadeGroup, alfa: MadeCompany) -> None:
    admin = make.staff(group, (Role.COMPANY_ADMIN, alfa))
    with walled_session(admin.acting(alfa, STORAGE)) as session:
        here = standing(session)
        here.require(Permission.IMPORT_RECORDS)
        with pytest.raises(permissions.OtherPurposeNeeded):
            here.require(Permission.SEE_CASES)


def test_what_no_role_gives_is_refused(group: MadeGroup, alfa: MadeCompany) -> None:
    owner = make.staff(group, (Role.REGISTER_OWNER, alfa))
    with walled_session(owner.acting(alfa, STORAGE)) as session, pytest.raises(permissions.NotPermitted):
        permissions.require(session, Permission.MANAGE_MEMBERS)


def test_a_former_member_has_no_standing(group: MadeGroup, alfa: MadeCompany) -> None:
    handler = make.staff(group, (Role.REQUEST_HANDLER, alfa))
    with walled_session(group.system()) as session:
        members.deactivate(session, handler.member_id)
    with pytest.raises(permissions.NoLongerMember):
        may(handler, alfa, RIGHTS)


def test_a_member_of_another_group_has_no_standing(alfa: MadeCompany) -> None:
    stranger = make.staff(make.group(), (Role.GROUP_ADMIN, None))
    acting = make.MadeMember(alfa.group, stranger.member_id, stranger.issuer, stranger.subject).acting()
    with walled_session(acting) as session, pytest.raises(permissions.NoLongerMember):
        standing(session)
