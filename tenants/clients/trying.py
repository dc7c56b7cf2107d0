"""Scopes of sandboxes: `sandbox:<company>.<feed>`. They open nothing of anybody, so no agreement stands before them."""

from collections.abc import Collection, Mapping
from typing import LiteralString
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.clients.model import ClientInUse
from tenants.database import run

PREFIX = "sandbox:"

_TRIED: LiteralString = """
    SELECT %(prefix)s || c.key || '.' || f.key, f.agreement_id
      FROM feeds f
      JOIN companies c ON c.group_id = f.group_id AND c.company_id = f.company_id
      JOIN agreements a ON a.group_id = f.group_id AND a.agreement_id = f.agreement_id
     WHERE a.processor_id = %(processor)s AND f.company_id = %(company)s
       AND f.ended_at IS NULL AND a.ended_at IS NULL
       AND %(prefix)s || c.key || '.' || f.key = ANY (%(wanted)s)
"""


def offered(session: Session, client: ClientInUse, wanted: Collection[str]) -> Mapping[str, UUID]:
    """The sandboxes among what is wanted, each with the agreement of its feed. They are given to who asks for them."""
    asked = [one for one in wanted if one.startswith(PREFIX)]
    if not asked:
        return {}
    parameters = {
        "prefix": PREFIX,
        "processor": client.processor_id,
        "company": client.company_id,
        "wanted": asked,
    }
    return dict(run(session, _TRIED, parameters).fetchall())
