"""A letter as an e-mail, and handed to the mail server. No transaction is open meanwhile."""

import smtplib
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from tenants import settings
from tenants.languages.speaking import Language
from tenants.requests.typesetting import Set

TIMEOUT = 20


class NotPosted(Exception):
    """The mail server did not take the letter; nothing is lost, it is tried again."""


def message(letter_id: UUID, set_: Set, *, language: Language, sender: str, to: str) -> EmailMessage:
    """The same id gives the same Message-ID, so that a letter sent twice is seen to be one."""
    made = plain_message(letter_id, set_.subject, set_.text, language=language, sender=sender, to=to)
    # The alternatives would take it with them into the first part.
    del made["Content-Language"]
    made.add_alternative(set_.html, subtype="html")
    made["Content-Language"] = language
    return made


def plain_message(
    letter_id: UUID, subject: str, text: str, *, language: Language, sender: str, to: str
) -> EmailMessage:
    """In words alone."""
    ours = settings.current().mail_from
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(display_name=" ".join(sender.split()), addr_spec=ours)
    made["To"] = to
    made["Subject"] = subject
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = f"<{letter_id}@{ours.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    made["Content-Language"] = language
    return made


def post(letter: EmailMessage, *, to: str) -> None:
    """Raises NotPosted, with the server's code and never its words: they quote addresses."""
    configured = settings.current()
    try:
        with smtplib.SMTP(configured.smtp_host, configured.smtp_port, timeout=TIMEOUT) as server:
            if configured.smtp_starttls:
                server.starttls()
            if configured.smtp_user:
                server.login(configured.smtp_user, configured.smtp_password)
            server.send_message(letter, from_addr=configured.mail_from, to_addrs=[to])
    except smtplib.SMTPRecipientsRefused as refusal:
        raise NotPosted(next((code for code, _ in refusal.recipients.values()), 0)) from None
    except smtplib.SMTPResponseException as refusal:
        raise NotPosted(refusal.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotPosted(type(error).__name__) from None
