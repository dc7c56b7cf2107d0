"""A value of the wrong kind, in the reader's language: what msgspec says of it, without quoting the value."""

import re
from collections.abc import Mapping

from tenants.languages.speaking import Language, sentence, translate

TYPES: Mapping[str, str] = {
    "str": sentence("text"),
    "int": sentence("a whole number"),
    "float": sentence("a number"),
    "bool": sentence("true or false"),
    "array": sentence("a list"),
    "object": sentence("an object"),
    "null": sentence("nothing"),
}
MISSING = sentence("This field is missing.")
OTHERWISE = sentence("This is not a value that is taken here.")

# Each with the names of its groups in the sentence; the first that fits is said.
SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`", sentence("This must be %(wanted)s, not %(given)s.")),
        (r"Object missing required field `(?P<name>[^`]+)`", sentence("The field %(name)s is missing.")),
        (r"Invalid (enum )?value", sentence("This is not one of the values that are possible here.")),
        (r"Invalid UUID", sentence("This is not an identifier in the form of a UUID.")),
        (r"Invalid RFC3339 encoded datetime", sentence("This is not a time in the form 2026-01-31T12:00:00+02:00.")),
        (r"with a timezone component", sentence("This is not a time in the form 2026-01-31T12:00:00+02:00.")),
        (r"Invalid RFC3339 encoded date", sentence("This is not a date in the form 2026-01-31.")),
        (r"`str` of length >= (?P<least>\d+)", sentence("This must have at least %(least)s characters.")),
        (r"`str` of length <= (?P<most>\d+)", sentence("This may have at most %(most)s characters.")),
        (r"`array` of length >= (?P<least>\d+)", sentence("This list must have at least %(least)s items.")),
        (r"`array` of length <= (?P<most>\d+)", sentence("This list may have at most %(most)s items.")),
        (r"`(int|float)` >= (?P<least>-?[\d.]+)", sentence("This must be at least %(least)s.")),
        (r"`(int|float)` <= (?P<most>-?[\d.]+)", sentence("This must be at most %(most)s.")),
        (r"matching regex", sentence("This is not in the form that is expected here.")),
    )
)


# Litestar tells of a parameter that is not there in one sentence, with the address; only the declared name is ours.
_MISSING_PARAMETER = re.compile(r"^Missing required \w+ parameter '(?P<name>[^']+)' for path ")


def missing_parameter(message: str) -> str | None:
    found = _MISSING_PARAMETER.match(message)
    return found["name"] if found else None


def told(language: Language, message: str) -> str:
    for pattern, said in SENTENCES:
        if found := pattern.search(message):
            return translate(
                language, said, **{name: _word(language, value) for name, value in found.groupdict().items()}
            )
    return translate(language, OTHERWISE)


def _word(language: Language, value: str) -> str:
    """Kinds of values by their words, as `str | null`; names and numbers as they are."""
    return " / ".join(translate(language, TYPES[part]) if part in TYPES else part for part in value.split(" | "))
