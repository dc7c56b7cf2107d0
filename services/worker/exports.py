"""Archives: built, destroyed when their time is over, their objects removed."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from services.worker.handling import handles, handles_outside
from tenants.acting import Acting
from tenants.exports import building, expiring
from tenants.exports.building import Built
from tenants.exports.expiring import ExpireExport, RemoveObject
from tenants.exports.ordering import BuildExport
from tenants.requests import workflow
from tenants.vault import objects


@handles_outside(BuildExport)
def build_export(acting: Acting, job: BuildExport) -> Callable[[Session], None] | None:
    built = building.build(acting, job.export_id)
    return None if built is None else partial(_keep, built=built)


def _keep(session: Session, built: Built) -> None:
    if until := building.keep(session, built):
        workflow.archive_ready(session, built.dossier.export.case_id, until=until)


@handles(ExpireExport)
def expire_export(session: Session, job: ExpireExport) -> None:
    export = expiring.expire(session, job.export_id)
    if export is not None:
        workflow.archive_expired(session, export.case_id)


@handles_outside(RemoveObject)
def remove_object(_: Acting, job: RemoveObject) -> None:
    objects.delete(job.object_key)
