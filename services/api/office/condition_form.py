"""What a policy or a feed gives of whom, in a form: boxes of fields, and a condition whose parts are joined in one way.

Nothing here needs a script.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from services.api import wording
from services.api.conditions import Clause, told
from services.api.office.not_chosen import NotOneOfThese
from tenants.acting import SEES_RESTRICTED, PurposeKind
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Language, Text, sentence, translate
from tenants.registers.model import Field, FieldType
from tenants.registers.values import reader
from tenants.sharing import refusals
from tenants.sharing.checking import IDENTIFYING
from tenants.sharing.conditions import All, Any, Condition, Consented, FieldIs, HasRecord, NotObjected, Plain
from tenants.sharing.naming import Names

FEWEST_PARTS, MORE_PARTS, MOST_PARTS = 2, 2, 12
KINDS = frozenset(kind.value for kind in PurposeKind)
KEEP, ALL, ANY = "keep", "all", "any"


class GivenCondition(Protocol):
    """A part is `field|KEY`, `record|REGISTER|KEY`, `consented|KIND` or `not_objected|KIND`; in `values` each line is
    one value of the part beside it."""

    @property
    def register(self) -> UUID: ...
    @property
    def joined(self) -> str: ...
    @property
    def part(self) -> str | list[str]: ...
    @property
    def values(self) -> str | list[str]: ...


class Box(Struct, frozen=True):
    """One of several to be ticked; `silent` where the notice does not name it."""

    value: str
    label: Text | str
    hint: str
    silent: bool = False


class Asked(Struct, frozen=True):
    """What a part of the condition may ask, under one heading: pairs of value and label."""

    heading: str
    options: list[tuple[str, str]]


def several(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def as_form(condition: Condition | None) -> dict[str, str | Sequence[str]]:
    joined, parts = flat(condition) or (KEEP, [])
    return {
        "joined": joined,
        "part": [_part_as_given(one) for one in parts],
        "values": ["\n".join(_as_given(value) for value in getattr(one, "values", ())) for one in parts],
    }


def kept(
    language: Language, condition: Condition | None, names: Names, *, company_id: UUID, register_id: UUID
) -> Clause | None:
    """A condition that the form cannot show is told, and stays unless another is written."""
    if condition is None or flat(condition):
        return None
    return told(language, condition, names, company_id=company_id, register_id=register_id)


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


def read(given: GivenCondition, names: Names, company_id: UUID) -> Condition | None:
    parts: list[Condition] = []
    problems: list[Invalid] = []
    values = several(given.values)
    for number, chosen in enumerate(several(given.part)):
        try:
            line = values[number] if number < len(values) else ""
            parts += _part(chosen, line, given.register, names, company_id, number=number + 1)
        except Invalid as refusal:
            refusal.field = f"part-{number + 1}"
            problems.append(refusal)
    if problems:
        raise SeveralInvalid(problems)
    if len(parts) < 2:
        return parts[0] if parts else None
    return Any(tuple(parts)) if given.joined == ANY else All(tuple(parts))


def _part(
    chosen: str, values: str, register_id: UUID, names: Names, company_id: UUID, *, number: int
) -> Iterator[Condition]:
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
            raise NotOneOfThese(sentence("Part %(number)s"), number=number)


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


def asked(language: Language, names: Names, register_id: UUID) -> list[Asked]:
    """What a condition may ask: nothing that names people, and nothing sealed."""
    own = names.registers[register_id]
    others = [one for one in names.registers_of(own.company_id) if one.register_id != register_id]
    kinds = _kinds(names)
    return [
        Asked(
            translate(language, "A field of the record is"),
            [(f"field|{one.key}", one.label.in_(language)) for one in _comparable(names, register_id)],
        ),
        *(
            Asked(
                translate(language, "A record in %(register)s where this is", register=other.name.in_(language)),
                [
                    (f"record|{other.key}|{one.key}", f"{other.name.in_(language)}: {one.label.in_(language)}")
                    for one in _comparable(names, other.register_id)
                ],
            )
            for other in others
        ),
        Asked(
            translate(language, "Consent is in force"),
            [(f"consented|{kind}", _said(language, sentence("consent: %(purpose)s"), kind)) for kind in kinds],
        ),
        Asked(
            translate(language, "No objection is in force"),
            [(f"not_objected|{kind}", _said(language, sentence("no objection: %(purpose)s"), kind)) for kind in kinds],
        ),
    ]


def _kinds(names: Names) -> Sequence[PurposeKind]:
    used = {one.kind for one in names.purposes.values() if one.retired_at is None}
    return [kind for kind in PurposeKind if kind in used and kind not in SEES_RESTRICTED]


def _said(language: Language, words: str, kind: PurposeKind) -> str:
    return translate(language, words, purpose=wording.said(language, kind))


def _comparable(names: Names, register_id: UUID) -> list[Field]:
    return [
        one
        for one in names.fields_of(register_id)
        if not one.sealed and one.identifier is None and one.type not in IDENTIFYING
    ]


def fields(language: Language, names: Names, register_id: UUID, *, sealed: bool) -> list[Box]:
    """With the kinds of purposes that each serves, by the notice."""
    kinds = {one.key: wording.said(language, one.kind) for one in names.purposes_of(register_id)}
    found = []
    for one in names.fields_of(register_id):
        serves = ", ".join(dict.fromkeys(kinds[key] for key in one.purposes if key in kinds))
        words = serves or translate(language, "serves none of the purposes of the notice")
        if one.sealed is sealed:
            found.append(Box(one.key, one.label, words, not serves))
    return found
