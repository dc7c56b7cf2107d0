"""A refusal that must be demonstrated is proposed by one member of staff and confirmed by another."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.requests import following, reading, refusing, workflow
from tenants.requests.law import grounds
from tenants.requests.model import Case, CaseEventKind, CaseState
from tenants.requests.workflow import NoSuchCase, NotInThisState
from tests import make
from tests.asking import Asked, Sister
from tests.make import MadeMember
from tests.queue import run_jobs

REASON = "Sama pyyntö on tehty kolmesti tällä viikolla."
BY_TWO = [ground.key for ground in grounds.every_ground().values() if ground.by_two]


@pytest.fixture
def colleague(alfa: Sister) -> MadeMember:
    return make.staff(alfa.company.group, (Role.REQUEST_HANDLER, alfa.company))


def the_case(sister: Sister) -> Case:
    with walled_session(sister.system()) as session:
        return session.scalars(select(Case)).one()


def propose(sister: Sister, ground: str = "excessive") -> Case:
    case = the_case(sister)
    with walled_session(sister.staff()) as session:
        refusing.refuse(session, case.case_id, ground=ground, reason=REASON)
    return the_case(sister)


def confirm(sister: Sister, by: MadeMember) -> None:
    case = the_case(sister)
    with walled_session(by.acting(sister.company, sister.staff().purpose)) as session:
        refusing.confirm(session, case.case_id)


def give_back(sister: Sister, by: MadeMember, words: str = "Kahdesti vain.") -> None:
    case = the_case(sister)
    with walled_session(by.acting(sister.company, sister.staff().purpose)) as session:
        refusing.give_back(session, case.case_id, words=words)


def test_the_grounds_of_article_12_5_need_two() -> None:
    assert BY_TWO == ["manifestly_unfounded", "excessive"]


@pytest.mark.parametrize("ground", BY_TWO)
def test_what_one_proposes_is_told_to_nobody_outside(alfa: Sister, waiting: Asked, ground: str) -> None:
    before = len(waiting.letters())
    case = propose(alfa, ground)
    assert (case.state, case.closed_at, case.decided_at) == (CaseState.REFUSAL_PROPOSED, None, None)
    assert len(waiting.letters()) == before
    with walled_session(waiting.subject()) as session:
        status = following.status(session)
    assert (status.answers[0].state, status.answers[0].reason) == (CaseState.AWAITING_DECISION, None)
    assert CaseEventKind.REFUSAL_PROPOSED not in {event.kind for event in status.events}


def test_a_second_member_confirms_and_only_then_the_letter_goes(
    alfa: Sister, waiting: Asked, colleague: MadeMember
) -> None:
    propose(alfa)
    confirm(alfa, colleague)
    case = the_case(alfa)
    assert (case.state, case.decided_by) == (CaseState.REFUSED, colleague.member_id)
    assert case.proposed_by == alfa.handler.member_id
    letter = waiting.letters()[0]
    assert REASON in letter.text
    assert "12 artiklan 5 kohdan b alakohta" in " ".join(letter.text.split())
    with walled_session(waiting.subject()) as session:
        assert REASON in (following.status(session).answers[0].reason or "")


def test_nobody_confirms_a_proposal_of_their_own(alfa: Sister, waiting: Asked) -> None:
    propose(alfa)
    with pytest.raises(refusing.SameMember):
        confirm(alfa, alfa.handler)
    assert the_case(alfa).state is CaseState.REFUSAL_PROPOSED


@pytest.mark.parametrize("ground", BY_TWO)
@pytest.mark.parametrize("proposer", [None, "same"])
def test_the_database_keeps_no_such_refusal_of_one_alone(
    alfa: Sister, waiting: Asked, ground: str, proposer: str | None
) -> None:
    one = alfa.handler.member_id
    with pytest.raises(IntegrityError, match="refused_by_two"), walled_session(alfa.system()) as session:
        session.execute(
            update(Case).values(
                state=CaseState.REFUSED,
                refusal_ground=ground,
                proposed_by=one if proposer else None,
                decided_by=one,
            )
        )


def test_a_proposal_given_back_is_undecided_again_and_a_draft(
    alfa: Sister, waiting: Asked, colleague: MadeMember
) -> None:
    propose(alfa)
    give_back(alfa, colleague)
    with walled_session(alfa.staff()) as session:
        file = reading.get_case(session, the_case(alfa).case_id)
    assert (file.case.state, file.reason, file.returned) == (CaseState.AWAITING_DECISION, REASON, "Kahdesti vain.")
    assert file.case.proposed_by is None
    with walled_session(alfa.staff()) as session:
        workflow.approve(session, file.case.case_id)
    approved = the_case(alfa)
    assert (approved.refusal_ground, approved.sealed_reason, approved.sealed_return) == (None, None, None)


def test_giving_back_needs_a_word_and_taking_back_needs_none(
    alfa: Sister, waiting: Asked, colleague: MadeMember
) -> None:
    propose(alfa)
    with pytest.raises(refusing.NeedsWords):
        give_back(alfa, colleague, words=" ")
    give_back(alfa, alfa.handler, words="")
    assert the_case(alfa).state is CaseState.AWAITING_DECISION


def test_the_proposal_of_a_case_whose_person_is_unclear_goes_back_to_that(
    alfa: Sister, ask: Callable[..., Asked], address: str, colleague: MadeMember
) -> None:
    alfa.customer(address, "1")
    alfa.customer(address, "2")
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    propose(alfa)
    with walled_session(asked.subject()) as session:
        assert following.status(session).answers[0].state is CaseState.NEEDS_STAFF
    give_back(alfa, colleague)
    assert the_case(alfa).state is CaseState.NEEDS_STAFF


def test_while_it_is_proposed_nothing_else_is_decided(alfa: Sister, waiting: Asked) -> None:
    case = propose(alfa)
    with walled_session(alfa.staff()) as session:
        with pytest.raises(NotInThisState):
            workflow.approve(session, case.case_id)
        with pytest.raises(NotInThisState):
            refusing.refuse(session, case.case_id, ground="rights_of_others", reason=REASON)


def test_what_nobody_proposed_nobody_confirms_or_gives_back(
    alfa: Sister, waiting: Asked, colleague: MadeMember
) -> None:
    for step in (confirm, give_back):
        with pytest.raises(NotInThisState):
            step(alfa, colleague)


def test_strangers_confirm_nothing(sister: Callable[..., Sister], alfa: Sister, waiting: Asked) -> None:
    case, beeta = propose(alfa), sister("beeta")
    with walled_session(beeta.staff()) as session, pytest.raises(NoSuchCase):
        refusing.confirm(session, case.case_id)
    auditor = make.staff(alfa.company.group, (Role.AUDITOR, alfa.company))
    with walled_session(auditor.acting(alfa.company)) as session, pytest.raises(NotPermitted):
        refusing.confirm(session, case.case_id)


def test_each_step_is_audited_in_the_name_of_who_took_it(alfa: Sister, waiting: Asked, colleague: MadeMember) -> None:
    propose(alfa)
    give_back(alfa, colleague)
    propose(alfa)
    confirm(alfa, colleague)
    with walled_session(alfa.system()) as session:
        entries = session.execute(
            select(AuditEntry.action, AuditEntry.actor_id)
            .where(AuditEntry.action.like("refusal.%"))
            .order_by(AuditEntry.entry_id)
        ).all()
    first, second = alfa.handler.member_id, colleague.member_id
    assert [tuple(entry) for entry in entries] == [
        ("refusal.proposed", first),
        ("refusal.returned", second),
        ("refusal.proposed", first),
        ("refusal.confirmed", second),
    ]
