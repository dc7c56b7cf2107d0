"""A new group: its row, its name in the directory, its first keys."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenants.errors import Conflict
from tenants.groups import directory
from tenants.groups.model import Group
from tenants.vault.keys import create_group_key


class GroupAppeared(Conflict):
    """The group was created by somebody else at this very moment; apply the manifest again."""


def found(session: Session, group: Group) -> None:
    """In a session of the system for the new group's own id. Raises GroupAppeared."""
    session.add(group)
    session.flush()
    try:
        directory.enter(session, directory.Kind.SLUG, group.slug)
    except IntegrityError:
        raise GroupAppeared from None
    create_group_key(session)
