"""The policies of the group, which everybody in it may know: they name fields and companies, never a person."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from tenants.database import acting_of
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

    @property
    def looked_at(self) -> str:
        """What the version says, in short: who decides about it says with this what they have seen."""
        said = msgspec.json.encode((self.policy.version, terms_of(self.policy)))
        return hashlib.sha256(said).hexdigest()[:32]


class Policy(Struct, frozen=True):
    """All versions of one policy, the newest first."""

    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        return self.versions[0]

    @property
    def in_force(self) -> Version | None:
        """What was granted last, while a next version may be on the way."""
        return next((one for one in self.versions if one.policy.granted_at), None)

    @property
    def shown(self) -> Version:
        """The version by which the policy is known: what was granted, and before that the draft."""
        return self.in_force or self.newest

    @property
    def next_draft(self) -> Version | None:
        return self.newest if self.in_force and self.newest.state is PolicyState.DRAFT else None


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


def policy(session: Session, policy_id: UUID) -> Policy:
    """Raises NoSuchPolicy."""
    return Policy(tuple(versions(session, policy_id)))


def listed(session: Session, *, after: UUID | None = None, most: int | None = None) -> list[Policy]:
    """The policies of the group, the oldest first; `after` goes on behind one of them."""
    wanted = select(SharingPolicy.policy_id).distinct().order_by(SharingPolicy.policy_id).limit(most)
    if after is not None:
        wanted = wanted.where(SharingPolicy.policy_id > after)
    rows = session.scalars(
        select(SharingPolicy)
        .where(SharingPolicy.policy_id.in_(wanted))
        .order_by(SharingPolicy.policy_id, SharingPolicy.version.desc())
    ).all()
    found: dict[UUID, list[Version]] = {}
    for version in _with_grants(session, rows):
        found.setdefault(version.policy.policy_id, []).append(version)
    return [Policy(tuple(each)) for each in found.values()]


def to_review(session: Session, until: date) -> list[Version]:
    """The versions in force whose review is due on this day or before."""
    return [one.shown for one in listed(session) if needs_review(one.shown, until)]


def needs_review(version: Version, until: date) -> bool:
    in_force = (PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED)
    review_on = version.policy.review_on
    return review_on is not None and review_on <= until and version.state in in_force


def counted_offered(session: Session) -> Select[int]:
    """How many grants wait for the acting company to accept them."""
    return (
        select(func.count())
        .select_from(SharingGrant)
        .outerjoin(SharingAcceptance, SharingAcceptance.grant_id == SharingGrant.grant_id)
        .where(
            SharingGrant.recipient_id == acting_of(session).company_id,
            SharingAcceptance.grant_id.is_(None),
            or_(SharingGrant.closes_at.is_(None), SharingGrant.closes_at > func.now()),
        )
    )


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
