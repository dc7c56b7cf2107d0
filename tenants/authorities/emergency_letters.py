"""What whoever oversees is told when an emergency access is over: where its report is, and no more."""

from uuid import UUID, uuid5

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.authorities.emergencies import TellOfEmergency
from tenants.companies.model import EmergencyAnswer, Member
from tenants.groups.model import Group
from tenants.languages.speaking import Language, sentence, translate

PAGE = "/office/emergencies"

SUBJECT = sentence("The report of an emergency access is to be reviewed")
TEXT = sentence(
    "An emergency access has ended. Its report says how often what was done under it, to how many persons and records,"
    " and no data of theirs. It stays open until it has been reviewed."
)
COUNTS = sentence("Entries in the audit trail: %(entries)s. Ids named in them: %(ids)s.")
WHERE = sentence("The report is in the office: %(url)s")


class Told(Struct, frozen=True, kw_only=True):
    """An e-mail to a member of staff: the address is all it says of anybody."""

    message_id: UUID
    to: str
    sender: str
    language: Language
    subject: str
    text: str


def compose(session: Session, job: TellOfEmergency) -> Told | None:
    """None when there is nothing to tell any more."""
    row = session.scalar(
        select(EmergencyAnswer).where(
            EmergencyAnswer.emergency_id == job.emergency_id, EmergencyAnswer.reviewed_at.is_(None)
        )
    )
    to = session.scalar(select(Member.email).where(Member.member_id == job.member_id, Member.deactivated_at.is_(None)))
    if row is None or row.report is None or not to:
        return None
    group = session.scalars(select(Group)).one()
    language = Language(group.default_language)
    entries = sum(int(str(one["times"])) for one in row.report)
    ids = sum(len(one["ids"]) for one in row.report if isinstance(one["ids"], list))
    said = (
        translate(language, TEXT),
        translate(language, COUNTS, entries=entries, ids=ids),
        translate(language, WHERE, url=f"{settings.current().base_url}{PAGE}/{job.emergency_id}"),
    )
    return Told(
        # The same word to the same member again is seen to be one.
        message_id=uuid5(job.emergency_id, str(job.member_id)),
        to=to,
        sender=group.name,
        language=language,
        subject=translate(language, SUBJECT),
        text="\n\n".join(said) + "\n",
    )
