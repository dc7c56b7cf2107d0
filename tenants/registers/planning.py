"""What a chunk of rows would do: whose record each row is, and which rows are refused for what others say."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.errors import Invalid
from tenants.registers.candidates import Candidate, RowFault
from tenants.registers.identifiers import Identity
from tenants.registers.matching import Known
from tenants.registers.model import Cardinality
from tenants.registers.records import BelongsToAnother
from tenants.registers.seen import Seen
from tenants.registers.shapes import Shape


class TwiceInFile(Invalid):
    """An earlier row of the file is about the same record."""


class Planned(Struct, frozen=True):
    """`new_identities` are those by which the person was not known before."""

    candidate: Candidate
    person_id: UUID
    new_person: bool
    new_identities: list[Identity]


class Plan(Struct, frozen=True):
    rows: list[Planned]
    faults: list[RowFault]


def plan(session: Session, shape: Shape, candidates: Sequence[Candidate], *, seen: Seen | None = None) -> Plan:
    """With `seen`, earlier chunks are remembered there, because nothing of them was written."""
    known = Known(session, seen)
    known.load([row.identities for row in candidates])
    planner = _Planner(shape, known, _owners(session, shape, [row.key for row in candidates if row.key]), seen)
    made = Plan([], [])
    for candidate in candidates:
        try:
            made.rows.append(planner.place(candidate))
        except (Invalid, BelongsToAnother) as refused:
            made.faults.append(RowFault(candidate.line, 0, None, refused.sentence))
    if seen is not None:
        _remember(seen, shape, made.rows)
    return made


class _Planner:
    def __init__(self, shape: Shape, known: Known, owners: dict[bytes, UUID], seen: Seen | None) -> None:
        self._shape, self._known, self._owners, self._seen = shape, known, owners, seen
        self._taken: set[bytes] = set()

    def place(self, candidate: Candidate) -> Planned:
        """Raises TwiceInFile, BelongsToAnother and what `Known.match` raises."""
        found = self._known.match(candidate.identities)
        person_id = found or new_id()
        if candidate.key is not None and self._owners.get(candidate.key, person_id) != person_id:
            raise BelongsToAnother
        marks = _marks(self._shape, candidate, person_id)
        if not self._taken.isdisjoint(marks) or (self._seen is not None and self._seen.records(marks)):
            raise TwiceInFile
        self._taken.update(marks)
        return Planned(
            candidate, person_id, found is None, self._known.join(person_id, candidate.identities, new=found is None)
        )


def _marks(shape: Shape, candidate: Candidate, person_id: UUID) -> list[bytes]:
    """What only one row of a file may be about."""
    marks = [b"key" + candidate.key] if candidate.key is not None else []
    return [*marks, b"person" + person_id.bytes] if shape.cardinality is Cardinality.ONE else marks


def _owners(session: Session, shape: Shape, keys: list[bytes]) -> dict[bytes, UUID]:
    """Whose the records with these keys are."""
    if not keys:
        return {}
    found = session.execute(_OWNERS, {"register": shape.register_id, "keys": keys})
    return {bytes(key): person_id for key, person_id in found}


def _remember(seen: Seen, shape: Shape, rows: Iterable[Planned]) -> None:
    identified = [((one.kind, one.digests[0]), row.person_id) for row in rows for one in row.new_identities]
    seen.remember(identified, (mark for row in rows for mark in _marks(shape, row.candidate, row.person_id)))


_OWNERS = text(
    "SELECT record_key, person_id FROM records"
    " WHERE register_id = :register AND record_key = ANY(CAST(:keys AS bytea[]))"
)
