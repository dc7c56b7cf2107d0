"""Under which ids a person's past is: persons are merged and split, and what was written of them stays as it was.

The audit, the ledger and what people once said keep the id of their day. Whoever asks about a person asks for all.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, DateTime, String, Uuid, bindparam, case, cast, literal, select
from sqlalchemy.orm import Session

from tenants.registers.model import ChangeKind, PersonChange


def ids_of(session: Session, person_id: UUID) -> list[UUID]:
    """The person's own, and those of all who are held as this person now."""
    return list(session.scalars(_IDS, {"person_id": person_id}))


def held_as(session: Session, person_id: UUID) -> UUID | None:
    """Whom this person was merged with, if they are one now."""
    return session.scalar(_HELD_AS, {"person_id": person_id})


def merged(session: Session, among: Collection[UUID]) -> set[UUID]:
    """Those with whom somebody else is held as one."""
    return set(session.scalars(select(PersonChange.kept_id).where(PersonChange.kept_id.in_(among), _ONE)))


def spans(person_id: ColumnElement[UUID]) -> CTE:
    """Ids with the time in which what was received under them was this person's data: `person_id`, `since`, `until`.

    Also the id of another, for the time in which the two were held as one: nobody can tell any more which of them a
    reading was about.
    """
    own = _own(person_id)
    of_one, change = ChangeKind.MERGE, PersonChange
    apart = select(
        change.kept_id.label("person_id"),
        case((change.kind == of_one, change.made_at), else_=_EVER).label("since"),
        case((change.kind == of_one, change.undone_at), else_=change.made_at).label("until"),
    ).join(own, change.other_id == own.c.person_id)
    always = select(own.c.person_id, _EVER.label("since"), _NEVER.label("until"))
    return always.union_all(apart.where(~_ONE)).cte("spans")


def _own(person_id: ColumnElement[UUID]) -> CTE:
    own = select(person_id.label("person_id")).cte("own", recursive=True)
    return own.union(
        select(PersonChange.other_id).join(own, PersonChange.kept_id == own.c.person_id).where(_ONE)
    )  # fmt: skip


# As `PersonChange.is_one` says it.
_ONE = (PersonChange.kind == ChangeKind.MERGE) == PersonChange.undone_at.is_(None)
_EVER: ColumnElement[datetime] = cast(literal("-infinity", String), DateTime(timezone=True))
_NEVER: ColumnElement[datetime] = cast(literal("infinity", String), DateTime(timezone=True))
_OF = bindparam("person_id", type_=Uuid())
_IDS = select(_own(_OF).c.person_id)
_HELD_AS = select(PersonChange.kept_id).where(PersonChange.other_id == _OF, _ONE)
