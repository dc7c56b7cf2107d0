"""The backlog of confirmations, as pages about recipients draw it."""

from sqlalchemy.orm import Session

from services.api.office.desk import Desk
from services.api.office.notifications import NOTIFICATIONS, SOURCES
from services.api.pictures.backlog import Bar
from tenants.companies.permissions import Permission
from tenants.languages.speaking import translate
from tenants.notifying import measuring
from tenants.notifying.measuring import AGES


def bars(session: Session, desk: Desk) -> list[Bar] | None:
    """None for those who tell no recipients while they act as they do now."""
    if desk.here.acting.company_id is None or not desk.here.may(Permission.TELL_RECIPIENTS):
        return None
    return [
        Bar(
            one.name or translate(desk.language, "sources of wrong data"),
            one.waiting,
            url := f"{NOTIFICATIONS}?recipient={one.recipient_id or SOURCES}",
            tuple(f"{url}&{age}" for age in _ages()),
            one.settled,
            one.median_days,
        )
        for one in measuring.backlog(session)
    ]


def _ages() -> list[str]:
    """How the list is asked for what waits so long, the freshest first."""
    newest, *between, oldest = zip((0, *AGES), (*AGES, 0), strict=True)
    return [f"newer={newest[1]}", *(f"older={from_}&newer={to}" for from_, to in between), f"older={oldest[0]}"]


def waiting(session: Session, desk: Desk) -> dict[str, int]:
    """How many are waited for, and how many of them for more than two weeks."""
    found = bars(session, desk) or []
    return {"waiting": sum(one.all for one in found), "waiting_long": sum(one.counts[-1] for one in found)}
