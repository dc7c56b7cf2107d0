"""What a chunk of rows would do: whose record each row is, and which rows are refused for what others say."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.errors import Invalid
from tenants.registers.candidates import Candidate, Reading, RowFault
from tenants.registers.identifiers import Identity
from tenants.registers.matching import Known, PersonRestricted
from tenants.registers.merging import Change, merge
from tenants.registers.model import Cardinality, Provenance
from tenants.registers.records import BelongsToAnother, Kept
from tenants.registers.seen import Seen
from tenants.registers.several import Several
from tenants.registers.shapes import Shape, broken_rules, missing


class TwiceInFile(Invalid):
    """An earlier row of the file is about the same record."""


class Planned(Struct, frozen=True):
    """`new_identities` are those by which the person was not known before.

    `old` is the record that the row is about, if there is one, and `change` what becomes of it.
    `place` stands for the record in a register of one each: it is the person's id, or the record's own where the
    person was merged and has several.
    """

    candidate: Candidate
    person_id: UUID
    place: UUID
    new_person: bool
    new_identities: list[Identity]
    old: Kept | None = None
    change: Change | None = None


class Plan(Struct, frozen=True):
    rows: list[Planned]
    faults: list[RowFault]


def plan(session: Session, reading: Reading, candidates: Sequence[Candidate], *, seen: Seen | None = None) -> Plan:
    """With `seen`, earlier chunks are remembered there, because nothing of them was written."""
    shape = reading.shape
    known = Known(session, seen, matched_by=reading.matched_by)
    known.load([row.identities for row in candidates])
    owners = _owners(session, shape, [row.key for row in candidates if row.key])
    planner = _Planner(shape, known, owners, _restricted(session, shape), Several(session, shape, known.persons()))
    made = Plan([], [])
    for candidate in candidates:
        try:
            made.rows.append(planner.place(candidate))
        except (Invalid, BelongsToAnother) as refused:
            made.faults.append(_fault(candidate, refused))
    made = made if seen is None else _after(seen, shape, made)
    return _compared(session, reading, made)


def _compared(session: Session, reading: Reading, made: Plan) -> Plan:
    """Each row beside the record that it changes, without those that would break a field's rule."""
    kept = _kept(session, reading, made.rows)
    rows, faults = list[Planned](), list(made.faults)
    for row in made.rows:
        old = kept.get(row.place.bytes if reading.one_each else row.candidate.key or b"")
        change = merge(old.data, row.candidate.values, spoken_of=reading.spoken_of(row.candidate)) if old else None
        becomes = change.data if change else row.candidate.values
        broken = missing(reading.shape, becomes) + broken_rules(reading.shape, becomes)
        faults += [_broken(reading, row.candidate, one) for one in broken]
        if not broken:
            rows.append(structs.replace(row, old=old, change=change) if old else row)
    return Plan(rows, faults)


def _kept(session: Session, reading: Reading, rows: Sequence[Planned]) -> dict[bytes, Kept]:
    """The records that the rows are about: by their places where there is one record each, else by their keys."""
    one = reading.one_each
    wanted = [row.person_id if one else row.candidate.key for row in rows if not row.new_person]
    if not wanted:
        return {}
    found = session.execute(
        _KEPT_OF_PERSONS if one else _KEPT_WITH_KEYS, {"register": reading.shape.register_id, "wanted": wanted}
    )
    kept: dict[bytes, Kept] = {}
    for record_id, person_id, key, data, provenance in found:
        held = Kept(
            record_id,
            person_id,
            reading.seal.open(record_id, data),
            msgspec.json.decode(provenance, type=Provenance),
        )
        for name in (person_id.bytes, record_id.bytes) if one else (bytes(key),):
            kept[name] = held
    return kept


class _Planner:
    def __init__(
        self, shape: Shape, known: Known, owners: dict[bytes, UUID], restricted: set[bytes | UUID], several: Several
    ) -> None:
        self._one_each = shape.cardinality is Cardinality.ONE
        self._known, self._owners, self._restricted, self._several = known, owners, restricted, several
        self._taken: set[bytes | UUID] = set()

    def place(self, candidate: Candidate) -> Planned:
        """Raises TwiceInFile, BelongsToAnother and what `Known.match` raises."""
        found = self._known.match(candidate.identities)
        person_id = found or new_id()
        place = self._several.place(person_id, candidate.identities) if found and self._one_each else person_id
        if candidate.key is not None and self._owners.get(candidate.key, person_id) != person_id:
            raise BelongsToAnother
        if candidate.key in self._restricted or (self._one_each and person_id in self._restricted):
            raise PersonRestricted
        if candidate.key in self._taken or (self._one_each and place in self._taken):
            raise TwiceInFile
        self._taken.add(place)
        if candidate.key is not None:
            self._taken.add(candidate.key)
        unknown = self._known.join(person_id, candidate.identities, new=found is None)
        return Planned(candidate, person_id, place, found is None, unknown)


def _after(seen: Seen, shape: Shape, made: Plan) -> Plan:
    """Without the rows that earlier chunks were about already; the others are remembered."""
    keys = seen.records(row.candidate.key for row in made.rows if row.candidate.key is not None)
    met: set[UUID] = set()
    if shape.cardinality is Cardinality.ONE:
        met = seen.met(row.place for row in made.rows if not row.new_person)
    rows, faults = list[Planned](), list(made.faults)
    for row in made.rows:
        if row.candidate.key in keys or row.place in met:
            faults.append(_fault(row.candidate, TwiceInFile()))
        else:
            rows.append(row)
            seen.remember(row.person_id, row.new_identities, row.candidate.key)
            if row.place != row.person_id:
                seen.remember(row.place, (), None)
    seen.write_down()
    return Plan(rows, faults)


def _broken(reading: Reading, candidate: Candidate, refusal: Invalid) -> RowFault:
    return RowFault(
        candidate.line, reading.column_of(refusal.field), refusal.field, refusal.sentence, dict(refusal.values)
    )


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
_KEPT = (
    "SELECT record_id, person_id, record_key, CAST(data AS text), CAST(provenance AS text) FROM records"
    " WHERE register_id = :register AND "
)
_KEPT_OF_PERSONS = text(_KEPT + "person_id = ANY(CAST(:wanted AS uuid[]))")
_KEPT_WITH_KEYS = text(_KEPT + "record_key = ANY(CAST(:wanted AS bytea[]))")
_OWNERS = text(
    "SELECT record_key, person_id FROM records"
    " WHERE register_id = :register AND record_key = ANY(CAST(:keys AS bytea[]))"
)
