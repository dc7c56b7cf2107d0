"""What failed, and what follows from it.

Whose failure it is decides. A client's id is no secret: what anybody can do in its name locks it out nowhere but at
the address from which it was done, and raises an alarm when there is much of it. What only the holder of its key, or
of something that it has signed, can do locks the client until somebody in the office has looked.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.clients.model import ClientFailure, FailureReason, OAuthClient
from tenants.requests import limits
from tenants.requests.limits import HOUR, Limit, TooMany

MINUTE = timedelta(minutes=1)
AT_ADDRESS = Limit("failures for a client at an address", 20, HOUR)
BY_OTHERS = Limit("failures of others for a client", 100, HOUR)
BY_ITSELF = Limit("failures of a client itself", 9, HOUR)
MOST_TRACED = 20
TOKENS = Limit("tokens of a client", 120, MINUTE)


class Blame(StrEnum):
    """OTHERS: anybody could have done it. CLIENT: it bore the client's own signature or secret."""

    OTHERS = "others"
    CLIENT = "client"


def barred(session: Session, client_id: str, address: str) -> TooMany | None:
    """Whether so much has failed from this address for this client that nothing is looked at any more."""
    return limits.reached(session, _at(client_id, address))


def too_often(session: Session, client: OAuthClient) -> TooMany | None:
    """Counts one more token of this client."""
    return limits.count(session, (TOKENS, str(client.client_id)))


def note(
    session: Session, client_id: str, client: OAuthClient | None, blame: Blame, *, reason: FailureReason, address: str
) -> None:
    """`client` is None where nobody is in use by that id. The session acts for the company of the client."""
    if blame is Blame.OTHERS:
        limits.count(session, _at(client_id, address))
    if client is None:
        return
    if blame is Blame.CLIENT:
        reached = limits.count(session, (BY_ITSELF, client_id))
    else:
        reached = limits.count(session, (BY_OTHERS, client_id)) or barred(session, client_id, address)
    trace(session, client, reason)
    client.failures, client.last_failed_at = OAuthClient.failures + 1, func.now()
    session.flush()
    if reached:
        _alarm(session, client, lock=blame is Blame.CLIENT)


def trace(session: Session, client: OAuthClient, reason: FailureReason) -> None:
    """For the office to see. Only the last ones are kept: whoever fails on purpose fills nothing."""
    session.add(ClientFailure(client_id=client.client_id, company_id=client.company_id, reason=reason))
    session.flush()
    of_client = ClientFailure.client_id == client.client_id
    older = (
        select(ClientFailure.failure_id).where(of_client).order_by(ClientFailure.failure_id.desc()).offset(MOST_TRACED)
    )
    session.execute(delete(ClientFailure).where(of_client, ClientFailure.failure_id.in_(older)))


def traces(session: Session, client_ids: Sequence[UUID]) -> Sequence[ClientFailure]:
    """The newest first."""
    return session.scalars(
        select(ClientFailure).where(ClientFailure.client_id.in_(client_ids)).order_by(ClientFailure.failure_id.desc())
    ).all()


def _alarm(session: Session, client: OAuthClient, *, lock: bool) -> None:
    """Once, until somebody has looked."""
    column = OAuthClient.locked_at if lock else OAuthClient.alarmed_at
    raised = session.execute(
        update(OAuthClient)
        .where(OAuthClient.client_id == client.client_id, column.is_(None))
        .values({column: func.now()})
        .returning(OAuthClient.client_id)
        .execution_options(synchronize_session=False)
    )
    if raised.first() is not None:
        action = "oauth_client.locked" if lock else "oauth_client.alarmed"
        trail.record(session, action, about="oauth_client", ids=[client.client_id])


def _at(client_id: str, address: str) -> tuple[Limit, str]:
    limit, where = limits.of_client(AT_ADDRESS, address)
    return limit, f"{client_id} {where}"
