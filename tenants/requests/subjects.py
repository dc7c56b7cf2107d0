"""The request whose subject the session acts for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.database import acting_of
from tenants.errors import NotFound
from tenants.requests.model import Request


class NoSuchRequest(NotFound):
    """There is no such request here."""


def own_request(session: Session, *, locked: bool = False) -> Request:
    """Raises NoSuchRequest."""
    request_id = acting_of(session).request_id
    wanted = select(Request).where(Request.request_id == request_id)
    found = session.scalar(wanted.with_for_update() if locked else wanted)
    if found is None:
        raise NoSuchRequest
    return found
