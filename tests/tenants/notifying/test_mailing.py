"""Who has no system is written to, with a link that only a click on its page confirms; and the clock presses."""

import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.letters import Letter
from infra.embedded.postoffice import PostOffice
from tenants.database import walled_session
from tenants.notifying import confirming, mailing, pressing
from tenants.notifying.model import ConfirmedBy, ConfirmLink, NotificationState, RecipientLetter
from tenants.notifying.refusals import NoSuchNotification
from tenants.notifying.states import state_of
from tenants.processors.model import Processor
from tenants.vault.signing import Use, is_genuine, public_keys
from tests.queue import run_jobs
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS, erase, made

NOW = datetime.now(UTC)
TOKEN = re.compile(r"/confirmations/([\w-]+)")


@pytest.fixture
def address(feeds: Scene) -> str:
    """Pilvi's own, in this test only."""
    address = f"tietosuoja@{feeds.house.group.slug}.example"
    with walled_session(feeds.house.group.system()) as session:
        row = session.scalars(select(Processor).where(Processor.processor_id == feeds.house.pilvi)).one()
        row.contact = type(row.contact)(email=address)
    return address


@pytest.fixture
def told(feeds: Scene, address: str) -> UUID:
    """Ada, erased after Pilvi's feed was ended."""
    ada = customer(feeds, "Ada")
    one = Follower(feeds, feeds.approved("customers"))
    one.catch_up()
    feeds.end(one.feed_id)
    erase(feeds, ada)
    run_jobs(feeds.house.group, only="registers.tell_recipients")
    return ada


def letters(feeds: Scene, post_office: PostOffice, address: str) -> list[Letter]:
    """The newest first."""
    run_jobs(feeds.house.group, only="notifying.mail")
    return post_office.letters(to=address)


def token_of(letter: Letter) -> str:
    return str(TOKEN.findall(letter.text)[0])


def press(feeds: Scene, *, days: float) -> None:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        pressing.press(session, now=NOW + timedelta(days=days))


def test_the_letter_says_how_many_wait_and_nothing_of_anybody(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    [letter] = letters(feeds, post_office, address)
    [row] = made(feeds)
    assert state_of(row) is NotificationState.DELIVERED
    for secret in ("Ada", str(told), *map(str, row.record_ids), str(row.notification_id)):
        assert secret not in letter.text
    assert letters(feeds, post_office, address) == [letter]


def test_what_the_letter_states_is_signed_with_the_published_key(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    [letter] = letters(feeds, post_office, address)
    lines = letter.text.replace("\r", "").split("\n")
    statement = next(line for line in lines if line.startswith("{"))
    signature = b64decode(lines[lines.index(statement) + 2])
    with walled_session(feeds.house.group.system()) as session:
        [key] = public_keys(session, Use.ARCHIVE)
    assert str(key.key_id) in letter.text
    assert is_genuine(key.public, signature, statement.encode())
    assert not is_genuine(key.public, signature, statement.replace(":1", ":2").encode())


def test_a_link_lets_in_as_the_recipient_and_is_kept_as_a_digest_only(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    token = token_of(letters(feeds, post_office, address)[0])
    acting = mailing.whose(feeds.house.group.group_id, token)
    assert acting.actor_id == feeds.agreement
    with pytest.raises(NoSuchNotification):
        mailing.whose(feeds.house.group.group_id, token[:-1] + ("A" if token[-1] != "A" else "B"))
    with walled_session(feeds.house.alfa.system()) as session:
        [link] = session.scalars(select(ConfirmLink))
        assert token.encode() not in link.digest


def test_a_link_of_another_group_or_one_that_is_old_opens_nothing(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    token = token_of(letters(feeds, post_office, address)[0])
    from_another = type(feeds.house.group)(UUID(int=7), "muu")
    with pytest.raises(NoSuchNotification):
        mailing.whose(from_another.group_id, token)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        mailing.forget_links(session)
    assert mailing.whose(feeds.house.group.group_id, token)


def test_whoever_is_silent_is_reminded_after_3_7_and_14_days_and_then_it_is_for_staff(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    seen = []
    for days in (2.9, 3.1, 5, 7.1, 14.1, 20, 21.1, 40):
        press(feeds, days=days)
        [row] = made(feeds)
        seen.append((row.reminders, row.escalated_at is not None))
        letters(feeds, post_office, address)
    assert seen == [(0, False), (1, False), (1, False), (2, False), (3, False), (3, False), (3, True), (3, True)]
    assert len(post_office.letters(to=address)) == 4
    assert state_of(row) is NotificationState.ESCALATED


def test_who_was_not_reminded_for_ten_days_is_reminded_once(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    letters(feeds, post_office, address)
    press(feeds, days=10)
    assert len(letters(feeds, post_office, address)) == 2
    assert [one.reminders for one in made(feeds)] == [2]


def test_who_has_confirmed_is_reminded_of_nothing(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    token = token_of(letters(feeds, post_office, address)[0])
    [row] = made(feeds)
    with walled_session(mailing.whose(feeds.house.group.group_id, token)) as session:
        confirming.by_recipient(session, [row.notification_id], by=ConfirmedBy.LINK)
    press(feeds, days=30)
    assert [(one.reminders, one.escalated_at) for one in made(feeds)] == [(0, None)]


def test_a_letter_that_was_lost_on_its_way_is_written_again_as_the_same(
    feeds: Scene, told: UUID, address: str, post_office: PostOffice
) -> None:
    job = mailing.MailRecipient(feeds.agreement)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        lost = mailing.send(session, job)
    assert lost is not None
    assert state_of(made(feeds)[0]) is NotificationState.PENDING
    [letter] = letters(feeds, post_office, address)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        [row] = session.scalars(select(RecipientLetter))
        assert len(session.scalars(select(ConfirmLink)).all()) == 2
    assert row.sent_at is not None
    assert mailing.whose(feeds.house.group.group_id, token_of(letter))
