"""Imports: files checked and written, and those that nobody decided on forgotten."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from services.worker.handling import handles_outside
from tenants.acting import Acting
from tenants.jobs.outbox import enqueue
from tenants.registers import checking, imports, staging, writing
from tenants.registers.imports import CheckImport, DropUpload, ForgetImport, WriteImport

# Well within the time that a job may take.
WRITES_AT_MOST = timedelta(minutes=3)


@handles_outside(CheckImport)
def check(acting: Acting, job: CheckImport) -> None:
    checking.check(acting, job.import_id, staging.source_of(acting, job.import_id))


@handles_outside(WriteImport)
def write(acting: Acting, job: WriteImport) -> Callable[[Session], None] | None:
    source = staging.source_of(acting, job.import_id)
    if writing.write(acting, job.import_id, source, rest_after=WRITES_AT_MOST):
        return None
    return lambda session: _go_on(session, job)


def _go_on(session: Session, job: WriteImport) -> None:
    enqueue(session, job)


@handles_outside(ForgetImport)
def forget(acting: Acting, job: ForgetImport) -> None:
    imports.forget(acting, job.import_id)


@handles_outside(DropUpload)
def drop_upload(acting: Acting, job: DropUpload) -> None:
    imports.drop_upload(acting, job.import_id)
