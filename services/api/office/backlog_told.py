"""The backlog of confirmations, as pages about recipients draw it."""

from sqlalchemy.orm import Session

from services.api.office.desk import Desk
from services.api.office.notifications import NOTIFICATIONS
from services.api.pictures.backlog import Bar
from tenants.companies.permissions import Permission
from tenants.languages.speaking import translate
from tenants.notifying import measuring


def bars(session: Session, desk: Desk) -> list[Bar] | None:
    """None for those who tell no recipients while they act as they do now."""
    if desk.here.acting.company_id is None or not desk.here.may(Permission.TELL_RECIPIENTS):
        return None
    return [
        Bar(
            one.name or translate(desk.language, "sources of wrong data"),
            one.waiting,
            f"{NOTIFICATIONS}?recipient={one.recipient_id}" if one.recipient_id else NOTIFICATIONS,
            one.settled,
            one.median_days,
        )
        for one in measuring.backlog(session)
    ]


def waiting(session: Session, desk: Desk) -> dict[str, int]:
    """How many are waited for, and how many of them for more than two weeks."""
    found = bars(session, desk) or []
    return {"waiting": sum(one.all for one in found), "waiting_long": sum(one.counts[-1] for one in found)}
