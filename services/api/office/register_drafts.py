"""Drafts of registers: changed part by part, held against what is in force, approved or discarded."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import changes_told, notices, wording
from services.api.forms import Form, Problem
from services.api.office import register_forms
from services.api.office.desk import Desk
from services.api.office.register_forms import SEEN, Answers, Control, Given, Question, digest
from services.api.office.registers import DRAFTS, REGISTERS, mended
from tenants.companies.permissions import Permission
from tenants.errors import Conflict, Invalid, SeveralInvalid
from tenants.languages.speaking import Language, Text, translate
from tenants.manifests import drafting, editing, effects
from tenants.manifests.drafting import Draft, DraftState
from tenants.manifests.drafts import NoSuchPart
from tenants.manifests.model import Gap
from tenants.manifests.parts import Parts, taken

Posted = Annotated[dict[str, str | list[str]], BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)]
BASICS, ORDER, NEW = "basics", "order", "new"


class ChangedPart(Conflict):
    """Somebody has changed this meanwhile. Nothing given is lost: look at both, and save again to keep this."""


class Decision(Struct, frozen=True):
    edition: int = 0


class Settlement(Struct, frozen=True):
    edition: int = 0
    keep: str = "mine"


class Edited(Struct, frozen=True):
    """One part of a draft: the form that asks about it, and what it makes of what was given."""

    seen: str
    controls: list[Control]
    read: Callable[[Given], Callable[[Parts], Parts]]


class ShownGap(Struct, frozen=True):
    """What a notice leaves unsaid: where, why it is a gap, and what it says."""

    key: str
    where: str
    rule: str
    says: Text


class ShownBeside(Struct, frozen=True):
    """Another open draft of the same register; `places` are those that both change."""

    url: str
    company: str
    changed_at: datetime
    places: list[str]


@get("/registers/drafts/{draft_id:uuid}", sync_to_thread=True)
def show_draft(
    session: NamedDependency[Session], desk: NamedDependency[Desk], draft_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_REGISTERS)
    draft = drafting.get(session, draft_id)
    url = f"{DRAFTS}/{draft_id}"
    here = desk.here.acting.company_id
    own = draft.is_open and desk.here.may(Permission.DRAFT_REGISTERS) and here == draft.row.company_id
    trial, _ = drafting.try_out(session, draft, lambda: None) if draft.is_open else (drafting.Trial((), None), None)
    return desk.page(
        "office/registers/draft.html",
        draft=draft,
        name=_name(draft),
        faults=[changes_told.fault(desk.language, draft, one) for one in trial.faults],
        clashes=[changes_told.clash(desk.language, draft, one) for one in draft.clashes],
        beside=_beside(session, desk, draft),
        used={one.key: editing.fields_used(draft.parts, one) for one in draft.parts.purposes}
        if draft.parts.register
        else {},
        gaps=[_shown_gap(desk.language, draft, place, one) for place, one in editing.gaps(draft.parts)],
        may_edit=own and not draft.clashes,
        url=url,
        settle_url=f"{url}/settlement" if own and draft.clashes else None,
        discard_url=f"{url}/discarding" if own else None,
        leave_url=f"{url}/leaving" if own and not draft.leaves and not _is_new(draft) else None,
        list_url=REGISTERS,
    )


@get("/registers/drafts/{draft_id:uuid}/parts/{kind:str}/{key:str}", sync_to_thread=True)
def ask_part(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    draft_id: FromPath[UUID],
    kind: FromPath[str],
    key: FromPath[str],
) -> Response[str]:
    desk.require(Permission.DRAFT_REGISTERS)
    draft = drafting.get(session, draft_id)
    return _part_page(desk, draft, kind, key, Form())


@post("/registers/drafts/{draft_id:uuid}/parts/{kind:str}/{key:str}", sync_to_thread=True)
def keep_part(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    draft_id: FromPath[UUID],
    *,
    kind: FromPath[str],
    key: FromPath[str],
    data: Posted,
) -> Response[str] | Redirect:
    desk.require(Permission.DRAFT_REGISTERS)
    draft = drafting.locked(session, draft_id)
    part = _edited(desk, draft, kind, key)
    if data.get(SEEN) != part.seen:
        problem = Problem(None, translate(desk.language, ChangedPart().sentence))
        return _part_page(desk, draft, kind, key, Form(data, (problem,)), status=409)
    try:
        drafting.change(session, draft_id, part.read(data))
    except Invalid as refusal:
        return _part_page(desk, draft, kind, key, mended(desk, data, refusal), status=422)
    return desk.done(f"{DRAFTS}/{draft_id}", "draft-kept")


@post("/registers/drafts/{draft_id:uuid}/parts/{kind:str}/{key:str}/removal", sync_to_thread=True)
def remove_part(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    draft_id: FromPath[UUID],
    kind: FromPath[str],
    key: FromPath[str],
) -> Redirect:
    desk.require(Permission.DRAFT_REGISTERS)
    removing: Mapping[str, Callable[[Parts, str], Parts]] = {
        "fields": editing.without_field,
        "purposes": editing.without_purpose,
        "papers": editing.without_paper,
        "recipients": editing.without_recipient,
        "gaps": editing.without_gap,
    }
    if kind not in removing:
        raise NoSuchPart
    drafting.change(session, draft_id, lambda parts: removing[kind](parts, key))
    return desk.done(f"{DRAFTS}/{draft_id}", "draft-kept")


@post("/registers/drafts/{draft_id:uuid}/leaving", sync_to_thread=True)
def leave_register(
    session: NamedDependency[Session], desk: NamedDependency[Desk], draft_id: FromPath[UUID]
) -> Redirect:
    """The draft becomes one that gives the register up."""
    desk.require(Permission.DRAFT_REGISTERS)
    drafting.change(session, draft_id, lambda _: Parts())
    return desk.done(f"{DRAFTS}/{draft_id}/changes", "draft-kept")


@post("/registers/drafts/{draft_id:uuid}/settlement", sync_to_thread=True)
def settle_draft(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    draft_id: FromPath[UUID],
    data: Annotated[Settlement, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.DRAFT_REGISTERS)
    drafting.settle(session, draft_id, keep_mine=data.keep == "mine", edition=data.edition)
    return desk.done(f"{DRAFTS}/{draft_id}", "draft-kept")


@get("/registers/drafts/{draft_id:uuid}/changes", sync_to_thread=True)
def show_changes(
    session: NamedDependency[Session], desk: NamedDependency[Desk], draft_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_REGISTERS)
    return _changes_page(session, desk, drafting.get(session, draft_id), ())


@post("/registers/drafts/{draft_id:uuid}/approval", sync_to_thread=True)
def approve_draft(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    draft_id: FromPath[UUID],
    data: Annotated[Decision, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.APPROVE_REGISTERS)
    try:
        done = drafting.approve(session, draft_id, edition=data.edition)
    except SeveralInvalid as refusal:
        draft = drafting.get(session, draft_id)
        problems = tuple(changes_told.fault(desk.language, draft, one) for one in refusal.problems)
        return _changes_page(session, desk, draft, problems, status=422)
    published = done.state is DraftState.PUBLISHED
    return desk.done(f"{DRAFTS}/{draft_id}/changes", "draft-published" if published else "draft-approved")


@post("/registers/drafts/{draft_id:uuid}/discarding", sync_to_thread=True)
def discard_draft(session: NamedDependency[Session], desk: NamedDependency[Desk], draft_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.DRAFT_REGISTERS)
    drafting.discard(session, draft_id)
    return desk.done(REGISTERS, "draft-discarded")


def _edited(desk: Desk, draft: Draft, kind: str, key: str) -> Edited:
    """Raises NoSuchPart."""
    if kind not in FORMS:
        raise NoSuchPart
    return FORMS[kind](Question(desk.language, draft.becomes), draft, key)


def _basics(ask: Question, draft: Draft, key: str) -> Edited:
    manifest, company, register = draft.becomes, draft.company.key, editing.register_of(draft.parts)
    fixed = not _is_new(draft)
    shown = msgspec.structs.replace(register, fields=register.fields[:1], paper=(), gaps=())
    return Edited(
        digest(shown),
        register_forms.basics(ask, manifest, register, company, fixed=fixed),
        lambda data: register_forms.basics_given(Answers(data, manifest), manifest, register, company, fixed=fixed),
    )


def _order(ask: Question, draft: Draft, key: str) -> Edited:
    register = editing.register_of(draft.parts)
    return Edited(
        digest(tuple(one.key for one in register.fields)),
        register_forms.order(ask, register),
        lambda data: register_forms.order_given(Answers(data, draft.becomes), register),
    )


def _field(ask: Question, draft: Draft, key: str) -> Edited:
    manifest, parts = draft.becomes, draft.parts
    field = None if key == NEW else editing.field_of(parts, key)
    fixed = field is not None and _in_force(draft, field.key)
    return Edited(
        digest(field),
        register_forms.field(ask, manifest, parts, field, fixed=fixed),
        lambda data: register_forms.field_given(Answers(data, manifest), manifest, parts, field, fixed=fixed),
    )


def _purpose(ask: Question, draft: Draft, key: str) -> Edited:
    manifest, parts, company = draft.becomes, draft.parts, draft.company.key
    purpose = None if key == NEW else editing.purpose_of(parts, key)
    return Edited(
        digest(purpose),
        register_forms.purpose(ask, manifest, parts, purpose, company),
        lambda data: register_forms.purpose_given(Answers(data, manifest), manifest, parts, purpose, company),
    )


def _paper(ask: Question, draft: Draft, key: str) -> Edited:
    manifest, parts, company = draft.becomes, draft.parts, draft.company.key
    paper = None if key == NEW else editing.paper_of(parts, key)
    return Edited(
        digest(paper),
        register_forms.paper(ask, manifest, parts, paper, company),
        lambda data: register_forms.paper_given(Answers(data, manifest), parts, paper, company),
    )


def _recipient(ask: Question, draft: Draft, key: str) -> Edited:
    recipient = None if key == NEW else editing.recipient_of(draft.parts, key)
    return Edited(
        digest(recipient),
        register_forms.recipient(ask, recipient),
        lambda data: register_forms.recipient_given(Answers(data, draft.becomes), draft.becomes, recipient),
    )


def _gap(ask: Question, draft: Draft, key: str) -> Edited:
    parts = draft.parts
    place, gap = ("", None) if key == NEW else editing.gap_of(parts, key)
    places = [(one, changes_told.where(ask.language, draft, one)) for one in register_forms.gap_places(parts, place)]
    instead_of = None if key == NEW else key
    return Edited(
        digest(gap),
        register_forms.gap(ask, places, place, gap),
        lambda data: register_forms.gap_given(Answers(data, draft.becomes), parts, places, instead_of),
    )


FORMS: Mapping[str, Callable[[Question, Draft, str], Edited]] = {
    BASICS: _basics,
    ORDER: _order,
    "fields": _field,
    "purposes": _purpose,
    "papers": _paper,
    "recipients": _recipient,
    "gaps": _gap,
}


def _beside(session: Session, desk: Desk, draft: Draft) -> list[ShownBeside]:
    """Nothing of a draft that has ended."""
    return [
        ShownBeside(
            url=f"{DRAFTS}/{one.other.row.draft_id}",
            company=one.other.company.name,
            changed_at=one.other.row.changed_at,
            places=list(dict.fromkeys(changes_told.where(desk.language, draft, each.place) for each in one.both)),
        )
        for one in (drafting.beside(session, draft) if draft.is_open else ())
    ]


def _shown_gap(language: Language, draft: Draft, place: str, gap: Gap) -> ShownGap:
    return ShownGap(
        key=editing.gap_key(place, gap),
        where=changes_told.where(language, draft, place),
        rule=wording.said(language, gap.rule),
        says=gap.says,
    )


def _in_force(draft: Draft, field_key: str) -> bool:
    register = taken(draft.in_force, draft.row.register_key).register
    return register is not None and any(one.key == field_key for one in register.fields)


def _is_new(draft: Draft) -> bool:
    return taken(draft.in_force, draft.row.register_key).register is None


def _name(draft: Draft) -> str:
    register = draft.parts.register or taken(draft.in_force, draft.row.register_key).register
    return register.name.in_(draft.in_force.group.default_language) if register else draft.row.register_key


def _part_page(desk: Desk, draft: Draft, kind: str, key: str, form: Form, *, status: int = 200) -> Response[str]:
    part = _edited(desk, draft, kind, key)
    url = f"{DRAFTS}/{draft.row.draft_id}"
    return desk.page(
        "office/registers/part.html",
        status=status,
        form=form,
        kind=kind,
        is_new=key == NEW,
        name=_name(draft),
        controls=part.controls,
        seen=part.seen,
        changed_meanwhile=status == 409,
        action_url=f"{url}/parts/{kind}/{key}",
        draft_url=url,
        list_url=REGISTERS,
    )


def _changes_page(
    session: Session, desk: Desk, draft: Draft, problems: tuple[str, ...], *, status: int = 200
) -> Response[str]:
    found = effects.of_draft(session, draft)
    here, url = desk.here, f"{DRAFTS}/{draft.row.draft_id}"
    company_id = here.acting.company_id
    faults = tuple(changes_told.fault(desk.language, draft, one) for one in found.trial.faults)
    ready = draft.is_open and not faults and not draft.clashes and bool(draft.changes)
    told = {} if faults else notices.changed_by(desk.language, draft)
    asked = company_id in {one.company_id for one in draft.awaited}
    return desk.page(
        "office/registers/changes.html",
        status=status,
        draft=draft,
        name=_name(draft),
        problems=problems or faults,
        changes=[changes_told.change(desk.language, draft, one) for one in draft.changes],
        notice={one.name: told[one.company_id] for one in draft.concerned if one.company_id in told},
        shares=[changes_told.share(desk.language, one) for one in found.shares],
        foreseen=draft.is_open and not faults,
        beside=_beside(session, desk, draft),
        approve_url=f"{url}/approval" if ready and asked and here.may(Permission.APPROVE_REGISTERS) else None,
        own_hand=here.member_id in draft.row.editors,
        draft_url=url,
        list_url=REGISTERS,
    )
