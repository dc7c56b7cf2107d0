"""By what people are found in records, opened: whoever is asked about somebody elsewhere must be told about whom."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import Session

from tenants.registers.model import Record
from tenants.registers.sealed import seal_of
from tenants.registers.shapes import shape_of
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring


class KnownBy(Struct, frozen=True):
    """A value that finds somebody, and the field that it stands in. Names are none."""

    field_id: UUID
    kind: IdentifierKind
    value: str

    def __repr__(self) -> str:
        return f"KnownBy({self.kind!r}, …)"


def in_records(session: Session, which: ColumnElement[bool]) -> Mapping[UUID, Sequence[KnownBy]]:
    """By register; in each the oldest record's first, and the strongest of each record."""
    rows = session.execute(
        select(Record.record_id, Record.register_id, cast(Record.data, Text)).where(which).order_by(Record.record_id)
    ).all()
    found: dict[UUID, dict[KnownBy, None]] = {}
    for record_id, register_id, kept in rows:
        shape = shape_of(session, register_id, with_retired=True)
        values = seal_of(keyring(session), shape).open(record_id, kept)
        for slot in shape.identifying:
            if slot.identifier and slot.id in values:
                one = KnownBy(UUID(slot.id), slot.identifier, str(values[slot.id]).strip())
                found.setdefault(register_id, {})[one] = None
    return {register_id: list(of_register) for register_id, of_register in found.items()}
