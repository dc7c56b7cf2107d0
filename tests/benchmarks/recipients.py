"""From an erasure through the API to twenty healthy recipients that were told and have confirmed it, as really run.

The api, the scheduler, the relay and a worker are processes of their own; the recipients listen on this machine.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from uuid import UUID, uuid4

import httpx
from msgspec import Struct

from tenants import settings
from tenants.acting import PurposeKind, client
from tenants.companies import api_tokens
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.notifying import confirming, reading
from tenants.notifying.model import ConfirmedBy
from tenants.webhooks import endpoints
from tenants.webhooks.model import EventType
from tests import make
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack, watched
from tests.receivers import Receiver, receiving
from tests.tenants.feeds import scene as of_feeds
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying import telling
from tests.waiting import until

RECIPIENTS, WITHIN = 20, 60
RIGHTS = PurposeKind.RIGHTS_REQUEST
LOOPBACK = f"{settings.PREFIX}OUTGOING_LOOPBACK"


class Reader(Struct, frozen=True):
    """A recipient: it reads its feed when it is called, and confirms what waits."""

    agreement_id: UUID
    path: str
    follower: Follower


class Api(Struct, frozen=True):
    feeds: Scene
    token: str

    def erase(self, person_id: UUID) -> None:
        base = f"http://127.0.0.1:{os.environ['SELOSTE_LISTEN_PORT']}"
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4())}
        said = {
            "ground": "unlawful",
            "reason": "Pyydetty",
            "register_ids": [str(self.feeds.house.customers.register_id)],
        }
        with httpx.Client(transport=httpx.HTTPTransport(retries=20), base_url=base, timeout=30) as caller:
            answer = caller.post(f"/api/v1/persons/{person_id}/erasures", json=said, headers=headers)
        assert answer.status_code == 200, answer.text


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    """The number of recipients is that of the aim, whatever the scale."""
    os.environ[LOOPBACK] = "true"
    settings.current.cache_clear()
    try:
        with receiving() as receiver:
            yield from _measured(stack, receiver)
    finally:
        del os.environ[LOOPBACK]
        settings.current.cache_clear()


def _measured(stack: Stack, receiver: Receiver) -> Iterator[Figure]:
    feeds = of_feeds.scene()
    warming, ada = customer(feeds, "Bo"), customer(feeds, "Ada")
    readers = [_reader(feeds, receiver, number) for number in range(RECIPIENTS)]
    api = Api(feeds, _token(feeds))
    with ExitStack() as running:
        running.enter_context(watched(stack, "api", "serve"))
        for name, words in (("relay", "relay started"), ("schedule", "schedule started"), ("work", "worker started")):
            running.enter_context(watched(stack, f"recipients-{name}", name)).wait_for(words)
        # What a process loads at its first job is no part of it.
        _followed(receiver, readers, partial(api.erase, warming))
        heard, confirmed = _followed(receiver, readers, partial(api.erase, ada))
    yield Figure(
        name=f"an erasure by the API until {RECIPIENTS} recipients have heard of it",
        value=heard,
        unit="s",
        aim=f"within {WITHIN}",
    )
    yield Figure(name="... until each has read its tombstone and confirmed", value=confirmed, unit="s")


def _reader(feeds: Scene, receiver: Receiver, number: int) -> Reader:
    _, agreement_id, follower = telling.recipient(feeds, f"saaja-{number}")
    path = f"/{number}"
    with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
        endpoints.register(
            session, agreement_id, url=f"{receiver.origin}{path}", events=[EventType.CONFIRMATION_PENDING]
        )
    return Reader(agreement_id, path, follower)


def _token(feeds: Scene) -> str:
    handler = make.staff(feeds.house.group, (Role.REQUEST_HANDLER, feeds.house.alfa))
    with walled_session(handler.acting(feeds.house.alfa, RIGHTS)) as session:
        issued = api_tokens.issue(
            session, label="mittaus", days=1, company_id=feeds.house.alfa.company_id, purpose=RIGHTS
        )
    return issued.token


def _followed(receiver: Receiver, readers: Sequence[Reader], erase: Callable[[], None]) -> tuple[float, float]:
    """Seconds from before the call until all have heard, and until all have read and confirmed."""
    receiver.asked.clear()
    began = time.monotonic()
    erase()
    until(lambda: {one.path for one in readers} <= {one.path for one in receiver.asked}, seconds=WITHIN)
    heard = time.monotonic() - began
    for one in readers:
        _confirm(one)
    return heard, time.monotonic() - began


def _confirm(reader: Reader) -> None:
    gone = len(reader.follower.gone)
    reader.follower.catch_up()
    assert len(reader.follower.gone) == gone + 1
    with walled_session(client(reader.follower.feeds.house.group.group_id, reader.agreement_id)) as session:
        waiting = [one.row.notification_id for one in reading.of_client(session, only_open=True)]
        assert confirming.by_recipient(session, waiting, by=ConfirmedBy.CLIENT) == 1
