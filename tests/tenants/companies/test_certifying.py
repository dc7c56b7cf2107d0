"""Roles are confirmed anew, by another than who holds them, or they end."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import certification_letters, certifying, members
from tenants.companies.certifying import (
    CampaignRuns,
    CertifiedAlready,
    Ended,
    NoSuchCertification,
    TellOfRoles,
    months_after,
)
from tenants.companies.members import NotYoursToGive, OwnRoles
from tenants.companies.model import Assignment, Campaign, Certification, Company, Role, Verdict
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.groups.model import Group
from tenants.jobs.model import QueuedJob
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST
TODAY = date(2026, 3, 2)
NEAR = TODAY + timedelta(days=certifying.DAYS_TO_DECIDE - certifying.DAYS_OF_LAST_WORD)
AFTER = TODAY + timedelta(days=certifying.DAYS_TO_DECIDE + 1)


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def admin(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))


@pytest.fixture
def handler(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))


def begin(admin: MadeMember, at: MadeCompany) -> UUID:
    with walled_session(admin.acting(at, RIGHTS)) as session:
        return certifying.begin(session, today=TODAY)


def keep_up(group: MadeGroup, *days: date) -> None:
    for day in days:
        with walled_session(group.system()) as session:
            certifying.keep_up(session, today=day)


def held(group: MadeGroup) -> dict[UUID, UUID]:
    """Assignments by who holds them, one each."""
    with walled_session(group.system()) as session:
        return dict(session.execute(select(Assignment.member_id, Assignment.assignment_id)).all())


def decide(who: MadeMember, at: MadeCompany | None, campaign_id: UUID, assignment_id: UUID, *, keep: bool) -> None:
    with walled_session(who.acting(at, RIGHTS if at else None)) as session:
        certifying.decide(session, campaign_id, assignment_id, keep=keep)


def told(group: MadeGroup) -> set[tuple[UUID, bool]]:
    """Whom e-mails wait for, and whether each is the last word."""
    with walled_session(group.system()) as session:
        rows = session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == TellOfRoles.name)).all()
    return {(UUID(str(one["member_id"])), bool(one["last"])) for one in rows}


def test_what_is_confirmed_stays_and_what_is_not_ends(
    alfa: MadeCompany, admin: MadeMember, handler: MadeMember
) -> None:
    forgotten = make.staff(alfa.group, (Role.CUSTOMER_CARE, alfa))
    second = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    campaign_id = begin(admin, alfa)
    roles = held(alfa.group)
    decide(admin, alfa, campaign_id, roles[handler.member_id], keep=True)
    decide(admin, alfa, campaign_id, roles[second.member_id], keep=True)
    decide(second, alfa, campaign_id, roles[admin.member_id], keep=True)
    keep_up(alfa.group, NEAR, AFTER)
    assert forgotten.member_id not in held(alfa.group)
    assert {handler.member_id, admin.member_id, second.member_id} == set(held(alfa.group))
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        assert certifying.running(session) == []
        (past,) = certifying.past(session)
    assert (past.kept, past.revoked, past.lapsed) == (3, 0, 1)
    assert past.ended == (Ended("Toimihenkilö", Role.CUSTOMER_CARE, Verdict.LAPSED),)
    with walled_session(alfa.group.system()) as session:
        lapsed = session.scalars(select(AuditEntry).where(AuditEntry.action == "role.lapsed")).one()
    assert lapsed.about_ids == [forgotten.member_id]


def test_a_role_taken_in_a_campaign_is_gone_at_once(alfa: MadeCompany, admin: MadeMember, handler: MadeMember) -> None:
    campaign_id, roles = begin(admin, alfa), held(alfa.group)
    decide(admin, alfa, campaign_id, roles[handler.member_id], keep=False)
    assert handler.member_id not in held(alfa.group)
    with pytest.raises(CertifiedAlready):
        decide(admin, alfa, campaign_id, roles[handler.member_id], keep=True)


def test_nobody_confirms_their_own_role(alfa: MadeCompany, admin: MadeMember) -> None:
    campaign_id, roles = begin(admin, alfa), held(alfa.group)
    with pytest.raises(OwnRoles):
        decide(admin, alfa, campaign_id, roles[admin.member_id], keep=True)


def test_the_database_lets_nobody_confirm_their_own_role_nor_move_the_day(alfa: MadeCompany, admin: MadeMember) -> None:
    campaign_id = begin(admin, alfa)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        session.execute(update(Certification).values(verdict=Verdict.KEPT))
        session.execute(update(Campaign).values(due_on=date(2099, 1, 1)))
    with walled_session(alfa.group.system()) as session:
        assert session.scalars(select(Certification.verdict)).all() == [None]
        assert session.scalars(select(Campaign.due_on)).one() == TODAY + timedelta(days=30)
        assert session.scalars(select(Campaign.campaign_id)).one() == campaign_id


def test_a_sister_company_and_a_colleague_without_the_right_decide_nothing(
    alfa: MadeCompany, admin: MadeMember, handler: MadeMember
) -> None:
    beta = make.company(alfa.group, "beta")
    sister = make.staff(alfa.group, (Role.COMPANY_ADMIN, beta))
    campaign_id, roles = begin(admin, alfa), held(alfa.group)
    with pytest.raises(NotYoursToGive):
        decide(sister, beta, campaign_id, roles[handler.member_id], keep=True)
    with pytest.raises(NotPermitted):
        decide(handler, alfa, campaign_id, roles[admin.member_id], keep=False)
    stranger = make.company(make.group())
    elsewhere = make.staff(stranger.group, (Role.COMPANY_ADMIN, stranger))
    with pytest.raises(NoSuchCertification):
        decide(elsewhere, stranger, campaign_id, roles[handler.member_id], keep=True)


def test_a_group_administrator_confirms_the_only_company_administrator(alfa: MadeCompany, admin: MadeMember) -> None:
    group_admin = make.staff(alfa.group, (Role.GROUP_ADMIN, None))
    campaign_id, roles = begin(admin, alfa), held(alfa.group)
    decide(group_admin, None, campaign_id, roles[admin.member_id], keep=True)
    keep_up(alfa.group, NEAR, AFTER)
    assert admin.member_id in held(alfa.group)


def test_the_last_group_administrator_stays(alfa: MadeCompany) -> None:
    first, second = (make.staff(alfa.group, (Role.GROUP_ADMIN, None)) for _ in range(2))
    with walled_session(first.acting()) as session:
        certifying.begin(session, today=TODAY)
    keep_up(alfa.group, NEAR, AFTER)
    assert len(held(alfa.group)) == 1
    assert set(held(alfa.group)) < {first.member_id, second.member_id}


def test_nothing_ends_without_a_word_before_it(alfa: MadeCompany, admin: MadeMember, handler: MadeMember) -> None:
    begin(admin, alfa)
    keep_up(alfa.group, AFTER)
    assert handler.member_id in held(alfa.group)
    assert (handler.member_id, True) in told(alfa.group)
    keep_up(alfa.group, AFTER + timedelta(days=certifying.DAYS_OF_LAST_WORD))
    assert handler.member_id in held(alfa.group)
    keep_up(alfa.group, AFTER + timedelta(days=certifying.DAYS_OF_LAST_WORD + 1))
    assert handler.member_id not in held(alfa.group)


def test_whoever_decides_is_told_first_and_whoever_loses_last(
    alfa: MadeCompany, admin: MadeMember, handler: MadeMember
) -> None:
    begin(admin, alfa)
    assert told(alfa.group) == {(admin.member_id, False)}
    keep_up(alfa.group, NEAR, NEAR)
    assert told(alfa.group) == {(admin.member_id, False), (admin.member_id, True), (handler.member_id, True)}


def test_the_word_names_nobody(alfa: MadeCompany, admin: MadeMember) -> None:
    campaign_id = begin(admin, alfa)
    with walled_session(alfa.group.system()) as session:
        said = certification_letters.compose(session, TellOfRoles(campaign_id, admin.member_id, False))
    assert said is not None
    assert said.to == "toimi@henkilo.example"
    assert "Toimihenkilö" not in said.subject + said.text
    assert "1. huhtikuuta 2026" in said.text


def test_a_campaign_begins_by_itself_every_so_many_months(alfa: MadeCompany, admin: MadeMember) -> None:
    with walled_session(alfa.group.system()) as session:
        session.execute(update(Group).values(certify_months=6))
        since = session.scalars(select(Company.created_at)).one().date()
    keep_up(alfa.group, months_after(since, 5))
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        assert certifying.running(session) == []
    due = months_after(since, 6) + timedelta(days=1)
    keep_up(alfa.group, due, due)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        (running,) = certifying.running(session)
        assert running.due_on == due + timedelta(days=certifying.DAYS_TO_DECIDE)
        with pytest.raises(CampaignRuns):
            certifying.begin(session, today=due)


def test_a_role_taken_otherwise_meanwhile_waits_for_nobody(
    alfa: MadeCompany, admin: MadeMember, handler: MadeMember
) -> None:
    campaign_id, roles = begin(admin, alfa), held(alfa.group)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        members.unassign(session, roles[handler.member_id])
        (running,) = certifying.running(session)
    assert [one.member_id for one in running.roles] == [admin.member_id]
    with pytest.raises(CertifiedAlready):
        decide(admin, alfa, campaign_id, roles[handler.member_id], keep=True)


@pytest.mark.parametrize(
    ("day", "number", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 15), 3, date(2027, 2, 15)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_months_are_those_of_the_calendar(day: date, number: int, later: date) -> None:
    assert months_after(day, number) == later
