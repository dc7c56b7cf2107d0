"""Two persons side by side before anybody says that they are one: what is held of each, and what would become of it."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.consents import consenting, objecting
from tenants.errors import Conflict
from tenants.languages.speaking import Text as Words
from tenants.ledger import received
from tenants.registers import restricting, viewing
from tenants.registers.model import Identifier
from tenants.registers.viewing import Held, HeldRegister, HeldValue
from tenants.requests.model import OPEN_STATES, Case
from tenants.sameness import changes, telling_apart
from tenants.sameness.refusals import SamePersonTwice
from tenants.vault.digests import IdentifierKind


class Side(Struct, frozen=True):
    """What is known of one of them."""

    held: Held
    records: int
    restricted: int
    objected: Collection[PurposeKind]
    consented: Collection[PurposeKind]
    requests: int
    open_requests: int
    recipients: list[str]


class Line(Struct, frozen=True):
    """One field of one register; values as they are held, None for a sealed one."""

    label: Words
    kept: list[HeldValue]
    other: list[HeldValue]

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same. Of what is sealed nothing is said."""
        sides = [{one.value for one in side} for side in (self.kept, self.other)]
        return all(sides) and None not in sides[0] | sides[1] and sides[0].isdisjoint(sides[1])


class Sheet(Struct, frozen=True):
    register: Words
    lines: list[Line]


class Comparison(Struct, frozen=True):
    """`contrary` are the kinds of identifiers by which both are known, and not by the same one."""

    kept: Side
    other: Side
    sheets: list[Sheet]
    shared: list[IdentifierKind]
    contrary: list[IdentifierKind]
    hindrances: list[Conflict]


def compare(session: Session, kept_id: UUID, other_id: UUID) -> Comparison:
    """An entry of the audit about both. Raises Forbidden, NoSuchPerson, HeldAsAnother, SamePersonTwice."""
    permissions.require(session, Permission.MERGE_PERSONS)
    if kept_id == other_id:
        raise SamePersonTwice(field="other")
    kept, other = _side(session, kept_id), _side(session, other_id)
    trail.record(session, "persons.compared", about="person", ids=[kept_id, other_id])
    ones, others = _known_by(session, kept_id), _known_by(session, other_id)
    both = [kind for kind in IdentifierKind if kind in ones and kind in others and kind is not IdentifierKind.NAME]
    return Comparison(
        kept=kept,
        other=other,
        sheets=list(_sheets(kept.held.registers, other.held.registers)),
        shared=[kind for kind in both if ones[kind] & others[kind]],
        contrary=[kind for kind in both if not ones[kind] & others[kind]],
        hindrances=[
            *telling_apart.hindrance(session, kept_id, other_id),
            *changes.for_now(session, (kept_id, other_id)),
        ],
    )


def _side(session: Session, person_id: UUID) -> Side:
    held = viewing.person(session, person_id)
    states = session.scalars(select(Case.state).where(Case.person_id == person_id)).all()
    return Side(
        held=held,
        records=sum(register.count for register in held.registers),
        restricted=len(restricting.open_of(session, person_id)),
        objected=objecting.in_force(session, person_id).keys(),
        consented=consenting.in_force(session, person_id).keys(),
        requests=len(states),
        open_requests=sum(state in OPEN_STATES for state in states),
        recipients=sorted({one.recipient for one in received.by_person(session, person_id)}),
    )


def _known_by(session: Session, person_id: UUID) -> Mapping[IdentifierKind, set[bytes]]:
    rows = session.execute(
        select(Identifier.kind, func.array_agg(Identifier.digest))
        .where(Identifier.person_id == person_id)
        .group_by(Identifier.kind)
    )
    return {kind: set(map(bytes, digests)) for kind, digests in rows}


def _sheets(kept: list[HeldRegister], other: list[HeldRegister]) -> Iterator[Sheet]:
    """In the order of the registers; where only one of them is in a register, the other side stays empty."""
    names = {register.register_id: register.name for register in chain(kept, other)}
    for register_id, name in names.items():
        sides = [
            [value for register in side if register.register_id == register_id for value in _values(register)]
            for side in (kept, other)
        ]
        labels = {value.field_id: value.label for value in chain(*sides)}
        yield Sheet(
            name,
            [
                Line(label, *([value for value in side if value.field_id == field_id] for side in sides))
                for field_id, label in labels.items()
            ],
        )


def _values(register: HeldRegister) -> Iterator[HeldValue]:
    return (value for record in register.records for value in record.values)
