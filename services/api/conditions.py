"""Conditions of sharing as people read them: a sentence a part, joined as they are joined."""

from uuid import UUID

from msgspec import Struct

from services.api import wording
from services.api.values import written
from tenants.acting import PurposeKind
from tenants.languages.speaking import Language, Text, translate
from tenants.registers.model import Field, FieldType
from tenants.registers.values import Value
from tenants.sharing.conditions import All, Any, Condition, Consented, FieldIs, HasRecord, NotObjected, Plain
from tenants.sharing.naming import Names


class Clause(Struct, frozen=True):
    """One part, in the reader's language; `of` are the parts that it joins."""

    words: str
    of: tuple["Clause", ...] = ()


def told(language: Language, condition: Condition, names: Names, *, company_id: UUID, register_id: UUID) -> Clause:
    """Fields and registers by keys or by ids: of a policy of this company about this register."""
    match condition:
        case FieldIs(key, values):
            field = names.field(register_id, key)
            sentence = translate(
                language,
                "%(field)s is %(values)s",
                field=_label(language, field, key),
                values=_values(language, field, values),
            )
            return Clause(sentence)
        case HasRecord(register, key, values):
            kept = names.register(company_id, register)
            field = names.field(kept.register_id, key) if kept else None
            sentence = translate(
                language,
                "the person has a record in %(register)s where %(field)s is %(values)s",
                register=kept.name.in_(language) if kept else register,
                field=_label(language, field, key),
                values=_values(language, field, values),
            )
            return Clause(sentence)
        case Consented(kind):
            return Clause(translate(language, "the person has consented: %(purpose)s", purpose=_kind(language, kind)))
        case NotObjected(kind):
            return Clause(
                translate(language, "the person has not objected: %(purpose)s", purpose=_kind(language, kind))
            )
        case All(of):
            words = translate(language, "all of these hold:")
        case Any(of):
            words = translate(language, "at least one of these holds:")
    parts = (told(language, one, names, company_id=company_id, register_id=register_id) for one in of)
    return Clause(words, tuple(parts))


def _label(language: Language, field: Field | None, key: str) -> str:
    label: Text | None = field.label if field else None
    return label.in_(language) if label else key


def _kind(language: Language, kind: PurposeKind) -> str:
    return wording.said(language, kind)


def _values(language: Language, field: Field | None, values: tuple[Plain, ...]) -> str:
    shown = [f"\u201d{_value(language, field, one)}\u201d" for one in values]
    if len(shown) < 2:
        return "".join(shown)
    return translate(language, "%(first)s or %(last)s", first=", ".join(shown[:-1]), last=shown[-1])


def _value(language: Language, field: Field | None, value: Plain) -> str:
    """As it was written where no field tells any more what it is."""
    kept: Value = str(value) if isinstance(value, float) else value
    try:
        return written(language, field.type if field else FieldType.TEXT, kept)
    except ValueError:
        return str(value)
