"""A record is corrected: by the rules of its register, with where the right value comes from and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
from services.api.office.desk import Desk
from services.api.office.persons import PERSONS, may_use_codes
from services.api.values import written
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Text, translate_in_context
from tenants.manifests import versions
from tenants.registers import correcting, registers, sources, viewing
from tenants.registers.correcting import Corrected
from tenants.registers.model import Field, FieldType
from tenants.registers.values import Value
from tenants.registers.viewing import HeldRecord

# Names of fields are the register's own; this keeps them apart from those of the form.
PREFIX = "value-"
LONG = 80


class UnreadableMoment(Invalid):
    """This form is not whole; open the page again."""


class ShownField(Struct, frozen=True):
    """`kept` is the value as the form takes it; `long` ones are written in an area."""

    name: str
    label: Text
    kept: str
    sealed: bool
    required: bool
    choices: list[tuple[str, str]]
    long: bool


class ShownCorrection(Struct, frozen=True):
    at: datetime
    who: str
    source: str
    reason: str
    kept_until: datetime
    before: list[tuple[Text, str | None]]


@get("/persons/{person_id:uuid}/records/{record_id:uuid}/corrections", sync_to_thread=True)
def ask_correction(
    session: NamedDependency[Session], desk: NamedDependency[Desk], person_id: FromPath[UUID], record_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.CORRECT_RECORDS)
    return _page(session, desk, person_id, viewing.record(session, person_id, record_id), Form())


@post("/persons/{person_id:uuid}/records/{record_id:uuid}/corrections", sync_to_thread=True)
def correct_record(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    record_id: FromPath[UUID],
    data: Annotated[dict[str, str], BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    """What is sent as it was shown is left as it is."""
    desk.require(Permission.CORRECT_RECORDS)
    held = viewing.record(session, person_id, record_id)
    shown = {field.name: field.kept for field in _fields(session, desk, held)}
    given = {
        name.removeprefix(PREFIX): value.replace("\r\n", "\n")
        for name, value in data.items()
        if name in shown and value.replace("\r\n", "\n") != shown[name].replace("\r\n", "\n")
    }
    try:
        correcting.correct(
            session,
            person_id,
            record_id,
            given,
            source=data.get("source", ""),
            detail=data.get("detail", ""),
            reason=data.get("reason", ""),
            as_of=_moment(data.get("as_of", "")),
            notice=versions.number(session),
        )
    except Invalid as refusal:
        return _page(session, desk, person_id, held, _mended(desk, data, refusal, frozenset(shown)), status=422)
    return desk.done(f"{PERSONS}/{person_id}", "corrected")


def _moment(given: str) -> datetime | None:
    try:
        return datetime.fromisoformat(given) if given else None
    except ValueError:
        raise UnreadableMoment from None


def _mended(desk: Desk, data: Mapping[str, str], refusal: Invalid, shown: frozenset[str]) -> Form:
    """What is wrong with the values comes together; a single refusal is about the form itself."""
    for each in refusal.problems if isinstance(refusal, SeveralInvalid) else ():
        if f"{PREFIX}{each.field}" in shown:
            each.field = f"{PREFIX}{each.field}"
    return refused(desk.language, data, refusal)


def _page(
    session: Session, desk: Desk, person_id: UUID, held: HeldRecord, form: Form, *, status: int = 200
) -> Response[str]:
    declared = sources.declared_by(session, held.register_id)
    past = correcting.corrections_of(session, person_id, held.record_id)
    url = f"{PERSONS}/{person_id}"
    return desk.page(
        "office/persons/correction.html",
        status=status,
        form=form,
        register=registers.get(session, held.register_id).name,
        fields=_fields(session, desk, held),
        restricted=held.restricted,
        as_of=held.updated_at.isoformat(),
        past=_shown(session, desk, held, past),
        sources=[(key, words.in_(desk.language)) for key, words in declared.items()],
        action_url=f"{url}/records/{held.record_id}/corrections",
        person_url=url,
        longest_source=sources.LONGEST_SOURCE,
        longest_reason=correcting.LONGEST_REASON,
    )


def _fields(session: Session, desk: Desk, held: HeldRecord) -> list[ShownField]:
    kept = {value.field_id: value.value for value in held.values}
    return [
        _field(desk, field, kept.get(field.field_id))
        for field in registers.fields(session, held.register_id)
        if field.type is not FieldType.HETU or may_use_codes(desk)
    ]


def _field(desk: Desk, field: Field, value: Value | None) -> ShownField:
    """A sealed value is not shown; left empty, it stays."""
    yes, no = (translate_in_context(desk.language, "archive", word) for word in ("yes", "no"))
    kept = _as_given(value)
    return ShownField(
        name=f"{PREFIX}{field.key}",
        label=field.label,
        kept=kept,
        sealed=field.sealed,
        required=field.required,
        choices=[("yes", yes), ("no", no)] if field.type is FieldType.BOOLEAN else [],
        long=field.type is FieldType.TEXT and (len(kept) > LONG or "\n" in kept),
    )


def _as_given(value: Value | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _shown(session: Session, desk: Desk, held: HeldRecord, past: Sequence[Corrected]) -> list[ShownCorrection]:
    names = members.names(session, {one.by for one in past if one.by})
    declared = sources.declared_by(session, held.register_id)
    labels = {field.field_id: field for field in registers.fields(session, held.register_id)}
    return [
        ShownCorrection(
            at=one.at,
            who=names.get(one.by, "") if one.by else "",
            source=sources.told(declared, one.whence, desk.language),
            reason=one.reason,
            kept_until=one.kept_until,
            before=[
                (labels[field_id].label, _was(desk, labels[field_id], value))
                for field_id, value in one.before.items()
                if field_id in labels
            ],
        )
        for one in past
    ]


def _was(desk: Desk, field: Field, value: str | int | bool | None) -> str | None:
    """None of a sealed one."""
    if field.sealed:
        return None
    return "–" if value is None else written(desk.language, field.type, value)
