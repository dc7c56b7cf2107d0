"""One person stops what flows out of a company; two resume it."""

import pytest
from sqlalchemy import select, text

from tenants.audit.model import AuditEntry
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import TooLong
from tenants.processors import refusals, standing, stopping
from tenants.processors.standing import Reason, Stop
from tests.tenants.processors.scene import Scene, today


def test_an_owner_stops_all_that_flows_and_nothing_of_the_company_leaves(house: Scene) -> None:
    house.verify()
    agreement = house.approved()
    assert not house.is_stopped()
    house.stop()
    assert house.is_stopped()
    assert house.is_stopped(house.group.system(), processor_id=house.pilvi)
    assert house.stops(agreement) == [Stop(Reason.COMPANY_STOPPED)] == said_by_the_database(house, agreement)


def test_one_processor_is_stopped_and_the_others_go_on(house: Scene) -> None:
    other = house.processor("toinen")
    for one in (house.pilvi, other):
        house.verify(one)
    stopped, going_on = house.approved("a"), house.draft("b", processor_id=other)
    house.approve(going_on)
    house.stop(processor_id=house.pilvi)
    assert house.stops(stopped) == [Stop(Reason.PROCESSOR_STOPPED)] == said_by_the_database(house, stopped)
    assert house.stops(going_on) == [] == said_by_the_database(house, going_on)
    assert house.is_stopped(processor_id=house.pilvi)
    assert not house.is_stopped()
    assert not house.is_stopped(processor_id=other)


def test_a_sister_company_goes_on(house: Scene) -> None:
    house.stop()
    with walled_session(house.group.system()) as session:
        assert not stopping.is_stopped(session, house.beta.company_id)
    with walled_session(house.approver.acting(house.beta)) as session:
        assert not stopping.in_force(session)


def test_whoever_proposes_to_resume_does_not_resume(house: Scene) -> None:
    house.ask_for_two()
    stop_id = house.stop()
    with pytest.raises(refusals.ResumedByTwo):
        house.resume(stop_id)
    house.propose_resuming(stop_id, by=house.approver)
    with pytest.raises(refusals.ResumedByTwo):
        house.resume(stop_id)
    assert house.is_stopped()


def test_what_one_proposes_another_resumes(house: Scene) -> None:
    house.ask_for_two()
    stop_id = house.stop()
    house.propose_resuming(stop_id)
    assert house.is_stopped()
    house.resume(stop_id)
    assert not house.is_stopped()
    with pytest.raises(refusals.NotThisStopStep):
        house.resume(stop_id)
    with pytest.raises(refusals.NotThisStopStep):
        house.propose_resuming(stop_id)


def test_where_one_is_enough_nothing_is_proposed(house: Scene) -> None:
    stop_id = house.stop()
    house.resume(stop_id)
    assert not house.is_stopped()


def test_whoever_may_only_stop_does_not_resume(house: Scene) -> None:
    stop_id = house.stop()
    with walled_session(house.drafter.acting(house.alfa)) as session, pytest.raises(NotPermitted):
        stopping.resume(session, stop_id)


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [(" ", refusals.NeedsStopReason), ("x" * 2001, TooLong)],
    ids=["no reason", "a reason that is too long"],
)
def test_a_stop_says_why(house: Scene, reason: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        house.stop(reason)


def test_the_same_is_not_stopped_twice(house: Scene) -> None:
    house.stop()
    house.stop(processor_id=house.pilvi)
    with pytest.raises(refusals.StoppedAlready):
        house.stop()


def test_nobody_stops_for_the_whole_group(house: Scene) -> None:
    with walled_session(house.admin.acting()) as session, pytest.raises(NotPermitted):
        stopping.stop(session, reason="Kaikki seis")


def test_each_step_is_in_the_audit_without_the_words(house: Scene) -> None:
    stop_id = house.stop("Virtanen soitti")
    house.propose_resuming(stop_id)
    house.resume(stop_id)
    with walled_session(house.alfa.system()) as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action.like("flow.%")).order_by(AuditEntry.at))
        said = [(one.action, one.figures) for one in noted]
    assert [action for action, _ in said] == ["flow.stopped", "flow.resuming_proposed", "flow.resumed"]
    assert "Virtanen" not in repr(said)


def said_by_the_database(house: Scene, agreement_id: object) -> list[Stop]:
    asked = text("SELECT * FROM agreement_stops(:group, :agreement, :day, :free, :adequate, :partly)")
    with walled_session(house.alfa.system()) as session:
        rows = session.execute(
            asked,
            {
                "group": house.group.group_id,
                "agreement": agreement_id,
                "day": today(),
                **standing.of_the_law(today()),
            },
        )
        return [Stop(Reason(row.reason), row.about) for row in rows]
