"""Roles that a group's identity provider says: declared as rules, followed at every sign-in, taken when a claim goes.

A rule gives what it says and no more. What an administrator gave, a claim neither takes nor gives; what was taken when
roles were confirmed anew, no claim gives back.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import members
from tenants.companies.model import (
    Assignment,
    Campaign,
    Certification,
    ClaimRule,
    Company,
    IdentityProvider,
    Member,
    Role,
    StaffContract,
    Verdict,
)
from tenants.companies.permissions import EXTERNAL_ROLES
from tenants.errors import Conflict, Invalid, NotFound

# Text claims of a verified ID token, each with all its values.
Claims = Mapping[str, Sequence[str]]

# What people write about themselves (OpenID Connect Core §5.1), and what belongs to the protocol: no role hangs on it.
UNFIT = frozenset(
    {
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "email",
        "email_verified",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "phone_number",
        "phone_number_verified",
        "address",
        "updated_at",
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "nonce",
        "acr",
        "amr",
        "azp",
        "auth_time",
        "at_hash",
        "c_hash",
        "s_hash",
        "sid",
    }
)
LONGEST = 255


class NoSuchRule(NotFound):
    """There is no such rule."""


class KnownRule(Conflict):
    """This rule is there already."""


class UnfitClaim(Invalid):
    """No role hangs on this claim: people write it themselves, or it belongs to the sign-in."""


class NeedsValue(Invalid):
    """A rule names a claim and one value of it, of at most 255 characters each."""


class Place(Struct, frozen=True):
    """What a rule gives: a role at a company, or in the whole group."""

    role: Role
    company_id: UUID | None


class Listed(Struct, frozen=True, kw_only=True):
    """`company` is a company's key; with its name it is empty where the role is group-wide."""

    rule_id: UUID
    provider_id: UUID
    issuer: str
    client_id: str
    claim: str
    value: str
    role: Role
    company: str | None
    company_name: str | None


def declare(
    session: Session, provider_id: UUID, *, claim: str, value: str, role: Role, company_id: UUID | None
) -> UUID:
    """For the system: a member could give themselves what a claim of theirs says.

    Raises UnfitClaim, NeedsValue, GroupWideOnly, CompanyNeeded, KnownRule.
    """
    check_claim(claim, value)
    members.check_place(role, company_id)
    same = select(ClaimRule.rule_id).where(
        ClaimRule.provider_id == provider_id,
        ClaimRule.claim == claim,
        ClaimRule.value == value,
        ClaimRule.role == role,
        ClaimRule.company_id.is_not_distinct_from(company_id),
    )
    if session.scalar(same) is not None:
        raise KnownRule
    rule = ClaimRule(
        rule_id=new_id(), provider_id=provider_id, claim=claim, value=value, role=role, company_id=company_id
    )
    session.add(rule)
    session.flush()
    trail.record(session, "claim_rule.declared", about="claim_rule", ids=[rule.rule_id], role=role)
    return rule.rule_id


def check_claim(claim: str, value: str) -> None:
    """Raises UnfitClaim, NeedsValue."""
    if claim in UNFIT:
        raise UnfitClaim(field="claim")
    if not all(one.strip() and len(one) <= LONGEST for one in (claim, value)):
        raise NeedsValue(field="value")


def withdraw(session: Session, rule_id: UUID) -> None:
    """What it gave ends with the next sign-in of each. Raises NoSuchRule."""
    gone = session.execute(delete(ClaimRule).where(ClaimRule.rule_id == rule_id).returning(ClaimRule.role)).first()
    if gone is None:
        raise NoSuchRule
    trail.record(session, "claim_rule.withdrawn", about="claim_rule", ids=[rule_id], role=gone.role)


def listed(session: Session) -> list[Listed]:
    rows = session.execute(
        select(ClaimRule, IdentityProvider.issuer, IdentityProvider.client_id, Company.key, Company.name)
        .join(IdentityProvider, IdentityProvider.provider_id == ClaimRule.provider_id)
        .outerjoin(Company, Company.company_id == ClaimRule.company_id)
        .order_by(IdentityProvider.issuer, ClaimRule.claim, ClaimRule.value, ClaimRule.rule_id)
    )
    return [
        Listed(
            rule_id=rule.rule_id,
            provider_id=rule.provider_id,
            issuer=issuer,
            client_id=client_id,
            claim=rule.claim,
            value=rule.value,
            role=rule.role,
            company=company,
            company_name=company_name,
        )
        for rule, issuer, client_id, company, company_name in rows
    ]


def would_give(session: Session, provider_id: UUID, claims: Claims) -> list[Place]:
    """What the rules say of these claims, whoever signs in with them: contracts and what was not confirmed apart."""
    rules = session.scalars(
        select(ClaimRule)
        .outerjoin(Company, Company.company_id == ClaimRule.company_id)
        .where(ClaimRule.provider_id == provider_id, Company.retired_at.is_(None))
    )
    said = {Place(rule.role, rule.company_id) for rule in rules if rule.value in claims.get(rule.claim, ())}
    return sorted(said, key=_in_order)


def follow(session: Session, member_id: UUID, *, provider_id: UUID, claims: Claims) -> None:
    """For the system, at a sign-in: the member holds from this provider exactly what its rules say of these claims.

    `claims` are those of an ID token whose signature, issuer, audience and nonce have been checked.
    """
    said = _said(session, member_id, provider_id, claims)
    held = {
        Place(row.role, row.company_id): row
        for row in session.scalars(select(Assignment).where(Assignment.member_id == member_id))
    }
    for place, row in held.items():
        if row.provider_id == provider_id and place not in said:
            session.execute(delete(Assignment).where(Assignment.assignment_id == row.assignment_id))
            _record(session, "role.taken", member_id, place, provider_id)
    for place in sorted(said - held.keys(), key=_in_order):
        session.add(
            Assignment(
                assignment_id=new_id(),
                member_id=member_id,
                role=place.role,
                company_id=place.company_id,
                provider_id=provider_id,
            )
        )
        session.flush()
        _record(session, "role.given", member_id, place, provider_id)


def _said(session: Session, member_id: UUID, provider_id: UUID, claims: Claims) -> set[Place]:
    said = {*would_give(session, provider_id, claims)}
    contract_at = session.scalar(
        select(StaffContract.company_id)
        .join(Member, Member.contract_id == StaffContract.contract_id)
        .where(Member.member_id == member_id)
    )
    if contract_at is not None:
        said = {one for one in said if one.role in EXTERNAL_ROLES and one.company_id == contract_at}
    return said - _taken_when_confirming(session, member_id)


def _taken_when_confirming(session: Session, member_id: UUID) -> set[Place]:
    rows = session.execute(
        select(Certification.role, Campaign.company_id)
        .join(Campaign, Campaign.campaign_id == Certification.campaign_id)
        .where(Certification.member_id == member_id, Certification.verdict.in_((Verdict.REVOKED, Verdict.LAPSED)))
    )
    return {Place(role, company_id) for role, company_id in rows}


def _in_order(place: Place) -> tuple[str, str]:
    return place.role, str(place.company_id)


def _record(session: Session, action: str, member_id: UUID, place: Place, provider_id: UUID) -> None:
    trail.record(
        session,
        action,
        about="member",
        ids=[member_id],
        role=place.role,
        company=members.where(place.company_id),
        provider=str(provider_id),
    )
