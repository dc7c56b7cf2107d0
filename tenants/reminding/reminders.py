"""Members of staff are reminded by e-mail of what is to be looked at: of which kind, at which company, on which day.

Nothing else is in such a letter, and no person but the member to whom it goes. What falls on one day is one reminder.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Date, and_, func, or_, select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Assignment, Company, Member, Role, StaffContract
from tenants.companies.permissions import EXTERNAL_ROLES, PERMISSIONS, Permission
from tenants.database import acting_of
from tenants.groups.model import Group
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import KEPT_WHEN_DONE, enqueue
from tenants.languages.speaking import HELSINKI, Language
from tenants.reminding import agenda
from tenants.reminding.agenda import Item, Kind
from tenants.requests import posting, typesetting
from tenants.sharing import reading

DAYS_BEFORE = (30, 14, 3)
OVERDUE = -1
# A job remembers that it was wanted for so long after it was done. A reminder that could not be made in this time,
# because nothing ran, is left to the next one.
LATE_BY = KEPT_WHEN_DONE.days - 1
UNTIL = timedelta(days=max(DAYS_BEFORE))

# Who decides about it.
RESPONSIBLE = {
    Kind.RESTRICTION_REVIEW: Permission.RESTRICT_PERSONS,
    Kind.SHARING_REVIEW: Permission.GRANT_SHARING,
    Kind.SHARING_END: Permission.GRANT_SHARING,
    Kind.RECEIVING_END: Permission.ACCEPT_SHARING,
    Kind.PAPER_ATTESTATION: Permission.ATTEST_PAPER,
    Kind.CONTRACT_END: Permission.MANAGE_MEMBERS,
    Kind.MAINTENANCE_END: Permission.GRANT_MAINTENANCE,
    Kind.AGREEMENT_END: Permission.APPROVE_AGREEMENTS,
    Kind.VERIFICATION_END: Permission.APPROVE_AGREEMENTS,
    Kind.CLIENT_FAILURES: Permission.MANAGE_PROCESSORS,
    Kind.WEBHOOK_DISABLED: Permission.MANAGE_PROCESSORS,
    Kind.FILES_FAILED: Permission.MANAGE_PROCESSORS,
    Kind.FEED_END: Permission.APPROVE_FEEDS,
    Kind.KEY_LOST: Permission.MANAGE_PROCESSORS,
    Kind.CERTIFICATE_DUE: Permission.APPROVE_AGREEMENTS,
    Kind.RECIPIENT_SILENT: Permission.TELL_RECIPIENTS,
}
# What ends by itself is not overdue afterwards.
ENDS = frozenset(
    {
        Kind.SHARING_END,
        Kind.RECEIVING_END,
        Kind.CONTRACT_END,
        Kind.MAINTENANCE_END,
        Kind.AGREEMENT_END,
        Kind.VERIFICATION_END,
        Kind.FEED_END,
    }
)
# Where in the office it is looked at.
PAGES = {
    Kind.PAPER_ATTESTATION: "/office/registers/papers",
    Kind.CONTRACT_END: "/office/contracts",
    Kind.MAINTENANCE_END: "/office/maintenance",
    Kind.AGREEMENT_END: "/office/processors",
    Kind.VERIFICATION_END: "/office/processors",
    Kind.CLIENT_FAILURES: "/office/processors",
    Kind.WEBHOOK_DISABLED: "/office/processors",
    Kind.FILES_FAILED: "/office/processors",
    Kind.FEED_END: "/office/processors",
    Kind.KEY_LOST: "/office/processors",
    Kind.CERTIFICATE_DUE: "/office/processors",
    Kind.RECIPIENT_SILENT: "/office/notifications",
}


class LookForReminders(Job, frozen=True):
    """Of one company, every day. For the purpose for which restricted persons are seen."""

    name: ClassVar[str] = "reminding.look"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST


class SendReminder(Job, frozen=True):
    """`reminder_id` names the letter, and nothing else."""

    name: ClassVar[str] = "reminding.send"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    reminder_id: UUID
    member_id: UUID
    kind: Kind
    day: date


class Reminded(Struct, frozen=True):
    """What the template asks for."""

    kind: Kind
    day: date
    overdue: bool
    count: int
    company: str
    office_url: str


def look(session: Session, *, today: date | None = None) -> None:
    """Queues what is due of the acting company, each reminder once for each member. For the system."""
    today = today or _today()
    company_id = acting_of(session).company_id
    due = {(item.kind, item.day, step) for item in _items(session, today) if (step := _step(item, today)) is not None}
    for kind, day, step in sorted(due):
        for member_id in responsible(session, kind):
            job = SendReminder(new_id(), member_id, kind, day)
            enqueue(session, job, once=f"{company_id} {kind} {day} {step} {member_id}")


def responsible(session: Session, kind: Kind) -> Sequence[UUID]:
    """The active members who decide about this at the acting company."""
    roles = {role for role in Role if RESPONSIBLE[kind] in PERMISSIONS[role]}
    company_id = acting_of(session).company_id
    today = func.timezone("Europe/Helsinki", func.statement_timestamp()).cast(Date)
    under_contract = and_(
        StaffContract.company_id == company_id,
        StaffContract.ended_at.is_(None),
        StaffContract.ends_on >= today,
        Assignment.role.in_(EXTERNAL_ROLES),
        Assignment.company_id == company_id,
    )
    return session.scalars(
        select(Member.member_id)
        .join(Assignment, and_(Assignment.group_id == Member.group_id, Assignment.member_id == Member.member_id))
        .outerjoin(StaffContract, StaffContract.contract_id == Member.contract_id)
        .where(
            Member.deactivated_at.is_(None),
            Assignment.role.in_(roles),
            or_(Assignment.company_id == company_id, Assignment.company_id.is_(None)),
            or_(Member.contract_id.is_(None), under_contract),
        )
        .distinct()
        .order_by(Member.member_id)
    ).all()


def send(session: Session, job: SendReminder) -> Callable[[], Callable[[Session], None]] | None:
    """Reads what there is now. What is returned sends the letter, and returns what notes it.

    None where nobody needs to be reminded any more. Should this stop half-way, the second letter has the first one's
    Message-ID.
    """
    today = _today()
    count = len([one for one in _items(session, today) if (one.kind, one.day) == (job.kind, job.day)])
    if not count or job.member_id not in responsible(session, job.kind):
        return None
    language = Language(session.scalars(select(Group.default_language)).one())
    company = session.scalars(
        select(Company.name).where(Company.company_id == acting_of(session).company_id)
    ).one()  # fmt: skip
    to = session.scalars(select(Member.email).where(Member.member_id == job.member_id)).one()
    values = Reminded(job.kind, job.day, job.day < today, count, company, _url(job.kind))
    set_ = typesetting.typeset(language, "to_look_at", values, sender=company, contact=None)
    message = posting.message(job.reminder_id, set_, language=language, sender=company, to=to)
    return partial(_send, job, message, to)


def _url(kind: Kind) -> str:
    return settings.current().base_url + PAGES.get(kind, "/office")


def _send(job: SendReminder, message: EmailMessage, to: str) -> Callable[[Session], None]:
    """Raises NotPosted."""
    posting.post(message, to=to)
    return partial(_note, job=job)


def _note(session: Session, job: SendReminder) -> None:
    trail.record(session, "member.reminded", about="member", ids=[job.member_id], of=job.kind, day=str(job.day))


def _items(session: Session, today: date) -> list[Item]:
    until, policies = today + UNTIL, reading.listed(session)
    return [
        *agenda.restrictions(session, until=until),
        *agenda.sharing(session, policies, until=until),
        *agenda.receiving(session, policies, until=until),
        *agenda.attestations(session, until=until),
        *agenda.contract_ends(session, since=today, until=until),
        *agenda.maintenance_ends(session),
        *agenda.agreement_ends(session, since=today, until=until),
        *agenda.verification_ends(session, today=today, until=until),
        *agenda.feed_ends(session, since=today, until=until),
        *agenda.client_failures(session),
        *agenda.disabled_webhooks(session),
        *agenda.failed_files(session),
        *agenda.lost_keys(session),
        *agenda.certificates_due(session, today=today, until=until),
        *agenda.silent_recipients(session),
    ]


def _step(item: Item, today: date) -> int | None:
    """Which reminder is due: so many days before, or the one that it is overdue. What has ended needs none."""
    steps = DAYS_BEFORE if item.kind in ENDS else (*DAYS_BEFORE, OVERDUE)
    left = (item.day - today).days
    return next((step for step in steps if step - LATE_BY <= left <= step and (left >= 0) is (step >= 0)), None)


def _today() -> date:
    return datetime.now(HELSINKI).date()
