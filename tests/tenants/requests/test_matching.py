"""Whose data is meant, and what a company holds of them."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text

from tenants.companies.model import Approval
from tenants.database import walled_session
from tenants.registers.model import IdentityLevel
from tenants.requests import reading, workflow
from tenants.requests.model import Case, CaseEventKind, CaseState
from tenants.requests.reading import CaseFile, Shown
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.asking import Asked, Sister
from tests.queue import run_jobs

SHARED = "info@yhdistys.example"


def file_of(sister: Sister) -> CaseFile:
    with walled_session(sister.staff()) as session:
        case = reading.list_cases(session, Shown.ALL).cases[0]
        return reading.get_case(session, case.case_id)


@pytest.fixture
def shared(alfa: Sister, ask: Callable[..., Asked]) -> tuple[Sister, CaseFile]:
    """Two customers of Alfa share an address, from which a request comes."""
    alfa.customer(SHARED, "1001")
    alfa.customer(SHARED, "1002")
    asked = ask(alfa, email=SHARED)
    asked.verify()
    run_jobs(asked.group)
    return alfa, file_of(alfa)


def choose(sister: Sister, file: CaseFile, kind: IdentifierKind, value: str) -> None:
    with walled_session(sister.staff()) as session:
        workflow.choose_person(session, file.case.case_id, kind=kind, value=value)


def test_an_address_that_fits_two_verifies_neither(shared: tuple[Sister, CaseFile]) -> None:
    _, file = shared
    assert file.case.state is CaseState.NEEDS_STAFF
    assert file.case.person_id is None
    assert file.findings == []
    assert len(file.candidates) == 2
    assert [len(candidate.registers) for candidate in file.candidates] == [1, 1]


def test_two_are_not_told_apart_by_a_standing_order_either(
    sister: Callable[..., Sister], ask: Callable[..., Asked]
) -> None:
    beeta = sister("beeta", approval=Approval.AUTOMATIC)
    beeta.customer(SHARED, "1")
    beeta.customer(SHARED, "2")
    asked = ask(beeta, email=SHARED)
    asked.verify()
    run_jobs(asked.group)
    assert file_of(beeta).case.state is CaseState.NEEDS_STAFF


def test_a_second_identifier_tells_which_of_them_it_is(shared: tuple[Sister, CaseFile]) -> None:
    alfa, file = shared
    choose(alfa, file, IdentifierKind.CUSTOMER_NUMBER, " 1002 ")
    chosen = file_of(alfa)
    assert chosen.case.state is CaseState.AWAITING_DECISION
    assert [finding.records for finding in chosen.findings] == [1]
    assert CaseEventKind.PERSON_CHOSEN in [event.kind for event in chosen.events]


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        (IdentifierKind.CUSTOMER_NUMBER, "9999", workflow.FitsNone),
        (IdentifierKind.EMAIL, SHARED.upper(), workflow.SameIdentifier),
        (IdentifierKind.HETU, "010190-900P", workflow.CannotTell),
        (IdentifierKind.BUSINESS_ID, "1234567-1", workflow.CannotTell),
    ],
)
def test_what_tells_nobody_apart_is_refused(
    shared: tuple[Sister, CaseFile], kind: IdentifierKind, value: str, refusal: type[Exception]
) -> None:
    alfa, file = shared
    with pytest.raises(refusal):
        choose(alfa, file, kind, value)
    assert file_of(alfa).case.state is CaseState.NEEDS_STAFF


def test_a_customer_whom_the_request_does_not_fit_cannot_be_chosen(shared: tuple[Sister, CaseFile]) -> None:
    alfa, file = shared
    alfa.customer("joku.muu@esimerkki.example", "3003")
    with pytest.raises(workflow.FitsNone):
        choose(alfa, file, IdentifierKind.CUSTOMER_NUMBER, "3003")


def test_nobody_can_be_chosen_twice(shared: tuple[Sister, CaseFile]) -> None:
    alfa, file = shared
    choose(alfa, file, IdentifierKind.CUSTOMER_NUMBER, "1001")
    with pytest.raises(workflow.NotInThisState):
        choose(alfa, file, IdentifierKind.CUSTOMER_NUMBER, "1002")


def test_the_customer_of_a_sister_company_is_not_found(
    sister: Callable[..., Sister], ask: Callable[..., Asked], address: str
) -> None:
    alfa, beeta = sister("alfa"), sister("beeta")
    beeta.customer(address, "1")
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    assert file_of(alfa).case.state is CaseState.NO_DATA


def test_a_register_that_asks_for_more_is_named_and_not_looked_into(
    alfa: Sister, ask: Callable[..., Asked], address: str
) -> None:
    strong = make.register(alfa.company, "credit", level=IdentityLevel.L3)
    alfa.customer(address, "1")
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    findings = {finding.register_id: finding for finding in file_of(alfa).findings}
    held_back = findings[strong.register_id]
    assert (held_back.withheld, held_back.records, held_back.fields) == (IdentityLevel.L3, 0, 0)
    counted = findings[alfa.register.register_id]
    assert (counted.withheld, counted.records, counted.fields) == (None, 1, 3)


def test_what_is_held_of_others_is_not_counted(alfa: Sister, ask: Callable[..., Asked], address: str) -> None:
    orders = make.register(alfa.company, "orders")
    alfa.customer(address, "1")
    replace(alfa, register=orders).customer("toinen@yhdistys.example", "2")
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    findings = {finding.register_id: (finding.records, finding.fields) for finding in file_of(alfa).findings}
    assert findings == {alfa.register.register_id: (1, 3), orders.register_id: (0, 0)}


def test_a_restricted_person_still_gets_an_answer(alfa: Sister, ask: Callable[..., Asked], address: str) -> None:
    """Art. 18 leaves the right of access as it is."""
    alfa.customer(address, "1")
    with walled_session(alfa.company.system()) as session:
        for table in ("persons", "records", "identifiers"):
            session.execute(text(f"UPDATE {table} SET restricted = true"))
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    assert file_of(alfa).case.state is CaseState.AWAITING_DECISION


def test_every_look_at_the_person_is_in_the_audit(alfa: Sister, ask: Callable[..., Asked], address: str) -> None:
    person_id = alfa.customer(address, "1")
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    with walled_session(alfa.system()) as session:
        rows = session.execute(
            text("SELECT action, purpose FROM audit_entries WHERE :person = ANY(about_ids)"), {"person": person_id}
        ).all()
        case = session.scalars(select(Case)).one()
    assert ("person.looked_for", "rights_request") in rows
    assert ("person.counted", "rights_request") in rows
    assert case.person_id == person_id
