"""What an import would do, before it does it: how many records come and change, and the first changes as examples."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.acting import Actor
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.languages.speaking import Said
from tenants.registers.model import Import, ImportFault
from tenants.registers.planning import Planned
from tenants.registers.shapes import Shape
from tenants.registers.values import Value
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

SHOWN = 20


class Example(Struct, frozen=True):
    """A value that would become another. Of a sealed one it is told only that it would."""

    line: int
    field: str
    before: str | int | bool | None
    after: str | int | bool | None
    sealed: bool = False


class Reason(Struct, frozen=True):
    """Why rows are refused, and how many for this."""

    reason: str
    said: dict[str, Said]
    rows: int


class Preview(Struct):
    """Counted while a file is checked."""

    new: int = 0
    changed: int = 0
    same: int = 0
    examples: list[Example] = []

    def see(self, shape: Shape, rows: Sequence[Planned]) -> None:
        for row in rows:
            if row.old is None or row.change is None:
                self.new += 1
            elif row.change.fields:
                self.changed += 1
                if len(self.examples) < SHOWN:
                    self.examples += list(_examples(shape, row))[: SHOWN - len(self.examples)]
            else:
                self.same += 1


def keep(session: Session, of: Import, preview: Preview) -> None:
    of.records_new, of.records_changed, of.records_same = preview.new, preview.changed, preview.same
    of.sealed_examples = seal(keyring(session), _place(of.import_id), msgspec.json.encode(preview.examples))


def examples(session: Session, of: Import) -> list[Example]:
    """None after the import has ended. Raises Forbidden."""
    if acting_of(session).actor is Actor.MEMBER:
        permissions.require(session, Permission.IMPORT_RECORDS)
    if of.sealed_examples is None:
        return []
    return msgspec.json.decode(unseal(keyring(session), _place(of.import_id), of.sealed_examples), type=list[Example])


def reasons(session: Session, import_id: UUID) -> list[Reason]:
    """The most frequent first."""
    rows = func.count(func.distinct(ImportFault.line))
    found = session.execute(
        select(ImportFault.reason, ImportFault.said, rows)
        .where(ImportFault.import_id == import_id)
        .group_by(ImportFault.reason, ImportFault.said)
        .order_by(rows.desc(), ImportFault.reason)
    )
    return [Reason(reason, said, count) for reason, said, count in found]


def _examples(shape: Shape, row: Planned) -> Iterator[Example]:
    if row.old is None or row.change is None:
        return
    for slot in shape.slots:
        if slot.id in row.change.fields:
            before, after = row.old.data.get(slot.id), row.change.data.get(slot.id)
            shut = slot.sealed
            yield Example(
                row.candidate.line, slot.key, None if shut else _plain(before), None if shut else _plain(after), shut
            )


def _plain(value: Value | None) -> str | int | bool | None:
    return value if isinstance(value, str | int | bool | None) else str(value)


def _place(import_id: UUID) -> Place:
    return Place("import", import_id, "examples")
