"""One person's data by an event: an order, an overdue invoice. So credit and background checks are made (P50).

Whoever asks names the event, a record of the register that the scope names; whose data is given follows from it. An
event gives within a day of the first time, so that an answer that was lost is asked for again; then it is used up.
What there is no answer for is refused in one and the same way: who is a customer, and who has ordered, nobody learns.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.feeds import tallying
from tenants.feeds.refusals import EventUsedUp, NoSuchEvent, NotByEvent, NothingGivenNow
from tenants.processors import reading as agreements
from tenants.processors import standing
from tenants.registers.sealed import RecordSeal
from tenants.vault.keys import keyring


class Given(Struct, frozen=True):
    """A record as it stands now. `data` is JSON by the keys of its fields."""

    record_id: UUID
    updated_at: datetime
    data: msgspec.Raw


class LookedUp(Struct, frozen=True):
    """`lookup_id` names this giving in the giver's books."""

    lookup_id: UUID
    event_id: UUID
    person_id: UUID
    records: tuple[Given, ...]


def look_up(session: Session, feed_id: UUID, event_id: UUID) -> LookedUp:
    """By the client of the feed's agreement. Raises NothingGivenNow, NotByEvent, NoSuchEvent, EventUsedUp."""
    day = agreements.today()
    asked = {"feed": feed_id, "event": event_id, "day": day, **standing.of_the_law(day)}
    first, *records = session.execute(_LOOKED_UP, asked).all()
    if refusal := _REFUSALS.get(first.outcome):
        raise refusal
    trail.record(
        session,
        "feed.looked_up",
        about="person",
        ids=[first.person_id],
        company_id=first.company_id,
        feed=str(feed_id),
        version=first.version,
        event=str(event_id),
    )
    tallying.note(session, feed_id, first.company_id, upserts=len(records))
    fields = zip(first.ids or (), first.keys or (), first.sealed or (), strict=True)
    sealed = {field_id: key for field_id, key, is_sealed in fields if is_sealed}
    seal = RecordSeal(keyring(session), first.company_id, frozenset(sealed)) if sealed else None
    given = (Given(one.record_id, one.updated_at, _told(seal, sealed, one.record_id, one.data)) for one in records)
    return LookedUp(first.lookup_id, event_id, first.person_id, tuple(given))


def _told(seal: RecordSeal | None, sealed: dict[str, str], record_id: UUID, data: str) -> msgspec.Raw:
    if seal is None:
        return msgspec.Raw(data.encode())
    values = seal.raw(data)
    for field_id, key in sealed.items():
        if (kept := values.get(key)) is not None:
            values[key] = seal.open_value(record_id, field_id, str(kept))
    return msgspec.Raw(_ENCODER.encode(values))


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_REFUSALS = {
    "closed": NothingGivenNow,
    "in_bulk": NotByEvent,
    "unknown": NoSuchEvent,
    "used_up": EventUsedUp,
}
_LOOKED_UP = text("""
    SELECT outcome, lookup_id, company_id, version, keys, ids, sealed, person_id, record_id, updated_at,
           CAST(data AS text) AS data
    FROM feed_looked_up(:feed, :event, :day, :free, :adequate, :partly)
""")
