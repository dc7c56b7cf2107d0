"""From the question to the answer, every company inside its own walls."""

from collections.abc import Callable

from sqlalchemy import select

from tenants.companies.model import Approval
from tenants.database import walled_session
from tenants.exports.model import ExportState
from tenants.requests import following, matching, reading, verification, workflow
from tenants.requests.model import Case, CaseEventKind, CaseState, Request, RequestState
from tenants.requests.reading import Shown
from tests.asking import Asked, Sister
from tests.make import MadeGroup
from tests.queue import run_jobs


def only_case(sister: Sister) -> Case:
    with walled_session(sister.system()) as session:
        return session.scalars(select(Case)).one()


def test_aino_asks_proves_who_she_is_and_gets_her_archive(alfa: Sister, ask: Callable[..., Asked]) -> None:
    alfa.customer("aino@x.example", "1001")
    asked = ask(alfa, email="aino@x.example")
    assert isinstance(asked.verify(), verification.Right)
    run_jobs(asked.group)
    case = only_case(alfa)
    assert case.state is CaseState.AWAITING_DECISION
    with walled_session(alfa.staff()) as session:
        workflow.approve(session, case.case_id)
    run_jobs(asked.group)
    assert only_case(alfa).state is CaseState.ANSWERED
    with walled_session(asked.subject()) as session:
        status = following.status(session)
        assert [answer.state for answer in status.answers] == [CaseState.ANSWERED]
        archive = status.answers[0].archive
        assert archive is not None
        assert archive.state is ExportState.READY
        assert [event.kind for event in reversed(status.events)] == [
            CaseEventKind.RECEIVED,
            CaseEventKind.CODE_SENT,
            CaseEventKind.VERIFIED,
            CaseEventKind.GATHERED,
            CaseEventKind.ARCHIVE_READY,
            CaseEventKind.LETTER_SENT,
        ]


def test_a_company_whose_standing_order_it_is_answers_without_staff(
    sister: Callable[..., Sister], ask: Callable[..., Asked]
) -> None:
    beeta = sister("beeta", approval=Approval.AUTOMATIC)
    beeta.customer("aino@x.example", "1")
    asked = ask(beeta, email="aino@x.example")
    asked.verify()
    run_jobs(asked.group)
    case = only_case(beeta)
    assert case.state is CaseState.ANSWERED
    assert case.decided_by is None


def test_a_company_that_knows_nobody_says_so(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    assert only_case(alfa).state is CaseState.NO_DATA
    assert "ei löytynyt" in asked.letters()[0].text


def test_no_company_hears_of_a_request_before_its_person_is_verified(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    run_jobs(asked.group)
    with walled_session(alfa.staff()) as session:
        assert not reading.list_cases(session, Shown.ALL).cases


def test_each_company_answers_for_itself_and_sees_only_itself(
    group: MadeGroup, sister: Callable[..., Sister], ask: Callable[..., Asked]
) -> None:
    alfa, beeta = sister("alfa"), sister("beeta")
    alfa.customer("aino@x.example", "1")
    asked = ask(alfa, beeta, email="aino@x.example")
    asked.verify()
    run_jobs(group)
    assert only_case(alfa).state is CaseState.AWAITING_DECISION
    assert only_case(beeta).state is CaseState.NO_DATA
    with walled_session(alfa.staff()) as session:
        assert [case.company_id for case in reading.list_cases(session, Shown.ALL).cases] == [alfa.company.company_id]


def test_a_company_that_was_not_addressed_gets_no_case(
    group: MadeGroup, sister: Callable[..., Sister], ask: Callable[..., Asked]
) -> None:
    alfa, beeta = sister("alfa"), sister("beeta")
    asked = ask(alfa)
    asked.verify()
    run_jobs(group)
    with walled_session(beeta.system()) as session:
        assert session.scalar(select(Case)) is None


def test_doing_the_same_jobs_again_changes_nothing(alfa: Sister, ask: Callable[..., Asked]) -> None:
    alfa.customer("aino@x.example", "1")
    asked = ask(alfa, email="aino@x.example")
    asked.verify()
    run_jobs(asked.group)
    before = only_case(alfa)
    with walled_session(asked.group.system()) as session:
        matching.open_cases(session, asked.request_id)
    with walled_session(alfa.system()) as session:
        matching.open_case(session, asked.request_id)
    run_jobs(asked.group)
    after = only_case(alfa)
    assert (before.case_id, before.number, before.state) == (after.case_id, after.number, after.state)


def test_the_request_itself_is_readable_by_its_subject_and_the_system_only(
    alfa: Sister, ask: Callable[..., Asked]
) -> None:
    asked, other = ask(alfa), ask(alfa)
    with walled_session(alfa.staff()) as session:
        assert session.scalar(select(Request)) is None
    with walled_session(asked.subject()) as session:
        assert session.scalars(select(Request.request_id)).all() == [asked.request_id]
    with walled_session(asked.group.system()) as session:
        states = session.scalars(select(Request.state).where(Request.request_id == other.request_id)).all()
        assert states == [RequestState.UNVERIFIED]
