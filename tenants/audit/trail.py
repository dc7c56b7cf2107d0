"""One entry for every change of state and every read of a person's data, in the transaction that does it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import event, text
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
    entry = _Entry(
        group_id=acting.group_id,
        entry_id=new_id(),
        company_id=company_id or acting.company_id,
        actor=str(acting.actor),
        actor_id=acting.actor_id,
        purpose=acting.purpose and str(acting.purpose),
        action=action,
        about=about,
        about_ids=list(ids),
        figures=_plain(figures),
    )
    session.info.setdefault(_WAITING, []).append(entry)
    # What a savepoint takes back did not happen, and is not told.
    if session.in_nested_transaction():
        _write(session)


class _Entry(Struct, frozen=True):
    group_id: UUID
    entry_id: UUID
    company_id: UUID | None
    actor: str
    actor_id: UUID | None
    purpose: str | None
    action: str
    about: str
    about_ids: list[UUID]
    figures: dict[str, int | str]


_WAITING = "audit entries"

# All of a transaction's entries in one statement: there is one with almost every other statement, and each would cost
# as much as that.
_INSERT = text("""
    INSERT INTO audit_entries
           (group_id, entry_id, company_id, actor, actor_id, purpose, action, about, about_ids, figures)
    SELECT group_id, entry_id, company_id, actor, actor_id, purpose, action, about, about_ids, figures
      FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS waiting (
           group_id uuid, entry_id uuid, company_id uuid, actor text, actor_id uuid, purpose text,
           action text, about text, about_ids uuid[], figures jsonb)
""")


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    if entries := session.info.pop(_WAITING, None):
        session.connection().execute(_INSERT, {"entries": msgspec.json.encode(entries).decode()})


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WAITING, None)


def _plain(figures: Mapping[str, int | str]) -> dict[str, int | str]:
    return {name: value if isinstance(value, int) else str(value) for name, value in figures.items()}
