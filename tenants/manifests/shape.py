"""Whether a tree has the shape of a manifest: the schema's errors as faults, all of them."""

import difflib
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any, cast

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from stdnum.fi import ytunnus

from tenants.languages.speaking import Language
from tenants.manifests import model, schema
from tenants.manifests.faults import (
    Fault,
    MissingField,
    MistypedField,
    NotABusinessId,
    NotACountry,
    NotADate,
    NotADigest,
    NotADomain,
    NotAField,
    NotAKey,
    NotAnAddress,
    NotANumberToCall,
    NotAPrefix,
    NotATerm,
    NotAValue,
    NotAVatNumber,
    NotByLanguage,
    NotFields,
    NothingGiven,
    NotList,
    NotNumber,
    NotOneLine,
    NotOneOf,
    NotText,
    NotYesOrNo,
    SameTwice,
    TooGreat,
    TooLong,
    TooManyItems,
    TooSmall,
    UnknownField,
    WrongCheckDigit,
)
from tenants.manifests.tree import Place

# jsonschema's ValidationError, whose details are typed as set or unset; those that a validator yields are set.
Misfit = Any

formats = FormatChecker(formats=())


def misshapen(tree: Place) -> list[Fault]:
    faults: list[Fault] = []
    for error in validator().iter_errors(tree.plain()):
        faults += _faults(error, tree)
    return faults


@cache
def validator() -> Validator:
    return Draft202012Validator(schema.build(), format_checker=formats)


@formats.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or date.fromisoformat(value) is not None


@formats.checks("email", raises=EmailNotValidError)
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(validate_email(value, check_deliverability=False))


@formats.checks("phone", raises=phonenumbers.NumberParseException)
def _is_number_to_call(value: object) -> bool:
    return not isinstance(value, str) or phonenumbers.is_valid_number(phonenumbers.parse(value))


@formats.checks("business-id")
def _has_check_digit(value: object) -> bool:
    return not isinstance(value, str) or not re.fullmatch(model.BUSINESS_ID, value) or ytunnus.is_valid(value)


def _faults(error: Misfit, tree: Place) -> Iterator[Fault]:
    place = _place(tree, list(error.absolute_path))
    if error.validator == "anyOf":
        # In this format every choice is "something, or nothing at all": only the something is worth telling about.
        for inner in error.context or ():
            if inner.schema.get("type") != "null":
                yield from _faults(inner, tree)
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield MissingField(place.line, place.beneath(name))
    elif error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for name in error.instance:
            if name not in known:
                yield _unknown(place, name, known)
    else:
        yield KEYWORDS[error.validator](error, place)


def _place(tree: Place, path: list[str | int]) -> Place:
    found: Any = tree
    for step in path:
        found = found.value[step]
    return cast(Place, found)


def _unknown(place: Place, name: str, known: list[str]) -> Fault:
    found = place.get(name)
    line = found.line if found is not None else place.line
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return (
        MistypedField(line, place.beneath(name), meant=close[0]) if close else UnknownField(line, place.beneath(name))
    )


def _of_type(error: Misfit, place: Place) -> Fault:
    if error.instance is None:
        return NothingGiven(place.line, place.field)
    if isinstance(error.validator_value, list):
        return NotAValue(place.line, place.field)
    if set(error.schema.get("properties", ())) == set(Language):
        return NotByLanguage(place.line, place.field)
    kinds = {"string": NotText, "integer": NotNumber, "boolean": NotYesOrNo, "array": NotList}
    return kinds.get(error.validator_value, NotFields)(place.line, place.field)


def _one_of(error: Misfit, place: Place) -> Fault:
    if error.instance is None:
        return NothingGiven(place.line, place.field)
    possible = ", ".join(str(value) for value in error.validator_value)
    return NotOneOf(place.line, place.field, value=_shown(error.instance), possible=possible)


PATTERNS: dict[str, type[Fault]] = {
    model.KEY: NotAKey,
    model.PREFIX: NotAPrefix,
    model.DOMAIN: NotADomain,
    model.BUSINESS_ID: NotABusinessId,
    model.ABOUT: NotAField,
    model.DPV: NotATerm,
    model.COUNTRY: NotACountry,
    model.VAT_NUMBER: NotAVatNumber,
    model.SHA256: NotADigest,
    model.ONE_LINE: NotOneLine,
}
FORMATS: dict[str, type[Fault]] = {
    "date": NotADate,
    "email": NotAnAddress,
    "phone": NotANumberToCall,
    "business-id": WrongCheckDigit,
}


def _of_pattern(error: Misfit, place: Place) -> Fault:
    return PATTERNS[error.validator_value](place.line, place.field, value=_shown(error.instance))


def _of_format(error: Misfit, place: Place) -> Fault:
    return FORMATS[error.validator_value](place.line, place.field, value=_shown(error.instance))


def _too_long(error: Misfit, place: Place) -> Fault:
    return TooLong(place.line, place.field, limit=error.validator_value)


def _too_short(error: Misfit, place: Place) -> Fault:
    return NothingGiven(place.line, place.field)


def _too_many(error: Misfit, place: Place) -> Fault:
    return TooManyItems(place.line, place.field, limit=error.validator_value)


def _too_small(error: Misfit, place: Place) -> Fault:
    return TooSmall(place.line, place.field, limit=error.validator_value)


def _too_great(error: Misfit, place: Place) -> Fault:
    return TooGreat(place.line, place.field, limit=error.validator_value)


def _same_twice(error: Misfit, place: Place) -> Fault:
    return SameTwice(place.line, place.field)


KEYWORDS: dict[str, Callable[[Misfit, Place], Fault]] = {
    "type": _of_type,
    "enum": _one_of,
    "const": _one_of,
    "pattern": _of_pattern,
    "format": _of_format,
    "maxLength": _too_long,
    "minLength": _too_short,
    "minItems": _too_short,
    "maxItems": _too_many,
    "minimum": _too_small,
    "maximum": _too_great,
    "uniqueItems": _same_twice,
}


def _shown(value: object) -> str:
    return str(value)[:60]
