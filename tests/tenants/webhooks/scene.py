"""Pilvi follows Alfa's customers, and is told of changes at an address of its own."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.webhooks import announcing, endpoints, reading, watching
from tenants.webhooks.announcing import DeliverWebhook
from tenants.webhooks.endpoints import Issued
from tenants.webhooks.model import SUBSCRIBED, EventType, WebhookEndpoint, WebhookMessage
from tenants.webhooks.reading import Sent
from tests.queue import bring_due, run_jobs
from tests.tenants.feeds.scene import Scene as Feeds
from tests.tenants.feeds.scene import scene as feeds_scene

ALL = tuple(str(event) for event in SUBSCRIBED)


class Scene(Struct, frozen=True):
    feeds: Feeds

    def register(self, url: str, *, events: tuple[str, ...] = ALL, asymmetric: bool = False) -> Issued:
        with walled_session(self.feeds.house.approver.acting(self.feeds.house.alfa)) as session:
            given = {"url": url, "description": "Pilven kuuntelija"}
            return endpoints.register(session, self.feeds.agreement, **given, events=events, asymmetric=asymmetric)

    def endpoint(self, endpoint_id: UUID) -> WebhookEndpoint:
        with walled_session(self.feeds.house.alfa.system()) as session:
            return endpoints.get(session, endpoint_id)

    def ping(self, endpoint_id: UUID) -> UUID:
        with walled_session(self.feeds.house.approver.acting(self.feeds.house.alfa)) as session:
            return announcing.ping(session, endpoint_id)

    def redeliver(self, message_id: UUID) -> None:
        with walled_session(self.feeds.house.approver.acting(self.feeds.house.alfa)) as session:
            announcing.redeliver(session, message_id)

    def sent(self, endpoint_id: UUID) -> list[Sent]:
        with walled_session(self.feeds.house.alfa.system()) as session:
            return list(reading.last(session, endpoint_id))

    def message(self, message_id: UUID) -> WebhookMessage:
        with walled_session(self.feeds.house.alfa.system()) as session:
            return session.scalars(select(WebhookMessage).where(WebhookMessage.message_id == message_id)).one()

    def look(self) -> bool:
        """As the schedule does every few seconds."""
        with walled_session(self.feeds.house.alfa.system()) as session:
            return watching.look(session)

    def tell(self) -> None:
        """Whatever there is to tell is told and sent."""
        self.look()
        self.send()

    def send(self) -> None:
        run_jobs(self.feeds.house.group, only="webhooks.")

    def try_again(self) -> None:
        """As if the time until the next attempt had passed."""
        bring_due(self.feeds.house.group, "webhooks.deliver")
        self.send()

    def told(self, endpoint_id: UUID) -> list[EventType]:
        """The oldest first."""
        return [one.message.type for one in reversed(self.sent(endpoint_id))]

    def due_at(self) -> datetime:
        """When the one message on its way is tried next."""
        wanted = select(QueuedJob.due_at).where(QueuedJob.name == DeliverWebhook.name, QueuedJob.done_at.is_(None))
        with walled_session(self.feeds.house.group.system()) as session:
            return session.scalars(wanted).one()


def scene() -> Scene:
    return Scene(feeds_scene())
