"""What a client may ask for: a scope is `feed:<company>.<feed>`, by their keys."""

import re
from collections.abc import Collection, Mapping
from typing import LiteralString
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.clients.model import ClientInUse
from tenants.database import run
from tenants.processors import reading, standing

PREFIX = "feed:"
MOST = 50
# RFC 6749 §3.3, and the spaces between several. Nothing of it needs to be escaped in a header.
_SPELLED = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")

_IN_FORCE: LiteralString = """
    SELECT %(prefix)s || c.key || '.' || f.key, f.agreement_id
      FROM feeds f
      JOIN companies c ON c.group_id = f.group_id AND c.company_id = f.company_id
      JOIN agreements a ON a.group_id = f.group_id AND a.agreement_id = f.agreement_id
     WHERE a.processor_id = %(processor)s AND f.company_id = %(company)s
       AND f.ended_at IS NULL
       AND NOT EXISTS (
         SELECT FROM flow_stops t WHERE t.group_id = f.group_id AND t.feed_id = f.feed_id AND t.resumed_at IS NULL)
       AND (%(wanted)s::text[] IS NULL OR %(prefix)s || c.key || '.' || f.key = ANY (%(wanted)s))
       AND EXISTS (
         SELECT FROM feed_scopes s
          WHERE s.group_id = f.group_id AND s.feed_id = f.feed_id AND s.approved_at IS NOT NULL
            AND s.replaced_at IS NULL AND s.suspended_at IS NULL
            AND s.opens_at <= now() AND COALESCE(s.closes_at > now(), true))
       AND NOT EXISTS (
         SELECT FROM agreement_stops(a.group_id, a.agreement_id, %(day)s, %(free)s, %(adequate)s, %(partly)s))
     ORDER BY 1
"""


def is_spelled(said: str) -> bool:
    """Whether it is written in the characters of scopes."""
    return _SPELLED.fullmatch(said) is not None


def offered(session: Session, client: ClientInUse, wanted: Collection[str] | None = None) -> Mapping[str, UUID]:
    """The feeds open to it at this moment, each with its agreement; of those `wanted`, if that is said.

    The session acts for the client's company, which sees its feeds and what stops them.
    """
    day = reading.today()
    parameters: dict[str, object] = {
        "prefix": PREFIX,
        "processor": client.processor_id,
        "company": client.company_id,
        "wanted": None if wanted is None else list(wanted),
        "day": day,
        **standing.of_the_law(day),
    }
    return dict(run(session, _IN_FORCE, parameters).fetchall())
