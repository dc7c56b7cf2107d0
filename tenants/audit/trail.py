"""One entry for every change of state and every read of a person's data, in the transaction that does it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from tenants import together
from tenants.audit.model import AuditEntry
from tenants.database import acting_of

MARKS = "audit_marks"


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
    figures |= session.info.get(MARKS, {})
    together.add(
        session,
        AuditEntry(
            company_id=company_id or acting.company_id,
            actor=acting.actor,
            actor_id=acting.actor_id,
            purpose=acting.purpose,
            action=action,
            about=about,
            about_ids=list(ids),
            figures=_plain(figures),
        ),
    )


def mark(session: Session, **figures: int | str) -> None:
    """From here on every entry of this session says this too."""
    session.info[MARKS] = session.info.get(MARKS, {}) | figures


def _plain(figures: Mapping[str, int | str]) -> dict[str, int | str]:
    return {name: value if isinstance(value, int) else str(value) for name, value in figures.items()}
