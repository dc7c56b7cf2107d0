"""How far behind the recipient of a feed is: what has changed since the last page that it fetched."""

from datetime import datetime
from typing import LiteralString

from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.database import run
from tenants.feeds.model import FeedScope

# More are not counted: whoever is so far behind reads from the start sooner.
MOST = 10_000


class Lag(Struct, frozen=True):
    """Changes that were not fetched, and since when the first of them waits. Some may not concern the feed."""

    changes: int
    since: datetime | None

    @property
    def is_more(self) -> bool:
        return self.changes > MOST


def lag(session: Session, scope: FeedScope, reached: int) -> Lag:
    """For the company of the feed, by the version in force."""
    wanted: dict[str, object] = {"reached": reached, "registers": scope.reads, "most": MOST + 1}
    return Lag(*run(session, _BEHIND, wanted).fetchall()[0])


_BEHIND: LiteralString = """
    SELECT count(*), min(at) FROM (
        SELECT at FROM changes
         WHERE (number IS NULL OR number > %(reached)s) AND (register_id IS NULL OR register_id = ANY (%(registers)s))
         LIMIT %(most)s
    ) AS behind
"""
