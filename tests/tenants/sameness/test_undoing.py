"""Merged and undone, divided and undone: everything that can be read is as it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec import Struct

from tenants.acting import PurposeKind
from tenants.consents import consenting, objecting
from tenants.database import walled_session
from tenants.registers import records
from tenants.registers.model import Provenance
from tenants.registers.shapes import shape_of
from tenants.registers.viewing import HeldAsAnother, NoSuchPerson
from tenants.sameness import merging, undoing
from tenants.sameness.refusals import (
    ChangedAgain,
    NoSuchChange,
    ReasonNotSaid,
    RecordsCameSince,
    RestrictedSince,
    SaidSince,
    SamePersonTwice,
    UndoneAlready,
)
from tests.tenants.sameness.pair import RIGHTS, STORAGE, Pair

CARE, MARKETING = KINDS = (PurposeKind.CUSTOMER_CARE, PurposeKind.MARKETING)


class Life(Struct, frozen=True):
    """What is known of one person. `read`: the sister company has their data at hand."""

    orders: int
    objected: frozenset[PurposeKind]
    lifted: frozenset[PurposeKind]
    consented: frozenset[PurposeKind]
    withdrawn: frozenset[PurposeKind]
    restricted: bool
    record_restricted: bool
    read: bool


KINDS_SAID = some.frozensets(some.sampled_from(KINDS))
LIVES = some.builds(
    Life,
    orders=some.integers(0, 2),
    objected=KINDS_SAID,
    lifted=KINDS_SAID,
    consented=KINDS_SAID,
    withdrawn=KINDS_SAID,
    restricted=some.booleans(),
    record_restricted=some.booleans(),
    read=some.booleans(),
)


def live(pair: Pair, person_id: UUID, life: Life) -> None:
    for _ in range(life.orders):
        pair.house.order(person_id, state="open")
    if life.read:
        pair.house.read(person_id)
    with walled_session(pair.house.alfa.system(RIGHTS)) as session:
        for kind in life.objected:
            objecting.object_to(session, person_id, kind)
        for kind in life.consented:
            consenting.give(session, person_id, kind, source="Lomake")
    with walled_session(pair.house.alfa.system(RIGHTS)) as session:
        for kind in life.lifted & life.objected:
            objecting.lift(session, person_id, kind)
        for kind in life.withdrawn & life.consented:
            consenting.withdraw(session, person_id, kind)
    if life.record_restricted:
        pair.restrict(person_id, pair.records_of(person_id)[-1])
    if life.restricted:
        pair.restrict(person_id)


@pytest.mark.usefixtures("database")
@given(one=LIVES, other=LIVES)
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_a_merge_that_is_undone_has_left_nothing_behind(one: Life, other: Life) -> None:
    pair = Pair()
    pair.house.active()
    live(pair, pair.aino, one)
    live(pair, pair.twin, other)
    before, told = pair.held(), (pair.received(pair.aino), pair.received(pair.twin))
    change_id = pair.merge()
    with walled_session(pair.house.alfa.system(RIGHTS)) as session:
        objects, consents = objecting.in_force(session, pair.aino), consenting.in_force(session, pair.aino)
    assert set(objects) == (one.objected - one.lifted) | (other.objected - other.lifted)
    said_no = {life: life.consented & life.withdrawn for life in (one, other)}
    assert set(consents) == (one.consented | other.consented) - said_no[one] - said_no[other]
    assert len(pair.records_of(pair.aino)) == 2 + one.orders + other.orders
    assert {name for name, _ in pair.received(pair.aino)} == ({"Beta Oy"} if one.read or other.read else set())
    assert pair.held() != before
    pair.undo(change_id)
    assert pair.held() == before
    assert (pair.received(pair.aino), pair.received(pair.twin)) == told


@pytest.mark.usefixtures("database")
@given(life=LIVES, share=some.integers(1, 2))
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_a_division_that_is_undone_has_left_nothing_behind(life: Life, share: int) -> None:
    pair = Pair()
    pair.house.active()
    pair.house.order(pair.aino, state="open")
    pair.house.order(pair.aino, state="open")
    live(pair, pair.aino, life)
    before, told = pair.held(), pair.received(pair.aino)
    new = pair.split(pair.aino, pair.records_of(pair.aino)[-share:])
    with walled_session(pair.house.alfa.system(RIGHTS)) as session:
        assert set(objecting.in_force(session, new)) == set(objecting.in_force(session, pair.aino))
        assert consenting.in_force(session, new) == {}
    assert [name for name, _ in pair.received(new)] == [name for name, _ in told]
    pair.undo(pair.last_change())
    after = pair.held()
    for table in ("persons", "restrictions"):
        of_new = {"person_id": str(new)}.items()
        after[table] = [row for row in after[table] if not of_new <= row.items()]
    assert after == before
    assert pair.received(pair.aino) == told


def say(pair: Pair) -> None:
    with walled_session(pair.house.alfa.system(RIGHTS)) as session:
        objecting.object_to(session, pair.aino, MARKETING)


def write(pair: Pair) -> None:
    pair.house.order(pair.aino)


def restrict(pair: Pair) -> None:
    pair.restrict(pair.aino)


def merge_again(pair: Pair) -> None:
    pair.merge(pair.house.customer(), pair.aino)


@pytest.mark.parametrize(
    ("since", "refusal"),
    [(say, SaidSince), (write, RecordsCameSince), (restrict, RestrictedSince), (merge_again, ChangedAgain)],
)
def test_what_contradicts_since_is_said_and_nothing_is_undone(
    pair: Pair, since: Callable[[Pair], None], refusal: type[Exception]
) -> None:
    change_id = pair.merge()
    since(pair)
    before = pair.held()
    with pytest.raises(refusal):
        pair.undo(change_id)
    assert pair.held() == before


def test_what_was_corrected_meanwhile_goes_back_with_its_record(pair: Pair) -> None:
    change_id, house = pair.merge(), pair.house
    [record] = [one for one in pair.records_of(pair.aino) if one not in pair.records_of(pair.twin)][1:]
    with walled_session(house.alfa.system(STORAGE)) as session:
        given = {"email": "uusi@esimerkki.example"}
        shape = shape_of(session, house.customers.register_id)
        whence = Provenance(source="Puhelu", at=datetime.now(UTC))
        records.rewrite(session, shape, record, given, whence=whence)
    assert pair.found_by("uusi@esimerkki.example") == [pair.aino]
    pair.undo(change_id)
    assert pair.found_by("uusi@esimerkki.example") == [pair.twin]


def test_undone_twice_is_refused_and_merged_once_more_is_not(pair: Pair) -> None:
    change_id = pair.merge()
    pair.undo(change_id)
    with pytest.raises(UndoneAlready):
        pair.undo(change_id)
    pair.undo(pair.merge(pair.twin, pair.aino))


def test_merges_of_merges_are_undone_in_turn(pair: Pair) -> None:
    third, before = pair.house.customer(email="aino3@esimerkki.example"), pair.held()
    first = pair.merge()
    second = pair.merge(third, pair.aino)
    assert len(pair.records_of(third)) == 3
    with pytest.raises(ChangedAgain):
        pair.undo(first)
    pair.undo(second)
    pair.undo(first)
    assert pair.held() == before


def test_crosswise_in_two_tabs_only_one_merge_is_made(pair: Pair) -> None:
    pair.merge()
    for kept, other in ((pair.twin, pair.aino), (pair.aino, pair.twin)):
        with pytest.raises(HeldAsAnother):
            pair.merge(kept, other)


def test_nobody_is_merged_with_themselves_or_without_a_reason(pair: Pair) -> None:
    with pytest.raises(SamePersonTwice):
        pair.merge(pair.aino, pair.aino)
    with pytest.raises(ReasonNotSaid):
        pair.merge(reason=" ")


def test_a_person_of_a_sister_company_is_nobody_here(pair: Pair) -> None:
    change_id, house = pair.merge(), pair.house
    for refusal, act in (
        (NoSuchChange, lambda session: undoing.undo(session, change_id, reason="Ei kuulu minulle.")),
        (NoSuchPerson, lambda session: merging.merge(session, pair.aino, pair.twin, reason="Ei kuulu minulle.")),
    ):
        with pytest.raises(refusal), walled_session(house.accepter.acting(house.beta, RIGHTS)) as session:
            act(session)
