"""What members are told of a certification: that roles wait for them, or end soon. No role and no name stands in it."""

from uuid import UUID, uuid5

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.companies.certifying import TellOfRoles
from tenants.companies.model import Campaign, Member
from tenants.groups.model import Group
from tenants.languages.speaking import Language, long_date, sentence, translate

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


class Told(Struct, frozen=True, kw_only=True):
    """An e-mail to a member of staff: the address is all it says of anybody."""

    message_id: UUID
    to: str
    sender: str
    language: Language
    subject: str
    text: str


def compose(session: Session, job: TellOfRoles) -> Told | None:
    """None when there is nothing to tell any more."""
    open_until = session.scalar(
        select(Campaign.due_on).where(Campaign.campaign_id == job.campaign_id, Campaign.closed_at.is_(None))
    )
    to = session.scalar(select(Member.email).where(Member.member_id == job.member_id, Member.deactivated_at.is_(None)))
    if open_until is None or not to:
        return None
    group = session.scalars(select(Group)).one()
    language = Language(group.default_language)
    subject, text = (LAST, LAST_TEXT) if job.last else (BEGUN, BEGUN_TEXT)
    said = translate(language, text, day=long_date(language, open_until))
    where = translate(language, WHERE, url=settings.current().base_url + PAGE)
    return Told(
        # The same word to the same member again is seen to be one.
        message_id=uuid5(job.campaign_id, f"{job.member_id} {job.last}"),
        to=to,
        sender=group.name,
        language=language,
        subject=translate(language, subject),
        text=f"{said}\n\n{where}\n",
    )
