"""The registers of the company that is acted for, as their notice tells of them, and every version that there was."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office import register_forms
from services.api.office.agenda import agenda_of
from services.api.office.desk import Desk
from services.api.office.register_forms import Answers, Given, Question
from tenants.companies import companies
from tenants.companies.model import Company
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import HELSINKI, Text
from tenants.manifests import drafting, history, versions
from tenants.manifests.drafts import NoCompanyActedFor, NoSuchDraft
from tenants.manifests.history import RegisterVersion
from tenants.manifests.parts import taken
from tenants.manifests.versions import NoManifest
from tenants.registers import papers, registers
from tenants.registers.papers import Kept

REGISTERS = "/office/registers"
DRAFTS = f"{REGISTERS}/drafts"
LONGEST_VERSION = 9  # digits


class ShownRegister(Struct, frozen=True):
    """`version` is the one that last changed it; None where no manifest tells of it."""

    url: str
    name: Text
    company: str
    fields: int
    version: int | None
    draft_url: str | None


class ShownDraft(Struct, frozen=True):
    url: str
    name: Text
    company: str
    changed_at: datetime
    awaited: bool


@get("/registers", sync_to_thread=True)
def list_registers(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_REGISTERS)
    names = {one.company_id: one for one in companies.listed(session)}
    drafts = drafting.listed(session)
    own = {(row.company_id, row.register_key): f"{DRAFTS}/{row.draft_id}" for row, _ in drafts}
    told = history.newest(session)
    shown = [
        ShownRegister(
            url=f"{REGISTERS}/{one.register_id}",
            name=one.name,
            company=names[one.company_id].name,
            fields=len(registers.fields(session, one.register_id)),
            version=told.get(one.key),
            draft_url=own.get((one.company_id, one.key)),
        )
        for one in registers.listed(session)
        if one.company_id in names
    ]
    here = desk.here.acting.company_id
    return desk.page(
        "office/registers/list.html",
        registers=shown,
        drafts=[_draft(session, draft_id, here) for draft_id in [row.draft_id for row, _ in drafts]],
        several=here is None,
        agenda=agenda_of(session, desk),
        new_url=f"{REGISTERS}/new" if desk.here.may(Permission.DRAFT_REGISTERS) and here else None,
        map_url=f"{REGISTERS}/map",
        papers_url=f"{REGISTERS}/papers",
    )


@get("/registers/new", sync_to_thread=True)
def new_register(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.DRAFT_REGISTERS)
    return _new_page(session, desk, Form())


@post("/registers", sync_to_thread=True)
def create_register(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[dict[str, str | list[str]], BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DRAFT_REGISTERS)
    manifest = versions.in_force(session)
    company = acted_for(session, desk)
    try:
        new = register_forms.register_given(Answers(data, manifest), manifest, company.key)
        draft_id = drafting.begin_new(session, new).draft_id
    except Invalid as refusal:
        return _new_page(session, desk, mended(desk, data, refusal), status=422)
    return desk.done(f"{DRAFTS}/{draft_id}", "draft-begun")


@get("/registers/{register_id:uuid}", sync_to_thread=True)
def show_register(
    session: NamedDependency[Session], desk: NamedDependency[Desk], register_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_REGISTERS)
    return _register_page(session, desk, register_id, None)


@get("/registers/{register_id:uuid}/versions/{version:str}", sync_to_thread=True)
def show_version(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    register_id: FromPath[UUID],
    version: FromPath[str],
) -> Response[str]:
    """As it was declared then."""
    desk.require(Permission.SEE_REGISTERS)
    if not version.isdecimal() or len(version) > LONGEST_VERSION:
        raise NoManifest
    return _register_page(session, desk, register_id, int(version))


@post("/registers/{register_id:uuid}/drafts", sync_to_thread=True)
def begin_draft(
    session: NamedDependency[Session], desk: NamedDependency[Desk], register_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.DRAFT_REGISTERS)
    draft_id = drafting.begin(session, registers.get(session, register_id).key).draft_id
    return desk.done(f"{DRAFTS}/{draft_id}", "draft-begun")


def acted_for(session: Session, desk: Desk) -> Company:
    """Raises NoCompanyActedFor."""
    company_id = desk.here.acting.company_id
    if company_id is None:
        raise NoCompanyActedFor
    return companies.get(session, company_id)


def mended(desk: Desk, data: Given, refusal: Invalid) -> Form:
    """`register.key` of the domain is `key` of the form."""
    form = refused(desk.language, data, refusal)
    names = {f"{part}.{name}": name for part in ("register", "field") for name in ("key", "kept_by")}
    problems = tuple(type(one)(names.get(one.field or "", one.field), one.sentence) for one in form.problems)
    return Form(form.values, problems)


def shown_papers(session: Session, register_id: UUID | None = None) -> tuple[list[Kept], date]:
    return papers.listed(session, register_id), datetime.now(UTC).astimezone(HELSINKI).date()


def _draft(session: Session, draft_id: UUID, here: UUID | None) -> ShownDraft:
    draft = drafting.get(session, draft_id)
    register = draft.parts.register or taken(draft.in_force, draft.row.register_key).register
    if register is None:
        raise NoSuchDraft
    return ShownDraft(
        url=f"{DRAFTS}/{draft_id}",
        name=register.name,
        company=draft.company.name,
        changed_at=draft.row.changed_at,
        awaited=here in {one.company_id for one in draft.awaited},
    )


def _new_page(session: Session, desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    manifest = versions.in_force(session)
    return desk.page(
        "office/registers/new.html",
        status=status,
        form=form,
        controls=register_forms.new_register(Question(desk.language, manifest), manifest),
        company=acted_for(session, desk).name,
        action_url=REGISTERS,
        list_url=REGISTERS,
    )


def _register_page(session: Session, desk: Desk, register_id: UUID, version: int | None) -> Response[str]:
    register = registers.get(session, register_id)
    told: Sequence[RegisterVersion] = history.of_register(session, register.key)
    if version is not None and version not in {one.version for one in told}:
        raise NoManifest
    shown = version or (told[0].version if told else None)
    parts = history.parts_at(session, register.key, shown) if shown else None
    kept, today = shown_papers(session, register_id)
    here = desk.here.acting.company_id
    may_draft = desk.here.may(Permission.DRAFT_REGISTERS) and here == register.company_id
    open_drafts = {(row.company_id, row.register_key): row.draft_id for row, _ in drafting.listed(session)}
    draft_id = open_drafts.get((register.company_id, register.key))
    url = f"{REGISTERS}/{register_id}"
    return desk.page(
        "office/registers/register.html",
        register=register,
        company=companies.get(session, register.company_id),
        parts=parts,
        version=version,
        versions=told,
        papers=[] if version else kept,
        today=today,
        list_url=REGISTERS,
        register_url=url,
        draft_url=f"{DRAFTS}/{draft_id}" if draft_id else None,
        begin_url=f"{url}/drafts" if may_draft and not draft_id and told and not version else None,
        attest=f"{REGISTERS}/papers" if desk.here.may(Permission.ATTEST_PAPER) and here else None,
    )
