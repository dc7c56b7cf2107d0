"""What each role may do, and for which purposes it may look at personal data.

Rank opens nothing: whoever administers the group sees no company's data. Personal data is looked at for one company
at a time and for one purpose, which the session carries and PostgreSQL checks.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, ScalarSelect, Select, and_, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from tenants.acting import SEES_RESTRICTED, Acting, Actor, PurposeKind
from tenants.audit import trail
from tenants.base import Typed
from tenants.companies.model import (
    Assignment,
    Commitment,
    CommitmentSignature,
    EmergencyAnswer,
    MaintenanceGrant,
    Member,
    Role,
    StaffContract,
)
from tenants.database import acting_of
from tenants.errors import Forbidden


class Permission(StrEnum):
    SEE_CASES = "see_cases"
    DECIDE_CASES = "decide_cases"
    ENTER_REQUESTS = "enter_requests"
    HAND_OVER = "hand_over"
    SEE_REGISTERS = "see_registers"
    DRAFT_REGISTERS = "draft_registers"
    APPROVE_REGISTERS = "approve_registers"
    ATTEST_PAPER = "attest_paper"
    IMPORT_RECORDS = "import_records"
    EXPORT_RECORDS = "export_records"
    SEE_PERSONS = "see_persons"
    CORRECT_RECORDS = "correct_records"
    RESTRICT_PERSONS = "restrict_persons"
    ERASE_RECORDS = "erase_records"
    TELL_RECIPIENTS = "tell_recipients"
    MERGE_PERSONS = "merge_persons"
    USE_IDENTITY_CODES = "use_identity_codes"
    SEE_SHARING = "see_sharing"
    DRAFT_SHARING = "draft_sharing"
    GRANT_SHARING = "grant_sharing"
    ACCEPT_SHARING = "accept_sharing"
    READ_SHARED = "read_shared"
    EXPORT_SHARED = "export_shared"
    SEE_PROCESSORS = "see_processors"
    MANAGE_PROCESSORS = "manage_processors"
    DRAFT_AGREEMENTS = "draft_agreements"
    APPROVE_AGREEMENTS = "approve_agreements"
    DRAFT_FEEDS = "draft_feeds"
    APPROVE_FEEDS = "approve_feeds"
    STOP_FLOWS = "stop_flows"
    RESUME_FLOWS = "resume_flows"
    SEE_AUDIT = "see_audit"
    SEE_JOBS = "see_jobs"
    REPLAY_JOBS = "replay_jobs"
    DISMISS_JOBS = "dismiss_jobs"
    SEE_MEMBERS = "see_members"
    MANAGE_MEMBERS = "manage_members"
    OVERSEE = "oversee"
    SEE_MAINTENANCE = "see_maintenance"
    ASK_MAINTENANCE = "ask_maintenance"
    GRANT_MAINTENANCE = "grant_maintenance"
    SEE_AUTHORITIES = "see_authorities"
    HANDLE_AUTHORITIES = "handle_authorities"
    APPROVE_AUTHORITIES = "approve_authorities"
    ASK_EMERGENCY = "ask_emergency"
    CONFIRM_EMERGENCY = "confirm_emergency"
    REVIEW_EMERGENCY = "review_emergency"
    USE_API = "use_api"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.GROUP_ADMIN: frozenset(
        {
            Permission.SEE_REGISTERS,
            Permission.SEE_SHARING,
            Permission.SEE_PROCESSORS,
            Permission.MANAGE_PROCESSORS,
            Permission.SEE_AUDIT,
            Permission.SEE_JOBS,
            Permission.REPLAY_JOBS,
            Permission.DISMISS_JOBS,
            Permission.SEE_MEMBERS,
            Permission.MANAGE_MEMBERS,
            Permission.SEE_MAINTENANCE,
            Permission.ASK_MAINTENANCE,
            Permission.USE_API,
        }
    ),
    Role.COMPANY_ADMIN: frozenset(Permission) - {Permission.OVERSEE, Permission.REVIEW_EMERGENCY},
    Role.REGISTER_OWNER: frozenset(
        {
            Permission.SEE_REGISTERS,
            Permission.DRAFT_REGISTERS,
            Permission.ATTEST_PAPER,
            Permission.IMPORT_RECORDS,
            Permission.EXPORT_RECORDS,
            Permission.SEE_PERSONS,
            Permission.CORRECT_RECORDS,
            Permission.ERASE_RECORDS,
            Permission.MERGE_PERSONS,
            Permission.SEE_SHARING,
            Permission.DRAFT_SHARING,
            Permission.EXPORT_SHARED,
            Permission.SEE_AUTHORITIES,
            Permission.ASK_EMERGENCY,
            Permission.CONFIRM_EMERGENCY,
            Permission.SEE_PROCESSORS,
            Permission.DRAFT_AGREEMENTS,
            Permission.DRAFT_FEEDS,
            Permission.STOP_FLOWS,
            Permission.USE_API,
        }
    ),
    # Advises and oversees, and whom people may turn to; decides nothing that is later to be overseen (Art. 38(4), (6)).
    Role.DATA_PROTECTION_OFFICER: frozenset(Permission)
    - {
        Permission.DECIDE_CASES,
        Permission.HAND_OVER,
        Permission.MANAGE_MEMBERS,
        Permission.IMPORT_RECORDS,
        Permission.EXPORT_RECORDS,
        Permission.CORRECT_RECORDS,
        Permission.ERASE_RECORDS,
        Permission.MERGE_PERSONS,
        Permission.DRAFT_REGISTERS,
        Permission.APPROVE_REGISTERS,
        Permission.ATTEST_PAPER,
        Permission.DRAFT_SHARING,
        Permission.GRANT_SHARING,
        Permission.ACCEPT_SHARING,
        Permission.READ_SHARED,
        Permission.EXPORT_SHARED,
        Permission.MANAGE_PROCESSORS,
        Permission.DRAFT_AGREEMENTS,
        Permission.APPROVE_AGREEMENTS,
        Permission.DRAFT_FEEDS,
        Permission.APPROVE_FEEDS,
        Permission.STOP_FLOWS,
        Permission.RESUME_FLOWS,
        Permission.ASK_MAINTENANCE,
        Permission.GRANT_MAINTENANCE,
        Permission.HANDLE_AUTHORITIES,
        Permission.APPROVE_AUTHORITIES,
        Permission.ASK_EMERGENCY,
        Permission.CONFIRM_EMERGENCY,
    },
    Role.REQUEST_HANDLER: frozenset(
        {
            Permission.SEE_CASES,
            Permission.DECIDE_CASES,
            Permission.ENTER_REQUESTS,
            Permission.HAND_OVER,
            Permission.SEE_REGISTERS,
            Permission.SEE_PERSONS,
            Permission.CORRECT_RECORDS,
            Permission.RESTRICT_PERSONS,
            Permission.ERASE_RECORDS,
            Permission.TELL_RECIPIENTS,
            Permission.MERGE_PERSONS,
            Permission.USE_IDENTITY_CODES,
            Permission.SEE_AUTHORITIES,
            Permission.HANDLE_AUTHORITIES,
            Permission.ASK_EMERGENCY,
            Permission.SEE_PROCESSORS,
            Permission.USE_API,
        }
    ),
    Role.CUSTOMER_CARE: frozenset(
        {
            Permission.SEE_REGISTERS,
            Permission.SEE_PERSONS,
            Permission.CORRECT_RECORDS,
            Permission.SEE_SHARING,
            Permission.READ_SHARED,
            Permission.SEE_AUTHORITIES,
            Permission.ASK_EMERGENCY,
            Permission.SEE_PROCESSORS,
            Permission.USE_API,
        }
    ),
    # Keeps the machines running; of personal data nothing, until somebody of the company lets them in for a while.
    Role.MAINTENANCE: frozenset(
        {
            Permission.SEE_JOBS,
            Permission.REPLAY_JOBS,
            Permission.SEE_MAINTENANCE,
            Permission.ASK_MAINTENANCE,
            Permission.USE_API,
        }
    ),
    Role.AUDITOR: frozenset(
        {Permission.SEE_AUDIT, Permission.SEE_MAINTENANCE, Permission.SEE_PROCESSORS, Permission.USE_API}
    ),
}

PURPOSES: Mapping[Role, tuple[PurposeKind, ...]] = {
    Role.GROUP_ADMIN: (),
    Role.COMPANY_ADMIN: (PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE),
    Role.REGISTER_OWNER: (PurposeKind.STORAGE,),
    Role.DATA_PROTECTION_OFFICER: (PurposeKind.RIGHTS_REQUEST,),
    Role.REQUEST_HANDLER: (PurposeKind.RIGHTS_REQUEST,),
    Role.CUSTOMER_CARE: (PurposeKind.CUSTOMER_CARE,),
    Role.MAINTENANCE: (),
    Role.AUDITOR: (),
}

# People of a processor work for the company of its contract, and decide nothing about it (Art. 28(3)(a), 37(6)).
EXTERNAL_ROLES = frozenset({Role.REQUEST_HANDLER, Role.CUSTOMER_CARE, Role.DATA_PROTECTION_OFFICER, Role.AUDITOR})

# Under a maintenance access one looks at data and at jobs, whatever else the roles would permit.
MAINTAINED = frozenset(
    {Permission.SEE_REGISTERS, Permission.SEE_PERSONS, Permission.SEE_JOBS, Permission.SEE_MAINTENANCE}
)

# What an emergency opens is read to protect the rights of others (Art. 18(2)); no role is ever let in for it.
EMERGENCY_PURPOSE = PurposeKind.LEGAL_CLAIM
IN_EMERGENCY = frozenset({Permission.SEE_REGISTERS, Permission.SEE_PERSONS, Permission.SEE_AUTHORITIES})

USED_FOR = tuple(kind for kind in PurposeKind if kind not in SEES_RESTRICTED)

# What touches personal data is done for one of its own purposes and no other (Art. 5(1)(b)); the usual one first.
NEEDS: Mapping[Permission, tuple[PurposeKind, ...]] = {
    Permission.SEE_CASES: (PurposeKind.RIGHTS_REQUEST,),
    Permission.DECIDE_CASES: (PurposeKind.RIGHTS_REQUEST,),
    Permission.ENTER_REQUESTS: (PurposeKind.RIGHTS_REQUEST,),
    Permission.HAND_OVER: (PurposeKind.RIGHTS_REQUEST,),
    Permission.IMPORT_RECORDS: (PurposeKind.STORAGE,),
    Permission.EXPORT_RECORDS: (PurposeKind.STORAGE,),
    Permission.SEE_PERSONS: (
        PurposeKind.RIGHTS_REQUEST,
        PurposeKind.CUSTOMER_CARE,
        PurposeKind.STORAGE,
        PurposeKind.LEGAL_CLAIM,
    ),
    # What is only stored is seen to be left out.
    Permission.HANDLE_AUTHORITIES: (PurposeKind.RIGHTS_REQUEST,),
    Permission.APPROVE_AUTHORITIES: (PurposeKind.RIGHTS_REQUEST,),
    Permission.CORRECT_RECORDS: (PurposeKind.RIGHTS_REQUEST, PurposeKind.CUSTOMER_CARE, PurposeKind.STORAGE),
    # What a sister company shares is shared to do something with it, never for the upkeep of one's own registers.
    Permission.READ_SHARED: USED_FOR,
    # As much at once is for who answers for registers and uses the data, too: both roles are needed.
    Permission.EXPORT_SHARED: USED_FOR,
    Permission.RESTRICT_PERSONS: (PurposeKind.RIGHTS_REQUEST,),
    # For what sees restricted rows too: a part of what is to go would stay unseen.
    Permission.ERASE_RECORDS: (PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE),
    Permission.TELL_RECIPIENTS: (PurposeKind.RIGHTS_REQUEST,),
    # Only for what sees restricted rows too: nobody is to be merged with half of what is known of them unseen.
    Permission.MERGE_PERSONS: (PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE),
    # Who shows who they are may be looked for by their code; to serve or keep them nobody needs it (1050/2018 29 §).
    Permission.USE_IDENTITY_CODES: (PurposeKind.RIGHTS_REQUEST,),
}


class NoLongerMember(Forbidden):
    """This account is no longer a member of staff here."""


class NotActingHere(Forbidden):
    """The roles of this account do not cover this company and purpose."""


class NotPermitted(Forbidden):
    """The roles of this account do not include this."""


class ContractEnded(NoLongerMember):
    """The contract that this account is tied to has ended, and the access with it."""


class CommitmentNeeded(Forbidden):
    """Personal data opens when the confidentiality commitment is signed, in the office under /office/commitment."""


class OtherPurposeNeeded(Forbidden):
    """This is done for another purpose than the one acted for now; change it first."""


class Given(Struct, frozen=True):
    """A role as it was given: at one company, or group-wide."""

    role: Role
    company_id: UUID | None


class Maintained(Struct, frozen=True):
    """A maintenance access that is running."""

    ask_id: UUID
    company_id: UUID
    purpose: PurposeKind


class InEmergency(Struct, frozen=True):
    """An emergency access that is running."""

    emergency_id: UUID
    company_id: UUID


class Standing(Struct, frozen=True, kw_only=True):
    """What the member who acts may do at this moment. `signed`: the confidentiality commitment in force."""

    member_id: UUID
    acting: Acting
    name: str
    given: tuple[Given, ...]
    signed: bool
    external: bool = False
    maintained: tuple[Maintained, ...] = ()
    emergencies: tuple[InEmergency, ...] = ()

    @property
    def permissions(self) -> frozenset[Permission]:
        held = self._held()
        return frozenset(one for one in held if one not in NEEDS or (self.signed and self._fits(one)))

    @property
    def maintenance(self) -> Maintained | None:
        """The access under which the member acts now: for a purpose that no role of theirs has here."""
        company_id, purpose = self.acting.company_id, self.acting.purpose
        if company_id is None or purpose is None or purpose in self._purposes_of_roles(company_id):
            return None
        running = (one for one in self.maintained if (one.company_id, one.purpose) == (company_id, purpose))
        return next(running, None)

    @property
    def emergency(self) -> InEmergency | None:
        """The one under which the member acts now."""
        if self.acting.purpose is not EMERGENCY_PURPOSE:
            return None
        return next((one for one in self.emergencies if one.company_id == self.acting.company_id), None)

    @property
    def must_sign(self) -> bool:
        """Whether personal data waits behind the signature."""
        return not self.signed and (bool(self.maintained) or any(PURPOSES[one.role] for one in self.given))

    def purposes_at(self, company_id: UUID) -> tuple[PurposeKind, ...]:
        maintained = tuple(one.purpose for one in self.maintained if one.company_id == company_id)
        emergency = (EMERGENCY_PURPOSE,) if any(one.company_id == company_id for one in self.emergencies) else ()
        return tuple(dict.fromkeys(self._purposes_of_roles(company_id) + maintained + emergency))

    def roles_at(self, company_id: UUID | None) -> tuple[Role, ...]:
        """A group-wide role holds at every company; of the group's administration no company is a part."""
        everywhere = [one.role for one in self.given if one.company_id is None]
        if company_id is None:
            return tuple(everywhere)
        here = [one.role for one in self.given if one.company_id == company_id]
        return tuple(role for role in dict.fromkeys(here + everywhere) if role is not Role.GROUP_ADMIN)

    def covers(self, company_id: UUID | None, purpose: PurposeKind | None) -> bool:
        """Whether this member may act for this company and purpose; for none of them, anybody may."""
        if company_id is None:
            return purpose is None
        roles = self.roles_at(company_id)
        return bool(roles) if purpose is None else purpose in self.purposes_at(company_id)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def may_for_some_purpose(self, permission: Permission) -> bool:
        """Also what this member could do here while acting for another purpose."""
        if permission not in self._held():
            return False
        company_id, needed = self.acting.company_id, NEEDS.get(permission)
        return needed is None or company_id is None or bool({*needed} & {*self.purposes_at(company_id)})

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted, OtherPurposeNeeded, CommitmentNeeded."""
        if self.may(permission):
            return
        if not self.may_for_some_purpose(permission):
            raise NotPermitted
        raise CommitmentNeeded if self._fits(permission) else OtherPurposeNeeded

    def _held(self) -> frozenset[Permission]:
        if self.maintenance:
            return MAINTAINED
        if self.emergency:
            return IN_EMERGENCY
        roles = self.roles_at(self.acting.company_id)
        return frozenset[Permission]().union(*(PERMISSIONS[role] for role in roles))

    def _fits(self, permission: Permission) -> bool:
        return self.acting.purpose in NEEDS[permission]

    def _purposes_of_roles(self, company_id: UUID) -> tuple[PurposeKind, ...]:
        return tuple(purpose for role in self.roles_at(company_id) for purpose in PURPOSES[role])


def standing(session: Session) -> Standing:
    """Read anew in every transaction, so that a role taken away is gone at once.

    Raises NoLongerMember, ContractEnded, NotActingHere.
    """
    acting = acting_of(session)
    if acting.actor is not Actor.MEMBER or acting.actor_id is None:
        raise NoLongerMember
    rows = session.execute(_about_member(), {"member_id": acting.actor_id}).all()
    if not rows:
        raise NoLongerMember
    name, signed, in_force, contract_at, maintained, emergencies, _, _ = rows[0]
    if contract_at is not None and not in_force:
        raise ContractEnded
    given = [Given(role, company_id) for *_, role, company_id in rows if role is not None]
    if contract_at is not None:
        given = [one for one in given if one.company_id == contract_at and one.role in EXTERNAL_ROLES]
    found = Standing(
        member_id=acting.actor_id,
        acting=acting,
        name=name,
        given=tuple(given),
        signed=bool(signed),
        external=contract_at is not None,
        maintained=tuple(one for one in maintained or () if contract_at in (None, one.company_id)),
        emergencies=tuple(one for one in emergencies or () if contract_at in (None, one.company_id)),
    )
    if not found.covers(acting.company_id, acting.purpose):
        raise NotActingHere
    if found.maintenance:
        trail.mark(session, maintenance=str(found.maintenance.ask_id))
    if found.emergency:
        trail.mark(session, emergency=str(found.emergency.emergency_id))
    return found


@cache
def _about_member() -> Select[Any]:
    """Put together once: every request asks this, and to put it together takes longer than to answer it."""
    return (
        select(Member.name, _signed(), _contract_in_force(), StaffContract.company_id, _maintained(), _emergencies())
        .add_columns(Assignment.role, Assignment.company_id)
        .select_from(Member)
        .outerjoin(Assignment, and_(Assignment.group_id == Member.group_id, Assignment.member_id == Member.member_id))
        .outerjoin(StaffContract)
        .where(Member.member_id == bindparam("member_id"), Member.deactivated_at.is_(None))
    )


def _signed() -> ScalarSelect[bool]:
    newest = select(func.max(Commitment.version)).correlate(None).scalar_subquery()
    return (
        select(CommitmentSignature.version == newest)
        .where(CommitmentSignature.member_id == Member.member_id, CommitmentSignature.version == newest)
        .correlate(Member)
        .scalar_subquery()
    )


def _contract_in_force() -> ColumnElement[bool]:
    """A contract holds until the end of its last day, in Finland."""
    today = func.timezone("Europe/Helsinki", func.statement_timestamp()).cast(Date)
    return and_(StaffContract.ended_at.is_(None), StaffContract.ends_on >= today)


def _maintained() -> ColumnElement[list[Maintained]]:
    running = func.jsonb_agg(
        func.jsonb_build_object(
            "ask_id",
            MaintenanceGrant.ask_id,
            "company_id",
            MaintenanceGrant.company_id,
            "purpose",
            MaintenanceGrant.purpose,
        )
    )
    found = select(running).where(
        MaintenanceGrant.member_id == Member.member_id,
        MaintenanceGrant.refused.is_(False),
        MaintenanceGrant.ended_at.is_(None),
        MaintenanceGrant.ends_at > func.statement_timestamp(),
    )
    return type_coerce(found.correlate(Member).scalar_subquery(), Typed(list[Maintained]))


def _emergencies() -> ColumnElement[list[InEmergency]]:
    running = func.jsonb_agg(
        func.jsonb_build_object("emergency_id", EmergencyAnswer.emergency_id, "company_id", EmergencyAnswer.company_id)
    )
    found = select(running).where(
        EmergencyAnswer.asked_by == Member.member_id,
        EmergencyAnswer.refused.is_(False),
        EmergencyAnswer.ended_at.is_(None),
        EmergencyAnswer.ends_at > func.statement_timestamp(),
    )
    return type_coerce(found.correlate(Member).scalar_subquery(), Typed(list[InEmergency]))


def require(session: Session, permission: Permission) -> Standing:
    """For whoever is not at a door that knows the standing already. Raises Forbidden."""
    found = standing(session)
    found.require(permission)
    return found
