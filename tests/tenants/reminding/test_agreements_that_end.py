"""Whoever approves agreements is reminded before one ends, or the evidence about its processor."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.companies.permissions import standing
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.processors.law import endings
from tenants.reminding import agenda, reminders
from tenants.reminding.agenda import Kind
from tenants.reminding.reminders import SendReminder
from tests.tenants.processors.scene import Scene, scene, today

RIGHTS = PurposeKind.RIGHTS_REQUEST


@pytest.fixture
def house(database: Postgres) -> Scene:
    return scene()


def reminded(house: Scene, day: date) -> list[tuple[str, str]]:
    with walled_session(house.alfa.system(RIGHTS)) as session:
        reminders.look(session, today=day)
    with walled_session(house.group.system()) as session:
        rows = session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == SendReminder.name)).all()
    assert {row["member_id"] for row in rows} <= {str(house.approver.member_id)}
    return sorted((str(row["kind"]), str(row["day"])) for row in rows)


def to_look_at(house: Scene) -> list[tuple[Kind, date]]:
    with walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        return [(one.kind, one.day) for one in agenda.to_look_at(session, standing(session), today=today())]


def test_the_approver_is_reminded_of_every_step_before_the_end(house: Scene) -> None:
    last = today() + timedelta(days=40)
    house.verify(until=today() + timedelta(days=900))
    house.approved(valid_until=last, verify_again_on=today() + timedelta(days=900))
    counted = [len(reminded(house, last - timedelta(days=left))) for left in (31, 30, 20, 14, 3)]
    assert counted == [0, 1, 1, 2, 3]


def test_after_the_end_the_approver_is_reminded_of_the_certificate(house: Scene) -> None:
    last = today() + timedelta(days=40)
    house.verify(until=today() + timedelta(days=900))
    house.approved(valid_until=last, verify_again_on=today() + timedelta(days=900))
    due = str(endings.certified_by(last))
    told = [
        reminded(house, last + timedelta(days=days)).count((Kind.CERTIFICATE_DUE, due)) for days in (0, 1, 16, 27, 31)
    ]
    assert told == [0, 1, 2, 3, 4]


def test_a_later_version_that_goes_on_needs_no_reminder(house: Scene) -> None:
    last = today() + timedelta(days=14)
    house.verify(until=today() + timedelta(days=900))
    agreement_id = house.approved(valid_until=last)
    assert reminded(house, today()) == [(Kind.AGREEMENT_END, str(last))]
    house.change(agreement_id, valid_from=last)
    house.approve(agreement_id)
    assert (Kind.AGREEMENT_END, last) not in to_look_at(house)


def test_evidence_that_goes_out_of_date_is_reminded_of_while_an_agreement_stands_on_it(house: Scene) -> None:
    day = today() + timedelta(days=14)
    house.verify(until=day)
    assert reminded(house, today()) == []
    house.approved()
    assert reminded(house, today()) == [(Kind.VERIFICATION_END, str(day))]
    assert to_look_at(house) == [(Kind.VERIFICATION_END, day)]


def test_the_day_agreed_for_verifying_anew_counts_where_it_is_earlier(house: Scene) -> None:
    day = today() + timedelta(days=3)
    house.verify(until=today() + timedelta(days=900))
    house.approved(verify_again_on=day)
    assert to_look_at(house) == [(Kind.VERIFICATION_END, day)]


def test_a_draft_waits_for_whoever_had_no_hand_in_it(house: Scene) -> None:
    house.draft()
    assert [kind for kind, _ in to_look_at(house)] == [Kind.AGREEMENT_DRAFT]


def test_a_sister_company_is_reminded_of_nothing(house: Scene) -> None:
    house.approved(valid_until=today() + timedelta(days=3))
    with walled_session(house.beta.system(RIGHTS)) as session:
        reminders.look(session, today=today())
    with walled_session(house.group.system()) as session:
        assert session.scalars(select(QueuedJob).where(QueuedJob.name == SendReminder.name)).all() == []
