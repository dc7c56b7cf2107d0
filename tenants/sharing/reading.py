"""The policies of the group, which everybody in it may know: they name fields and companies, never a person."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from tenants.sharing.model import PolicyState, SharingAcceptance, SharingGrant, SharingPolicy
from tenants.sharing.refusals import NoSuchPolicy
from tenants.sharing.terms import terms_of


class Version(Struct, frozen=True):
    """A version of a policy, its grants, and who has accepted when."""

    policy: SharingPolicy
    grants: tuple[SharingGrant, ...]
    accepted: Mapping[UUID, datetime]

    @property
    def state(self) -> PolicyState:
        return state_of(self.policy, accepted=bool(self.accepted), now=datetime.now(UTC))

    @property
    def awaited(self) -> tuple[UUID, ...]:
        """The receivers that a granted version still waits for."""
        return tuple(one.recipient_id for one in self.grants if one.recipient_id not in self.accepted)


def state_of(policy: SharingPolicy, *, accepted: bool, now: datetime) -> PolicyState:
    """What the steps amount to. Expiry is no step: the door looks at the clock itself."""
    if policy.revoked_at:
        return PolicyState.REVOKED
    if policy.replaced_at:
        return PolicyState.REPLACED
    if policy.granted_at is None:
        return PolicyState.DRAFT
    closes_at = terms_of(policy).closes_at
    if closes_at and closes_at <= now:
        return PolicyState.EXPIRED
    if policy.suspended_at:
        return PolicyState.SUSPENDED
    return PolicyState.ACTIVE if accepted else PolicyState.GRANTED


def versions(session: Session, policy_id: UUID) -> list[Version]:
    """All of them, the newest first. Raises NoSuchPolicy."""
    policies = session.scalars(
        select(SharingPolicy).where(SharingPolicy.policy_id == policy_id).order_by(SharingPolicy.version.desc())
    ).all()
    if not policies:
        raise NoSuchPolicy
    return _with_grants(session, policies)


def newest(session: Session, policy_id: UUID) -> Version:
    """Raises NoSuchPolicy."""
    return versions(session, policy_id)[0]


def listed(session: Session) -> list[Version]:
    """The newest version of each policy of the group, the oldest policy first."""
    policies = session.scalars(
        select(SharingPolicy)
        .ext(distinct_on(SharingPolicy.policy_id))
        .order_by(SharingPolicy.policy_id, SharingPolicy.version.desc())
    ).all()
    return _with_grants(session, policies)


def to_review(session: Session, until: date) -> list[Version]:
    """The newest versions in force whose review is due on this day or before."""
    in_force = (PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED)
    return [
        one
        for one in listed(session)
        if one.policy.review_on and one.policy.review_on <= until and one.state in in_force
    ]


def _with_grants(session: Session, policies: Sequence[SharingPolicy]) -> list[Version]:
    grants = session.scalars(
        select(SharingGrant)
        .where(SharingGrant.policy_id.in_({one.policy_id for one in policies}))
        .order_by(SharingGrant.grant_id)
    ).all()
    accepted: dict[UUID, datetime] = {
        one.grant_id: one.accepted_at
        for one in session.scalars(
            select(SharingAcceptance).where(SharingAcceptance.grant_id.in_({grant.grant_id for grant in grants}))
        )
    }
    found = []
    for policy in policies:
        own = tuple(one for one in grants if (one.policy_id, one.version) == (policy.policy_id, policy.version))
        by_receiver = {one.recipient_id: accepted[one.grant_id] for one in own if one.grant_id in accepted}
        found.append(Version(policy, own, by_receiver))
    return found
