"""What was given to authorities is forgotten after its day; what was done in an emergency is reported."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from services.worker.handling import Work, handles, handles_outside
from tenants.authorities import disclosing, emergencies, emergency_letters
from tenants.requests import posting


@handles(disclosing.ForgetFile)
def forget_file(session: Session, job: disclosing.ForgetFile) -> None:
    disclosing.forget(session, job.file_id)


@handles(emergencies.ReportEmergency)
def report_emergency(session: Session, job: emergencies.ReportEmergency) -> None:
    emergencies.report(session, job.emergency_id)


@handles_outside(emergencies.TellOfEmergency)
def tell_of_emergency(session: Session, job: emergencies.TellOfEmergency) -> Work | None:
    told = emergency_letters.compose(session, job)
    return partial(_post, told) if told else None


def _post(told: emergency_letters.Told) -> Callable[[Session], None] | None:
    """Raises NotPosted."""
    message = posting.plain_message(
        told.message_id, told.subject, told.text, language=told.language, sender=told.sender, to=told.to
    )
    posting.post(message, to=told.to)
    return None
