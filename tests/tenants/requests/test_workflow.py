"""The way of a case: who may take which step, what each brings about, and that none ends in silence."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Approval, Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import Conflict
from tenants.exports.expiring import ExpireExport
from tenants.exports.model import Export, ExportState
from tenants.requests import ending, following, reading, refusing, workflow
from tenants.requests.model import OPEN_STATES, Case, CaseEventKind, CaseState, Request, RequestState
from tenants.requests.reading import Cursor, Shown
from tenants.requests.subjects import NoSuchRequest
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.asking import Asked, Sister
from tests.queue import bring_due, run_jobs

REASON = "Pyyntö on esitetty kolmesti tällä viikolla."


def the_case(sister: Sister) -> Case:
    with walled_session(sister.system()) as session:
        return session.scalars(select(Case)).one()


def the_export(sister: Sister) -> Export:
    with walled_session(sister.system()) as session:
        return session.scalars(select(Export)).one()


def approve(sister: Sister) -> None:
    case = the_case(sister)
    with walled_session(sister.staff()) as session:
        workflow.approve(session, case.case_id)


def refuse(sister: Sister, *, ground: str = "rights_of_others", reason: str = REASON) -> None:
    case = the_case(sister)
    with walled_session(sister.staff()) as session:
        refusing.refuse(session, case.case_id, ground=ground, reason=reason)


def withdraw(asked: Asked) -> None:
    with walled_session(asked.subject()) as session:
        ending.withdraw(session)


def test_staff_of_a_sister_company_find_no_such_case(
    sister: Callable[..., Sister], alfa: Sister, waiting: Asked
) -> None:
    beeta = sister("beeta")
    case = the_case(alfa)
    with walled_session(beeta.staff()) as session:
        for step in (
            lambda: workflow.approve(session, case.case_id),
            lambda: refusing.refuse(session, case.case_id, ground="excessive", reason=REASON),
            lambda: reading.get_case(session, case.case_id),
        ):
            with pytest.raises(workflow.NoSuchCase):
                step()


@pytest.mark.parametrize("role", [Role.GROUP_ADMIN, Role.AUDITOR, Role.REGISTER_OWNER])
def test_who_may_not_decide_decides_nothing(alfa: Sister, waiting: Asked, role: Role) -> None:
    company = None if role is Role.GROUP_ADMIN else alfa.company
    member = make.staff(waiting.group, (role, company))
    with walled_session(member.acting(company)) as session, pytest.raises(NotPermitted):
        workflow.approve(session, the_case(alfa).case_id)


def test_the_archive_is_built_once_however_often_it_is_approved(alfa: Sister, waiting: Asked) -> None:
    approve(alfa)
    with pytest.raises(workflow.NotInThisState):
        approve(alfa)
    run_jobs(waiting.group)
    assert the_export(alfa).state is ExportState.READY


def test_a_refusal_tells_the_ground_the_reasons_and_both_remedies(alfa: Sister, waiting: Asked) -> None:
    refuse(alfa)
    letter = waiting.letters()[0]
    for part in (REASON, "15 artiklan 4 kohta", "valituksen", "tuomioistuimeen", "tietosuoja@om.fi"):
        assert part in " ".join(letter.text.split())
    case = the_case(alfa)
    assert case.state is CaseState.REFUSED
    assert REASON.encode() not in (case.sealed_reason or b"")
    with walled_session(waiting.subject()) as session:
        assert REASON in (following.status(session).answers[0].reason or "")


@pytest.mark.parametrize(
    ("ground", "reason", "refusal"),
    [
        ("because", REASON, refusing.UnknownGround),
        ("not_portable", REASON, refusing.UnknownGround),
        ("excessive", "  \n", refusing.NeedsReasons),
        ("excessive", "x" * 4001, refusing.NeedsReasons),
    ],
)
def test_a_refusal_without_a_ground_in_law_or_reasons_is_refused(
    alfa: Sister, waiting: Asked, ground: str, reason: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        refuse(alfa, ground=ground, reason=reason)
    assert the_case(alfa).state is CaseState.AWAITING_DECISION


def test_what_was_refused_cannot_be_approved_any_more(alfa: Sister, waiting: Asked) -> None:
    refuse(alfa)
    with pytest.raises(workflow.NotInThisState):
        approve(alfa)


def test_a_withdrawn_request_is_closed_everywhere_and_confirmed(alfa: Sister, waiting: Asked) -> None:
    withdraw(waiting)
    with walled_session(waiting.subject()) as session:
        assert [answer.state for answer in following.status(session).answers] == [CaseState.WITHDRAWN]
    run_jobs(waiting.group)
    assert the_case(alfa).state is CaseState.WITHDRAWN
    assert "peruutettu" in waiting.letters()[0].subject
    with pytest.raises(workflow.NotInThisState):
        approve(alfa)
    with pytest.raises(ending.AlreadyEnded):
        withdraw(waiting)


def test_withdrawing_destroys_an_archive_that_is_ready(alfa: Sister, waiting: Asked) -> None:
    approve(alfa)
    run_jobs(waiting.group)
    withdraw(waiting)
    with walled_session(waiting.subject()) as session:
        assert [answer.archive for answer in following.status(session).answers] == [None]
    run_jobs(waiting.group)
    export = the_export(alfa)
    assert (export.state, export.wrapped_key) == (ExportState.CANCELLED, None)
    assert the_case(alfa).state is CaseState.ANSWERED


@pytest.mark.parametrize("first", ["requests", "exports"])
def test_an_archive_that_was_ordered_before_the_withdrawal_is_not_handed_out(
    alfa: Sister, waiting: Asked, first: str
) -> None:
    approve(alfa)
    withdraw(waiting)
    run_jobs(waiting.group, only=first)
    run_jobs(waiting.group)
    assert the_export(alfa).state is ExportState.CANCELLED
    assert the_case(alfa).state is CaseState.WITHDRAWN
    assert not any("valmis" in letter.subject for letter in waiting.letters())


def test_withdrawing_before_any_company_looked_opens_no_case(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    asked.verify()
    withdraw(asked)
    run_jobs(asked.group)
    with walled_session(alfa.system()) as session:
        assert session.scalar(select(Case)) is None
    with walled_session(asked.subject()) as session:
        assert [answer.state for answer in following.status(session).answers] == [CaseState.WITHDRAWN]


def test_nobody_withdraws_the_request_of_another_group(alfa: Sister, waiting: Asked) -> None:
    stranger = Asked(make.group(), waiting.request_id, waiting.email, waiting.post)
    with pytest.raises(NoSuchRequest):
        withdraw(stranger)


def test_an_expired_archive_leaves_its_evidence(alfa: Sister, waiting: Asked) -> None:
    approve(alfa)
    run_jobs(waiting.group)
    bring_due(waiting.group, ExpireExport.name)
    run_jobs(waiting.group)
    export = the_export(alfa)
    assert (export.state, export.wrapped_key, export.evidence is None) == (ExportState.EXPIRED, None, False)
    with walled_session(waiting.subject()) as session:
        assert following.status(session).events[0].kind is CaseEventKind.ARCHIVE_EXPIRED


def test_open_cases_are_listed_by_the_day_they_are_due_page_by_page(alfa: Sister, ask: Callable[..., Asked]) -> None:
    for _ in range(3):
        ask(alfa, email=f"a{_}@x.example").verify()
    alfa.customer("b@x.example", "1")
    for _ in range(2):
        ask(alfa, email="b@x.example").verify()
    run_jobs(alfa.company.group)
    with walled_session(alfa.staff()) as session:
        assert len(reading.list_cases(session, Shown.OPEN).cases) == 2
        assert len(reading.list_cases(session, Shown.CLOSED).cases) == 3
        assert len(reading.due_dates(session)) == 2
        seen: list[str] = []
        cursor: Cursor | None = None
        while True:
            page = reading.list_cases(session, Shown.ALL, after=cursor, limit=2)
            seen += [case.number for case in page.cases]
            if page.following is None:
                break
            cursor = Cursor.read(str(page.following))
        assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("text", ["", "x", "2026-01-01", "_", "2026-13-01_0190", "2026-01-01_x"])
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(reading.BadCursor):
        Cursor.read(text)


def test_every_step_of_the_table_is_between_known_states_and_ends_are_ends() -> None:
    assert set(workflow.FOLLOWS) == set(CaseState)
    assert all(not workflow.FOLLOWS[state] for state in CaseState if state not in OPEN_STATES)
    assert all(workflow.FOLLOWS[state] for state in OPEN_STATES)


def reachable(state: CaseState) -> set[CaseState]:
    """In any number of steps, none included."""
    found = {state}
    while more := {after for before in found for after in workflow.FOLLOWS[before]} - found:
        found |= more
    return found


class CaseLife(RuleBasedStateMachine):
    """Whatever anybody does in any order: a case takes steps of the table only, and each end was told in a letter."""

    sister: Callable[..., Sister]
    ask: Callable[..., Asked]

    @initialize(automatic=st.booleans(), customers=st.integers(0, 2))
    def a_request_comes(self, automatic: bool, customers: int) -> None:
        key = f"k{secrets.token_hex(4)}"
        self.company = type(self).sister(key, approval=Approval.AUTOMATIC if automatic else Approval.STAFF)
        email = f"{key}@esimerkki.example"
        for number in range(customers):
            self.company.customer(email, f"{key}-{number}")
        self.second = f"{key}-1"
        self.asked = type(self).ask(self.company, email=email, client=key)
        self.code = self.asked.code()
        self.state = CaseState.AWAITING_IDENTITY

    @rule()
    def the_code_is_given(self) -> None:
        self.asked.verify(self.code)

    @rule()
    def the_worker_works(self) -> None:
        run_jobs(self.asked.group)

    @rule()
    def the_worker_builds_no_archives(self) -> None:
        run_jobs(self.asked.group, only="requests")

    @rule()
    def staff_approve(self) -> None:
        self.staff(workflow.approve)

    @rule()
    def staff_refuse(self) -> None:
        self.staff(partial(refusing.refuse, ground="not_identified", reason=REASON))

    @rule()
    def staff_choose(self) -> None:
        self.staff(partial(workflow.choose_person, kind=IdentifierKind.CUSTOMER_NUMBER, value=self.second))

    @rule()
    def the_person_withdraws(self) -> None:
        with suppress(Conflict):
            withdraw(self.asked)

    @rule()
    def three_weeks_pass(self) -> None:
        bring_due(self.asked.group, ending.LapseRequest.name)

    def staff(self, step: Callable[[Session, UUID], None]) -> None:
        case = self.case()
        if case is not None:
            with suppress(Conflict), walled_session(self.company.staff()) as session:
                step(session, case.case_id)

    def case(self) -> Case | None:
        with walled_session(self.company.system()) as session:
            return session.scalar(select(Case))

    @invariant()
    def the_case_takes_steps_of_the_table_only(self) -> None:
        if not hasattr(self, "asked"):
            return
        case = self.case()
        if case is not None:
            assert case.state in reachable(self.state)
            assert (case.closed_at is None) == (case.state in OPEN_STATES)
            self.state = case.state

    def teardown(self) -> None:
        if not hasattr(self, "asked"):
            return
        run_jobs(self.asked.group)
        case = self.case()
        with walled_session(self.asked.group.system()) as session:
            wanted = select(Request.state).where(Request.request_id == self.asked.request_id)
            state = session.scalars(wanted).one()
        subjects = " ".join(letter.subject for letter in self.asked.letters())
        if state in ENDED:
            assert case is None or case.state not in OPEN_STATES
            assert ENDED[state] in subjects
        elif case is not None and case.state not in OPEN_STATES:
            assert TOLD[case.state] in subjects


ENDED = {RequestState.WITHDRAWN: "peruutettu", RequestState.LAPSED: "rauennut"}
TOLD = {
    CaseState.ANSWERED: "on valmis",
    CaseState.NO_DATA: "Vastaus pyyntöön",
    CaseState.REFUSED: "Päätös pyyntöön",
}


def test_a_case_never_takes_a_wrong_step_and_never_ends_in_silence(
    sister: Callable[..., Sister], ask: Callable[..., Asked]
) -> None:
    CaseLife.sister, CaseLife.ask = staticmethod(sister), staticmethod(ask)
    run_state_machine_as_test(
        CaseLife,
        settings=settings(
            max_examples=20,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
