"""Reminders of what is to be looked at."""

from sqlalchemy.orm import Session

from services.worker.handling import Work, handles, handles_outside
from tenants.reminding import reminders


@handles(reminders.LookForReminders)
def look(session: Session, job: reminders.LookForReminders) -> None:
    reminders.look(session)


@handles_outside(reminders.SendReminder)
def send(session: Session, job: reminders.SendReminder) -> Work | None:
    return reminders.send(session, job)
