from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, new_id, refers_to


class GroupDeletion(OfGroup, Base):
    """That a group's erasure was asked for. `progress` (erasing.Progress) goes on from where a process died.

    `requested_by` and `reason` are an operator's own words. They go with the group and stand in no certificate.
    """

    __tablename__ = "group_deletions"
    __table_args__ = (
        refers_to("groups"),
        Index("uq_group_deletions_open", "group_id", unique=True, postgresql_where=text("cancelled_at IS NULL")),
    )

    deletion_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    requested_by: Mapped[str]
    reason: Mapped[str]
    not_before: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    progress: Mapped[dict[str, object] | None] = mapped_column(JSONB)


class KeyRotation(OfGroup, Base):
    """A new version of a group's key on its way: `cursor` (rotating.Cursor) is where a process that died goes on."""

    __tablename__ = "key_rotations"
    __table_args__ = (
        refers_to("groups"),
        Index("uq_key_rotations_open", "group_id", unique=True, postgresql_where=text("finished_at IS NULL")),
    )

    key_version: Mapped[int] = mapped_column(Integer, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    paused_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cursor: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    values_sealed: Mapped[int] = mapped_column(BigInteger, server_default="0")
    people_digested: Mapped[int] = mapped_column(BigInteger, server_default="0")
