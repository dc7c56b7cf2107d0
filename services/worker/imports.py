"""Imports: files checked and written, and those that nobody decided on forgotten."""

from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from services.worker.handling import Finish, Work, handles_outside
from tenants.acting import Acting
from tenants.database import acting_of
from tenants.jobs.outbox import enqueue
from tenants.registers import checking, imports, staging, writing
from tenants.registers.imports import CheckImport, DropUpload, ForgetImport, WriteImport

# Well within the time that a job may take.
WRITES_AT_MOST = timedelta(minutes=3)


@handles_outside(CheckImport)
def check(session: Session, job: CheckImport) -> Work:
    return partial(_check, acting_of(session), job)


def _check(acting: Acting, job: CheckImport) -> None:
    checking.check(acting, job.import_id, staging.source_of(acting, job.import_id))


@handles_outside(WriteImport)
def write(session: Session, job: WriteImport) -> Work:
    return partial(_write, acting_of(session), job)


def _write(acting: Acting, job: WriteImport) -> Finish | None:
    source = staging.source_of(acting, job.import_id)
    if writing.write(acting, job.import_id, source, rest_after=WRITES_AT_MOST):
        return None
    return partial(_go_on, job)


def _go_on(job: WriteImport, session: Session) -> None:
    enqueue(session, job)


@handles_outside(ForgetImport)
def forget(session: Session, job: ForgetImport) -> Work:
    return partial(imports.forget, acting_of(session), job.import_id)


@handles_outside(DropUpload)
def drop_upload(session: Session, job: DropUpload) -> Work:
    return partial(imports.drop_upload, acting_of(session), job.import_id)
