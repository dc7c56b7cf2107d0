"""Registers made of columns, and files on their way into them."""

from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.registers import checking, imports, writing
from tenants.registers.model import (
    Cardinality,
    Field,
    FieldRule,
    FieldType,
    IdentityLevel,
    Import,
    Origin,
    Purpose,
    Register,
)
from tenants.registers.table_rows import Source
from tenants.vault.digests import IdentifierKind
from tests.make import MadeCompany, MadeRegister

SOURCE = "Asiakasjärjestelmä"


class Column(Struct, frozen=True):
    key: str
    label: str = ""
    type: str = "text"
    identifier: str | None = None
    sealed: bool = False
    required: bool = False
    record_key: bool = False
    rule: FieldRule | None = None


def register(
    of: MadeCompany,
    key: str,
    cardinality: Cardinality,
    *columns: Column,
    sources: dict[str, Text] | None = None,
    purposes: tuple[PurposeKind, ...] = (),
) -> MadeRegister:
    made = MadeRegister(of, new_id(), {column.key: new_id() for column in columns})
    with walled_session(of.group.system()) as session:
        session.add(
            Register(
                register_id=made.register_id,
                company_id=of.company_id,
                key=key,
                name=Text(fi=key),
                identity_level=IdentityLevel.L1,
                cardinality=cardinality,
                sources=list((sources or {}).values()),
                source_keys=list(sources or {}),
                recipients=[],
                position=1,
            )
        )
        session.flush()
        session.add_all(_purpose(made, kind) for kind in purposes)
        session.add_all(_field(made, position, column, purposes) for position, column in enumerate(columns))
    return made


def _purpose(of: MadeRegister, kind: PurposeKind) -> Purpose:
    return Purpose(
        company_id=of.company.company_id,
        register_id=of.register_id,
        key=kind.value,
        kind=kind,
        label=Text(fi=kind.value),
        position=1,
    )


def _field(of: MadeRegister, position: int, column: Column, purposes: tuple[PurposeKind, ...]) -> Field:
    return Field(
        field_id=of.fields[column.key],
        company_id=of.company.company_id,
        register_id=of.register_id,
        key=column.key,
        label=Text(fi=column.label or column.key, en=f"The {column.key}"),
        category=Text(fi="Tiedot"),
        type=FieldType(column.type),
        identifier=IdentifierKind(column.identifier) if column.identifier else None,
        origin=Origin.PROVIDED,
        sealed=column.sealed,
        required=column.required,
        record_key=column.record_key,
        rule=column.rule,
        purposes=[kind.value for kind in purposes],
        position=position,
    )


def file(content: str | bytes) -> Source:
    """In pieces that end where they like, also within a letter."""
    whole = content.encode() if isinstance(content, str) else content

    def pieces() -> Iterator[bytes]:
        yield from (whole[start : start + 7] for start in range(0, len(whole), 7))

    return pieces


def received(of: MadeRegister) -> UUID:
    with walled_session(of.company.system()) as session:
        return imports.receive(session, of.register_id, source=SOURCE).import_id


def check(of: MadeRegister, content: str | bytes) -> Import:
    import_id = received(of)
    checking.check(of.company.system(), import_id, file(content))
    return state(of, import_id)


def load(of: MadeRegister, content: str | bytes, *, keep_good: bool = False) -> Import:
    """From the file to the rows."""
    checked = check(of, content)
    approve(of, checked.import_id, keep_good=keep_good)
    writing.write(of.company.system(), checked.import_id, file(content))
    return state(of, checked.import_id)


def approve(of: MadeRegister, import_id: UUID, *, keep_good: bool = False) -> None:
    with walled_session(of.company.system()) as session:
        imports.approve(session, import_id, keep_good=keep_good)


def state(of: MadeRegister, import_id: UUID) -> Import:
    with walled_session(of.company.system()) as session:
        return imports.get(session, import_id)


def reasons(of: MadeRegister, import_id: UUID) -> list[tuple[int, str | None, str]]:
    """Line, field and reason of every fault."""
    with walled_session(of.company.system()) as session:
        return [(fault.line, fault.field, fault.reason) for fault in imports.faults(session, import_id)]


def count(of: MadeCompany, table: str) -> int:
    with walled_session(of.system()) as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def snapshot(of: MadeCompany) -> list[str]:
    """Everything that is kept of the company's persons, as it lies there."""
    with walled_session(of.system()) as session:
        return [
            str(row)
            for table in ("persons", "records", "identifiers")
            for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5")).all()
        ]
