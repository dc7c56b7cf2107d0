"""An archive is ordered in the transaction that decides to give it, and built by a job."""

from collections.abc import Iterable
from typing import ClassVar, LiteralString
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from tenants import together
from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.database import run
from tenants.exports.dossier import Part
from tenants.exports.model import Export, ExportState
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.registers.model import IdentityLevel

# An archive of more records than this takes seconds, and others would wait behind it.
MANY_RECORDS = 5_000


class BuildExport(Job, frozen=True):
    """Speaks to the store."""

    name: ClassVar[str] = "exports.build"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    export_id: UUID


def order(
    session: Session,
    *,
    request_id: UUID,
    case_id: UUID,
    person_id: UUID,
    parts: Iterable[Part],
    language: Language,
    level: IdentityLevel,
) -> Export:
    """For a session that acts for the company. `level` is how surely the person is known to be who they are."""
    export = Export(
        export_id=new_id(),
        request_id=request_id,
        case_id=case_id,
        person_id=person_id,
        rights=sorted(parts),
        language=language,
        level=level,
        state=ExportState.QUEUED,
    )
    together.add(session, export)
    _enqueue(session, export.export_id, person_id)
    trail.record(session, "export.ordered", about="export", ids=[export.export_id])
    return export


def order_again(session: Session, case_id: UUID, person_id: UUID) -> None:
    """The archive of a case that was destroyed before anybody got it; of whom the case is about now."""
    again = (
        update(Export)
        .where(Export.case_id == case_id, Export.state == ExportState.EXPIRED)
        .values(
            state=ExportState.QUEUED,
            person_id=person_id,
            size=None,
            sha256=None,
            evidence=None,
            built_at=None,
            expires_at=None,
            ended_at=None,
        )
        .returning(Export.export_id)
        .execution_options(synchronize_session=False)
    )
    export_id = session.scalars(again).one()
    _enqueue(session, export_id, person_id)
    trail.record(session, "export.ordered", about="export", ids=[export_id])


def _enqueue(session: Session, export_id: UUID, person_id: UUID) -> None:
    """With the slow work if there is much to read."""
    [many] = run(session, _MANY, {"person_id": person_id, "most": MANY_RECORDS}).fetchone() or (False,)
    enqueue(session, BuildExport(export_id), queue=Queue.BULK if many else None)


# Counts no further than it must.
_MANY: LiteralString = """
    SELECT count(*) > %(most)s
      FROM (SELECT FROM records WHERE person_id = %(person_id)s LIMIT %(most)s + 1) AS counted
"""
