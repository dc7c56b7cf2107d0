"""Two who share an address and are two people: said once, remembered, and taken back with a reason."""

import threading
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import Refusal
from tenants.registers.viewing import NoSuchPerson
from tenants.sameness import comparing, proposing, telling_apart
from tenants.sameness.refusals import NoSuchDistinction, ReasonNotSaid, SaidToBeTwo, SamePersonTwice, UndoneAlready
from tests import make
from tests.tenants.sameness.pair import RIGHTS, WHY, Pair
from tests.waiting import somebody_waits, until

SHARED = "pariskunta@esimerkki.example"
KNOWN = "Puolisoita, soitettu molemmille."


class Couple:
    def __init__(self, pair: Pair) -> None:
        self.pair, house = pair, pair.house
        self.one, self.other = house.customer(email=SHARED), house.customer(email=SHARED)

    def tell_apart(self, one: UUID | None = None, other: UUID | None = None, *, reason: str = KNOWN) -> UUID:
        house = self.pair.house
        with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
            return telling_apart.tell_apart(session, one or self.one, other or self.other, reason=reason)

    def take_back(self, distinction_id: UUID) -> None:
        house = self.pair.house
        with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
            telling_apart.take_back(session, distinction_id, reason="Sama ihminen sittenkin.")

    def proposed(self) -> tuple[int, int]:
        """How often the two are proposed: among all of the company, and on the page of one of them."""
        house = self.pair.house
        with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
            everybody = [one for one in proposing.of_company(session) if {one.one_id, one.other_id} == self.both]
            return len(everybody), len(proposing.of_person(session, self.other))

    @property
    def both(self) -> set[UUID]:
        return {self.one, self.other}


@pytest.fixture
def couple(pair: Pair) -> Couple:
    return Couple(pair)


def test_who_was_told_apart_is_not_proposed_until_it_is_taken_back(couple: Couple) -> None:
    assert couple.proposed() == (1, 1)
    distinction_id = couple.tell_apart(couple.other, couple.one)
    assert couple.proposed() == (0, 0)
    couple.take_back(distinction_id)
    assert couple.proposed() == (1, 1)
    with pytest.raises(UndoneAlready):
        couple.take_back(distinction_id)
    couple.tell_apart()
    assert couple.proposed() == (0, 0)


def test_those_told_apart_stand_before_nobody_else(couple: Couple, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are: here, of one that is shown."""
    monkeypatch.setattr(proposing, "SHOWN", 1)
    house = couple.pair.house
    others = {house.customer(email="toinen@esimerkki.example") for _ in range(2)}
    shown: list[set[UUID]] = []
    for _ in range(2):
        with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
            [proposed] = proposing.of_company(session)
        couple.tell_apart(proposed.one_id, proposed.other_id)
        shown.append({proposed.one_id, proposed.other_id})
    assert couple.both in shown
    assert others in shown


def test_others_who_share_the_address_are_still_proposed(couple: Couple) -> None:
    third = couple.pair.house.customer(email=SHARED)
    couple.tell_apart()
    house = couple.pair.house
    with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
        found = proposing.of_company(session)
    assert {frozenset((one.one_id, one.other_id)) for one in found} == {frozenset((third, one)) for one in couple.both}


def test_who_was_told_apart_is_not_merged_before_it_is_taken_back(couple: Couple) -> None:
    distinction_id = couple.tell_apart()
    house = couple.pair.house
    with pytest.raises(SaidToBeTwo):
        couple.pair.merge(couple.one, couple.other)
    with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
        [told] = comparing.compare(session, couple.other, couple.one).hindrances
    assert isinstance(told, SaidToBeTwo)
    couple.take_back(distinction_id)
    couple.pair.merge(couple.one, couple.other)


def test_whoever_merges_at_the_same_time_waits_and_is_told(couple: Couple, database: Postgres) -> None:
    house, said = couple.pair.house, list[Refusal]()

    def merge() -> None:
        try:
            couple.pair.merge(couple.one, couple.other)
        except Refusal as refusal:
            said.append(refusal)

    with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
        telling_apart.tell_apart(session, couple.one, couple.other, reason=KNOWN)
        merger = threading.Thread(target=merge)
        merger.start()
        until(lambda: somebody_waits(database))
    merger.join(10)
    assert [type(refusal) for refusal in said] == [SaidToBeTwo]


def test_it_is_said_once_of_two_and_with_a_reason(couple: Couple) -> None:
    with pytest.raises(SamePersonTwice):
        couple.tell_apart(couple.one, couple.one)
    with pytest.raises(ReasonNotSaid):
        couple.tell_apart(reason=" ")
    couple.tell_apart()
    with pytest.raises(SaidToBeTwo):
        couple.tell_apart(couple.other, couple.one)


def test_the_reasons_are_sealed_and_the_audit_knows_who_said_it(couple: Couple) -> None:
    couple.take_back(couple.tell_apart())
    house = couple.pair.house
    with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
        [told] = telling_apart.of_person(session, couple.one)
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.like("distinction.%")).order_by(AuditEntry.at)
        ).all()
    assert (told.reason, told.undo_reason, told.one != "") == (KNOWN, "Sama ihminen sittenkin.", True)
    assert KNOWN.encode() not in told.row.sealed_reason
    assert [(entry.action, set(entry.about_ids), entry.actor_id) for entry in entries] == [
        ("distinction.made", couple.both, house.granter.member_id),
        ("distinction.undone", couple.both, house.granter.member_id),
    ]


def test_a_sister_company_and_whoever_may_not_merge_say_nothing(couple: Couple) -> None:
    distinction_id = couple.tell_apart()
    house = couple.pair.house
    sister = make.staff(house.group, (Role.COMPANY_ADMIN, house.beta))
    with walled_session(sister.acting(house.beta, RIGHTS)) as session:
        with pytest.raises(NoSuchPerson):
            telling_apart.tell_apart(session, couple.one, couple.other, reason=WHY)
        with pytest.raises(NoSuchDistinction):
            telling_apart.take_back(session, distinction_id, reason=WHY)
    auditor = make.staff(house.group, (Role.AUDITOR, house.alfa))
    with walled_session(auditor.acting(house.alfa)) as session, pytest.raises(NotPermitted):
        telling_apart.tell_apart(session, couple.one, couple.other, reason=WHY)


def test_undoing_a_merge_is_not_hindered_by_what_is_said_of_others(couple: Couple) -> None:
    third = couple.pair.house.customer(email=SHARED)
    couple.tell_apart()
    couple.pair.undo(couple.pair.merge(couple.one, third))
    assert couple.proposed()[0] == 0
