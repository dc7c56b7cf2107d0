"""Changes get their numbers when they have committed: whoever follows the numbers misses nothing.

A number given while the change is made could be read past before its transaction ends. So whoever is about to read
numbers what is there by then, and one at a time: the numbers that anybody can see have no gap below them.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import BigInteger, Text, Uuid, text
from sqlalchemy.orm import Session

from tenants.database import acting_of
from tenants.registers.model import Cause

# So that a first reader after a long time does not hold the company's writers of numbers for long.
AT_ONCE = 10_000


class Published(Struct, frozen=True):
    """One person's change. `record_id` is empty where it is about all that is kept of the person."""

    number: int
    cause: Cause
    at: datetime
    register_id: UUID | None
    person_id: UUID
    record_id: UUID | None


def publish(session: Session) -> bool:
    """Numbers what the acting company has committed, the oldest first; false where more is left than is done at once.

    In a transaction of its own: others who publish wait for its end, where there is anything to number.
    """
    if not session.scalar(_HAS_UNPUBLISHED):
        return True
    acting = acting_of(session)
    session.execute(_COUNTER, {"group": acting.group_id, "company": acting.company_id})
    last = session.scalars(_HOLD).one()
    numbers = session.scalars(_NUMBER, {"last": last, "most": AT_ONCE}).all()
    if numbers:
        session.execute(_KEEP, {"last": max(numbers)})
    return len(numbers) < AT_ONCE


def has_more(session: Session, number: int) -> bool:
    """Whether the acting company has anything behind this number, published or not."""
    return bool(session.scalar(_HAS_MORE, {"number": number}))


def after(session: Session, number: int, *, limit: int) -> list[Published]:
    """What the acting company has published since this number, in order."""
    return [Published(*row) for row in session.execute(_AFTER, {"after": number, "limit": limit})]


# What another transaction has numbered is unpublished until it has committed.
_HAS_UNPUBLISHED = text("SELECT EXISTS (SELECT FROM changes WHERE number IS NULL)")
_COUNTER = text("INSERT INTO change_counters (group_id, company_id) VALUES (:group, :company) ON CONFLICT DO NOTHING")
_HOLD = text("SELECT last FROM change_counters FOR UPDATE")
_NUMBER = text("""
    WITH unpublished AS MATERIALIZED (
        SELECT change_id, cardinality(person_ids) AS persons FROM changes
        WHERE number IS NULL ORDER BY change_id LIMIT :most
    ), numbered AS (
        SELECT change_id, CAST(:last AS bigint) + sum(persons) OVER (ORDER BY change_id) AS number FROM unpublished
    )
    UPDATE changes SET number = numbered.number FROM numbered WHERE changes.change_id = numbered.change_id
    RETURNING changes.number
""")
_HAS_MORE = text("""
    SELECT EXISTS (SELECT FROM changes WHERE number IS NULL)
        OR EXISTS (SELECT FROM change_counters WHERE last > :number)
""")
_KEEP = text("UPDATE change_counters SET last = :last")
# At most `limit` of those that begin at the number hold what is wanted, for each holds one person or more.
_AFTER = text("""
    SELECT number - cardinality(person_ids) + place, cause, at, register_id, person_id, record_id
    FROM (SELECT * FROM changes WHERE number > :after ORDER BY number LIMIT :limit) AS published,
         unnest(person_ids, record_ids) WITH ORDINALITY AS one (person_id, record_id, place)
    WHERE number - cardinality(person_ids) + place > :after
    ORDER BY 1 LIMIT :limit
""").columns(number=BigInteger, cause=Text, register_id=Uuid, person_id=Uuid, record_id=Uuid)
