"""The versions of one register: who changed it, when, by a file or in the editor. Each stays readable."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Member
from tenants.manifests import versions
from tenants.manifests.parts import Parts, taken
from tenants.manifests.versions import ManifestVersion, NoManifest


class RegisterVersion(Struct, frozen=True):
    """A version of the group's declaration that changed the register. `by` is empty where a file was applied."""

    version: int
    at: datetime
    by: str | None
    in_editor: bool


def of_register(session: Session, register_key: str) -> list[RegisterVersion]:
    """The newest first."""
    members = {member_id: name for member_id, name in session.execute(select(Member.member_id, Member.name))}  # noqa: C416
    found = [
        RegisterVersion(
            version=row.version,
            at=row.applied_at,
            by=members.get(row.applied_by) if row.applied_by else None,
            in_editor=row.draft_id is not None,
        )
        for row in _changing(versions.history(session), register_key)
    ]
    return found[::-1]


def newest(session: Session) -> dict[str, int]:
    """By register, the version that last changed it."""
    rows = versions.history(session)
    keys = {one.key for row in rows[:1] for one in row.manifest.registers}
    return {key: changing[-1].version for key in keys if (changing := _changing(rows, key))}


def parts_at(session: Session, register_key: str, version: int) -> Parts:
    """Raises NoManifest."""
    row = versions.numbered(session, version)
    if row is None:
        raise NoManifest
    return taken(row.manifest, register_key)


def _changing(rows: Sequence[ManifestVersion], register_key: str) -> list[ManifestVersion]:
    """The oldest first."""
    found: list[ManifestVersion] = []
    before = Parts()
    for row in reversed(rows):
        parts = taken(row.manifest, register_key)
        if parts != before:
            found.append(row)
        before = parts
    return found
