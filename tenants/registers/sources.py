"""Whence data comes: one of the sources that the register's notice names, or words where it names none."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.errors import Invalid, TooLong
from tenants.languages.speaking import Language, Text
from tenants.registers.model import Provenance, Register
from tenants.registers.shapes import NoSuchRegister

LONGEST_SOURCE = 200


class NeedsSource(Invalid):
    """Say where the data comes from."""


class SourceNotDeclared(Invalid):
    """The register's notice names no such source. It names these: %(declared)s."""


class Whence(Struct, frozen=True):
    """`declared` is the key of a source that the register declares; `words` are the same, or say it more exactly."""

    words: str
    declared: str | None = None


def source_of(session: Session, register_id: UUID, given: str, detail: str = "") -> Whence:
    """`given` is the key of a declared source; words where the register declares none.

    Raises NoSuchRegister, NeedsSource, SourceNotDeclared, TooLong.
    """
    given, detail = given.strip(), detail.strip()
    for field, text in (("source", given), ("detail", detail)):
        if len(text) > LONGEST_SOURCE:
            raise TooLong(field=field, most=LONGEST_SOURCE)
    declared = declared_by(session, register_id)
    if not declared:
        if not (given or detail):
            raise NeedsSource(field="source")
        return Whence(", ".join(word for word in (given, detail) if word))
    if given not in declared:
        raise SourceNotDeclared(field="source", declared=", ".join(declared))
    return Whence(detail or declared[given].in_(Language.FI), given)


def declared_by(session: Session, register_id: UUID) -> dict[str, Text]:
    """By key, in the order of the notice. Raises NoSuchRegister."""
    register = session.scalar(select(Register).where(Register.register_id == register_id))
    if register is None:
        raise NoSuchRegister
    return declared(register)


def declared(register: Register) -> dict[str, Text]:
    return dict(zip(register.source_keys, register.sources, strict=False))


def provenance(whence: Whence, at: datetime, *, notice: int | None = None, import_id: UUID | None = None) -> Provenance:
    return Provenance(source=whence.words, at=at, import_id=import_id, declared=whence.declared, notice=notice)


def told(declared: Mapping[str, Text], whence: Whence, language: Language) -> str:
    """A source in the reader's language, with what was said more exactly."""
    named = declared.get(whence.declared or "")
    if named is None:
        return whence.words
    words = named.in_(language)
    return words if whence.words in (named.fi, named.sv, named.en) else f"{words}: {whence.words}"


def whence_of(value: Provenance) -> Whence:
    return Whence(value.source, value.declared)
