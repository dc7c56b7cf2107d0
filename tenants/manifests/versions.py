"""The manifests that were applied, as rows: the newest is what the group's notices say today."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Index, Integer, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from tenants.base import Base, OfGroup, refers_to
from tenants.errors import NotFound
from tenants.manifests.drafts import RegisterDraft
from tenants.manifests.model import Manifest


class ManifestVersion(OfGroup, Base):
    """What the group declared from this moment on: brought by a file, or by a draft of the editor."""

    __tablename__ = "manifest_versions"
    __table_args__ = (
        refers_to("groups"),
        refers_to(RegisterDraft.__tablename__, "draft_id"),
        Index(None, "group_id", "draft_id", unique=True, postgresql_where=text("draft_id IS NOT NULL")),
    )

    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    document: Mapped[dict[str, object]] = mapped_column(JSONB)
    sha256: Mapped[str]
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())
    applied_by: Mapped[UUID | None]
    draft_id: Mapped[UUID | None]

    @property
    def manifest(self) -> Manifest:
        """`base_version` tells which version it is."""
        return msgspec.structs.replace(msgspec.convert(self.document, Manifest), base_version=self.version)


class NoManifest(NotFound):
    """No manifest has been applied to this group."""


def newest(session: Session) -> ManifestVersion | None:
    return session.scalar(select(ManifestVersion).order_by(ManifestVersion.version.desc()).limit(1))


def number(session: Session) -> int | None:
    """That of the declarations in force; None where none were made yet."""
    return session.scalar(select(func.max(ManifestVersion.version)))


def numbered(session: Session, version: int) -> ManifestVersion | None:
    return session.scalar(select(ManifestVersion).where(ManifestVersion.version == version))


def newest_of_a_file(session: Session) -> int:
    """The version that a file says which does not say its own: whoever wrote it may know of no draft since. 0: none."""
    of_files = select(func.max(ManifestVersion.version)).where(ManifestVersion.draft_id.is_(None))
    return session.scalar(of_files) or 0


def history(session: Session) -> Sequence[ManifestVersion]:
    """The newest first."""
    return session.scalars(select(ManifestVersion).order_by(ManifestVersion.version.desc())).all()


def in_force(session: Session) -> Manifest:
    """What the group declares now, `base_version` telling which version it is. Raises NoManifest."""
    row = newest(session)
    if row is None:
        raise NoManifest
    return row.manifest
