"""Scopes, opened and closed by whoever gives. What is received within them the door writes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlalchemy.orm import Session

from tenants.ledger.model import DisclosureScope


def open_scope(session: Session, scope: DisclosureScope) -> UUID:
    """`closed_at` is when it ends by itself, if ever."""
    session.add(scope)
    session.flush()
    return scope.scope_id


def close_scopes(session: Session, source_id: UUID, *, at: datetime | None = None) -> None:
    """All that are still open under what this source allows, now or at `at` if they do not end before."""
    end = func.now() if at is None else at
    session.execute(
        update(DisclosureScope)
        .where(
            DisclosureScope.source_id == source_id,
            or_(DisclosureScope.closed_at.is_(None), DisclosureScope.closed_at > end),
        )
        .values(closed_at=end)
    )
