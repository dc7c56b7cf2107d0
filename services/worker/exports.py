"""Archives: built, destroyed when their time is over, their objects removed."""

from functools import partial

from sqlalchemy.orm import Session

from services.worker.handling import Finish, Work, handles, handles_outside
from tenants.exports import building, expiring
from tenants.exports.building import Built
from tenants.exports.dossier import Dossier
from tenants.exports.expiring import ExpireExport, RemoveObject
from tenants.exports.ordering import BuildExport
from tenants.requests import workflow
from tenants.vault import objects


@handles_outside(BuildExport)
def build_export(session: Session, job: BuildExport) -> Work | None:
    dossier = building.read(session, job.export_id)
    return partial(_build, dossier) if dossier else None


def _build(dossier: Dossier) -> Finish:
    return partial(_keep, built=building.store(dossier))


def _keep(session: Session, built: Built) -> None:
    if until := building.keep(session, built):
        workflow.archive_ready(session, built.dossier.export.case_id, until=until)


@handles(ExpireExport)
def expire_export(session: Session, job: ExpireExport) -> None:
    export = expiring.expire(session, job.export_id)
    if export is not None:
        workflow.archive_expired(session, export.case_id)


@handles_outside(RemoveObject)
def remove_object(session: Session, job: RemoveObject) -> Work:
    return lambda: objects.delete(job.object_key)
