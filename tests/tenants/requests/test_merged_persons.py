"""A request that waits while its person turns out to be one with another, or two."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.acting import Acting, PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.registers.model import PersonChange, Record
from tenants.requests import workflow
from tenants.requests.model import Case, CaseFinding, CaseMatch, CaseState
from tenants.sameness import merging, splitting, undoing
from tenants.sameness.refusals import BeingAnswered
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.asking import Asked, Sister
from tests.queue import run_jobs

WHY = "Sama ihminen, soitettu."


@pytest.fixture
def keeper(alfa: Sister) -> Acting:
    member = make.staff(alfa.company.group, (Role.COMPANY_ADMIN, alfa.company))
    return member.acting(alfa.company, PurposeKind.RIGHTS_REQUEST)


def the_case(alfa: Sister) -> Case:
    with walled_session(alfa.system()) as session:
        return session.scalars(select(Case)).one()


def matches(alfa: Sister) -> dict[UUID, bool]:
    with walled_session(alfa.system()) as session:
        return {one.person_id: one.chosen for one in session.scalars(select(CaseMatch))}


def counted(alfa: Sister) -> list[int]:
    with walled_session(alfa.system()) as session:
        return list(session.scalars(select(CaseFinding.records)))


def merge(keeper: Acting, kept: UUID, other: UUID) -> UUID:
    with walled_session(keeper) as session:
        return merging.merge(session, kept, other, reason=WHY)


def undo(keeper: Acting, change_id: UUID) -> None:
    with walled_session(keeper) as session:
        undoing.undo(session, change_id, reason=WHY)


def test_what_waits_for_its_decision_goes_on_and_is_counted_anew(alfa: Sister, waiting: Asked, keeper: Acting) -> None:
    asked_by, twin = the_case(alfa).person_id, alfa.customer("toinen@esimerkki.example", "2")
    assert asked_by
    change_id = merge(keeper, twin, asked_by)
    case = the_case(alfa)
    assert (case.state, case.person_id, counted(alfa)) == (CaseState.AWAITING_DECISION, twin, [2])
    assert matches(alfa) == {twin: True}
    undo(keeper, change_id)
    case = the_case(alfa)
    assert (case.state, case.person_id, counted(alfa)) == (CaseState.AWAITING_DECISION, asked_by, [1])
    assert matches(alfa) == {asked_by: True}


def test_of_two_whom_a_request_fits_one_is_left_and_still_shows_who_they_are(
    alfa: Sister, ask: Callable[..., Asked], address: str, keeper: Acting
) -> None:
    one, other = alfa.customer(address, "1"), alfa.customer(address, "2")
    ask(alfa).verify()
    run_jobs(alfa.company.group)
    assert matches(alfa) == {one: False, other: False}
    change_id = merge(keeper, one, other)
    assert (the_case(alfa).state, matches(alfa)) == (CaseState.NEEDS_STAFF, {one: False})
    undo(keeper, change_id)
    assert matches(alfa) == {one: False, other: False}
    merge(keeper, one, other)
    with walled_session(alfa.staff()) as session:
        workflow.choose_person(session, the_case(alfa).case_id, kind=IdentifierKind.CUSTOMER_NUMBER, value="2")
    assert (the_case(alfa).person_id, counted(alfa)) == (one, [2])


@pytest.mark.parametrize("which", ["of the one", "of the other"])
def test_what_is_being_answered_is_answered_first(alfa: Sister, waiting: Asked, keeper: Acting, which: str) -> None:
    asked_by, twin = the_case(alfa).person_id, alfa.customer("toinen@esimerkki.example", "2")
    assert asked_by
    with walled_session(alfa.staff()) as session:
        workflow.approve(session, the_case(alfa).case_id)
    pair = (asked_by, twin) if which == "of the one" else (twin, asked_by)
    with pytest.raises(BeingAnswered):
        merge(keeper, *pair)
    run_jobs(waiting.group)
    merge(keeper, *pair)
    assert the_case(alfa).person_id == pair[0]


def test_a_request_of_one_who_is_two_is_for_staff_to_tell_apart(alfa: Sister, waiting: Asked, keeper: Acting) -> None:
    asked_by = the_case(alfa).person_id
    assert asked_by
    merge(keeper, asked_by, alfa.customer("toinen@esimerkki.example", "2"))
    with walled_session(keeper) as session:
        records = session.scalars(select(Record.record_id).where(Record.person_id == asked_by)).all()
        new = splitting.split(session, asked_by, [max(records)], reason="Kaksi ihmistä.")
    case = the_case(alfa)
    assert (case.state, case.person_id, counted(alfa)) == (CaseState.NEEDS_STAFF, None, [])
    assert matches(alfa) == {asked_by: False, new: False}
    with walled_session(keeper) as session:
        change_id = session.scalars(select(PersonChange.change_id).order_by(PersonChange.change_id.desc())).first()
    assert change_id
    undo(keeper, change_id)
    case = the_case(alfa)
    assert (case.state, case.person_id, counted(alfa)) == (CaseState.AWAITING_DECISION, asked_by, [2])


def test_a_request_that_came_while_two_were_one_is_for_staff_when_they_are_two_again(
    alfa: Sister, ask: Callable[..., Asked], address: str, keeper: Acting
) -> None:
    one, other = alfa.customer(address, "1"), alfa.customer("toinen@esimerkki.example", "2")
    change_id = merge(keeper, one, other)
    ask(alfa).verify()
    run_jobs(alfa.company.group)
    assert the_case(alfa).person_id == one
    undo(keeper, change_id)
    assert (the_case(alfa).state, matches(alfa)) == (CaseState.NEEDS_STAFF, {one: False, other: False})
