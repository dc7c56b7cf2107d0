"""What a chunk of rows would do: whose record each row is, and which rows are refused for what others say."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.errors import Invalid
from tenants.registers.candidates import Candidate, RowFault
from tenants.registers.identifiers import Identity
from tenants.registers.matching import Known, PersonRestricted
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
    owners = _owners(session, shape, [row.key for row in candidates if row.key])
    planner = _Planner(shape, known, owners, _restricted(session, shape))
    made = Plan([], [])
    for candidate in candidates:
        try:
            made.rows.append(planner.place(candidate))
        except (Invalid, BelongsToAnother) as refused:
            made.faults.append(_fault(candidate, refused))
    return made if seen is None else _after(seen, shape, made)


class _Planner:
    def __init__(self, shape: Shape, known: Known, owners: dict[bytes, UUID], restricted: set[bytes | UUID]) -> None:
        self._one_each = shape.cardinality is Cardinality.ONE
        self._known, self._owners, self._restricted = known, owners, restricted
        self._taken: set[bytes | UUID] = set()

    def place(self, candidate: Candidate) -> Planned:
        """Raises TwiceInFile, BelongsToAnother and what `Known.match` raises."""
        found = self._known.match(candidate.identities)
        person_id = found or new_id()
        if candidate.key is not None and self._owners.get(candidate.key, person_id) != person_id:
            raise BelongsToAnother
        if candidate.key in self._restricted or (self._one_each and person_id in self._restricted):
            raise PersonRestricted
        if candidate.key in self._taken or (self._one_each and person_id in self._taken):
            raise TwiceInFile
        self._taken.add(person_id)
        if candidate.key is not None:
            self._taken.add(candidate.key)
        return Planned(
            candidate, person_id, found is None, self._known.join(person_id, candidate.identities, new=found is None)
        )


def _after(seen: Seen, shape: Shape, made: Plan) -> Plan:
    """Without the rows that earlier chunks were about already; the others are remembered."""
    keys = seen.records(row.candidate.key for row in made.rows if row.candidate.key is not None)
    met: set[UUID] = set()
    if shape.cardinality is Cardinality.ONE:
        met = seen.met(row.person_id for row in made.rows if not row.new_person)
    rows, faults = list[Planned](), list(made.faults)
    for row in made.rows:
        if row.candidate.key in keys or row.person_id in met:
            faults.append(_fault(row.candidate, TwiceInFile()))
        else:
            rows.append(row)
            seen.remember(row.person_id, row.new_identities, row.candidate.key)
    seen.write_down()
    return Plan(rows, faults)


def _fault(candidate: Candidate, refusal: Invalid | BelongsToAnother) -> RowFault:
    return RowFault(candidate.line, 0, None, refusal.sentence)


def _owners(session: Session, shape: Shape, keys: list[bytes]) -> dict[bytes, UUID]:
    """Whose the records with these keys are."""
    if not keys:
        return {}
    found = session.execute(_OWNERS, {"register": shape.register_id, "keys": keys})
    return {bytes(key): person_id for key, person_id in found}


def _restricted(session: Session, shape: Shape) -> set[bytes | UUID]:
    """The keys and the persons of the register's restricted records, which are few: what they hold stays as it is."""
    found = session.execute(_RESTRICTED, {"register": shape.register_id})
    return {one for person_id, key in found for one in (person_id, bytes(key) if key else person_id)}


_RESTRICTED = text("SELECT person_id, record_key FROM records WHERE register_id = :register AND restricted")
_OWNERS = text(
    "SELECT record_key, person_id FROM records"
    " WHERE register_id = :register AND record_key = ANY(CAST(:keys AS bytea[]))"
)
