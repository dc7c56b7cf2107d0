"""What has expired is forgotten: tokens, and what was to be seen once only."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from sqlalchemy import delete
from sqlalchemy.orm import Session

from tenants.clients.model import AccessToken, UsedOnce
from tenants.jobs.model import Job

# Clocks differ; and whoever asks about a token of just now is told that it has expired.
KEPT_AFTERWARDS = timedelta(hours=1)


class ForgetAccess(Job, frozen=True):
    """Of one company; what was seen once is the group's."""

    name: ClassVar[str] = "clients.forget_access"


def forget(session: Session) -> None:
    before = datetime.now(UTC) - KEPT_AFTERWARDS
    session.execute(delete(AccessToken).where(AccessToken.expires_at < before))
    session.execute(delete(UsedOnce).where(UsedOnce.expires_at < before))
