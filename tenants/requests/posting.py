"""Hands a letter to the mail server. No transaction is open meanwhile."""

import smtplib
from email.message import EmailMessage

from tenants import settings

TIMEOUT = 20


class NotPosted(Exception):
    """The mail server did not take the letter; nothing is lost, it is tried again."""


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
