"""Registers of the company that is acted for, taken along as files that a worker builds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import wording
from services.api.archive_stream import streamed
from services.api.attachments import MEDIA_TYPES
from services.api.cursors import Pages
from services.api.forms import Form, refused
from services.api.office.desk import Desk, told
from tenants.acting import Acting
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.exports import extracting, extracts
from tenants.exports.extracts import ExtractEnded
from tenants.exports.model import Extract, ExtractState
from tenants.languages.speaking import Text, translate, translate_plural
from tenants.registers import registers
from tenants.registers.model import FileKind
from tenants.vault.objects import ObjectMissing

EXTRACTS = "/office/extracts"
WORKING = frozenset({ExtractState.QUEUED, ExtractState.BUILDING})


class NewExtract(Struct, frozen=True):
    register: UUID
    fields: UUID | list[UUID] = []
    kind: FileKind = FileKind.CSV
    purpose: str = ""


class ShownExtract(Struct, frozen=True, kw_only=True):
    """`own` where this member ordered it: nobody else downloads it. `columns` are the labels of what is in it."""

    url: str
    register: Text
    kind: FileKind
    purpose: Text | None
    state: ExtractState
    who: str
    own: bool
    columns: list[Text]
    records: int
    done: int
    size: int | None
    downloads: int
    created_at: datetime
    expires_at: datetime | None


@get("/extracts", sync_to_thread=True)
def list_extracts(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.EXPORT_RECORDS)
    found = extracts.recent(session)
    words = translate_plural(desk.language, "%(count)s newest export", "%(count)s newest exports", len(found))
    return desk.page(
        "office/extracts/list.html",
        extracts=_shown(session, found),
        new_url=f"{EXTRACTS}/new",
        pages=Pages(words),
    )


@get("/extracts/new", sync_to_thread=True)
def new_extract(
    session: NamedDependency[Session], desk: NamedDependency[Desk], *, register: FromQuery[UUID | None] = None
) -> Response[str]:
    """Without a register, asks for one."""
    desk.require(Permission.EXPORT_RECORDS)
    if register is None:
        names = [(str(one.register_id), one.name.in_(desk.language)) for one in registers.listed(session)]
        return desk.page(
            "office/extracts/of_which.html", registers=names, form=Form(), list_url=EXTRACTS, new_url=f"{EXTRACTS}/new"
        )
    return _form(session, desk, register, Form())


@post("/extracts", sync_to_thread=True)
def order_extract(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewExtract, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.EXPORT_RECORDS)
    chosen = data.fields if isinstance(data.fields, list) else [data.fields]
    try:
        ordered = extracts.order(session, data.register, fields=chosen, kind=data.kind, purpose_id=_id(data.purpose))
    except Invalid as refusal:
        given = {**to_builtins(data), "fields": [str(one) for one in chosen]}
        return _form(session, desk, data.register, refused(desk.language, given, refusal), status=422)
    return desk.done(f"{EXTRACTS}/{ordered.extract_id}", "extract-ordered")


@get("/extracts/{extract_id:uuid}", sync_to_thread=True)
def show_extract(
    session: NamedDependency[Session], desk: NamedDependency[Desk], extract_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.EXPORT_RECORDS)
    found = extracts.get(session, extract_id)
    [shown] = _shown(session, [found])
    return desk.page(
        "office/extracts/extract.html",
        extract=shown,
        failure=translate(desk.language, found.failure) if found.failure else None,
        file_url=f"{shown.url}/file" if shown.own and found.state is ExtractState.READY else None,
        discard_url=f"{shown.url}/discarding" if found.state in extracts.OPEN else None,
        list_url=EXTRACTS,
        refresh_url=shown.url,
        working=found.state in WORKING,
    )


@get("/extracts/{extract_id:uuid}/file", sync_to_thread=True)
def download_extract(acting: NamedDependency[Acting], extract_id: FromPath[UUID]) -> Response[Any]:
    """Without the request's own session: no transaction may be open while the store is spoken to."""
    try:
        archive = extracting.open_file(acting, extract_id)
    except (ExtractEnded, ObjectMissing):
        return told(f"{EXTRACTS}/{extract_id}", "extract-gone")
    return streamed(archive, media_type=MEDIA_TYPES[FileKind(archive.file_name.rpartition(".")[2])])


@post("/extracts/{extract_id:uuid}/discarding", sync_to_thread=True)
def discard_extract(
    session: NamedDependency[Session], desk: NamedDependency[Desk], extract_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.EXPORT_RECORDS)
    extracts.discard(session, extract_id)
    return desk.done(f"{EXTRACTS}/{extract_id}", "extract-discarded")


def _id(given: str) -> UUID | None:
    """What was chosen in a list; nothing, if nothing of it was."""
    try:
        return UUID(given)
    except ValueError:
        return None


def _form(session: Session, desk: Desk, register_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    register, fields = registers.get(session, register_id), registers.fields(session, register_id)
    return desk.page(
        "office/extracts/new.html",
        status=status,
        form=form,
        register=register,
        fields=[
            (str(one.field_id), one.label.in_(desk.language), one.category.in_(desk.language))
            for one in fields
            if not one.sealed
        ],
        sealed=[one.label for one in fields if one.sealed],
        purposes=[
            (str(one.purpose_id), one.label.in_(desk.language)) for one in extracts.purposes(session, register_id)
        ],
        kinds=[(kind.value, wording.said(desk.language, kind)) for kind in FileKind],
        action_url=EXTRACTS,
        list_url=EXTRACTS,
    )


def _shown(session: Session, found: Sequence[Extract]) -> list[ShownExtract]:
    names = {one: registers.get(session, one).name for one in {each.register_id for each in found}}
    labels = extracts.labels(session, {field for each in found for field in each.field_ids})
    why = extracts.purposes_named(session, {each.purpose_id for each in found})
    who = members.names(session, {each.ordered_by for each in found})
    return [
        ShownExtract(
            url=f"{EXTRACTS}/{one.extract_id}",
            register=names[one.register_id],
            kind=one.kind,
            purpose=why.get(one.purpose_id),
            state=one.state,
            who=who.get(one.ordered_by, ""),
            own=extracts.is_own(session, one),
            columns=[labels[field] for field in one.field_ids if field in labels],
            records=one.records,
            done=one.records_done,
            size=one.size,
            downloads=one.downloads,
            created_at=one.created_at,
            expires_at=one.expires_at if one.state is ExtractState.READY else None,
        )
        for one in found
    ]
