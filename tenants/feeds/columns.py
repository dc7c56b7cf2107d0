"""The fields of a version of a feed's scope, with what is kept in them."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.feeds import reading
from tenants.feeds.model import FeedScope
from tenants.registers.model import Field, FieldType


class Column(Struct, frozen=True):
    key: str
    type: FieldType
    required: bool


def of_scope(session: Session, scope: FeedScope) -> tuple[Column, ...]:
    """In the order of the scope."""
    own = {one.key: one for one in session.scalars(select(Field).where(Field.register_id == scope.register_id))}
    keys = [key for key in (*scope.fields, *scope.sealed_fields) if key in own]
    return tuple(Column(key, own[key].type, own[key].required) for key in keys)


def of_version(session: Session, feed_id: UUID, version: int) -> tuple[Column, ...]:
    """Of a version that is there. Raises NoSuchFeed."""
    versions = reading.feed(session, feed_id).versions
    return of_scope(session, next(one for one in versions if one.version == version))
