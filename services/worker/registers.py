"""Registers: persons made findable by what was declared since, and what values once were forgotten."""

from sqlalchemy.orm import Session

from services.worker.handling import handles
from tenants.registers import correcting, identifiers


@handles(identifiers.RenewIdentifiers)
def renew_identifiers(session: Session, job: identifiers.RenewIdentifiers) -> None:
    identifiers.renew_some(session, job)


@handles(correcting.ForgetCorrections)
def forget_corrections(session: Session, job: correcting.ForgetCorrections) -> None:
    correcting.forget_corrections(session)
