"""A value of a record as people read it."""

from datetime import date

from tenants.languages.speaking import Language, short_date, translate_in_context
from tenants.registers.model import FieldType
from tenants.registers.values import Value


def written(language: Language, kind: FieldType, value: Value) -> str:
    match value:
        case bool():
            yes, no = translate_in_context(language, "archive", "yes"), translate_in_context(language, "archive", "no")
            return yes if value else no
        case str():
            return short_date(language, date.fromisoformat(value)) if kind is FieldType.DATE else value
        case _:
            # As exact as it is kept, and ungrouped: a year or a number of something is a number, too.
            return str(value) if language is Language.EN else str(value).replace(".", ",")
