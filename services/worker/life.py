"""The life of a group: its keys made anew, some rows at a time."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from services.worker.handling import Finish, Work, handles_outside
from tenants.database import acting_of
from tenants.jobs.outbox import enqueue
from tenants.life import rotating
from tenants.life.rotating import RotateKeys

# As long as an import writes before others have their turn.
WORKS_AT_MOST = timedelta(minutes=3)


@handles_outside(RotateKeys)
def rotate_keys(session: Session, job: RotateKeys) -> Work:
    return partial(_rotate, acting_of(session).group_id, job)


def _rotate(group_id: UUID, job: RotateKeys) -> Finish | None:
    again = rotating.work(group_id, rest_after=WORKS_AT_MOST)
    return partial(_go_on, job, again) if again else None


def _go_on(job: RotateKeys, again: datetime, session: Session) -> None:
    enqueue(session, job, due_at=again)
