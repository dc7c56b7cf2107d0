"""Who acts: the contexts in which a session may be opened. There is no other way in."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class Actor(StrEnum):
    VISITOR = "visitor"
    SUBJECT = "subject"
    MEMBER = "member"
    CLIENT = "client"
    CONTACT = "contact"
    SYSTEM = "system"


class DatabaseRole(StrEnum):
    """The login roles that a process may hold; the walls are kept by PostgreSQL for each of them."""

    APP = "app"
    PORTAL = "portal"
    RELAY = "relay"
    SEALER = "sealer"
    AUDITOR = "auditor"
    EXPORTER = "exporter"
    ERASER = "eraser"
    OWNER = "owner"


class PurposeKind(StrEnum):
    """Why personal data is read (Art. 5(1)(b)). Fixed; a register's purposes are each of one kind."""

    CUSTOMER_CARE = "customer_care"
    SALES = "sales"
    INVOICING = "invoicing"
    DELIVERY = "delivery"
    MARKETING = "marketing"
    ANALYTICS = "analytics"
    RESEARCH = "research"
    CREDIT = "credit"
    CREDIT_SALE = "credit_sale"
    ACCOUNTING = "accounting"
    SERVICE_USE = "service_use"
    COMPETITION = "competition"
    LEGAL_DUTY = "legal_duty"
    RIGHTS_REQUEST = "rights_request"
    RETENTION = "retention"
    STORAGE = "storage"
    LEGAL_CLAIM = "legal_claim"


# A restricted row may only be stored, or used for consent, legal claims or others' rights (Art. 18(2)).
SEES_RESTRICTED = frozenset(
    {PurposeKind.RIGHTS_REQUEST, PurposeKind.RETENTION, PurposeKind.STORAGE, PurposeKind.LEGAL_CLAIM}
)


class Acting(Struct, frozen=True, kw_only=True):
    """Made by the functions below only, so that no combination exists that the walls do not know."""

    actor: Actor
    role: DatabaseRole
    group_id: UUID
    company_id: UUID | None = None
    actor_id: UUID | None = None
    purpose: PurposeKind | None = None

    @property
    def request_id(self) -> UUID | None:
        return self.actor_id if self.actor is Actor.SUBJECT else None


def visitor(group_id: UUID) -> Acting:
    """Somebody at the portal who has not said who they are."""
    return Acting(actor=Actor.VISITOR, role=DatabaseRole.PORTAL, group_id=group_id)


def subject(group_id: UUID, request_id: UUID) -> Acting:
    """The person behind one request."""
    return Acting(actor=Actor.SUBJECT, role=DatabaseRole.PORTAL, group_id=group_id, actor_id=request_id)


def member(
    group_id: UUID, member_id: UUID, *, company_id: UUID | None = None, purpose: PurposeKind | None = None
) -> Acting:
    """A person of staff, acting for one company or, without personal data, for none."""
    return Acting(
        actor=Actor.MEMBER,
        role=DatabaseRole.APP,
        group_id=group_id,
        company_id=company_id,
        actor_id=member_id,
        purpose=purpose,
    )


def client(group_id: UUID, agreement_id: UUID) -> Acting:
    """A processor's system under one agreement."""
    return Acting(actor=Actor.CLIENT, role=DatabaseRole.APP, group_id=group_id, actor_id=agreement_id)


def contact(group_id: UUID, contact_id: UUID) -> Acting:
    """A person of a processor, who looks after what one company gives it. With the narrow role of strangers."""
    return Acting(actor=Actor.CONTACT, role=DatabaseRole.PORTAL, group_id=group_id, actor_id=contact_id)


def system(group_id: UUID, *, company_id: UUID | None = None, purpose: PurposeKind | None = None) -> Acting:
    """Seloste itself: jobs, schedules, the command line."""
    return Acting(actor=Actor.SYSTEM, role=DatabaseRole.APP, group_id=group_id, company_id=company_id, purpose=purpose)


def relay() -> Acting:
    """The relay carries the jobs of all groups; its role sees the queue and nothing else, so it names no group."""
    return Acting(actor=Actor.SYSTEM, role=DatabaseRole.RELAY, group_id=UUID(int=0))


def sealer(group_id: UUID) -> Acting:
    """The sealer, on behalf of one group's audit chains."""
    return Acting(actor=Actor.SYSTEM, role=DatabaseRole.SEALER, group_id=group_id)


def auditor(group_id: UUID, *, company_id: UUID | None = None) -> Acting:
    """Somebody who reads the audit of a group or of one company, and nothing else."""
    return Acting(actor=Actor.SYSTEM, role=DatabaseRole.AUDITOR, group_id=group_id, company_id=company_id)


def exporter(group_id: UUID) -> Acting:
    """Whoever takes all of one group along as files: reads every table of it, and changes none."""
    return Acting(actor=Actor.SYSTEM, role=DatabaseRole.EXPORTER, group_id=group_id)


def eraser(group_id: UUID) -> Acting:
    """Whoever erases one group. Its role reaches nothing of a group whose erasure was not confirmed."""
    return Acting(actor=Actor.SYSTEM, role=DatabaseRole.ERASER, group_id=group_id)
