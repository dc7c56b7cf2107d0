"""Two at once: one merges, and another writes of one of the two. Nothing lands on whoever is no longer there."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.consents import consenting, objecting
from tenants.consents.model import Consent, Objection
from tenants.database import walled_session
from tenants.errors import Refusal
from tenants.languages.speaking import Language
from tenants.registers import correcting, records, restricting
from tenants.registers.model import Correction, RestrictionGround
from tenants.registers.viewing import HeldAsAnother
from tenants.requests import lifting
from tenants.sameness import merging
from tests.tenants.sameness.pair import RIGHTS, WHY, Pair
from tests.waiting import somebody_waits, until

MARKETING, SALES = PurposeKind.MARKETING, PurposeKind.SALES
Write = Callable[[Session, Pair], object]


def consent(session: Session, pair: Pair) -> None:
    consenting.give(session, pair.twin, MARKETING, source="Puhelu")


def withdraw(session: Session, pair: Pair) -> None:
    consenting.withdraw(session, pair.twin, SALES)


def object_(session: Session, pair: Pair) -> None:
    objecting.object_to(session, pair.twin, MARKETING)


def take_back(session: Session, pair: Pair) -> None:
    objecting.lift(session, pair.twin, SALES)


def correct(session: Session, pair: Pair) -> None:
    [record] = pair.records_of(pair.twin)
    correcting.correct(session, pair.twin, record, {"name": "Aino Oikea"}, source="Puhelu", reason="Kirjoitusvirhe")


def write(session: Session, pair: Pair) -> None:
    given = {"customer_number": "aivan-uusi"}
    records.write(session, pair.house.customers.register_id, pair.twin, given, source="Puhelu", at=datetime.now(UTC))


def restrict(session: Session, pair: Pair) -> None:
    ground, review_on = RestrictionGround.UNLAWFUL, date.today() + timedelta(days=30)
    restricting.place(session, pair.twin, ground=ground, reason="Perusteltu syy.", review_on=review_on)


def lift(session: Session, pair: Pair) -> None:
    [one] = restricting.open_of(session, pair.twin)
    lifting.lift(
        session, one.restriction_id, reason="Tarkistettu.", language=Language.FI, postal_address="Aino\nKatu 1"
    )


def in_hand(pair: Pair, write: Write, said: list[Refusal]) -> None:
    try:
        with walled_session(pair.house.granter.acting(pair.house.alfa, RIGHTS)) as session:
            write(session, pair)
    except Refusal as refusal:
        said.append(refusal)


@pytest.mark.parametrize("write", [consent, withdraw, object_, take_back, correct, write, restrict, lift])
def test_what_is_written_while_two_become_one_waits_and_is_told_that_the_person_is_another(
    pair: Pair, database: Postgres, write: Write
) -> None:
    with walled_session(pair.house.alfa.system(RIGHTS)) as session:
        consenting.give(session, pair.twin, SALES, source="Lomake")
        objecting.object_to(session, pair.twin, SALES)
    if write is lift:
        pair.restrict(pair.twin)
    said: list[Refusal] = []
    with walled_session(pair.house.granter.acting(pair.house.alfa, RIGHTS)) as merger:
        merging.merge(merger, pair.aino, pair.twin, reason=WHY)
        writer = threading.Thread(target=in_hand, args=(pair, write, said))
        writer.start()
        until(lambda: somebody_waits(database))
    writer.join(10)
    assert [type(refusal) for refusal in said] == [HeldAsAnother]
    assert pair.records_of(pair.twin) == []


def test_what_is_written_before_two_become_one_goes_along(pair: Pair, database: Postgres) -> None:
    def merge() -> None:
        pair.merge()

    with walled_session(pair.house.granter.acting(pair.house.alfa, RIGHTS)) as session:
        consent(session, pair)
        object_(session, pair)
        correct(session, pair)
        merger = threading.Thread(target=merge)
        merger.start()
        until(lambda: somebody_waits(database))
    merger.join(10)
    with walled_session(pair.house.alfa.system(RIGHTS)) as session:
        assert consenting.in_force(session, pair.aino).keys() == {MARKETING}
        assert objecting.in_force(session, pair.aino).keys() == {MARKETING}
        assert list(session.scalars(select(Correction.person_id))) == [pair.aino]
        assert session.scalars(select(Consent.taken_over_by).where(Consent.person_id == pair.aino)).one()
        assert session.scalars(select(Objection.taken_over_by).where(Objection.person_id == pair.aino)).one()
