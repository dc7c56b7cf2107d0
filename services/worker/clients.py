"""OAuth clients: what has expired is forgotten."""

from sqlalchemy.orm import Session

from services.worker.handling import handles
from tenants.clients import forgetting


@handles(forgetting.ForgetAccess)
def forget_access(session: Session, job: forgetting.ForgetAccess) -> None:
    forgetting.forget(session)
