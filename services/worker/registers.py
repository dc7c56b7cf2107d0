"""Registers: persons made findable by what was declared since."""

from sqlalchemy.orm import Session

from services.worker.handling import handles
from tenants.registers import identifiers


@handles(identifiers.RenewIdentifiers)
def renew_identifiers(session: Session, job: identifiers.RenewIdentifiers) -> None:
    identifiers.renew_some(session, job)
