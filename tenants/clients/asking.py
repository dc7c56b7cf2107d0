"""How often a client asks by an event, and how often by one that fits nothing: events are not to be guessed."""

from sqlalchemy.orm import Session

from tenants.clients.failing import MINUTE
from tenants.requests import limits
from tenants.requests.limits import HOUR, Limit, TooMany

LOOKUPS = Limit("lookups of a client", 60, MINUTE)
MISSES = Limit("lookups of a client that fit nothing", 30, HOUR)


def too_often(session: Session, client_id: str) -> TooMany | None:
    """Counts one more lookup of this client."""
    return limits.count(session, (LOOKUPS, client_id)) or limits.reached(session, (MISSES, client_id))


def missed(session: Session, client_id: str) -> None:
    limits.count(session, (MISSES, client_id))
