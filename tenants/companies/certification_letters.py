"""What members are told of a certification: that roles wait for them, or end soon. No role and no name stands in it."""

from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.companies import staff_letters
from tenants.companies.certifying import TellOfRoles
from tenants.companies.model import Campaign
from tenants.companies.staff_letters import StaffLetter
from tenants.languages.speaking import long_date, sentence, translate

PAGE = "/office/certification"

BEGUN = sentence("The roles of staff are to be confirmed")
BEGUN_TEXT = sentence(
    "Every role of the staff is confirmed anew until %(day)s. Whatever nobody confirms by then ends by itself."
)
LAST = sentence("Roles end soon that nobody has confirmed")
LAST_TEXT = sentence(
    "Roles that nobody has confirmed end after %(day)s. This concerns you: a role of yours may be among them, "
    "or they wait for your decision."
)
WHERE = sentence("Who decides does so in the office: %(url)s")


def compose(session: Session, job: TellOfRoles) -> StaffLetter | None:
    """None when there is nothing to tell any more."""
    open_until = session.scalar(
        select(Campaign.due_on).where(Campaign.campaign_id == job.campaign_id, Campaign.closed_at.is_(None))
    )
    if open_until is None:
        return None
    subject, text = (LAST, LAST_TEXT) if job.last else (BEGUN, BEGUN_TEXT)
    return staff_letters.to_member(
        session,
        job.member_id,
        message_id=uuid5(job.campaign_id, f"{job.member_id} {job.last}"),
        subject=subject,
        says=lambda language: (
            translate(language, text, day=long_date(language, open_until)),
            translate(language, WHERE, url=settings.current().base_url + PAGE),
        ),
    )
