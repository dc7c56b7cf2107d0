"""An e-mail to a member of staff, in the language of the group: the address is all it says of anybody."""

from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Member
from tenants.groups.model import Group
from tenants.languages.speaking import Language, translate

Says = Callable[[Language], Sequence[str]]
"""The paragraphs."""


class StaffLetter(Struct, frozen=True, kw_only=True):
    message_id: UUID
    to: str
    sender: str
    language: Language
    subject: str
    text: str


def to_member(session: Session, member_id: UUID, *, message_id: UUID, subject: str, says: Says) -> StaffLetter | None:
    """`subject` is untranslated. The same `message_id` again is seen to be the same word. None after deactivation."""
    to = session.scalar(select(Member.email).where(Member.member_id == member_id, Member.deactivated_at.is_(None)))
    if not to:
        return None
    group = session.scalars(select(Group)).one()
    language = Language(group.default_language)
    return StaffLetter(
        message_id=message_id,
        to=to,
        sender=group.name,
        language=language,
        subject=translate(language, subject),
        text="\n\n".join(says(language)) + "\n",
    )
