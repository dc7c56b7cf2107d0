"""Two persons who are one are merged, one who is two is divided, and either is undone."""

from itertools import islice
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.desk import Desk
from services.api.office.distinctions import DISTINCTIONS
from services.api.office.persons import PERSONS
from services.api.render import spoken
from services.api.values import written
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import translate
from tenants.registers import former_ids, viewing
from tenants.registers.viewing import HeldRecord, HeldValue
from tenants.sameness import changes, comparing, merging, proposing, splitting, telling_apart, undoing

CHANGES = "/office/person-changes"


class Merging(Struct, frozen=True):
    other: UUID
    reason: str = ""


class Splitting(Struct, frozen=True):
    records: UUID | list[UUID] = []
    reason: str = ""


class Undoing(Struct, frozen=True):
    reason: str = ""


@get("/duplicates", sync_to_thread=True)
def list_duplicates(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.MERGE_PERSONS)
    return desk.page(
        "office/persons/duplicates.html",
        pairs=proposing.of_company(session),
        apart=telling_apart.of_company(session),
        persons_url=PERSONS,
        distinctions_url=DISTINCTIONS,
        shown=proposing.SHOWN,
    )


@get("/persons/{person_id:uuid}/merges", sync_to_thread=True)
def ask_merge(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    *,
    other: FromQuery[UUID | None] = None,
) -> Response[str] | Redirect:
    """Without another, asks for one. Those who are one already, as after a step back, are shown as that one."""
    desk.require(Permission.MERGE_PERSONS)
    if other is None:
        viewing.exists(session, person_id)
        likenesses = proposing.of_person(session, person_id)
        url = f"{PERSONS}/{person_id}"
        return desk.page("office/persons/another.html", likenesses=likenesses, person_url=url, form=Form())
    if one := _one_already(session, person_id, other):
        return Redirect(f"{PERSONS}/{one}", status_code=303)
    return _merge_page(session, desk, person_id, other, Form())


@post("/persons/{person_id:uuid}/merges", sync_to_thread=True)
def merge(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    data: Annotated[Merging, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MERGE_PERSONS)
    if one := _one_already(session, person_id, data.other):
        return desk.done(f"{PERSONS}/{one}", "merged")
    try:
        merging.merge(session, person_id, data.other, reason=data.reason)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _merge_page(session, desk, person_id, data.other, form, status=422)
    return desk.done(f"{PERSONS}/{person_id}", "merged")


@get("/persons/{person_id:uuid}/splits", sync_to_thread=True)
def ask_split(
    session: NamedDependency[Session], desk: NamedDependency[Desk], person_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.MERGE_PERSONS)
    return _split_page(session, desk, person_id, Form())


@post("/persons/{person_id:uuid}/splits", sync_to_thread=True)
def split(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    data: Annotated[Splitting, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MERGE_PERSONS)
    try:
        chosen = data.records if isinstance(data.records, list) else [data.records]
        new_id = splitting.split(session, person_id, chosen, reason=data.reason)
    except Invalid as refusal:
        return _split_page(session, desk, person_id, refused(desk.language, to_builtins(data), refusal), status=422)
    return desk.done(f"{PERSONS}/{new_id}", "split")


@get("/person-changes/{change_id:uuid}/undoing", sync_to_thread=True)
def ask_undoing(
    session: NamedDependency[Session], desk: NamedDependency[Desk], change_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.MERGE_PERSONS)
    return _undo_page(session, desk, change_id, Form())


@post("/person-changes/{change_id:uuid}/undoing", sync_to_thread=True)
def undo(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    change_id: FromPath[UUID],
    data: Annotated[Undoing, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MERGE_PERSONS)
    try:
        row = undoing.undo(session, change_id, reason=data.reason)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _undo_page(session, desk, change_id, form, status=422)
    return desk.done(f"{PERSONS}/{row.kept_id}", "undone")


def _one_already(session: Session, person_id: UUID, other_id: UUID) -> UUID | None:
    """The person as whom both are held; merging somebody with themselves is another matter."""
    if person_id == other_id:
        return None
    held = {former_ids.held_as(session, each) or each for each in (person_id, other_id)}
    return held.pop() if len(held) == 1 else None


def _merge_page(
    session: Session, desk: Desk, person_id: UUID, other_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    def said(values: list[HeldValue]) -> list[str | None]:
        """Each once; None for a sealed one."""
        told = [None if one.value is None else written(desk.language, one.type, one.value) for one in values]
        return list(dict.fromkeys(told))

    compared = comparing.compare(session, person_id, other_id)
    return desk.page(
        "office/persons/merge.html",
        status=status,
        form=form,
        compared=compared,
        said=said,
        hindrances=[translate(desk.language, one.sentence, **one.values) for one in compared.hindrances],
        action_url=f"{PERSONS}/{person_id}/merges",
        apart_url=f"{PERSONS}/{person_id}/distinctions?other={other_id}",
        swap_url=f"{PERSONS}/{other_id}/merges?other={person_id}",
        person_url=f"{PERSONS}/{person_id}",
        other_url=f"{PERSONS}/{other_id}",
        longest=changes.LONGEST_REASON,
    )


def _split_page(session: Session, desk: Desk, person_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    held = viewing.person(session, person_id)
    registers = [viewing.records_in(session, person_id, one.register_id) for one in held.registers]
    return desk.page(
        "office/persons/split.html",
        status=status,
        form=form,
        held=held,
        records=[
            (str(record.record_id), _in_short(desk, record), spoken(desk.language, one.name))
            for one in registers
            for record in one.records
        ],
        shown=viewing.PAGE if any(one.count > viewing.PAGE for one in registers) else None,
        action_url=f"{PERSONS}/{person_id}/splits",
        person_url=f"{PERSONS}/{person_id}",
        longest=changes.LONGEST_REASON,
    )


def _in_short(desk: Desk, record: HeldRecord) -> str:
    """What tells one record from another."""
    shown = (written(desk.language, one.type, one.value) for one in record.values if one.value is not None)
    return " · ".join(islice(shown, 5))


def _undo_page(session: Session, desk: Desk, change_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    told = changes.get(session, change_id)
    return desk.page(
        "office/persons/undoing.html",
        status=status,
        form=form,
        told=told,
        hindrances=[translate(desk.language, one.sentence, **one.values) for one in told.hindrances],
        action_url=f"{CHANGES}/{change_id}/undoing",
        person_url=f"{PERSONS}/{told.row.kept_id}",
        longest=changes.LONGEST_REASON,
    )
