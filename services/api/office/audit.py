"""Who did what, when, for which purpose and about what; and the file with which anybody checks it."""

from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api import audited, wording
from services.api.cursors import PAGE, Pages, cut, decode, encode
from services.api.forms import Form
from services.api.office.desk import Desk
from tenants.acting import Actor, PurposeKind
from tenants.audit import exporting, reading, trail
from tenants.audit.model import AuditEntry
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.groups.model import Group
from tenants.languages.speaking import translate_plural

IN_MEMORY = 1_000_000
CHUNK = 64_000
AUDIT = "/office/audit"


class NotAnId(Invalid):
    """This is not the id of a person, a case or another thing."""


class ShownChain(Struct, frozen=True):
    sealed: int
    waiting: int
    checkpoint_at: datetime | None
    key_url: str
    export_url: str
    unbroken: bool | None = None


class ShownEntry(Struct, frozen=True):
    at: datetime
    who: str
    purpose: PurposeKind | None
    action: str
    about: str
    count: int
    sealed: bool
    about_url: str | None


@get("/audit", sync_to_thread=True)
def list_entries(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    about: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    desk.require(Permission.SEE_AUDIT)
    about_id = _id(about)
    before = decode(cursor, UUID) if cursor else None
    found, last = cut(reading.entries(session, about_id=about_id, before=before, limit=PAGE + 1))
    if about_id:
        trail.record(session, "audit.searched", about="thing", ids=[about_id])
    figures = reading.figures(session)
    slug = session.scalars(select(Group.slug)).one()
    return desk.page(
        "office/audit/list.html",
        chain=ShownChain(
            figures.sealed, figures.waiting, figures.checkpoint_at, f"/g/{slug}/keys.json", f"{AUDIT}/export"
        ),
        form=Form({"about": about}),
        action_url=AUDIT,
        entries=_shown(session, desk, found),
        pages=_pages(desk, about, len(found), last),
    )


@get("/audit/export", sync_to_thread=True)
def export(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Stream:
    """The whole chain. Written to a file first: no transaction stays open while a browser downloads."""
    desk.require(Permission.SEE_AUDIT)
    trail.record(session, "audit.exported", about="chain")
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed when it has been sent)
    file.writelines(exporting.lines(session))
    file.seek(0)
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"', "Cache-Control": "no-store"}
    return Stream(_chunks(file), media_type="application/jsonl", headers=headers)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _id(about: str) -> UUID | None:
    try:
        return UUID(about.strip()) if about.strip() else None
    except ValueError:
        raise NotAnId(field="about") from None


def _shown(session: Session, desk: Desk, found: Any) -> list[ShownEntry]:
    names = members.names(session, {one.actor_id for one in found if one.actor is Actor.MEMBER})
    return [
        ShownEntry(
            at=one.at,
            who=names.get(one.actor_id) or wording.said(desk.language, one.actor),
            purpose=PurposeKind(one.purpose) if one.purpose else None,
            action=audited.action(desk.language, one.action),
            about=audited.thing(desk.language, one.about),
            count=len(one.about_ids),
            sealed=one.sealed,
            about_url=f"{AUDIT}?about={one.about_ids[0]}" if len(one.about_ids) == 1 else None,
        )
        for one in found
    ]


def _pages(desk: Desk, about: str, shown: int, last: AuditEntry | None) -> Pages:
    words = translate_plural(desk.language, "%(count)s entry on this page", "%(count)s entries on this page", shown)
    next_url = f"{AUDIT}?about={about}&cursor={encode(last.entry_id)}" if last else None
    return Pages(words, next_url=next_url)
