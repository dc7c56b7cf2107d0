"""Recipients: told what became of data that they received, and reminded until they confirm."""

from sqlalchemy.orm import Session

from services.worker.handling import Work, handles, handles_outside
from tenants.notifying import following, mailing, pressing
from tenants.registers.changes import TellRecipients


@handles(TellRecipients)
def tell_recipients(session: Session, job: TellRecipients) -> None:
    following.follow(session)


@handles(pressing.PressRecipients)
def press_recipients(session: Session, job: pressing.PressRecipients) -> None:
    pressing.press(session)
    mailing.forget_links(session)


@handles_outside(mailing.MailRecipient)
def mail_recipient(session: Session, job: mailing.MailRecipient) -> Work | None:
    return mailing.send(session, job)
