"""The manifests that were applied, as rows: the newest is what the group's notices say today."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Integer, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from tenants.base import Base, OfGroup, refers_to
from tenants.errors import NotFound
from tenants.manifests.model import Manifest


class ManifestVersion(OfGroup, Base):
    __tablename__ = "manifest_versions"
    __table_args__ = (refers_to("groups"),)

    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    document: Mapped[dict[str, object]] = mapped_column(JSONB)
    sha256: Mapped[str]
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())
    applied_by: Mapped[UUID | None]


class NoManifest(NotFound):
    """No manifest has been applied to this group."""


def newest(session: Session) -> ManifestVersion | None:
    return session.scalar(select(ManifestVersion).order_by(ManifestVersion.version.desc()).limit(1))


def number(session: Session) -> int | None:
    """That of the declarations in force; None where none were made yet."""
    return session.scalar(select(func.max(ManifestVersion.version)))


def numbered(session: Session, version: int) -> ManifestVersion | None:
    return session.scalar(select(ManifestVersion).where(ManifestVersion.version == version))


def in_force(session: Session) -> Manifest:
    """What the group declares now, `base_version` telling which version it is. Raises NoManifest."""
    row = newest(session)
    if row is None:
        raise NoManifest
    return msgspec.structs.replace(msgspec.convert(row.document, Manifest), base_version=row.version)
