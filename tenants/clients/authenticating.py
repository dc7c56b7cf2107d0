"""What is known of a client that says who it is. Its signatures are verified where requests come in."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.acting import system
from tenants.clients import key_sets, registering
from tenants.clients.model import ClientKey, Jwk, OAuthClient, UsedOnce
from tenants.database import acting_of, narrow
from tenants.processors.model import Processor

# A moment that is only shown need not be written at every request.
USED_AGAIN_AFTER = timedelta(minutes=1)
NOBODY = UUID(int=0)


def find(session: Session, client_id: str) -> OAuthClient | None:
    """A client in use, of a processor in use. The session goes on for the client's company."""
    try:
        wanted = UUID(client_id)
    except ValueError:
        return None
    found = session.scalar(
        select(OAuthClient)
        .join(Processor, Processor.processor_id == OAuthClient.processor_id)
        .where(OAuthClient.client_id == wanted, OAuthClient.disabled_at.is_(None), Processor.retired_at.is_(None))
    )
    if found is not None:
        narrow(session, system(acting_of(session).group_id, company_id=found.company_id))
    return found


def key(session: Session, client: OAuthClient, kid: str) -> Jwk | None:
    """One that is registered here, or one that the client publishes."""
    if client.jwks_uri is not None:
        return next((one.jwk for one in key_sets.usable(session, client) if one.kid == kid), None)
    return session.scalar(
        select(ClientKey.jwk).where(
            ClientKey.client_id == client.client_id, ClientKey.kid == kid, ClientKey.retired_at.is_(None)
        )
    )


def has_secret(session: Session, client: OAuthClient | None, secret: str) -> bool:
    """How long it takes says nothing of the secret; it is looked for also where nobody is known."""
    given = registering.digest(secret)
    kept = [one.digest for one in registering.secrets_of(session, [client.client_id if client else NOBODY])]
    return True in [hmac.compare_digest(given, one) for one in kept]


class Once(Struct, frozen=True):
    """What is good for one time, and until when it could be shown again."""

    digest: bytes
    until: datetime


def once(kind: str, *parts: str, until: datetime) -> Once:
    return Once(hashlib.sha256("\0".join((kind, *parts)).encode()).digest(), until)


def first_uses(session: Session, *shown: Once) -> list[bool]:
    """Of each, whether it was never seen before. Of two at once one waits for the other's transaction, and one wins."""
    group_id = acting_of(session).group_id
    # In one order everywhere, so that two requests at once cannot wait for each other in a circle.
    ordered = sorted(shown, key=lambda one: one.digest)
    rows = [{"group_id": group_id, "digest": one.digest, "expires_at": one.until} for one in ordered]
    again = insert(UsedOnce).values(rows).on_conflict_do_nothing(index_elements=["group_id", "digest"])
    new = set(session.scalars(again.returning(UsedOnce.digest)))
    return [one.digest in new for one in shown]


def first_use(session: Session, shown: Once) -> bool:
    return first_uses(session, shown)[0]


def note_use(session: Session, client: OAuthClient) -> None:
    """What was read of the client a moment ago says whether there is anything to write."""
    if client.last_used_at is not None and client.last_used_at > datetime.now(UTC) - USED_AGAIN_AFTER:
        return
    session.execute(
        update(OAuthClient)
        .where(OAuthClient.client_id == client.client_id)
        .values(last_used_at=func.now())
        .execution_options(synchronize_session=False)
    )
