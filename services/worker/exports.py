"""Archives and files of registers: built, destroyed when their time is over, their objects removed."""

from functools import partial

from msgspec.structs import replace
from sqlalchemy.orm import Session

from services.worker.handling import Finish, Work, handles, handles_outside
from tenants.errors import GroupSuspended, Refusal
from tenants.exports import building, expiring, extracting, extracts
from tenants.exports.building import Built
from tenants.exports.dossier import Dossier
from tenants.exports.expiring import ExpireExport, RemoveObject
from tenants.exports.extracts import BuildExtract, ExpireExtract
from tenants.exports.model import Extract
from tenants.exports.ordering import BuildExport
from tenants.notifying import answering
from tenants.requests import workflow
from tenants.vault import objects


@handles_outside(BuildExport)
def build_export(session: Session, job: BuildExport) -> Work | None:
    dossier = building.read(session, job.export_id)
    if dossier is None:
        return None
    withheld = {register.register_id for register in dossier.withheld}
    told = answering.told_to_person(session, dossier.export.person_id, withheld=withheld)
    return partial(_build, replace(dossier, told=told))


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


@handles_outside(BuildExtract)
def build_extract(session: Session, job: BuildExtract) -> Work | None:
    extract = extracting.begin(session, job.extract_id)
    return partial(_extract, extract) if extract else None


def _extract(extract: Extract) -> Finish:
    """What whoever ordered it may not have any more is told on its page, and is no failure of the job."""
    try:
        return partial(extracting.keep, built=extracting.store(extract))
    except GroupSuspended:
        raise
    except Refusal as refusal:
        return partial(extracts.fail, extract_id=extract.extract_id, failure=refusal.sentence)


@handles(ExpireExtract)
def expire_extract(session: Session, job: ExpireExtract) -> None:
    extracts.expire(session, job.extract_id)


@handles_outside(RemoveObject)
def remove_object(session: Session, job: RemoveObject) -> Work:
    return lambda: objects.delete(job.object_key)
