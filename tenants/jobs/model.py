from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import PurposeKind
from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words
from tenants.groups.model import Group


class Queue(StrEnum):
    """Queues are for isolation: each may have worker processes of its own.

    OUTBOUND is for letters; CALLS for what waits for servers of strangers.
    """

    DEFAULT = "default"
    BULK = "bulk"
    OUTBOUND = "outbound"
    CALLS = "calls"
    DOCUMENTS = "documents"


class DismissalReason(StrEnum):
    """Why nobody does a failed job any more. A choice and not free words: it stays in the audit for ever."""

    DONE_OTHERWISE = "done_otherwise"
    NOT_NEEDED = "not_needed"
    CANNOT_BE_DONE = "cannot_be_done"


class Job(Struct, frozen=True):
    """A job is a frozen struct of ids, never of personal data; its name is stable for ever."""

    name: ClassVar[str]
    queue: ClassVar[Queue] = Queue.DEFAULT
    purpose: ClassVar[PurposeKind | None] = None


class QueuedJob(OfGroup, Base):
    """A job as its row: who it acts for and its arguments are read from here, whatever a message says."""

    __tablename__ = "queued_jobs"
    __table_args__ = (
        refers_to(Group.__tablename__),
        Index(
            "uq_queued_jobs_once", "group_id", "name", "once", unique=True, postgresql_where=text("once IS NOT NULL")
        ),
        Index(
            "ix_queued_jobs_waiting",
            "queue",
            "group_id",
            "due_at",
            "job_id",
            postgresql_where=text("sent_at IS NULL AND done_at IS NULL AND failed_at IS NULL"),
        ),
        Index(
            "ix_queued_jobs_sent",
            "queue",
            "group_id",
            "sent_at",
            postgresql_where=text("sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL"),
        ),
        Index("ix_queued_jobs_failed", "group_id", "failed_at", postgresql_where=text("failed_at IS NOT NULL")),
        Index("ix_queued_jobs_done", "group_id", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID | None]
    name: Mapped[str]
    queue: Mapped[Queue] = mapped_column(words(Queue))
    arguments: Mapped[dict[str, object]] = mapped_column(Typed(dict[str, object]))
    once: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    dismissed_at: Mapped[datetime | None]
    dismissed_for: Mapped[DismissalReason | None] = mapped_column(words(DismissalReason))
