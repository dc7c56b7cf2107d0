from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from tenants.base import Base, OfGroup


class Group(OfGroup, Base):
    """A corporate group (konserni): the tenant."""

    __tablename__ = "groups"

    slug: Mapped[str]
    name: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    default_language: Mapped[str]
    four_eyes: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DirectoryEntry(Base):
    """How a slug or an OpenID client finds its group. Nobody may list it; `find_group` reads one exact key."""

    __tablename__ = "directory"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key_digest: Mapped[bytes] = mapped_column(primary_key=True)
    group_id: Mapped[UUID]
