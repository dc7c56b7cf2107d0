"""What Ulla sees of how her feed fares, what she confirms there, and what she is told of a feed that gives less."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from tenants.acting import Actor
from tenants.audit.model import AuditEntry
from tenants.clients import key_sets, registering
from tenants.clients.model import Method
from tenants.contacts import keys
from tenants.database import walled_session
from tenants.deliveries import targets
from tenants.deliveries.formats import Format
from tenants.deliveries.model import DeliveryState, Every, FeedDelivery
from tenants.deliveries.targets import Wanted
from tenants.notifying.model import ConfirmedBy, Notification
from tests.queue import run_jobs
from tests.services.browsing import Page
from tests.services.console.people import Person
from tests.services.console.test_looking_after import feed_id
from tests.services.oauth import wires
from tests.services.oauth.wires import Program
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import erase, follow, made

FEED = "alfa.customers"


@pytest.fixture(scope="module")
def ulla(somebody: Callable[[], Person]) -> Person:
    return somebody().come_in()


@pytest.fixture(scope="module")
def program(client: TestClient[Litestar], feeding: Scene) -> Program:
    return wires.program(client, feeding.house)


def seen(ulla: Person, feeding: Scene) -> str:
    return Page(ulla.get("feeds", feed_id(feeding, "customers"))).words


def test_what_was_fetched_and_how_far_behind_is_told(ulla: Person, feeding: Scene, program: Program) -> None:
    customer(feeding, "Ada")
    assert "lukee alusta" not in seen(ulla, feeding)
    program.fetch(program.token(), feed=FEED)
    assert "ajan tasalla" in seen(ulla, feeding)
    customer(feeding, "Bo")
    assert "hakematta" in seen(ulla, feeding)
    program.fetch(program.token(), feed=FEED, format="csv", limit="1")
    assert "lukee alusta" in seen(ulla, feeding)


def test_whatever_was_refused_is_told_in_words_and_without_what_was_brought(
    ulla: Person, feeding: Scene, program: Program
) -> None:
    wider = program.bound(scope="feed:alfa.customers feed:beta.salainen")
    assert wider.json()["error"] == "invalid_scope"
    assert program.fetch(program.token(), feed=FEED, cursor="ei-mikään").status_code == 409
    program.ask(program.assertion(aud="https://muu.example"), headers={})
    words = seen(ulla, feeding)
    assert "se pyysi enemmän kuin voimassa oleva sopimus sille antaa" in words
    assert "se toi kohdistimen, joka ei ole mikään kohta syötteessä" in words
    assert "salainen" not in words
    assert "ei-mikään" not in words


def erased(ulla: Person, feeding: Scene, program: Program) -> UUID:
    """Which notification it is that somebody whose data Pilvi was given was erased."""
    person_id = customer(feeding, "Cleo")
    program.fetch(program.token(), feed=FEED)
    erase(feeding, person_id)
    follow(feeding)
    return next(one.notification_id for one in made(feeding) if one.person_id == person_id)


def test_she_confirms_what_was_erased_and_the_audit_says_that_it_was_she(
    ulla: Person, feeding: Scene, program: Program
) -> None:
    told = erased(ulla, feeding, program)
    assert str(told) in ulla.get("confirmations").text
    assert ulla.post_to("confirmations", form={"ids": str(told), "answer": "done"}).status_code == 303
    assert str(told) not in ulla.get("confirmations").text
    row = next(one for one in made(feeding) if one.notification_id == told)
    assert row.confirmed_by is ConfirmedBy.CONSOLE
    with walled_session(feeding.house.alfa.system()) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.about_ids.contains([told]))).all()
    by_action = {one.action: one for one in entries}
    her = by_action["contact.confirmed"]
    assert her.actor is Actor.CONTACT
    # In the one transaction with the confirmation, whatever becomes of her request.
    assert by_action["notification.confirmed"].figures["contact"] == str(her.actor_id)


def test_she_says_why_it_cannot_be_done(ulla: Person, feeding: Scene, program: Program) -> None:
    told = erased(ulla, feeding, program)
    silent = ulla.post_to("confirmations", form={"ids": str(told), "answer": "cannot"})
    assert silent.status_code == 422
    form = {"ids": str(told), "answer": "cannot", "cannot": "Kirjanpitolaki"}
    assert ulla.post_to("confirmations", form=form).status_code == 303
    assert next(one for one in made(feeding) if one.notification_id == told).declined_at is not None


def test_what_has_waited_longest_comes_first_and_says_that_it_is_overdue(
    ulla: Person, feeding: Scene, program: Program
) -> None:
    first, second = erased(ulla, feeding, program), erased(ulla, feeding, program)
    text = ulla.get("confirmations").text
    assert text.index(str(first)) < text.index(str(second))
    assert "myöhässä" not in Page(ulla.get("confirmations")).words
    with walled_session(feeding.house.alfa.system()) as session:
        row = session.scalars(select(Notification).where(Notification.notification_id == first)).one()
        row.promised_at = datetime.now(UTC) - timedelta(days=2)
    assert "myöhässä" in Page(ulla.get("confirmations")).words
    later = ulla.get(f"confirmations?after={first}").text
    assert str(first) not in later
    assert str(second) in later
    both = {"ids": [str(first), str(second)], "answer": "done"}
    assert ulla.post_to("confirmations", form=both).status_code == 303
    assert str(second) not in ulla.get("confirmations").text


def test_nobody_confirms_what_was_told_to_others(ulla: Person) -> None:
    for form in ({"ids": str(uuid4()), "answer": "done"}, {"ids": str(uuid4()), "answer": "cannot", "cannot": "x"}):
        assert ulla.post_to("confirmations", form=form).status_code == 404
    assert ulla.post_to("confirmations", form={"answer": "done"}).status_code == 422


def test_keys_that_a_client_publishes_move_once_the_company_agrees(ulla: Person, feeding: Scene) -> None:
    house = feeding.house
    with walled_session(house.approver.acting(house.alfa)) as session:
        made_client = registering.register(
            session,
            house.pilvi,
            name="Julkaisija",
            method=Method.PRIVATE_KEY_JWT,
            jwks_uri="https://vanha.example/jwks",
        ).client_id
    assert "https://vanha.example/jwks" in ulla.get("keys").text
    moved = {"jwks_uri": "https://uusi.example/jwks"}
    assert ulla.post_to("keys", made_client, "address", form={"jwks_uri": "http://uusi.example"}).status_code == 422
    assert ulla.post_to("keys", made_client, "address", form=moved).status_code == 303
    with walled_session(house.approver.acting(house.alfa)) as session:
        assert registering.get(session, made_client).jwks_uri == "https://vanha.example/jwks"
        keys.release(session, keys.waiting(session)[-1].offer_id)
    with walled_session(house.alfa.system()) as session:
        client = registering.get(session, made_client)
        assert (client.jwks_uri, key_sets.usable(session, client)) == (moved["jwks_uri"], [])
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "oauth_client.keys_moved")).all()
    assert entry.figures == {"before": "https://vanha.example/jwks", "after": moved["jwks_uri"]}


def test_keys_that_are_registered_stand_at_no_address(ulla: Person, feeding: Scene, program: Program) -> None:
    moved = {"jwks_uri": "https://uusi.example/jwks"}
    assert ulla.post_to("keys", program.client_id, "address", form=moved).status_code == 409


def test_a_feed_that_is_to_give_less_is_told_by_mail_in_the_console_and_in_every_answer(
    ulla: Person, feeding: Scene, program: Program
) -> None:
    narrower = feeding.approved("narrower")
    feeding.change(narrower, fields=("name",))
    feeding.approve(narrower)
    run_jobs(feeding.house.group, only="feeds.tell_readers")
    run_jobs(feeding.house.group, only="contacts.send")
    letter = ulla.post.letters(to=ulla.email)[0]
    assert "(segment)" in letter.text
    assert f"/console/{feeding.house.group.slug}/feeds/{narrower}" in letter.text
    assert "Ei enää anneta" in Page(ulla.get("feeds", narrower)).words
    answer = program.fetch(program.token(), feed="alfa.narrower")
    assert answer.headers["deprecation"].startswith("@")
    assert answer.headers["sunset"].endswith("GMT")
    assert {"deprecation", "sunset"} == set(answer.links)
    assert "sunset" not in program.fetch(program.token(), feed=FEED).headers
    for name in ("Dora", "Eino"):
        customer(feeding, name)
    table = program.fetch(program.token(), feed="alfa.narrower", format="csv", limit="1")
    assert {"next", "deprecation", "sunset"} == set(table.links)


def test_another_form_of_files_is_told_by_mail_and_in_the_console(ulla: Person, feeding: Scene) -> None:
    by_files = feeding.approved("byfiles")
    approver = feeding.house.approver.acting(feeding.house.alfa)
    with walled_session(approver) as session:
        target = targets.set_target(session, by_files, Wanted(Every.DAY))
        known = {"company_id": target.company_id, "agreement_id": target.agreement_id, "feed_id": by_files}
        read = {"place": target.place, "format": target.format, "gzip": True, "snapshot": True, "files": []}
        state = DeliveryState.READY
        session.add(FeedDelivery(**known, **read, processor_id=feeding.house.pilvi, state=state))
    with walled_session(approver) as session:
        targets.set_target(session, by_files, Wanted(Every.DAY, format=Format.PARQUET))
    run_jobs(feeding.house.group, only="deliveries.tell_readers")
    run_jobs(feeding.house.group, only="contacts.send")
    letter = ulla.post.letters(to=ulla.email)[0]
    assert "Nyt: NDJSON (gzip)" in letter.text
    assert "Muutoksen jälkeen: PARQUET" in letter.text
    assert f"/console/{feeding.house.group.slug}/feeds/{by_files}" in letter.text
    shown = Page(ulla.get("feeds", by_files)).words
    assert "Tiedostojen muoto vaihtuu" in shown
    assert "taulukko (CSV)" not in shown
    with walled_session(approver) as session:
        targets.set_target(session, by_files, Wanted(Every.DAY, format=Format.CSV), at_once="Rivit puuttuvat.")
    run_jobs(feeding.house.group, only="deliveries.tell_readers")
    run_jobs(feeding.house.group, only="contacts.send")
    assert "Rivit puuttuvat." in ulla.post.letters(to=ulla.email)[0].text
    assert "Tiedostojen muoto vaihtuu" not in Page(ulla.get("feeds", by_files)).words
