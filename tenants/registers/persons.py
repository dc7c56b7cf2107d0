"""The data subjects of one company."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.registers import viewing
from tenants.registers.model import Person


def create(session: Session) -> UUID:
    """A person of whom nothing is known yet; records say who it is."""
    person = Person(person_id=new_id())
    session.add(person)
    trail.record(session, "person.created", about="person", ids=[person.person_id])
    session.flush()
    return person.person_id


def hold(session: Session, person_id: UUID) -> None:
    """Before anything of the person is written by hand: nobody else is who they are until the transaction ends.

    Whoever merges locks the rows of both; so it is waited for here, and seen. Raises NoSuchPerson, HeldAsAnother.
    """
    keep(session, [person_id])
    viewing.exists(session, person_id)


def keep(session: Session, person_ids: Collection[UUID]) -> None:
    """Nobody merges or divides these before the transaction ends; whether somebody has, is to be asked after this."""
    wanted = select(Person.person_id).where(Person.person_id.in_(person_ids)).order_by(Person.person_id)
    session.execute(wanted.with_for_update(read=True, key_share=True)).all()
