"""The manifests that were applied, as rows: the newest is what the group's notices say today."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, refers_to


class ManifestVersion(OfGroup, Base):
    __tablename__ = "manifest_versions"
    __table_args__ = (refers_to("groups"),)

    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    document: Mapped[dict[str, object]] = mapped_column(JSONB)
    sha256: Mapped[str]
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())
    applied_by: Mapped[UUID | None]
