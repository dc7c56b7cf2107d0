"""Recipients: told what became of data that they received, and reminded until they confirm.

Files that hold somebody erased go with it.
"""

from sqlalchemy.orm import Session

from services.worker.handling import Work, handles, handles_outside
from tenants.deliveries import withdrawing
from tenants.deliveries.withdrawing import Erased
from tenants.notifying import mailing, pressing
from tenants.opendsr import informing
from tenants.registers.changes import TellRecipients
from tenants.registers.model import Cause

FOR_GOOD = frozenset({Cause.ERASED, Cause.RETENTION})


@handles(TellRecipients)
def tell_recipients(session: Session, job: TellRecipients) -> None:
    told = informing.follow(session)
    gone = [Erased(one.person_id, one.number, one.at) for one in told if one.cause in FOR_GOOD]
    withdrawing.withdraw(session, gone)


@handles(pressing.PressRecipients)
def press_recipients(session: Session, job: pressing.PressRecipients) -> None:
    pressing.press(session)
    mailing.forget_links(session)


@handles_outside(mailing.MailRecipient)
def mail_recipient(session: Session, job: mailing.MailRecipient) -> Work | None:
    return mailing.send(session, job)
