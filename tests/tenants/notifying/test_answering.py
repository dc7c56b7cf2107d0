"""Whoever asks for their data is told which recipients were told what became of it."""

from datetime import date
from uuid import UUID

import pytest
from msgspec.structs import replace

from infra.embedded.postgres import Postgres
from tenants.base import new_id
from tenants.database import walled_session
from tenants.exports import building
from tenants.exports.page import page as page_of
from tenants.languages.speaking import Language
from tenants.notifying import answering, confirming
from tenants.notifying.model import ConfirmedBy
from tenants.registers.model import Cause
from tests.tenants.exports.people import Customer, ordered
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.scene import scene as of_feeds
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS, as_client, correct, erase, follow, noted


@pytest.fixture
def feeds(database: Postgres) -> Scene:
    return of_feeds()


@pytest.fixture
def ada(feeds: Scene) -> UUID:
    """A customer whom one recipient has received."""
    person_id = customer(feeds, "Ada")
    Follower(feeds, feeds.approved("customers")).catch_up()
    return person_id


def told(feeds: Scene, person_id: UUID) -> list[tuple[object, Cause, bool, bool]]:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        answer = answering.told_to_person(session, person_id)
    return [(one.recipient, one.cause, one.told_at is not None, one.confirmed_at is not None) for one in answer]


def test_each_change_is_told_with_whether_the_recipient_has_confirmed_it(feeds: Scene, ada: UUID) -> None:
    correct(feeds, ada, segment="vip")
    [first] = follow(feeds)
    with walled_session(as_client(feeds)) as session:
        confirming.by_recipient(session, [first.notification_id], by=ConfirmedBy.CLIENT)
    erase(feeds, ada)
    follow(feeds)
    newest, oldest = told(feeds, ada)
    assert newest[1:] == (Cause.ERASED, False, False)
    assert oldest[1:] == (Cause.CORRECTED, True, True)
    assert newest[0] == oldest[0] != ""


def test_nobody_is_told_of_anothers_recipients(feeds: Scene, ada: UUID) -> None:
    bo = customer(feeds, "Bo")
    erase(feeds, ada)
    follow(feeds)
    assert told(feeds, bo) == []


def test_what_became_of_a_register_that_is_withheld_is_not_told(feeds: Scene, ada: UUID) -> None:
    correct(feeds, ada, segment="vip")
    follow(feeds)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        assert answering.told_to_person(session, ada, withheld={feeds.house.customers.register_id}) == []
        assert len(answering.told_to_person(session, ada, withheld={feeds.orders.register_id})) == 1


def test_what_was_given_in_secret_makes_no_notification(feeds: Scene, ada: UUID) -> None:
    noted(feeds, ada, feeds.house.processor("salassa"), secret_until=date(2099, 1, 1))
    erase(feeds, ada)
    assert [one.recipient_id for one in follow(feeds)] == [feeds.house.pilvi]


def test_the_page_of_the_archive_says_it(feeds: Scene, ada: UUID) -> None:
    correct(feeds, ada, segment="vip")
    follow(feeds)
    whose = Customer(feeds.house.alfa, ada, new_id())
    export_id = ordered(whose, language=Language.EN)
    with walled_session(whose.worker) as session:
        dossier = building.read(session, export_id)
        assert dossier
        told = answering.told_to_person(session, ada)
    page = page_of(replace(dossier, told=told)).decode()
    assert "Who has been told of changes to the data" in page
    assert "data corrected" in page
    assert "not confirmed yet" in page
