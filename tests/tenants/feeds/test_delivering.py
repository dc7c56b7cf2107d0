"""Whoever follows a feed holds exactly what is in scope, and of what it was given learns why it is gone."""

import random
from contextlib import ExitStack
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind, client
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.consents import consenting, objecting
from tenants.database import open_session, walled_session
from tenants.feeds import delivering, refusals
from tenants.feeds.delivering import Gone
from tenants.feeds.model import FeedHolding
from tenants.ledger import received
from tenants.ledger.model import Disclosure, DisclosureBlock
from tenants.registers import erasing, restricting
from tenants.registers.model import ErasureGround, Person, Register, RestrictionGround
from tenants.sameness import merging, splitting, undoing
from tenants.sharing.conditions import FieldIs, HasRecord
from tenants.sharing.door import PageTooLong
from tests.tenants.feeds.follower import CARE, Follower, in_scope
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.feeds.writing import customer, order, rewrite, write_customer

RIGHTS = PurposeKind.RIGHTS_REQUEST
VIP = FieldIs("segment", ("vip",))
OPEN_ORDER = HasRecord("orders", "state", ("open",))


def restrict(feeds: Scene, person_id: UUID, record_id: UUID | None = None) -> None:
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        restricting.place(
            session,
            person_id,
            ground=RestrictionGround.ACCURACY_CONTESTED,
            reason="Kiistää",
            review_on=date(2099, 1, 1),
            record_id=record_id,
        )


def objects(feeds: Scene, person_id: UUID, *, lifted: bool = False) -> None:
    with walled_session(feeds.house.alfa.system()) as session:
        (objecting.lift if lifted else objecting.object_to)(session, person_id, CARE)


def consents(feeds: Scene, person_id: UUID, *, withdrawn: bool = False) -> None:
    with walled_session(feeds.house.alfa.system()) as session:
        if withdrawn:
            consenting.withdraw(session, person_id, CARE)
        else:
            consenting.give(session, person_id, CARE, source="Lomake 7")


def merge(feeds: Scene, kept: UUID, other: UUID) -> UUID:
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        return merging.merge(session, kept, other, reason="Sama")


def told(feeds: Scene, person_id: UUID) -> list[received.Received]:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        return received.by_person(session, person_id)


def test_a_snapshot_is_all_that_is_in_scope_and_then_come_the_changes(feeds: Scene) -> None:
    people = [customer(feeds, name, segment="vip") for name in ("Ada", "Bo", "Cleo")]
    customer(feeds, "Dan", segment="basic")
    one = Follower(feeds, feeds.approved(condition=VIP))
    pages = [one.read(most=2), one.read(most=2)]
    assert [(len(page.lines), page.more) for page in pages] == [(2, True), (1, False)]
    assert one.names == {"Ada", "Bo", "Cleo"}
    assert one.read().lines == ()
    rewrite(feeds, people[0], name="Aada")
    customer(feeds, "Eve", segment="vip")
    one.catch_up()
    assert one.names == {"Aada", "Bo", "Cleo", "Eve"}
    assert one.held == in_scope(feeds, one.feed_id)
    assert one.gone == []


def test_what_is_gone_is_told_with_its_reason_to_whoever_was_given_it(feeds: Scene) -> None:
    ada, bo, cleo, dan = (customer(feeds, name, segment="vip") for name in ("Ada", "Bo", "Cleo", "Dan"))
    never = customer(feeds, "Eve", segment="basic")
    for person in (ada, bo, cleo, dan):
        consents(feeds, person)
    one = Follower(feeds, feeds.approved(condition=VIP, consent_required=True))
    one.catch_up()
    restrict(feeds, ada)
    objects(feeds, bo)
    consents(feeds, cleo, withdrawn=True)
    rewrite(feeds, dan, segment="basic")
    objects(feeds, never)
    one.catch_up()
    assert sorted(reason for _, reason in one.gone) == sorted(
        (Gone.RESTRICTED, Gone.OBJECTED, Gone.CONSENT_WITHDRAWN, Gone.OUT_OF_SCOPE)
    )
    assert one.held == {}


@pytest.mark.parametrize(
    ("ground", "reason"),
    [(ErasureGround.UNLAWFUL, Gone.ERASED), (ErasureGround.RETENTION_ENDED, Gone.RETENTION)],
)
def test_what_was_erased_is_told_as_erased(feeds: Scene, ground: ErasureGround, reason: Gone) -> None:
    ada, bo = customer(feeds, "Ada"), customer(feeds, "Bo")
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        erasing.erase(session, ada, ground=ground, reason="Loppu", register_ids=[feeds.house.customers.register_id])
    one.catch_up()
    assert [why for _, why in one.gone] == [reason]
    assert one.names == {"Bo"}
    assert [each.until is None for each in [*told(feeds, ada), *told(feeds, bo)]] == [False, True]


def test_nothing_more_is_told_of_whoever_is_gone_until_they_come_back(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    objects(feeds, ada)
    one.catch_up()
    rewrite(feeds, ada, segment="vip")
    assert one.look().lines == ()
    one.catch_up()
    objects(feeds, ada, lifted=True)
    one.catch_up()
    assert one.held == in_scope(feeds, one.feed_id)
    assert [len(one.gone), len(one.held)] == [1, 1]


def test_a_page_that_was_lost_is_told_again(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    restrict(feeds, ada)
    lost = one.look()
    assert one.look().lines == lost.lines
    one.catch_up()
    assert one.held == {}
    assert len(one.gone) == 1


def test_the_ledger_says_from_when_until_when_by_name(feeds: Scene) -> None:
    ada, bo = customer(feeds, "Ada"), customer(feeds, "Bo")
    one = Follower(feeds, feeds.approved(sealed_fields=("iban",)))
    assert told(feeds, ada) == []
    one.catch_up()
    objects(feeds, bo)
    one.catch_up()
    [of_ada], [of_bo] = told(feeds, ada), told(feeds, bo)
    assert (of_ada.recipient, of_ada.outside, of_ada.source_id, of_ada.until) == ("Pilvi Oy", True, one.feed_id, None)
    assert [label.fi for label in of_ada.fields] == ["name", "segment", "iban"]
    assert of_bo.until is not None
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        assert received.persons_within(session, one.feed_id, feeds.house.pilvi) == 2


def test_reading_again_from_the_start_writes_nothing_new(feeds: Scene) -> None:
    for name in ("Ada", "Bo"):
        customer(feeds, name)
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    Follower(feeds, one.feed_id).catch_up()
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        [block] = session.scalars(select(DisclosureBlock))
        assert len(block.person_ids) == len(block.record_ids) == 2
        assert session.scalars(select(Disclosure)).all() == []
        assert session.scalars(select(FeedHolding)).all() == []


def test_each_page_is_in_the_audit_of_the_company(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    one.catch_up()
    with walled_session(feeds.house.alfa.system()) as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "feed.delivered"))
        assert (entry.about_ids, entry.actor, entry.actor_id) == ([ada], "client", feeds.agreement)
        assert entry.company_id == feeds.house.alfa.company_id
        assert entry.figures == {"feed": str(one.feed_id), "version": 1}


def test_sealed_fields_are_opened_where_the_scope_names_them(feeds: Scene) -> None:
    customer(feeds, "Ada", iban="FI21 1234 5600 0007 85")
    plain, opened = Follower(feeds, feeds.approved()), Follower(feeds, feeds.approved(sealed_fields=("iban",)))
    for one in (plain, opened):
        one.catch_up()
    assert [set(data) for _, data in plain.held.values()] == [{"name", "segment"}]
    assert [data["iban"] for _, data in opened.held.values()] == ["FI2112345600000785"]


def of_orders(feeds: Scene) -> UUID:
    feeds.house.change(feeds.agreement, registers=(feeds.orders.register_id,), purposes=(feeds.order_purpose,))
    feeds.house.approve(feeds.agreement)
    return feeds.approved(register_id=feeds.orders.register_id, purpose_id=feeds.order_purpose, fields=("state",))


def test_one_record_that_is_restricted_is_gone_and_the_others_are_held(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    first, second = (order(feeds, ada, number, "open") for number in ("1", "2"))
    one = Follower(feeds, of_orders(feeds))
    one.catch_up()
    restrict(feeds, ada, first)
    one.catch_up()
    assert (one.gone, set(one.held)) == ([(first, Gone.RESTRICTED)], {second})
    [at_hand] = told(feeds, ada)
    assert at_hand.until is None


def test_pages_of_any_length_note_everybody_once(feeds: Scene) -> None:
    people = [customer(feeds, f"Asiakas {n}") for n in range(5)]
    for person, number in zip((people[0], people[0], people[2], people[2], people[4]), "12345", strict=True):
        order(feeds, person, number, "open")
    feed_id = of_orders(feeds)
    for most in (3, 1, 2, 1_000):
        one = Follower(feeds, feed_id)
        one.catch_up(most=most)
        assert len(one.held) == 5
        assert [len(told(feeds, person)) for person in people] == [1, 0, 1, 0, 1]
    objects(feeds, people[2])
    Follower(feeds, feed_id).catch_up(most=2)
    assert [one.until is None for person in people for one in told(feeds, person)] == [True, False, True]


def test_persons_who_are_merged_and_parted_are_told_with_their_records(feeds: Scene) -> None:
    ada, aada = customer(feeds, "Ada"), customer(feeds, "Aada")
    bo = customer(feeds, "Bo")
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    change = merge(feeds, ada, aada)
    one.catch_up()
    assert one.held == in_scope(feeds, one.feed_id)
    assert {person for person, _ in one.held.values()} == {ada, bo}
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        undoing.undo(session, change, reason="Eivät olekaan")
    one.catch_up()
    assert one.held == in_scope(feeds, one.feed_id)
    assert {person for person, _ in one.held.values()} == {ada, aada, bo}
    merge(feeds, ada, aada)
    objects(feeds, ada)
    one.catch_up()
    assert {person for person, _ in one.held.values()} == {bo}
    assert {reason for _, reason in one.gone} == {Gone.MERGED, Gone.OBJECTED}


def test_a_record_that_goes_to_somebody_out_of_scope_is_gone(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    first, second = (order(feeds, ada, number, "open") for number in ("1", "2"))
    one = Follower(feeds, of_orders(feeds))
    one.catch_up()
    assert set(one.held) == {first, second}
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        other = splitting.split(session, ada, [second], reason="Toisen")
    objects(feeds, other)
    one.catch_up()
    assert one.held == in_scope(feeds, one.feed_id)
    assert set(one.held) == {first}
    order(feeds, ada, "1", "closed")
    order(feeds, ada, "3", "open")
    one.catch_up()
    assert one.held == in_scope(feeds, one.feed_id)
    assert len(one.held) == 2


def test_a_record_elsewhere_that_the_condition_asks_for_counts(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    order(feeds, ada, "1", "closed")
    one = Follower(feeds, feeds.approved(condition=OPEN_ORDER))
    one.catch_up()
    assert one.held == {}
    order(feeds, ada, "2", "open")
    one.catch_up()
    assert one.names == {"Ada"}
    order(feeds, ada, "2", "closed")
    one.catch_up()
    assert [reason for _, reason in one.gone] == [Gone.OUT_OF_SCOPE]
    assert one.held == {}


def test_a_narrowed_scope_goes_on_and_a_wider_one_begins_anew(feeds: Scene) -> None:
    for name, segment in (("Ada", "vip"), ("Bo", "basic"), ("Cleo", "vip")):
        customer(feeds, name, segment=segment)
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    feeds.change(one.feed_id, condition=VIP, fields=("name",))
    feeds.approve(one.feed_id, at_once="Suostumus poistui")
    customer(feeds, "Dan", segment="vip")
    one.catch_up(most=1)
    assert one.held == in_scope(feeds, one.feed_id)
    assert (one.names, len(one.gone)) == ({"Ada", "Cleo", "Dan"}, 1)
    feeds.change(one.feed_id, condition=VIP, fields=("name", "segment"))
    feeds.approve(one.feed_id)
    with pytest.raises(refusals.BeginAnew):
        one.read()
    again = Follower(feeds, one.feed_id)
    again.catch_up()
    assert again.held == in_scope(feeds, one.feed_id)


def test_a_scope_that_is_narrowed_while_the_snapshot_is_read_is_kept(feeds: Scene) -> None:
    for n in range(4):
        customer(feeds, f"Asiakas {n}", segment="vip" if n % 2 else "basic")
    one = Follower(feeds, feeds.approved())
    one.read(most=2)
    feeds.change(one.feed_id, condition=VIP)
    feeds.approve(one.feed_id)
    one.catch_up(most=2)
    assert one.held == in_scope(feeds, one.feed_id)
    assert len(one.held) == 2


def test_a_cursor_of_another_feed_or_none_of_ours_is_refused(feeds: Scene) -> None:
    customer(feeds, "Ada")
    one, other = Follower(feeds, feeds.approved()), Follower(feeds, feeds.approved())
    one.catch_up()
    for cursor in (one.cursor, "", "x", "ääkköset", (one.cursor or "")[:-4]):
        other.cursor = cursor
        with pytest.raises(refusals.BeginAnew):
            other.read()
    for most in (0, delivering.MOST + 1):
        with pytest.raises(PageTooLong):
            one.look(most=most)


def test_what_is_not_in_force_gives_nothing(feeds: Scene) -> None:
    customer(feeds, "Ada")
    one = Follower(feeds, feeds.draft())
    shut: list[bool] = []

    def gives() -> bool:
        try:
            return bool(Follower(feeds, one.feed_id).read().lines)
        except refusals.NothingGivenNow:
            return False

    shut.append(gives())
    for step in (feeds.approve, feeds.suspend, feeds.resume):
        step(one.feed_id)
        shut.append(gives())
    assert shut == [False, True, False, True]
    with walled_session(feeds.house.group.system()) as session:
        kept = session.scalars(select(Register).where(Register.register_id == feeds.house.customers.register_id)).one()
        recipients, kept.recipients = kept.recipients, []
    assert not gives()
    with walled_session(feeds.house.group.system()) as session:
        session.execute(
            update(Register)
            .where(Register.register_id == feeds.house.customers.register_id)
            .values(recipients=recipients)
        )
    assert gives()
    feeds.serve(PurposeKind.SALES)
    assert not gives()
    feeds.serve(CARE)
    assert gives()
    feeds.house.end(feeds.agreement)
    assert not gives()


def test_what_is_bound_to_an_event_is_not_given_in_bulk(feeds: Scene) -> None:
    customer(feeds, "Ada")
    with pytest.raises(refusals.OnlyByEvent):
        Follower(feeds, feeds.approved(**feeds.by_order())).read()


def test_nobody_else_s_client_reads_it(feeds: Scene) -> None:
    customer(feeds, "Ada")
    feed_id, other = feeds.approved(), feeds.house.approved("other")
    for acting in (
        client(feeds.house.group.group_id, other),
        client(feeds.house.group.group_id, new_id()),
        feeds.house.alfa.system(CARE),
        feeds.house.approver.acting(feeds.house.alfa, RIGHTS),
    ):
        with walled_session(acting) as session, pytest.raises(refusals.NothingGivenNow):
            delivering.page(session, feed_id)


@pytest.fixture(scope="module")
def lasting(database: Postgres) -> Scene:
    return scene()


@pytest.mark.parametrize("seed", range(6))
def test_whoever_follows_the_cursor_ends_with_what_is_in_scope(lasting: Scene, seed: int) -> None:
    """Writers begin in one order and end in another, people object and come back, and the reader reads on and on."""
    chance, feeds = random.Random(seed), lasting
    one = Follower(feeds, feeds.approved(condition=VIP, consent_required=bool(seed % 2)))
    people = [customer(feeds, f"Asiakas {n}", segment=chance.choice(("vip", "basic"))) for n in range(8)]
    with ExitStack() as open_now:
        begun: list[tuple[UUID, Session]] = []
        for _ in range(60):
            free = [person for person in people if person not in {busy for busy, _ in begun}]
            step = chance.choice(("begin", "begin", "commit", "read"))
            if step == "begin" and free and len(begun) < 4:
                person = chance.choice(free)
                begun.append((person, open_now.enter_context(open_session(feeds.house.alfa.system()))))
                _something(chance, feeds, begun[-1][1], person)
            elif step == "commit" and begun:
                begun.pop(chance.randrange(len(begun)))[1].commit()
            elif step == "read":
                if chance.random() < 0.3:
                    one.look(most=chance.randint(1, 4))
                one.read(most=chance.randint(1, 4))
        for _, session in begun:
            session.commit()
    one.catch_up(most=3)
    assert one.held == in_scope(feeds, one.feed_id)
    assert _held_by_the_ledger(feeds, one.feed_id) == {person for person, _ in one.held.values()}


def _something(chance: random.Random, feeds: Scene, session: Session, person: UUID) -> None:
    match chance.choice(("write", "write", "objection", "consent")):
        case "write":
            segment = chance.choice(("vip", "basic"))
            write_customer(session, feeds, person, f"Asiakas {chance.randint(0, 99)}", segment=segment)
        case "objection" if CARE in objecting.in_force(session, person):
            objecting.lift(session, person, CARE)
        case "objection":
            objecting.object_to(session, person, CARE)
        case "consent" if CARE in consenting.in_force(session, person):
            consenting.withdraw(session, person, CARE)
        case "consent":
            consenting.give(session, person, CARE, source="Lomake 7")
    session.flush()


def _held_by_the_ledger(feeds: Scene, feed_id: UUID) -> set[UUID]:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        told = {person: received.by_person(session, person) for person in session.scalars(select(Person.person_id))}
    going_on = {
        person: [one for one in of if one.source_id == feed_id and one.until is None] for person, of in told.items()
    }
    assert max(len(of) for of in going_on.values()) <= 1
    return {person for person, of in going_on.items() if of}
