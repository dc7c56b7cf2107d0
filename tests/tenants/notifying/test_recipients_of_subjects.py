"""The person behind a request is told by name who has received their data, and nobody else is."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from infra.embedded.postgres import Postgres
from tenants.acting import subject, visitor
from tenants.base import new_id
from tenants.database import walled_session
from tenants.ledger import received
from tenants.ledger.model import Disclosure
from tenants.notifying import answering
from tenants.notifying.answering import RecipientOfSubject
from tenants.processors.model import Transfer, TransferKind
from tenants.processors.transferring import Abroad, Adequacy
from tenants.registers.model import Cause, IdentityLevel, Register
from tenants.requests.model import Case, CaseFinding, CaseState, Channel, Request, RequestState
from tenants.requests.subjects import NoSuchRequest
from tenants.sameness import merging
from tests import make
from tests.make import MadeCompany, MadeGroup
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.scene import scene as of_feeds
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS, correct, follow, noted
from tests.tenants.processors.scene import DOCUMENT


@pytest.fixture
def feeds(database: Postgres) -> Scene:
    return of_feeds()


def asked(at: MadeGroup) -> UUID:
    request_id = new_id()
    with walled_session(visitor(at.group_id)) as session:
        session.add(
            Request(
                request_id=request_id,
                channel=Channel.PORTAL,
                rights=["access"],
                language="fi",
                company_ids=[],
                state=RequestState.UNVERIFIED,
                received_at=datetime.now(UTC),
                level=IdentityLevel.L0,
            )
        )
    return request_id


def answered(request_id: UUID, by: MadeCompany, person_id: UUID | None, state: CaseState = CaseState.ANSWERED) -> UUID:
    case_id, day = new_id(), date(2026, 11, 1)
    with walled_session(by.system(RIGHTS)) as session:
        session.add(
            Case(
                case_id=case_id,
                request_id=request_id,
                number=f"T-{case_id.hex[-6:]}",
                channel=Channel.PORTAL,
                rights=["access"],
                language="fi",
                state=state,
                level=IdentityLevel.L1,
                received_at=datetime.now(UTC),
                received_on=day,
                due_on=day,
                due_unsuspended_on=day,
                due_suspended_on=day,
                latest_on=day,
                rule_version="1",
                holiday_version="1",
                person_id=person_id,
            )
        )
    return case_id


def asking(feeds: Scene, person_id: UUID, state: CaseState = CaseState.ANSWERED) -> UUID:
    """A request of this customer of Alfa's."""
    request_id = asked(feeds.house.group)
    answered(request_id, feeds.house.alfa, person_id, state)
    return request_id


def shown(feeds: Scene, request_id: UUID) -> list[RecipientOfSubject]:
    with walled_session(subject(feeds.house.group.group_id, request_id)) as session:
        return [one for company in answering.told_to_subject(session) for one in company.recipients]


def names(feeds: Scene, request_id: UUID) -> list[object]:
    return [one.name for one in shown(feeds, request_id)]


def behind_the_door(at: MadeGroup, request_id: UUID) -> int:
    with walled_session(subject(at.group_id, request_id)) as session:
        return len(received.by_subject(session))


def test_whoever_stands_in_a_block_of_the_ledger_is_told_of_themself_alone(feeds: Scene) -> None:
    people = [customer(feeds, name) for name in ("Ada", "Bea", "Cia")]
    Follower(feeds, feeds.approved("customers")).catch_up()
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        assert session.scalars(select(Disclosure)).all() == []
    for person_id in people:
        [pilvi] = shown(feeds, asking(feeds, person_id))
        [part] = pilvi.received
        assert (pilvi.outside, pilvi.abroad, part.until) == (True, (), None)
        assert [str(field.fi) for field in part.fields] == ["name", "segment"]


def test_what_a_recipient_received_stands_beside_what_it_was_told(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    noted(feeds, ada, feeds.house.beta.company_id, until=datetime.now(UTC) + timedelta(seconds=1))
    correct(feeds, ada, segment="vip")
    follow(feeds)
    pilvi, beta = shown(feeds, asking(feeds, ada))
    assert [one.cause for one in pilvi.told] == [Cause.CORRECTED]
    assert (beta.outside, beta.abroad, len(beta.received)) == (False, (), 1)
    assert beta.received[0].until is not None


def test_nobody_is_told_of_anothers_recipients(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    bo = customer(feeds, "Bo")
    assert shown(feeds, asking(feeds, bo)) == []
    assert len(shown(feeds, asking(feeds, ada))) == 1


def test_before_a_company_has_answered_it_says_nothing(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    for state in (CaseState.AWAITING_IDENTITY, CaseState.BUILDING, CaseState.REFUSED):
        request_id = asking(feeds, ada, state)
        assert (shown(feeds, request_id), behind_the_door(feeds.house.group, request_id)) == ([], 0)
    unverified = asked(feeds.house.group)
    assert (shown(feeds, unverified), behind_the_door(feeds.house.group, unverified)) == ([], 0)


def test_an_answer_of_another_company_opens_nothing_of_this_one(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    request_id = asked(feeds.house.group)
    answered(request_id, feeds.house.beta, ada)
    assert behind_the_door(feeds.house.group, request_id) == 0


def test_in_another_group_the_request_is_nobodys(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    request_id, elsewhere = asking(feeds, ada), make.group()
    assert behind_the_door(elsewhere, request_id) == 0
    with pytest.raises(NoSuchRequest), walled_session(subject(elsewhere.group_id, request_id)) as session:
        answering.told_to_subject(session)


def test_what_an_authority_got_in_secret_is_told_when_it_is_secret_no_more(feeds: Scene) -> None:
    ada, today = customer(feeds, "Ada"), date.today()
    noted(feeds, ada, feeds.house.processor("poliisi"), secret_until=today + timedelta(days=2))
    noted(feeds, ada, feeds.house.processor("tulli"), secret_until=today - timedelta(days=2))
    [tulli] = shown(feeds, asking(feeds, ada))
    assert tulli.name == "Tulli Oy"


def test_what_asks_for_a_surer_identity_is_not_told(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    request_id = asked(feeds.house.group)
    case_id = answered(request_id, feeds.house.alfa, ada)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        session.add(
            CaseFinding(
                case_id=case_id,
                register_id=feeds.house.customers.register_id,
                records=0,
                fields=0,
                withheld=IdentityLevel.L3,
            )
        )
    assert (shown(feeds, request_id), behind_the_door(feeds.house.group, request_id)) == ([], 0)


def test_what_asks_for_a_surer_identity_since_the_answer_is_not_told(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    correct(feeds, ada, segment="vip")
    follow(feeds)
    request_id = asking(feeds, ada)
    assert len(shown(feeds, request_id)) == 1
    of_customers = Register.register_id == feeds.house.customers.register_id
    with walled_session(feeds.house.group.system()) as session:
        session.execute(update(Register).where(of_customers).values(identity_level=IdentityLevel.L3))
    assert (shown(feeds, request_id), behind_the_door(feeds.house.group, request_id)) == ([], 0)


def test_whoever_was_merged_is_told_of_what_was_received_of_both(feeds: Scene) -> None:
    ada, bo = customer(feeds, "Ada"), customer(feeds, "Bo")
    noted(feeds, ada, feeds.house.beta.company_id)
    Follower(feeds, feeds.approved("customers")).catch_up()
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        merging.merge(session, bo, ada, reason="Sama ihminen")
    assert [len(one.received) for one in shown(feeds, asking(feeds, bo))] == [1, 2]
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        archived = received.told_to_person(session, bo, today=date.today())
    with walled_session(subject(feeds.house.group.group_id, asking(feeds, bo))) as session:
        assert [one.received for one in received.by_subject(session)] == archived


def test_a_country_outside_the_area_is_told_with_what_carries_the_data_there(feeds: Scene) -> None:
    house, ada = feeds.house, customer(feeds, "Ada")
    basis = Transfer("IN", TransferKind.STANDARD_CLAUSES, DOCUMENT)
    there = house.processor("intia", country="IN", countries=("FI", "IN"))
    house.verify(there)
    agreement_id = house.draft("intia", processor_id=there, transfers=(basis,))
    house.approve(agreement_id)
    of_it = Scene(house, feeds.orders, agreement_id)
    Follower(of_it, of_it.approved("customers")).catch_up()
    noted(feeds, ada, house.processor("brasilia", country="BR"))
    india, brazil = shown(feeds, asking(feeds, ada))
    assert india.abroad == (Abroad("IN", (TransferKind.STANDARD_CLAUSES,), Adequacy.NOT_FOUND),)
    assert [(one.country, one.kinds) for one in brazil.abroad] == [("BR", ())]


def test_the_portal_reads_nothing_of_the_ledger_but_through_its_door(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    noted(feeds, ada, feeds.house.beta.company_id)
    with walled_session(subject(feeds.house.group.group_id, asking(feeds, ada))) as session:
        for table in ("disclosures", "disclosure_scopes", "disclosure_blocks", "person_changes"):
            asked_for = text("SELECT has_any_column_privilege(:table, 'SELECT')")
            assert session.scalar(asked_for, {"table": table}) is False
    with walled_session(visitor(feeds.house.group.group_id)) as session:
        assert received.by_subject(session) == []
