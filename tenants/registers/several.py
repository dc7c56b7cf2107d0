"""Whoever was merged has several records in a register that keeps one of each: which of them is a new row about?

The one that the strongest identifier of the row is in. Where each says another value of that kind, the row is about a
record that is still to be made: the source knows the person a further time.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.registers import former_ids
from tenants.registers.identifiers import Identity, identities
from tenants.registers.model import Record
from tenants.registers.sealed import seal_of
from tenants.registers.shapes import Shape
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring


class Place(Struct, frozen=True):
    """A record, or one to come, and by what it is known."""

    id: UUID
    known_by: dict[IdentifierKind, set[bytes]]


class Several:
    """For rows of one register about these persons. Opens records only of those who were merged, and they are few."""

    def __init__(self, session: Session, shape: Shape, among: Collection[UUID]) -> None:
        self._session, self._shape = session, shape
        self._merged = former_ids.merged(session, among) if among else set()
        self._places: dict[UUID, list[Place]] = {}

    def place(self, person_id: UUID, found_by: Sequence[Identity]) -> UUID:
        """The person's own id where there can be one record only."""
        if person_id not in self._merged:
            return person_id
        if person_id not in self._places:
            self._places[person_id] = self._held(person_id)
        places = self._places[person_id]
        for one in found_by:
            saying = [place for place in places if one.kind in place.known_by]
            same = [place for place in saying if not place.known_by[one.kind].isdisjoint(one.digests)]
            if len(same) == 1:
                return same[0].id
            if saying and not same:
                return self._one_more(places, found_by)
        return places[0].id if places else self._one_more(places, found_by)

    @staticmethod
    def _one_more(places: list[Place], found_by: Sequence[Identity]) -> UUID:
        places.append(Place(new_id(), {each.kind: set(each.digests) for each in found_by}))
        return places[-1].id

    def _held(self, person_id: UUID) -> list[Place]:
        keys = keyring(self._session)
        seal = seal_of(keys, self._shape)
        rows = self._session.execute(
            select(Record.record_id, cast(Record.data, Text))
            .where(Record.person_id == person_id, Record.register_id == self._shape.register_id)
            .order_by(Record.record_id)
        ).all()
        places = []
        for record_id, data in rows:
            known_by: dict[IdentifierKind, set[bytes]] = {}
            for one in identities(keys, self._shape, seal.open(record_id, data)):
                known_by.setdefault(one.kind, set()).update(one.digests)
            places.append(Place(record_id, known_by))
        return places
