"""Which column of a file is which field, how the file is read, and by what a row's person is recognised."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import wording
from services.api.forms import Form, refused
from services.api.office.desk import Desk
from services.api.office.import_forms import ENCODINGS, SEPARATORS
from services.api.office.imports import IMPORTS
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import translate
from tenants.registers import imports, mapping, registers
from tenants.registers.headers import LEFT_OUT
from tenants.registers.matching import NOT_MATCHING
from tenants.registers.model import Choice, Field, FileForm, FileKind, Import
from tenants.registers.shapes import STRENGTH
from tenants.registers.table_rows import Head
from tenants.vault.digests import IdentifierKind

NONE = "-"
Given = dict[str, str | list[str]]


class ShownColumn(Struct, frozen=True):
    """`samples` are from the first rows."""

    name: str
    header: str
    samples: list[str]
    chosen: str
    problem: str


@get("/imports/{import_id:uuid}/columns", sync_to_thread=True)
def ask_columns(
    session: NamedDependency[Session], desk: NamedDependency[Desk], import_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.IMPORT_RECORDS)
    return _page(session, desk, imports.get(session, import_id), Form())


@post("/imports/{import_id:uuid}/columns", sync_to_thread=True)
def choose_columns(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    import_id: FromPath[UUID],
    data: Annotated[Given, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.IMPORT_RECORDS)
    found = imports.get(session, import_id)
    head = mapping.head_of(session, found)
    try:
        mapping.choose(session, import_id, _choice(found.form, head, data), matched_by=_kinds(data))
    except Invalid as refusal:
        return _page(session, desk, found, refused(desk.language, data, refusal), status=422)
    return desk.done(f"{IMPORTS}/{import_id}", "import-mapped")


def _choice(form: FileForm | None, head: Head, data: Given) -> Choice:
    keys: list[str | None] = []
    for column, name in enumerate(head.header, start=1):
        said = str(data.get(f"column-{column}", NONE))
        keys.append((LEFT_OUT if name.strip() else None) if said == NONE else said)
    if form is None or form.kind is not FileKind.CSV:
        return Choice(columns=keys)
    return Choice(
        encoding=str(data.get("encoding", "")) or None, separator=str(data.get("separator", "")) or None, columns=keys
    )


def _kinds(data: Given) -> list[IdentifierKind]:
    given = data.get("matched_by", [])
    chosen = [given] if isinstance(given, str) else given
    return [kind for kind in STRENGTH if kind.value in chosen]


def _page(session: Session, desk: Desk, found: Import, form: Form, *, status: int = 200) -> Response[str]:
    head = mapping.head_of(session, found)
    fields = registers.fields(session, found.register_id)
    kinds = {field.identifier for field in fields if field.identifier} - {NOT_MATCHING, IdentifierKind.NAME}
    file_form = found.form or FileForm(FileKind.CSV)
    return desk.page(
        "office/imports/columns.html",
        status=status,
        form=form,
        register=registers.get(session, found.register_id).name,
        kind=wording.said(desk.language, file_form.kind),
        is_csv=file_form.kind is FileKind.CSV,
        encoding=file_form.encoding,
        separator=file_form.separator,
        encodings=ENCODINGS,
        separators=_separators(desk, file_form.separator),
        columns=_columns(head, found, form),
        fields=[(NONE, translate(desk.language, "leave out")), *_fields(desk, fields)],
        kinds=[(kind.value, wording.said(desk.language, kind)) for kind in STRENGTH if kind in kinds],
        matched_by=found.matched_by,
        action_url=f"{IMPORTS}/{found.import_id}/columns",
        import_url=f"{IMPORTS}/{found.import_id}",
        list_url=IMPORTS,
    )


def _separators(desk: Desk, now: str) -> list[tuple[str, str]]:
    known = [(sign, translate(desk.language, words)) for sign, words in SEPARATORS]
    return known if any(sign == now for sign, _ in known) else [*known, (now, now)]


def _fields(desk: Desk, fields: Sequence[Field]) -> list[tuple[str, str]]:
    must = translate(desk.language, "must be there")
    return [
        (field.key, f"{field.label.in_(desk.language)} ({must})" if field.required else field.label.in_(desk.language))
        for field in fields
    ]


def _columns(head: Head, found: Import, form: Form) -> list[ShownColumn]:
    kept = [*found.columns, *([None] * len(head.header))]
    return [
        ShownColumn(
            name=f"column-{column}",
            header=header,
            samples=[row[column - 1] for row in head.samples if column <= len(row) and row[column - 1]],
            chosen=form.value(f"column-{column}", kept[column - 1] or NONE),
            problem=form.problem(f"column-{column}"),
        )
        for column, header in enumerate(head.header, start=1)
    ]
