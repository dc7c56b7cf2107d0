"""Periodic work: one table, and what turns it into due rows."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services import logs
from services.worker import watching
from services.worker.heartbeat import beat
from services.worker.stopping import asked_to_stop
from tenants import walls
from tenants.acting import DatabaseRole, system
from tenants.clients.forgetting import ForgetAccess
from tenants.companies.certifying import CertifyRoles
from tenants.companies.given_answers import ForgetAnswers
from tenants.companies.model import Company
from tenants.contacts.forgetting import ForgetContacts
from tenants.contacts.signing_in import ForgetSignIns
from tenants.database import list_groups, walled_session
from tenants.deliveries.ordering import BeginDeliveries
from tenants.errors import GroupSuspended
from tenants.jobs.model import Job
from tenants.jobs.outbox import PruneQueue, enqueue
from tenants.notifying.pressing import PressRecipients
from tenants.registers.correcting import ForgetCorrections
from tenants.reminding.reminders import LookForReminders
from tenants.requests.limits import ForgetOldCounts
from tenants.webhooks.forgetting import ForgetWebhooks

log = structlog.get_logger()


class Every(Struct, frozen=True):
    """One job for each group, or for each of its companies, in every period; spread over its first minutes."""

    period: timedelta
    job: Job
    for_each_company: bool = False


DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

PERIODIC = (
    # how often, what
    Every(DAY, PruneQueue()),
    Every(DAY, ForgetOldCounts()),
    Every(DAY, ForgetAnswers()),
    Every(DAY, CertifyRoles()),
    Every(DAY, ForgetCorrections(), for_each_company=True),
    Every(HOUR, ForgetAccess(), for_each_company=True),
    Every(HOUR, BeginDeliveries(), for_each_company=True),
    Every(HOUR, PressRecipients(), for_each_company=True),
    Every(HOUR, ForgetSignIns()),
    Every(DAY, ForgetContacts(), for_each_company=True),
    Every(DAY, LookForReminders(), for_each_company=True),
    Every(DAY, ForgetWebhooks(), for_each_company=True),
)

LOOK_SECONDS = 5.0
SPREAD_AT_MOST = 10 * MINUTE
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def main() -> None:
    logs.configure("schedule")
    walls.check(DatabaseRole.APP)
    run(asked_to_stop())


def run(stopping: threading.Event, table: Sequence[Every] = PERIODIC) -> None:
    """Until told to stop. An outage of PostgreSQL is waited out; periods that passed meanwhile are not made up."""
    log.info("schedule started", lines=len(table))
    filled: dict[Every, datetime] = {}
    while not stopping.is_set():
        beat()
        now = datetime.now(UTC)
        begun = [line for line in table if filled.get(line) != start_of_period(line, now)]
        try:
            fill(begun, now)
            filled |= {line: start_of_period(line, now) for line in begun}
            watching.look_around()
        except DBAPIError as error:
            log.warning("schedule waits for the database", exc_info=error)
        stopping.wait(LOOK_SECONDS)
    log.info("schedule ended")


def fill(lines: Sequence[Every], now: datetime) -> None:
    """The rows of the period that `now` is in. A second scheduler adds nothing: each row has its key."""
    if not lines:
        return
    for group_id in list_groups(DatabaseRole.RELAY):
        # Periods that pass while a group is suspended are not made up for.
        with suppress(GroupSuspended), walled_session(system(group_id)) as session:
            for line in lines:
                _fill_for_group(session, group_id, line, now)


def start_of_period(line: Every, now: datetime) -> datetime:
    return now - (now - EPOCH) % line.period


def _fill_for_group(session: Session, group_id: UUID, line: Every, now: datetime) -> None:
    start = start_of_period(line, now)
    # Not every group at the same second: the last bits of its id are as good as dice.
    due_at = start + min(line.period, SPREAD_AT_MOST) * (group_id.int % 1000) / 1000
    key = f"{start:%Y-%m-%dT%H:%M:%S}"
    if not line.for_each_company:
        enqueue(session, line.job, due_at=due_at, company_id=None, once=key)
        return
    for company_id in session.scalars(select(Company.company_id)):
        enqueue(session, line.job, due_at=due_at, company_id=company_id, once=f"{key} {company_id}")


if __name__ == "__main__":
    main()
