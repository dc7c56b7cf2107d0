"""The data subjects of one company."""

from uuid import UUID

from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.registers.model import Person


def create(session: Session) -> UUID:
    """A person of whom nothing is known yet; records say who it is."""
    person = Person(person_id=new_id())
    session.add(person)
    trail.record(session, "person.created", about="person", ids=[person.person_id])
    session.flush()
    return person.person_id
