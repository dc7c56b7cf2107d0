"""What is known of a client that says who it is. Its signatures are verified where requests come in."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
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


def first_use(session: Session, kind: str, *parts: str, until: datetime) -> bool:
    """Whether this was never seen before. Of two at once one waits for the other's transaction, and one wins."""
    digest = hashlib.sha256("\0".join((kind, *parts)).encode()).digest()
    row = insert(UsedOnce).values(group_id=acting_of(session).group_id, digest=digest, expires_at=until)
    again = row.on_conflict_do_nothing(index_elements=["group_id", "digest"])
    return session.execute(again.returning(UsedOnce.digest)).first() is not None


def note_use(session: Session, client: OAuthClient) -> None:
    session.execute(
        update(OAuthClient)
        .where(
            OAuthClient.client_id == client.client_id,
            or_(
                OAuthClient.last_used_at.is_(None),
                OAuthClient.last_used_at < datetime.now(UTC) - USED_AGAIN_AFTER,
            ),
        )
        .values(last_used_at=func.now())
        .execution_options(synchronize_session=False)
    )
