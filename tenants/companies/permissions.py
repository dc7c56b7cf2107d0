"""What each role may do, and for which purposes it may look at personal data.

Rank opens nothing: whoever administers the group sees no company's data. Personal data is looked at for one company
at a time and for one purpose, which the session carries and PostgreSQL checks.
"""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import SEES_RESTRICTED, Acting, Actor, PurposeKind
from tenants.companies.model import Assignment, Member, Role
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
    SEE_PERSONS = "see_persons"
    CORRECT_RECORDS = "correct_records"
    RESTRICT_PERSONS = "restrict_persons"
    MERGE_PERSONS = "merge_persons"
    USE_IDENTITY_CODES = "use_identity_codes"
    SEE_SHARING = "see_sharing"
    DRAFT_SHARING = "draft_sharing"
    GRANT_SHARING = "grant_sharing"
    ACCEPT_SHARING = "accept_sharing"
    READ_SHARED = "read_shared"
    SEE_AUDIT = "see_audit"
    SEE_JOBS = "see_jobs"
    REPLAY_JOBS = "replay_jobs"
    DISMISS_JOBS = "dismiss_jobs"
    SEE_MEMBERS = "see_members"
    MANAGE_MEMBERS = "manage_members"
    USE_API = "use_api"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.GROUP_ADMIN: frozenset(
        {
            Permission.SEE_REGISTERS,
            Permission.SEE_SHARING,
            Permission.SEE_AUDIT,
            Permission.SEE_JOBS,
            Permission.REPLAY_JOBS,
            Permission.DISMISS_JOBS,
            Permission.SEE_MEMBERS,
            Permission.MANAGE_MEMBERS,
            Permission.USE_API,
        }
    ),
    Role.COMPANY_ADMIN: frozenset(Permission),
    Role.REGISTER_OWNER: frozenset(
        {
            Permission.SEE_REGISTERS,
            Permission.DRAFT_REGISTERS,
            Permission.ATTEST_PAPER,
            Permission.IMPORT_RECORDS,
            Permission.SEE_PERSONS,
            Permission.CORRECT_RECORDS,
            Permission.MERGE_PERSONS,
            Permission.SEE_SHARING,
            Permission.DRAFT_SHARING,
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
        Permission.CORRECT_RECORDS,
        Permission.MERGE_PERSONS,
        Permission.DRAFT_REGISTERS,
        Permission.APPROVE_REGISTERS,
        Permission.ATTEST_PAPER,
        Permission.DRAFT_SHARING,
        Permission.GRANT_SHARING,
        Permission.ACCEPT_SHARING,
        Permission.READ_SHARED,
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
            Permission.MERGE_PERSONS,
            Permission.USE_IDENTITY_CODES,
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
            Permission.USE_API,
        }
    ),
    Role.AUDITOR: frozenset({Permission.SEE_AUDIT, Permission.USE_API}),
}

PURPOSES: Mapping[Role, tuple[PurposeKind, ...]] = {
    Role.GROUP_ADMIN: (),
    Role.COMPANY_ADMIN: (PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE),
    Role.REGISTER_OWNER: (PurposeKind.STORAGE,),
    Role.DATA_PROTECTION_OFFICER: (PurposeKind.RIGHTS_REQUEST,),
    Role.REQUEST_HANDLER: (PurposeKind.RIGHTS_REQUEST,),
    Role.CUSTOMER_CARE: (PurposeKind.CUSTOMER_CARE,),
    Role.AUDITOR: (),
}

# What touches personal data is done for one of its own purposes and no other (Art. 5(1)(b)); the usual one first.
NEEDS: Mapping[Permission, tuple[PurposeKind, ...]] = {
    Permission.SEE_CASES: (PurposeKind.RIGHTS_REQUEST,),
    Permission.DECIDE_CASES: (PurposeKind.RIGHTS_REQUEST,),
    Permission.ENTER_REQUESTS: (PurposeKind.RIGHTS_REQUEST,),
    Permission.HAND_OVER: (PurposeKind.RIGHTS_REQUEST,),
    Permission.IMPORT_RECORDS: (PurposeKind.STORAGE,),
    Permission.SEE_PERSONS: (PurposeKind.RIGHTS_REQUEST, PurposeKind.CUSTOMER_CARE, PurposeKind.STORAGE),
    Permission.CORRECT_RECORDS: (PurposeKind.RIGHTS_REQUEST, PurposeKind.CUSTOMER_CARE, PurposeKind.STORAGE),
    # What a sister company shares is shared to do something with it, never for the upkeep of one's own registers.
    Permission.READ_SHARED: tuple(kind for kind in PurposeKind if kind not in SEES_RESTRICTED),
    Permission.RESTRICT_PERSONS: (PurposeKind.RIGHTS_REQUEST,),
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


class OtherPurposeNeeded(Forbidden):
    """This is done for another purpose than the one acted for now; change it first."""


class Given(Struct, frozen=True):
    """A role as it was given: at one company, or group-wide."""

    role: Role
    company_id: UUID | None


class Standing(Struct, frozen=True, kw_only=True):
    """What the member who acts may do at this moment."""

    member_id: UUID
    acting: Acting
    name: str
    given: tuple[Given, ...]

    @property
    def permissions(self) -> frozenset[Permission]:
        held = frozenset[Permission]().union(*(PERMISSIONS[role] for role in self._roles()))
        return frozenset(one for one in held if one not in NEEDS or self.acting.purpose in NEEDS[one])

    def purposes_at(self, company_id: UUID) -> tuple[PurposeKind, ...]:
        held = (purpose for role in self.roles_at(company_id) for purpose in PURPOSES[role])
        return tuple(dict.fromkeys(held))

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
        if not any(permission in PERMISSIONS[role] for role in self._roles()):
            return False
        company_id, needed = self.acting.company_id, NEEDS.get(permission)
        return needed is None or company_id is None or bool({*needed} & {*self.purposes_at(company_id)})

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted, OtherPurposeNeeded."""
        if not self.may(permission):
            raise OtherPurposeNeeded if self.may_for_some_purpose(permission) else NotPermitted

    def _roles(self) -> tuple[Role, ...]:
        return self.roles_at(self.acting.company_id)


def standing(session: Session) -> Standing:
    """Read anew in every transaction, so that a role taken away is gone at once.

    Raises NoLongerMember, NotActingHere.
    """
    acting = acting_of(session)
    rows = session.execute(
        select(Member.name, Assignment.role, Assignment.company_id)
        .select_from(Member)
        .outerjoin(Assignment)
        .where(Member.member_id == acting.actor_id, Member.deactivated_at.is_(None))
    ).all()  # fmt: skip
    if acting.actor is not Actor.MEMBER or acting.actor_id is None or not rows:
        raise NoLongerMember
    given = tuple(Given(role, company_id) for _, role, company_id in rows if role is not None)
    found = Standing(member_id=acting.actor_id, acting=acting, name=rows[0][0], given=given)
    if not found.covers(acting.company_id, acting.purpose):
        raise NotActingHere
    return found


def require(session: Session, permission: Permission) -> Standing:
    """For whoever is not at a door that knows the standing already. Raises Forbidden."""
    found = standing(session)
    found.require(permission)
    return found
