"""What failed, and what follows from it.

Whose failure it is decides. A client's id is no secret: what anybody can do in its name locks it out nowhere but at
the address from which it was done, and raises an alarm when there is much of it. What only the holder of its key, or
of something that it has signed, can do locks the client until somebody in the office has looked.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.clients.model import NOBODY, AnyClient, ClientFailure, ClientInUse, FailureReason
from tenants.database import run
from tenants.requests import limits
from tenants.requests.limits import HOUR, Limit, TooMany

MINUTE = timedelta(minutes=1)
AT_ADDRESS = Limit("failures for a client at an address", 20, HOUR)
BY_OTHERS = Limit("failures of others for a client", 100, HOUR)
BY_ITSELF = Limit("failures of a client itself", 9, HOUR)
MOST_TRACED = 20
TOKENS = Limit("tokens of a client", 120, MINUTE)

_OLDER: LiteralString = """
    DELETE FROM oauth_client_failures WHERE client_id = %(client)s AND failure_id IN (
      SELECT failure_id FROM oauth_client_failures WHERE client_id = %(client)s
       ORDER BY failure_id DESC OFFSET %(older)s)
"""
_NEWEST: LiteralString = """
    INSERT INTO oauth_client_failures (group_id, failure_id, client_id, company_id, reason)
    SELECT group_id, %(failure)s, client_id, company_id, %(reason)s FROM oauth_clients WHERE client_id = %(client)s
"""
_TRACED: LiteralString = f"WITH older AS ({_OLDER}) {_NEWEST}"
# Whether an alarm was raised by this one: it is raised once, until somebody has looked.
_FAILED: LiteralString = f"""
    WITH older AS ({_OLDER}), newest AS ({_NEWEST})
    UPDATE oauth_clients
       SET failures = failures + 1, last_failed_at = now(),
           locked_at = CASE WHEN %(lock)s THEN COALESCE(locked_at, now()) ELSE locked_at END,
           alarmed_at = CASE WHEN %(alarm)s THEN COALESCE(alarmed_at, now()) ELSE alarmed_at END
     WHERE client_id = %(client)s
    RETURNING (old.locked_at, old.alarmed_at) IS DISTINCT FROM (new.locked_at, new.alarmed_at)
"""


class Blame(StrEnum):
    """OTHERS: anybody could have done it. CLIENT: it bore the client's own signature or secret."""

    OTHERS = "others"
    CLIENT = "client"


def barred(session: Session, client_id: str, address: str) -> TooMany | None:
    """Whether so much has failed from this address for this client that nothing is looked at any more."""
    return limits.reached(session, _at(client_id, address))


def too_often(session: Session, client: ClientInUse) -> TooMany | None:
    """Counts one more token of this client."""
    return limits.count(session, (TOKENS, str(client.client_id)))


def note(
    session: Session, client_id: str, client: AnyClient | None, blame: Blame, *, reason: FailureReason, address: str
) -> None:
    """`client` is None where nobody is in use by that id. The session acts for the company of the client.

    Where there is none the same is asked and written in nobody's name, so that no clock tells the two apart.
    """
    lock = blame is Blame.CLIENT
    if lock:
        reached = limits.count(session, (BY_ITSELF, client_id))
    else:
        counted = limits.count(session, _at(client_id, address), (BY_OTHERS, client_id))
        reached = barred(session, client_id, address) or counted
    failed = {
        "client": client.client_id if client else NOBODY,
        "failure": new_id(),
        "reason": reason,
        "older": MOST_TRACED - 1,
        "lock": lock and reached is not None,
        "alarm": not lock and reached is not None,
    }
    raised = run(session, _FAILED, failed).fetchone()
    if client is not None and raised == (True,):
        action = "oauth_client.locked" if lock else "oauth_client.alarmed"
        trail.record(session, action, about="oauth_client", ids=[client.client_id])


def trace(session: Session, client: AnyClient, reason: FailureReason) -> None:
    """For the office to see. Only the last ones are kept: whoever fails on purpose fills nothing."""
    failed = {"client": client.client_id, "failure": new_id(), "reason": reason, "older": MOST_TRACED - 1}
    run(session, _TRACED, failed)


def traces(session: Session, client_ids: Sequence[UUID]) -> Sequence[ClientFailure]:
    """The newest first."""
    return session.scalars(
        select(ClientFailure).where(ClientFailure.client_id.in_(client_ids)).order_by(ClientFailure.failure_id.desc())
    ).all()


def _at(client_id: str, address: str) -> tuple[Limit, str]:
    limit, where = limits.of_client(AT_ADDRESS, address)
    return limit, f"{client_id} {where}"
