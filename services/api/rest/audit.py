"""The audit trail of the key's company, or of the group."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.cursors import PAGE, GivenCursor, GivenLimit, cut, decode, encode
from services.api.rest.describing import problems
from tenants.acting import Actor, PurposeKind
from tenants.audit import reading, trail
from tenants.audit.model import AuditEntry
from tenants.companies.permissions import Permission, Standing


class AuditedEntry(Struct, frozen=True):
    """`action` is what was done to things of the kind `about` with these ids; `figures`: counts, states and codes."""

    entry_id: UUID
    at: datetime
    actor: Actor
    actor_id: UUID | None
    purpose: PurposeKind | None
    action: str
    about: str
    about_ids: list[UUID]
    figures: dict[str, int | str]
    sealed: bool


class EntryPage(Struct, frozen=True):
    entries: list[AuditedEntry]
    next: str | None


@get("/audit/entries", sync_to_thread=True, summary="List audit entries", tags=["audit"], responses=problems(422))
def list_audit_entries(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    about: FromQuery[UUID | None] = None,
    cursor: GivenCursor = None,
    limit: GivenLimit = PAGE,
) -> EntryPage:
    """Newest first; `about` finds those that concern one person, case or other thing."""
    standing.require(Permission.SEE_AUDIT)
    before = decode(cursor, UUID) if cursor else None
    found, last = cut(reading.entries(session, about_id=about, before=before, limit=limit + 1), limit)
    if about:
        trail.record(session, "audit.searched", about="thing", ids=[about])
    return EntryPage([_entry(one) for one in found], encode(last.entry_id) if last else None)


def _entry(one: AuditEntry) -> AuditedEntry:
    return AuditedEntry(
        entry_id=one.entry_id,
        at=one.at,
        actor=one.actor,
        actor_id=one.actor_id,
        purpose=PurposeKind(one.purpose) if one.purpose else None,
        action=one.action,
        about=one.about,
        about_ids=one.about_ids,
        figures=one.figures,
        sealed=one.sealed,
    )
