"""Dramatiq on Redis as Seloste uses it: a message is two ids and a hint, the row is the job and its own retry."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import redis
import structlog
from dramatiq import Consumer, Message, MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.middleware import TimeLimit

from tenants import settings
from tenants.jobs.claiming import ClaimedJob
from tenants.jobs.model import Queue

log = structlog.get_logger()

# The one actor. Which function does a job is decided by its row.
ACTOR = "job"
# A job that runs longer is interrupted and tried again later. (A transaction ends long before, by its own limit.)
RUNS_AT_MOST = {
    Queue.DEFAULT: timedelta(minutes=10),
    Queue.OUTBOUND: timedelta(minutes=10),
    Queue.CALLS: timedelta(minutes=10),
    Queue.DOCUMENTS: timedelta(minutes=10),
    Queue.BULK: timedelta(hours=2),
}
# A worker that was silent for so long is dead, and its messages go to the others.
SILENT_AT_MOST = timedelta(seconds=15)
ALWAYS = 1_000_000


def connect() -> redis.Redis:
    return redis.Redis.from_url(
        settings.current().redis_url, socket_timeout=5, socket_connect_timeout=5, health_check_interval=30
    )


class QueueBroker(RedisBroker):
    """Without delayed messages, which would wait in the memory of a worker: due dates are rows."""

    def __init__(self, client: redis.Redis, *, finds_dead_workers: bool) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            client=client,
            middleware=[TimeLimit()] if finds_dead_workers else [],
            namespace="seloste",
            heartbeat_timeout=_milliseconds(SILENT_AT_MOST),
            maintenance_chance=ALWAYS if finds_dead_workers else 0,
        )
        for queue in Queue:
            self.declare_queue(queue)

    @property
    def consumer_class(self) -> type[Consumer]:
        return ListeningConsumer

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)


class Sender:
    """Puts many messages into Redis in one round trip."""

    def __init__(self, client: redis.Redis) -> None:
        QueueBroker(client, finds_dead_workers=False).do_qsize(Queue.DEFAULT)  # asks once what a pipeline cannot ask
        self._pipeline = client.pipeline(transaction=False)
        self._broker = QueueBroker(self._pipeline, finds_dead_workers=False)

    def send(self, jobs: Iterable[ClaimedJob]) -> None:
        """In this order within each queue. Raises redis.RedisError; then some may have been sent."""
        queues = set()
        try:
            for job in jobs:
                self._broker.enqueue(_message(job.queue, job.group_id, job.job_id))
                queues.add(job.queue)
            for queue in queues:
                self._pipeline.publish(_bell(queue), b"")
            self._pipeline.execute()
        finally:
            self._pipeline.reset()


class ListeningConsumer(_RedisConsumer):
    """Waits for the bell that the sender rings, instead of asking Redis ever again.

    While the process has all it can do it fetches nothing, and asks only to show that it is alive.
    """

    def __init__(self, broker: RedisBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)  # type: ignore[no-untyped-call]
        self._seconds = timeout / 1000
        self._room = threading.Event()
        self._ears = broker.client.pubsub(ignore_subscribe_messages=True)
        self._ears.subscribe(_bell(queue_name))

    def __next__(self) -> MessageProxy | None:
        try:
            if not self.message_cache:
                self._look()
            while self.message_cache:
                message = self._read(self.message_cache.pop(0))
                if message is not None:
                    self.queued_message_ids.add(message.message_id)
                    return MessageProxy(message)
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        return None

    def ack(self, message: MessageProxy) -> None:
        super().ack(message)  # type: ignore[no-untyped-call]
        self._room.set()

    def nack(self, message: MessageProxy) -> None:
        super().nack(message)  # type: ignore[no-untyped-call]
        self._room.set()

    def close(self) -> None:
        self._ears.close()

    def _look(self) -> None:
        self._room.clear()
        room = self.prefetch - len(self.queued_message_ids)
        if room <= 0:
            if not self._room.wait(self._seconds):
                self.broker.do_fetch(self.queue_name, 0)
            return
        self.message_cache = self.broker.do_fetch(self.queue_name, room)
        if not self.message_cache and self._ears.get_message(timeout=self._seconds):
            while self._ears.get_message(timeout=0):
                pass

    def _read(self, data: bytes | None) -> Message[None] | None:
        """Of what came only the two ids are used; what is not two ids is dropped."""
        try:
            given: Message[None] = Message.decode(data or b"")
            group_id, job_id = (UUID(text) for text in given.args)
            number = str(given.options["redis_message_id"])
        except (DecodeError, ValueError, TypeError, AttributeError, KeyError):
            log.warning("not a message of ours, dropped", queue=self.queue_name)
            return None
        options = {"redis_message_id": number, "time_limit": _milliseconds(RUNS_AT_MOST[Queue(self.queue_name)])}
        return _message(self.queue_name, group_id, job_id).copy(options=options)


def _message(queue: str, group_id: UUID, job_id: UUID) -> Message[None]:
    return Message(queue_name=queue, actor_name=ACTOR, args=(str(group_id), str(job_id)), kwargs={}, options={})


def _bell(queue: str) -> str:
    return f"seloste:bell:{queue}"


def _milliseconds(period: timedelta) -> int:
    return period // timedelta(milliseconds=1)
