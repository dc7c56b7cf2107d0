"""The terms of a policy as a form gives them, and a form as terms are shown in it. Nothing here needs a script."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from litestar.datastructures import UploadFile
from msgspec import Struct, field

from services.api import form_tokens
from services.api.office.sent_documents import digest
from tenants.acting import PurposeKind
from tenants.errors import Invalid, SeveralInvalid
from tenants.registers.model import Field, FieldType, LegalBasis
from tenants.registers.values import NotADate, reader
from tenants.sharing import refusals
from tenants.sharing.conditions import All, Any, Condition, Consented, FieldIs, HasRecord, NotObjected, Plain
from tenants.sharing.model import Agreement
from tenants.sharing.naming import Names
from tenants.sharing.terms import Terms

T = TypeVar("T")
FEWEST_PARTS, MORE_PARTS, MOST_PARTS = 2, 2, 12
KINDS = frozenset(kind.value for kind in PurposeKind)
KEEP, ALL, ANY = "keep", "all", "any"


class NotChosen(Invalid):
    """Choose one of these."""


class NoFirstDay(Invalid):
    """The first day is missing."""


class GivenTerms(Struct, frozen=True):
    """As the form gives them. A part of the condition is `field|KEY`, `record|REGISTER|KEY`, `consented|KIND` or
    `not_objected|KIND`; in `values` each line is one value of the part beside it."""

    register: UUID
    purpose: str = ""
    recipients: str | list[str] = []
    fields: str | list[str] = []
    joined: str = ALL
    part: str | list[str] = []
    values: str | list[str] = []
    legal_basis: str = ""
    balancing: str = ""
    agreement_name: str = ""
    agreement_sha256: str = ""
    file: UploadFile | None = None
    valid_from: str = ""
    valid_until: str = ""
    review_on: str = ""
    looked_at: str = ""
    more: str = ""
    form_token: str = field(default="", name=form_tokens.FIELD)


def several(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def shown_again(given: GivenTerms) -> dict[str, str | Sequence[str]]:
    """What the form shows after it was sent; a file is chosen anew, unless its digest is there already."""
    kept = {
        name: getattr(given, name) for name in given.__struct_fields__ if name not in ("file", "form_token", "more")
    }
    return {name: str(value) if isinstance(value, UUID) else value for name, value in kept.items()}


def as_form(terms: Terms, looked_at: str) -> dict[str, str | Sequence[str]]:
    """The same names, filled with what was said before."""
    joined, parts = flat(terms.condition) or (KEEP, [])
    return {
        "register": str(terms.register_id),
        "purpose": str(terms.purpose_id),
        "recipients": [str(one) for one in terms.recipients],
        "fields": list(terms.fields),
        "joined": joined,
        "part": [_part_as_given(one) for one in parts],
        "values": ["\n".join(_as_given(value) for value in getattr(one, "values", ())) for one in parts],
        "legal_basis": terms.legal_basis.value,
        "balancing": terms.balancing or "",
        "agreement_name": terms.agreement.name if terms.agreement else "",
        "agreement_sha256": terms.agreement.sha256 if terms.agreement else "",
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat() if terms.valid_until else "",
        "review_on": terms.review_on.isoformat() if terms.review_on else "",
        "looked_at": looked_at,
    }


def flat(condition: Condition | None) -> tuple[str, list[Condition]] | None:
    """How its parts are joined, and they; None where parts are joined within each other, as no form of ours says."""
    match condition:
        case None:
            return ALL, []
        case All(of) | Any(of):
            joined = ALL if isinstance(condition, All) else ANY
            return None if any(isinstance(one, All | Any) for one in of) else (joined, list(of))
        case _:
            return ALL, [condition]


def read(given: GivenTerms, names: Names, *, company_id: UUID, kept: Condition | None = None) -> Terms:
    """`kept` is the condition that stays where the form could not show it. Raises SeveralInvalid."""
    problems: list[Invalid] = []

    def gathered(take: Callable[[], T], otherwise: T) -> T:
        try:
            return take()
        except SeveralInvalid as refusal:
            problems.extend(refusal.problems)
        except Invalid as refusal:
            problems.append(refusal)
        return otherwise

    terms = Terms(
        register_id=given.register,
        purpose_id=gathered(lambda: _purpose(given, names), given.register),
        recipients=tuple(gathered(lambda: _recipients(given), [])),
        fields=tuple(several(given.fields)),
        condition=kept if given.joined == KEEP else gathered(lambda: _condition(given, names, company_id), None),
        legal_basis=gathered(lambda: _basis(given), LegalBasis.CONTRACT),
        balancing=given.balancing.replace("\r\n", "\n").strip() or None,
        agreement=_agreement(given),
        valid_from=gathered(lambda: _first_day(given), date.min),
        valid_until=gathered(lambda: _day(given.valid_until, "valid_until"), None),
        review_on=gathered(lambda: _day(given.review_on, "review_on"), None),
    )
    if problems:
        raise SeveralInvalid(problems)
    return terms


def _purpose(given: GivenTerms, names: Names) -> UUID:
    offered = {str(one.purpose_id): one.purpose_id for one in names.purposes_of(given.register)}
    if given.purpose not in offered:
        raise NotChosen(field="purpose")
    return offered[given.purpose]


def _recipients(given: GivenTerms) -> list[UUID]:
    try:
        return [UUID(one) for one in several(given.recipients)]
    except ValueError:
        raise refusals.NotOfThisGroup(field="recipients") from None


def _basis(given: GivenTerms) -> LegalBasis:
    found = next((one for one in LegalBasis if one == given.legal_basis), None)
    if found is None:
        raise NotChosen(field="legal_basis")
    return found


def _first_day(given: GivenTerms) -> date:
    found = _day(given.valid_from, "valid_from")
    if found is None:
        raise NoFirstDay(field="valid_from")
    return found


def _day(given: str, name: str) -> date | None:
    try:
        return date.fromisoformat(given) if given.strip() else None
    except ValueError:
        raise NotADate(field=name) from None


def _agreement(given: GivenTerms) -> Agreement | None:
    """A document that is sent is digested and not kept."""
    name, sha256 = given.agreement_name.strip(), given.agreement_sha256.strip().lower().replace(" ", "")
    if given.file is not None and given.file.filename:
        name, (_, sha256) = name or given.file.filename, digest(given.file.file)
    return Agreement(name, sha256) if name or sha256 else None


def _condition(given: GivenTerms, names: Names, company_id: UUID) -> Condition | None:
    parts: list[Condition] = []
    problems: list[Invalid] = []
    values = several(given.values)
    for number, chosen in enumerate(several(given.part)):
        try:
            parts += _part(chosen, values[number] if number < len(values) else "", given.register, names, company_id)
        except Invalid as refusal:
            refusal.field = f"part-{number + 1}"
            problems.append(refusal)
    if problems:
        raise SeveralInvalid(problems)
    if len(parts) < 2:
        return parts[0] if parts else None
    return Any(tuple(parts)) if given.joined == ANY else All(tuple(parts))


def _part(chosen: str, values: str, register_id: UUID, names: Names, company_id: UUID) -> Iterator[Condition]:
    match chosen.split("|"):
        case ["field", key]:
            yield FieldIs(key, _values(values, names.field(register_id, key), key))
        case ["record", register, key]:
            other = names.register(company_id, register)
            asked = names.field(other.register_id, key) if other else None
            yield HasRecord(register, key, _values(values, asked, key))
        case ["consented", kind] if kind in KINDS:
            yield Consented(PurposeKind(kind))
        case ["not_objected", kind] if kind in KINDS:
            yield NotObjected(PurposeKind(kind))
        case [""] if not values.strip():
            return
        case _:
            raise NotChosen


def _values(given: str, asked: Field | None, key: str) -> tuple[Plain, ...]:
    lines = [line.strip() for line in given.splitlines() if line.strip()]
    if not lines:
        raise refusals.ConditionWithoutValues
    try:
        return tuple(_plain(reader(asked.type if asked else FieldType.TEXT)(line)) for line in lines)
    except Invalid:
        raise refusals.ConditionValueWrong(key=key) from None


def _plain(value: str | int | bool | Decimal) -> Plain:
    return float(value) if isinstance(value, Decimal) else value


def _part_as_given(part: Condition) -> str:
    match part:
        case FieldIs(key, _):
            return f"field|{key}"
        case HasRecord(register, key, _):
            return f"record|{register}|{key}"
        case Consented(kind):
            return f"consented|{kind}"
        case NotObjected(kind):
            return f"not_objected|{kind}"
        case _:
            return ""


def _as_given(value: Plain) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def count_of(given: Mapping[str, str | Sequence[str]], more: bool) -> int:
    """How many parts the form has room for: those that are there, and an empty one."""
    parts = given.get("part", ())
    used = len([one for one in (several(parts) if isinstance(parts, str) else parts) if one])
    return min(MOST_PARTS, max(FEWEST_PARTS, used + 1) + (MORE_PARTS if more else 0))
