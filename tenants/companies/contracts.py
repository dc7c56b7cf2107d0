"""People of a processor: each account is tied to the processor's contract with one company, and ends with it (Art. 28).

PostgreSQL opens that company and no other, and only until the contract's last day (`may_open`).
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.companies import get as get_company
from tenants.companies.members import NoSuchMember, NotYoursToGive, OwnRoles
from tenants.companies.model import Assignment, Member, StaffContract
from tenants.companies.permissions import EXTERNAL_ROLES, Permission, require
from tenants.database import acting_of
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, SeveralInvalid, TooLong
from tenants.languages.speaking import HELSINKI

LONGEST = {"processor": 200, "reference": 100}


class NoSuchContract(NotFound):
    """There is no such contract."""


class NeedsProcessor(Invalid):
    """A contract names the processor."""


class NeedsReference(Invalid):
    """A contract has a reference by which it is found."""


class EndedAlready(Invalid):
    """The last day of the contract has passed already."""


class KnownReference(Conflict):
    """This company has a contract with this reference already."""


class BroughtByAnother(Forbidden):
    """This account is not of this company: a group administrator ties it, or the company that added it."""


class RolesOfOwnPeople(Conflict):
    """This account has a role that people of a processor cannot have, or one elsewhere; take it away first."""


def add(session: Session, *, company_id: UUID, processor: str, reference: str, ends_on: date) -> UUID:
    """Raises Forbidden, NoSuchCompany, KnownReference, SeveralInvalid."""
    _must_manage(session, company_id)
    get_company(session, company_id)
    given = {"processor": processor.strip(), "reference": reference.strip()}
    problems: list[Invalid] = [
        TooLong(field=name, most=LONGEST[name]) for name in given if len(given[name]) > LONGEST[name]
    ]
    problems += [] if given["processor"] else [NeedsProcessor(field="processor")]
    problems += [] if given["reference"] else [NeedsReference(field="reference")]
    problems += [] if ends_on >= datetime.now(HELSINKI).date() else [EndedAlready(field="ends_on")]
    if problems:
        raise SeveralInvalid(problems)
    same = select(StaffContract.contract_id).where(
        StaffContract.company_id == company_id, StaffContract.reference == given["reference"]
    )
    if session.scalar(same) is not None:
        raise KnownReference(field="reference")
    row = StaffContract(contract_id=new_id(), company_id=company_id, ends_on=ends_on, **given)
    session.add(row)
    session.flush()
    trail.record(session, "contract.added", about="contract", ids=[row.contract_id])
    return row.contract_id


def end(session: Session, contract_id: UUID) -> None:
    """At once, before its day. Raises NoSuchContract, Forbidden."""
    row = _get(session, contract_id)
    _must_manage(session, row.company_id)
    session.execute(
        update(StaffContract)
        .where(StaffContract.contract_id == contract_id, StaffContract.ended_at.is_(None))
        .values(ended_at=func.now())
    )
    trail.record(session, "contract.ended", about="contract", ids=[contract_id])


def tie(session: Session, member_id: UUID, contract_id: UUID) -> None:
    """Makes the account one of the processor's people. There is no way back: whoever is hired gets an account anew.

    Whoever is a processor's already is taken over by nobody who does not manage the members of that company too. What
    another company added, and whom somebody added for the whole group and who has no role yet, a company does not tie.

    Raises NoSuchContract, NoSuchMember, BroughtByAnother, RolesOfOwnPeople, Forbidden.
    """
    row = _get(session, contract_id)
    _must_manage(session, row.company_id)
    if member_id == acting_of(session).actor_id:
        raise OwnRoles
    tied_at = session.scalar(
        select(StaffContract.company_id)
        .join(Member, Member.contract_id == StaffContract.contract_id)
        .where(Member.member_id == member_id)
    )
    if tied_at is not None:
        _must_manage(session, tied_at)
    held = session.execute(
        select(Assignment.role, Assignment.company_id).where(Assignment.member_id == member_id)
    ).all()  # fmt: skip
    if any(role not in EXTERNAL_ROLES or company_id != row.company_id for role, company_id in held):
        raise RolesOfOwnPeople
    if tied_at is None:
        _must_be_ones_own(session, member_id, has_role=bool(held))
    tied = session.execute(
        update(Member)
        .where(Member.member_id == member_id, Member.deactivated_at.is_(None))
        .values(contract_id=contract_id)
        .returning(Member.member_id)
    )
    if tied.first() is None:
        raise NoSuchMember
    trail.record(session, "member.tied", about="member", ids=[member_id], contract=str(contract_id))


def listed(session: Session) -> list[StaffContract]:
    """Of the company that is acted for, or of all; the newest first."""
    company_id = acting_of(session).company_id
    statement = select(StaffContract).order_by(StaffContract.contract_id.desc())
    if company_id is not None:
        statement = statement.where(StaffContract.company_id == company_id)
    return list(session.scalars(statement))


def people(session: Session) -> dict[UUID | None, list[str]]:
    """The names of the accounts that are tied to each contract."""
    rows = session.execute(
        select(Member.contract_id, Member.name)
        .where(Member.contract_id.is_not(None), Member.deactivated_at.is_(None))
        .order_by(Member.name, Member.member_id)
    )
    found: dict[UUID | None, list[str]] = {}
    for contract_id, name in rows:
        found.setdefault(contract_id, []).append(name)
    return found


def is_own(company_id: UUID | None, brought_by: UUID | None, *, has_role: bool) -> bool:
    """Whether who acts for this company, or for all, may tie an account that was added so to a contract of theirs."""
    if company_id is None or brought_by == company_id:
        return True
    return brought_by is None and has_role


def _must_be_ones_own(session: Session, member_id: UUID, *, has_role: bool) -> None:
    found = session.execute(select(Member.brought_by).where(Member.member_id == member_id)).one_or_none()
    if found is None:
        raise NoSuchMember
    if not is_own(acting_of(session).company_id, found.brought_by, has_role=has_role):
        raise BroughtByAnother


def _get(session: Session, contract_id: UUID) -> StaffContract:
    row = session.scalar(select(StaffContract).where(StaffContract.contract_id == contract_id))
    if row is None:
        raise NoSuchContract
    return row


def _must_manage(session: Session, company_id: UUID) -> None:
    here = require(session, Permission.MANAGE_MEMBERS)
    if here.acting.company_id not in (None, company_id):
        raise NotYoursToGive
