from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Boolean, Integer, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from tenants.base import Base, OfGroup, words


class SuspensionReason(StrEnum):
    """Why nothing is done for a group for now. A choice and not free words: it stays in the audit for ever."""

    AT_REQUEST = "at_request"
    NOT_PAID = "not_paid"
    SECURITY = "security"
    CLOSING = "closing"


class Group(OfGroup, Base):
    """A corporate group (konserni): the tenant. While it is suspended the database refuses whoever acts for it."""

    __tablename__ = "groups"

    slug: Mapped[str]
    name: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    default_language: Mapped[str]
    four_eyes: Mapped[bool] = mapped_column(Boolean, server_default="false")
    roles_by_two: Mapped[bool] = mapped_column(Boolean, server_default="false")
    maintenance_hours: Mapped[int] = mapped_column(Integer, server_default="8")
    certify_months: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    suspended_at: Mapped[datetime | None]
    suspended_for: Mapped[SuspensionReason | None] = mapped_column(words(SuspensionReason))
    erasing_at: Mapped[datetime | None]


class DirectoryEntry(Base):
    """How a slug or an OpenID client finds its group. Nobody may list it; `find_group` reads one exact key."""

    __tablename__ = "directory"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key_digest: Mapped[bytes] = mapped_column(primary_key=True)
    group_id: Mapped[UUID]
