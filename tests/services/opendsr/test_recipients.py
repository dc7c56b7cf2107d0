"""Recipients that take OpenDSR requests are asked by one to do what Art. 19 tells them, and its end confirms it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import func, select

from infra.embedded.postoffice import PostOffice
from services.api import dsr_traces
from services.api.office import feeds_told
from tenants.acting import client as acting_client
from tenants.consents import objecting
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.languages.speaking import Language
from tenants.notifying import confirming, pressing
from tenants.notifying.mailing import MailRecipient
from tenants.notifying.model import ConfirmedBy, Notification, NotificationState, Way
from tenants.notifying.states import state_of
from tenants.opendsr import asking, authority, endpoints
from tenants.opendsr.authority import Signing
from tenants.opendsr.endpoints import Terms
from tenants.opendsr.model import SentRequest, Wanted
from tenants.opendsr.wire import RequestStatus
from tenants.registers.model import Cause, Erasure, ErasureGround
from tests import queue
from tests.receivers import Says
from tests.services.browsing import Browser, Page
from tests.services.console.people import Person
from tests.services.opendsr import processors
from tests.services.opendsr.asking import RIGHTS
from tests.services.opendsr.processors import DOMAIN, Other
from tests.tenants.feeds.follower import CARE, Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.scene import scene as of_feeds
from tests.tenants.feeds.writing import customer, order
from tests.tenants.notifying.telling import correct, erase, made, restrict

BY_NUMBER = {"identity_type": "controller_customer_id", "identity_format": "raw"}
BY_EMAIL = {"identity_type": "email", "identity_format": "raw"}


@pytest.fixture(scope="module")
def root() -> Signing:
    return authority.root("Recipients' authority")


@pytest.fixture(scope="module")
def signed(root: Signing) -> Signing:
    return authority.issue(root, DOMAIN)


@pytest.fixture
def there(signed: Signing) -> Iterator[Other]:
    with processors.other(signed) as running:
        running.offered = [BY_NUMBER, BY_EMAIL]
        yield running


@pytest.fixture
def feeds(client: TestClient[Litestar], signing: Signing) -> Scene:
    return of_feeds()


@pytest.fixture
def asked(feeds: Scene, there: Other, root: Signing) -> UUID:
    """Pilvi reads Alfa's customers by a feed, with their numbers, and takes requests by OpenDSR."""
    return registered(feeds, there, root)


def registered(feeds: Scene, there: Other, root: Signing, **terms: object) -> UUID:
    given: dict[str, object] = {
        "base_url": f"http://localhost:{there.receiver.port}/v2",
        "domain": DOMAIN,
        "secret": "sesam",
        "issuer": root.pem.decode(),
    }
    with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
        return endpoints.register(session, feeds.house.pilvi, Terms(**(given | terms))).endpoint_id  # type: ignore[arg-type]


def read(feeds: Scene, *fields: str) -> Follower:
    one = Follower(feeds, feeds.approved(fields=fields or ("customer_number", "name")))
    one.catch_up()
    return one


def told(feeds: Scene) -> None:
    queue.run_jobs(feeds.house.group, only="registers.tell_recipients")


def received_and_erased(feeds: Scene) -> None:
    """Ada, of whom the recipients of the erasure have been found."""
    ada = customer(feeds, "Ada")
    read(feeds)
    erase(feeds, ada)
    told(feeds)


def run(feeds: Scene, *names: str) -> None:
    for name in names:
        queue.bring_due(feeds.house.group, name)
    queue.run_jobs(feeds.house.group, only="opendsr.")


def sent(feeds: Scene) -> SentRequest:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        return session.scalars(select(SentRequest)).one()


def kept_of_erased(feeds: Scene) -> int:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        return session.scalars(select(func.count()).where(Erasure.sealed_known.is_not(None))).one()


def letters(feeds: Scene) -> int:
    with walled_session(feeds.house.group.system()) as session:
        return session.scalars(select(func.count()).where(QueuedJob.name == MailRecipient.name)).one()


def jobs(feeds: Scene) -> list[dict[str, object]]:
    with walled_session(feeds.house.group.system()) as session:
        return list(session.scalars(select(QueuedJob.arguments)))


def only(feeds: Scene) -> Notification:
    [row] = made(feeds)
    return row


def test_an_erasure_is_asked_for_by_what_the_processor_knew_and_its_end_confirms_it(
    client: TestClient[Litestar], feeds: Scene, there: Other, asked: UUID
) -> None:
    ada = customer(feeds, "Ada", email="ada@esimerkki.example")
    read(feeds)
    erase(feeds, ada)
    assert kept_of_erased(feeds) == 1
    told(feeds)
    assert kept_of_erased(feeds) == 0
    run(feeds)
    assert there.last()["subject_request_type"] == "erasure"
    assert there.last()["subject_identities"] == [{**BY_NUMBER, "identity_value": str(ada)[-12:]}]
    row = only(feeds)
    assert (row.way, state_of(row), row.promised_at is not None) == (Way.OPENDSR, NotificationState.DELIVERED, True)
    assert there.call_back(client, there.callback("in_progress")).status_code == 202
    assert state_of(only(feeds)) is NotificationState.DELIVERED
    assert there.call_back(client, there.callback("completed")).status_code == 202
    assert (only(feeds).confirmed_by, state_of(only(feeds))) == (ConfirmedBy.OPENDSR, NotificationState.CONFIRMED)
    assert (sent(feeds).sealed_identities, sent(feeds).endpoint_id) == (None, asked)


@pytest.mark.usefixtures("asked")
def test_what_goes_because_its_time_is_over_is_asked_for_as_an_erasure(feeds: Scene, there: Other) -> None:
    ada = customer(feeds, "Ada")
    read(feeds)
    erase(feeds, ada, ground=ErasureGround.RETENTION_ENDED)
    told(feeds)
    run(feeds)
    assert (only(feeds).cause, only(feeds).way) == (Cause.RETENTION, Way.OPENDSR)
    assert there.last()["subject_request_type"] == "erasure"
    assert there.last()["subject_identities"] == [{**BY_NUMBER, "identity_value": str(ada)[-12:]}]


@pytest.mark.usefixtures("asked")
def test_a_processor_that_never_answers_is_written_to_and_is_staffs_after_21_days(feeds: Scene, there: Other) -> None:
    there.to_request = lambda asked: Says(503)
    received_and_erased(feeds)
    run(feeds)
    for _ in asking.ATTEMPTS:
        assert (sent(feeds).failure, only(feeds).way, letters(feeds)) == (None, Way.OPENDSR, 0)
        run(feeds, "opendsr.ask")
    assert (sent(feeds).failure, only(feeds).way, letters(feeds)) == ("later", Way.EMAIL, 1)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        pressing.press(session, now=datetime.now(UTC) + timedelta(days=22))
    assert state_of(only(feeds)) is NotificationState.ESCALATED


@pytest.mark.usefixtures("asked")
def test_what_a_poll_hears_confirms_it_too(feeds: Scene, there: Other) -> None:
    received_and_erased(feeds)
    run(feeds)
    there.to_request = there.stands("completed")
    run(feeds, "opendsr.poll")
    assert only(feeds).confirmed_by is ConfirmedBy.OPENDSR


@pytest.mark.usefixtures("asked")
def test_what_the_processor_cancels_it_has_declined(client: TestClient[Litestar], feeds: Scene, there: Other) -> None:
    received_and_erased(feeds)
    run(feeds)
    assert there.call_back(client, there.callback("cancelled")).status_code == 202
    assert state_of(only(feeds)) is NotificationState.DECLINED


@pytest.mark.usefixtures("asked")
def test_a_callback_of_somebody_else_confirms_nothing(
    client: TestClient[Litestar], feeds: Scene, there: Other, root: Signing
) -> None:
    received_and_erased(feeds)
    run(feeds)
    body = there.callback("completed")
    assert there.call_back(client, body, domain="stranger.example").status_code == 401
    assert there.call_back(client, body, by=authority.issue(root, DOMAIN)).status_code == 400
    assert state_of(only(feeds)) is NotificationState.DELIVERED


@pytest.mark.usefixtures("asked")
def test_its_people_and_the_company_read_what_was_not_believed_and_what_failed(
    client: TestClient[Litestar], feeds: Scene, there: Other, post_office: PostOffice
) -> None:
    ulla, staff = Person(Browser(client), feeds.house, post_office).come_in(), Browser(client)
    staff.sit_down(feeds.house.approver, feeds.house.alfa)
    ada = customer(feeds, "Ada")
    feed_id = read(feeds).feed_id
    there.to_request = lambda asked: Says(302, {"Location": "http://169.254.169.254/latest/meta-data/"})
    erase(feeds, ada)
    told(feeds)
    run(feeds)

    def pages() -> list[str]:
        office = staff.get(f"{feeds_told.url_of(feed_id)}?language=fi")
        return [Page(one).words for one in (ulla.get("feeds", feed_id), office)]

    for words in pages():
        assert dsr_traces.outcome(Language.FI, "discovered") in words
        assert dsr_traces.outcome(Language.FI, "redirect") in words
    there.to_request = lambda asked: Says(503)
    run(feeds, "opendsr.ask")
    assert all(f"{dsr_traces.outcome(Language.FI, 'later')} · HTTP 503" in words for words in pages())
    there.to_request = there.taken
    run(feeds, "opendsr.ask")
    early = there.callback("in_progress")
    there.call_back(client, early, domain="stranger.example")
    assert all(dsr_traces.outcome(Language.FI, "domain_not_allowed") in words for words in pages())
    for body in (early, there.callback("completed"), early):
        there.call_back(client, body)
    assert all(dsr_traces.outcome(Language.FI, "stale") in words for words in pages())


@pytest.mark.usefixtures("asked")
def test_what_is_refused_there_goes_by_letter(feeds: Scene, there: Other) -> None:
    ada = customer(feeds, "Ada")
    read(feeds)
    there.to_request = lambda asked: Says(400)
    erase(feeds, ada)
    told(feeds)
    assert letters(feeds) == 0
    run(feeds)
    assert (sent(feeds).failure, only(feeds).way, only(feeds).delivered_at) == ("refused", Way.EMAIL, None)
    assert letters(feeds) == 1


@pytest.mark.usefixtures("asked")
def test_what_staff_takes_back_before_it_was_sent_goes_by_letter(feeds: Scene, there: Other) -> None:
    received_and_erased(feeds)
    with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
        asking.cancel(session, sent(feeds).sent_id)
    run(feeds)
    assert (only(feeds).way, letters(feeds)) == (Way.EMAIL, 1)
    assert there.requests() == []


@pytest.mark.usefixtures("asked")
def test_nobody_is_named_by_what_the_processor_never_received(feeds: Scene, there: Other) -> None:
    ada = customer(feeds, "Ada", email="ada@esimerkki.example")
    read(feeds, "name", "segment")
    erase(feeds, ada)
    told(feeds)
    run(feeds)
    assert (only(feeds).way, there.requests()) == (Way.FEED, [])
    assert kept_of_erased(feeds) == 0


@pytest.mark.usefixtures("asked")
def test_a_processor_is_not_asked_to_erase_somebody_of_whom_it_still_keeps_something(
    feeds: Scene, there: Other
) -> None:
    ada = customer(feeds, "Ada")
    order(feeds, ada, "1", "open")
    read(feeds)
    register_id = feeds.orders.register_id
    agreed = feeds.house.approved("orders", registers=(register_id,), purposes=(feeds.order_purpose,))
    by_orders = Scene(feeds.house, feeds.orders, agreed)
    terms = {"register_id": register_id, "purpose_id": feeds.order_purpose, "fields": ("order_number",)}
    Follower(by_orders, by_orders.approved("orders", **terms)).catch_up()
    erase(feeds, ada)
    told(feeds)
    run(feeds)
    assert (only(feeds).way, there.requests()) == (Way.FEED, [])


def test_rights_of_our_extension_are_asked_of_who_understands_them(feeds: Scene, there: Other, root: Signing) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION, Wanted.OBJECTION))
    ada = customer(feeds, "Ada")
    read(feeds)
    correct(feeds, ada, name="Aada")
    told(feeds)
    run(feeds)
    assert there.last()["extensions"] == {"testserver.example": {"right": "rectification"}}
    with walled_session(feeds.house.alfa.system()) as session:
        objecting.object_to(session, ada, CARE)
    told(feeds)
    run(feeds)
    assert there.last()["extensions"] == {"testserver.example": {"right": "objection"}}
    restrict(feeds, ada)
    told(feeds)
    run(feeds)
    assert [(one.cause, one.way) for one in made(feeds)] == [
        (Cause.CORRECTED, Way.OPENDSR),
        (Cause.OBJECTED, Way.OPENDSR),
        (Cause.RESTRICTED, Way.FEED),
    ]


def test_whose_address_was_corrected_is_found_by_the_former_one(feeds: Scene, there: Other, root: Signing) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada", email="vanha@esimerkki.example")
    read(feeds, "customer_number", "email")
    correct(feeds, ada, email="uusi@esimerkki.example")
    told(feeds)
    assert not any("esimerkki" in repr(job) for job in jobs(feeds))
    run(feeds)
    by_number = {**BY_NUMBER, "identity_value": str(ada)[-12:]}
    by_email = {**BY_EMAIL, "identity_value": "vanha@esimerkki.example"}
    now = [{**BY_EMAIL, "identity_value": "uusi@esimerkki.example"}]
    assert sorted(there.last()["subject_identities"], key=str) == sorted([by_number, by_email], key=str)
    assert there.last()["extensions"] == {"testserver.example": {"right": "rectification", "corrected_identities": now}}


def test_a_customer_number_that_was_corrected_is_told_with_the_former_one_and_forgotten_at_the_end(
    client: TestClient[Litestar], feeds: Scene, there: Other, root: Signing
) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada")
    read(feeds)
    correct(feeds, ada, customer_number="K-uusi")
    told(feeds)
    run(feeds)
    assert there.last()["subject_identities"] == [{**BY_NUMBER, "identity_value": str(ada)[-12:]}]
    [extension] = there.last()["extensions"].values()
    assert extension["corrected_identities"] == [{**BY_NUMBER, "identity_value": "K-uusi"}]
    assert sent(feeds).sealed_corrected is not None
    assert there.call_back(client, there.callback("completed")).status_code == 202
    assert (sent(feeds).sealed_corrected, sent(feeds).sealed_identities) == (None, None)


def test_whose_address_was_corrected_twice_is_never_named_by_what_nobody_received(
    feeds: Scene, there: Other, root: Signing
) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada", email="vanha@esimerkki.example")
    read(feeds, "name", "email")
    correct(feeds, ada, email="bon@esimerkki.example")
    correct(feeds, ada, email="uusi@esimerkki.example")
    told(feeds)
    run(feeds)
    assert len(there.requests()) == 2
    for request in there.requests():
        assert b"vanha@esimerkki.example" in request.body
        assert b"bon@esimerkki.example" not in request.body
        assert b"uusi@esimerkki.example" in request.body


def test_a_value_corrected_again_while_a_request_waits_is_not_told(feeds: Scene, there: Other, root: Signing) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada", email="vanha@esimerkki.example")
    read(feeds, "name", "email")
    correct(feeds, ada, email="bon@esimerkki.example")
    told(feeds)
    correct(feeds, ada, email="uusi@esimerkki.example")
    run(feeds)
    told(feeds)
    run(feeds)
    assert len(there.requests()) == 2
    assert not any(b"bon@esimerkki.example" in one.body for one in there.requests())
    assert b"vanha@esimerkki.example" in there.requests()[-1].body


def test_whoever_is_corrected_again_after_the_processor_has_heard_is_named_by_what_it_heard(
    feeds: Scene, there: Other, root: Signing
) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada", email="vanha@esimerkki.example")
    read(feeds, "name", "email")
    for given in ("toinen", "kolmas"):
        correct(feeds, ada, email=f"{given}@esimerkki.example")
        told(feeds)
        run(feeds)
    assert there.last()["subject_identities"] == [{**BY_EMAIL, "identity_value": "toinen@esimerkki.example"}]


def test_what_was_corrected_before_the_processor_had_it_names_nobody(feeds: Scene, there: Other, root: Signing) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada", email="vanha@esimerkki.example")
    correct(feeds, ada, email="saatu@esimerkki.example")
    told(feeds)
    read(feeds, "name", "email")
    correct(feeds, ada, email="uusi@esimerkki.example")
    told(feeds)
    run(feeds)
    assert there.last()["subject_identities"] == [{**BY_EMAIL, "identity_value": "saatu@esimerkki.example"}]


def test_who_is_erased_while_their_correction_waits_is_named_by_what_the_processor_knows(
    feeds: Scene, there: Other, root: Signing
) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada", email="vanha@esimerkki.example")
    read(feeds, "name", "email")
    correct(feeds, ada, email="uusi@esimerkki.example")
    told(feeds)
    erase(feeds, ada)
    told(feeds)
    run(feeds)
    assert len(there.requests()) == 2
    assert there.last()["subject_request_type"] == "erasure"
    assert there.last()["subject_identities"] == [{**BY_EMAIL, "identity_value": "vanha@esimerkki.example"}]
    assert not any(b"uusi@esimerkki.example" in one.body for one in there.requests())


def test_nobody_is_named_by_a_value_that_came_with_the_correction(feeds: Scene, there: Other, root: Signing) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada")
    read(feeds, "name", "email")
    correct(feeds, ada, email="uusi@esimerkki.example")
    told(feeds)
    run(feeds)
    assert (only(feeds).way, there.requests()) == (Way.FEED, [])


def test_neither_the_former_nor_the_new_value_goes_to_whom_the_field_was_not_given(
    feeds: Scene, there: Other, root: Signing
) -> None:
    registered(feeds, there, root, declares=(Wanted.RECTIFICATION,))
    ada = customer(feeds, "Ada", email="vanha@esimerkki.example")
    read(feeds)
    correct(feeds, ada, email="uusi@esimerkki.example")
    told(feeds)
    run(feeds)
    assert b"esimerkki.example" not in there.requests()[-1].body


@pytest.mark.usefixtures("asked")
def test_who_has_promised_a_day_is_reminded_after_it(feeds: Scene, there: Other) -> None:
    promised = datetime.now(UTC) + timedelta(days=8)
    there.to_request = there.taken_until(promised)
    received_and_erased(feeds)
    run(feeds)
    for now, reminders in ((promised - timedelta(minutes=1), 0), (promised + timedelta(minutes=1), 2)):
        with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
            pressing.press(session, now=now)
        assert only(feeds).reminders == reminders


@pytest.mark.usefixtures("asked")
def test_while_the_company_has_stopped_what_flows_out_nobody_is_asked(feeds: Scene, there: Other) -> None:
    ada = customer(feeds, "Ada")
    read(feeds)
    erase(feeds, ada)
    stop_id = feeds.house.stop(processor_id=feeds.house.pilvi)
    told(feeds)
    run(feeds, "opendsr.ask")
    run(feeds, "opendsr.ask")
    assert there.requests() == []
    feeds.house.propose_resuming(stop_id)
    feeds.house.resume(stop_id)
    run(feeds, "opendsr.ask")
    assert sent(feeds).status is RequestStatus.PENDING


@pytest.mark.usefixtures("there")
def test_an_endpoint_that_is_stopped_meanwhile_leaves_it_to_a_letter(feeds: Scene, asked: UUID) -> None:
    received_and_erased(feeds)
    with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
        endpoints.stop(session, asked)
    run(feeds, "opendsr.ask")
    assert (sent(feeds).failure, only(feeds).way) == ("endpoint_stopped", Way.EMAIL)


@pytest.mark.usefixtures("asked")
def test_the_client_of_the_agreement_may_confirm_before_the_request_ends(
    client: TestClient[Litestar], feeds: Scene, there: Other
) -> None:
    received_and_erased(feeds)
    run(feeds)
    with walled_session(acting_client(feeds.house.group.group_id, feeds.agreement)) as session:
        confirming.by_recipient(session, [only(feeds).notification_id], by=ConfirmedBy.CLIENT)
    assert there.call_back(client, there.callback("completed")).status_code == 202
    assert only(feeds).confirmed_by is ConfirmedBy.CLIENT
