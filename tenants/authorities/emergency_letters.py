"""What whoever oversees is told when an emergency access is over: where its report is, and no more."""

from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.authorities.emergencies import TellOfEmergency
from tenants.companies import staff_letters
from tenants.companies.model import EmergencyAnswer
from tenants.companies.staff_letters import StaffLetter
from tenants.languages.speaking import sentence, translate

PAGE = "/office/emergencies"

SUBJECT = sentence("The report of an emergency access is to be reviewed")
TEXT = sentence(
    "An emergency access has ended. Its report says how often what was done under it, to how many persons and records,"
    " and no data of theirs. It stays open until it has been reviewed."
)
COUNTS = sentence("Entries in the audit trail: %(entries)s. Ids named in them: %(ids)s.")
WHERE = sentence("The report is in the office: %(url)s")


def compose(session: Session, job: TellOfEmergency) -> StaffLetter | None:
    """None when there is nothing to tell any more."""
    row = session.scalar(
        select(EmergencyAnswer).where(
            EmergencyAnswer.emergency_id == job.emergency_id, EmergencyAnswer.reviewed_at.is_(None)
        )
    )
    if row is None or row.report is None:
        return None
    entries = sum(int(str(one["times"])) for one in row.report)
    ids = sum(len(one["ids"]) for one in row.report if isinstance(one["ids"], list))
    return staff_letters.to_member(
        session,
        job.member_id,
        message_id=uuid5(job.emergency_id, str(job.member_id)),
        subject=SUBJECT,
        says=lambda language: (
            translate(language, TEXT),
            translate(language, COUNTS, entries=entries, ids=ids),
            translate(language, WHERE, url=f"{settings.current().base_url}{PAGE}/{job.emergency_id}"),
        ),
    )
