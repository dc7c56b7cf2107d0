"""Registers: persons made findable by what was declared since, and what values once were forgotten."""

from sqlalchemy.orm import Session

from services.worker.handling import handles
from tenants.jobs.outbox import enqueue
from tenants.registers import correcting, identifiers


@handles(identifiers.RenewIdentifiers)
def renew_identifiers(session: Session, job: identifiers.RenewIdentifiers) -> None:
    identifiers.renew_some(session, job)


@handles(identifiers.RenewElsewhere)
def renew_elsewhere(session: Session, job: identifiers.RenewElsewhere) -> None:
    enqueue(session, identifiers.RenewIdentifiers(job.register_id), company_id=job.of_company)


@handles(correcting.ForgetCorrections)
def forget_corrections(session: Session, job: correcting.ForgetCorrections) -> None:
    correcting.forget_corrections(session)
