"""E-mails to staff go out."""

from functools import partial

from services.worker.handling import Finish, Work
from tenants.companies.staff_letters import StaffLetter
from tenants.requests import posting


def posted(letter: StaffLetter | None) -> Work | None:
    """The work of a job that has this to say, if anything."""
    return partial(_post, letter) if letter else None


def _post(letter: StaffLetter) -> Finish | None:
    """Raises NotPosted."""
    message = posting.plain_message(
        letter.message_id, letter.subject, letter.text, language=letter.language, sender=letter.sender, to=letter.to
    )
    posting.post(message, to=letter.to)
    return None
