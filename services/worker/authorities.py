"""What was given to authorities is forgotten after its day; what was done in an emergency is reported."""

from sqlalchemy.orm import Session

from services.worker import staff_letters
from services.worker.handling import Work, handles, handles_outside
from tenants.authorities import disclosing, emergencies, emergency_letters


@handles(disclosing.ForgetFile)
def forget_file(session: Session, job: disclosing.ForgetFile) -> None:
    disclosing.forget(session, job.file_id)


@handles(emergencies.ReportEmergency)
def report_emergency(session: Session, job: emergencies.ReportEmergency) -> None:
    emergencies.report(session, job.emergency_id)


@handles_outside(emergencies.TellOfEmergency)
def tell_of_emergency(session: Session, job: emergencies.TellOfEmergency) -> Work | None:
    return staff_letters.posted(emergency_letters.compose(session, job))
