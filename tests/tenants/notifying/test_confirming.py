"""A recipient confirms, once; another recipient's notifications are none of its own."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted, OtherPurposeNeeded
from tenants.database import walled_session
from tenants.feeds import cursors
from tenants.notifying import confirming, excusing, reading
from tenants.notifying.model import ConfirmedBy, Excuse, Notification, NotificationState
from tenants.notifying.reading import Wanted
from tenants.notifying.refusals import (
    AlreadySettled,
    AnswerMissing,
    ExcuseMissing,
    NoSuchNotification,
    NoteMissing,
    NothingProposed,
    NotYetToCome,
    OwnExcuse,
)
from tenants.notifying.states import is_in, state_of
from tests import make
from tests.tenants.feeds.follower import CARE, Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS, as_client, erase, follow, handler, made, recipient

CLIENT, TODAY = ConfirmedBy.CLIENT, date.today()


@pytest.fixture
def ada(feeds: Scene) -> UUID:
    return customer(feeds, "Ada")


@pytest.fixture
def pilvi(feeds: Scene, ada: UUID) -> Follower:
    one = Follower(feeds, feeds.approved("customers"))
    one.catch_up()
    return one


@pytest.fixture
def told(feeds: Scene, ada: UUID, pilvi: Follower) -> UUID:
    erase(feeds, ada)
    [row] = follow(feeds)
    return row.notification_id


def confirm(feeds: Scene, notification_id: UUID, agreement_id: UUID | None = None) -> int:
    with walled_session(as_client(feeds, agreement_id)) as session:
        return confirming.by_recipient(session, [notification_id], by=CLIENT)


def row(feeds: Scene) -> Notification:
    [one] = made(feeds)
    return one


def state(feeds: Scene) -> NotificationState:
    """By the row, and by the database."""
    found = state_of(row(feeds))
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        said = [one for one in NotificationState if session.scalars(select(Notification).where(is_in(one))).all()]
    assert said == [found]
    return found


def test_whoever_reads_on_behind_a_change_was_told_and_has_not_confirmed(
    feeds: Scene, told: UUID, pilvi: Follower
) -> None:
    assert state(feeds) is NotificationState.PENDING
    pilvi.catch_up()
    at = cursors.read(pilvi.cursor or "")
    assert at is not None
    with walled_session(as_client(feeds)) as session:
        confirming.read_past(session, new_id(), at.number)
        confirming.read_past(session, pilvi.feed_id, row(feeds).number - 1)
    assert state(feeds) is NotificationState.PENDING
    with walled_session(as_client(feeds)) as session:
        confirming.read_past(session, pilvi.feed_id, at.number)
    assert state(feeds) is NotificationState.DELIVERED


def test_what_is_confirmed_twice_is_confirmed_once(feeds: Scene, told: UUID) -> None:
    assert confirm(feeds, told) == 1
    first = row(feeds).confirmed_at
    assert confirm(feeds, told) == 0
    assert row(feeds).confirmed_at == first
    assert state(feeds) is NotificationState.CONFIRMED
    with walled_session(feeds.house.alfa.system()) as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "notification.confirmed"))
    assert (entry.about_ids, entry.figures) == ([told], {"way": "client"})


def test_the_client_of_another_agreement_finds_none_of_it(feeds: Scene, told: UUID) -> None:
    _, other, _ = recipient(feeds, "toinen")
    with pytest.raises(NoSuchNotification):
        confirm(feeds, told, other)
    with walled_session(as_client(feeds, other)) as session:
        assert reading.of_client(session, only_open=True) == []
    with walled_session(as_client(feeds)) as session:
        assert [one.row.notification_id for one in reading.of_client(session, only_open=True)] == [told]
    assert state(feeds) is NotificationState.PENDING


def test_a_recipient_that_cannot_says_why_and_staff_read_it(feeds: Scene, told: UUID) -> None:
    with walled_session(as_client(feeds)) as session:
        with pytest.raises(AnswerMissing):
            confirming.decline(session, told, why=" ", by=CLIENT)
        confirming.decline(session, told, why="Varmuuskopio vanhenee 30 päivässä", by=CLIENT)
    assert state(feeds) is NotificationState.DECLINED
    with walled_session(handler(feeds).acting(feeds.house.alfa, RIGHTS)) as session:
        assert reading.get(session, told).answer == "Varmuuskopio vanhenee 30 päivässä"
    assert confirm(feeds, told) == 1


def test_staff_write_down_what_was_said_by_telephone(feeds: Scene, told: UUID) -> None:
    with walled_session(handler(feeds).acting(feeds.house.alfa, RIGHTS)) as session:
        with pytest.raises(NoteMissing):
            confirming.by_staff(session, [told], on=TODAY, note="")
        with pytest.raises(NotYetToCome):
            confirming.by_staff(session, [told], on=TODAY + timedelta(days=2), note="Soitto")
        assert confirming.by_staff(session, [told], on=TODAY, note="Soitto tukeen") == 1
    with walled_session(handler(feeds).acting(feeds.house.alfa, RIGHTS)) as session:
        assert confirming.by_staff(session, [told], on=TODAY, note="Uudelleen") == 0
        note = reading.get(session, told).note
    assert note is not None
    assert (note.on, note.words) == (TODAY, "Soitto tukeen")


def test_one_proposes_to_leave_somebody_untold_and_another_decides(feeds: Scene, told: UUID) -> None:
    one, other = handler(feeds), handler(feeds)
    with walled_session(one.acting(feeds.house.alfa, RIGHTS)) as session:
        with pytest.raises(NothingProposed):
            excusing.approve(session, told)
        with pytest.raises(ExcuseMissing):
            excusing.propose(session, told, Excuse.IMPOSSIBLE, reason="")
        excusing.propose(session, told, Excuse.IMPOSSIBLE, reason="Yritys on lopettanut")
    with walled_session(one.acting(feeds.house.alfa, RIGHTS)) as session, pytest.raises(OwnExcuse):
        excusing.approve(session, told)
    assert state(feeds) is NotificationState.EXCUSE_PROPOSED
    with walled_session(other.acting(feeds.house.alfa, RIGHTS)) as session:
        excusing.approve(session, told)
    assert state(feeds) is NotificationState.EXCUSED
    with walled_session(other.acting(feeds.house.alfa, RIGHTS)) as session:
        assert reading.get(session, told).excuse == "Yritys on lopettanut"
        with pytest.raises(AlreadySettled):
            excusing.propose(session, told, Excuse.IMPOSSIBLE, reason="Taas")
    assert confirm(feeds, told) == 0


def test_what_is_not_excused_is_to_be_confirmed_again(feeds: Scene, told: UUID) -> None:
    with walled_session(handler(feeds).acting(feeds.house.alfa, RIGHTS)) as session:
        excusing.propose(session, told, Excuse.DISPROPORTIONATE, reason="Vaivalloista")
    officer = make.staff(feeds.house.group, (Role.DATA_PROTECTION_OFFICER, feeds.house.alfa))
    with walled_session(officer.acting(feeds.house.alfa, RIGHTS)) as session:
        excusing.reject(session, told)
    assert state(feeds) is NotificationState.PENDING
    assert row(feeds).sealed_excuse is None


def test_the_backlog_is_for_those_who_tell_recipients_on_requests(feeds: Scene, told: UUID) -> None:
    house = feeds.house
    with walled_session(handler(feeds).acting(house.alfa, RIGHTS)) as session:
        [one] = reading.listed(session, Wanted())
        assert (one.recipient, one.row.notification_id) == ("Pilvi Oy", told)
        assert reading.counted(session, Wanted(recipient_id=house.pilvi, state=NotificationState.PENDING)) == 1
        assert reading.counted(session, Wanted(state=NotificationState.CONFIRMED)) == 0
    care = make.staff(house.group, (Role.CUSTOMER_CARE, house.alfa))
    with walled_session(care.acting(house.alfa, CARE)) as session, pytest.raises(NotPermitted):
        reading.listed(session, Wanted())
    with (
        walled_session(house.approver.acting(house.alfa)) as session,
        pytest.raises(OtherPurposeNeeded),
    ):
        reading.listed(session, Wanted())


def test_of_a_person_it_is_told_who_was_told_what(feeds: Scene, told: UUID, ada: UUID) -> None:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        [one] = reading.of_person(session, ada)
    assert [one.recipient, *(name.fi for name in one.registers)] == ["Pilvi Oy", "Asiakasrekisteri"]
    with walled_session(feeds.house.alfa.system(CARE)) as session:
        assert reading.of_person(session, ada) == []
