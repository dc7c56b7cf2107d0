"""One entry for every change of state and every read of a person's data, in the transaction that does it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.database import acting_of


def record(
    session: Session,
    action: str,
    *,
    about: str,
    ids: Iterable[UUID] = (),
    company_id: UUID | None = None,
    **figures: int | str,
) -> None:
    """`action` is `thing.done` ("case.approved"), `about` the kind of thing that `ids` name ("person").

    Who acts, for which company and for which purpose comes from the session. `figures` are counts, states and
    codes; personal data has no place in them.
    """
    acting = acting_of(session)
    session.connection().execute(
        _INSERT,
        {
            "group_id": acting.group_id,
            "entry_id": new_id(),
            "company_id": company_id or acting.company_id,
            "actor": str(acting.actor),
            "actor_id": acting.actor_id,
            "purpose": acting.purpose and str(acting.purpose),
            "action": action,
            "about": about,
            "about_ids": list(ids),
            "figures": msgspec.json.encode(_plain(figures)).decode(),
        },
    )


# As text and past the session: an entry is written with almost every statement. The unit of work takes more than twice
# as long for it, and would first write whatever waits in it, a row that changes often again and again.
_INSERT = text("""
    INSERT INTO audit_entries
           (group_id, entry_id, company_id, actor, actor_id, purpose, action, about, about_ids, figures)
    VALUES (:group_id, :entry_id, :company_id, :actor, :actor_id, :purpose, :action, :about, :about_ids,
            CAST(:figures AS jsonb))
""")


def _plain(figures: Mapping[str, int | str]) -> dict[str, int | str]:
    return {name: value if isinstance(value, int) else str(value) for name, value in figures.items()}
