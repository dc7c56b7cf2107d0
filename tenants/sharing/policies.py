"""The life of a policy: drafted and granted by the company that owns the data, accepted by each that receives.

Granted, it is compiled to grants, one for each receiver; no record is touched. The door opens when the receiver has
accepted, and shuts at the next statement after a suspension or a revocation. A new version shuts the former when it is
granted: nobody goes on reading under terms that their owner has replaced.

`looked_at` is `Version.looked_at` of what was decided about; terms that have changed since are not decided about.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id, say
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.groups.model import Group
from tenants.ledger.scopes import close_scopes, open_scope
from tenants.registers.model import Register
from tenants.sharing import compiling, reading
from tenants.sharing.checking import refuse_impossible, refuse_incomplete, refuse_unlike_granted
from tenants.sharing.ground import Ground, ground
from tenants.sharing.model import PolicyState, SharingAcceptance, SharingGrant, SharingPolicy
from tenants.sharing.reading import Version
from tenants.sharing.refusals import ChangedMeanwhile, NotAReceiver, NotTheOwner, NotThisStep, OwnDraft
from tenants.sharing.terms import Terms, terms_of


def draft(session: Session, terms: Terms) -> SharingPolicy:
    """Of the acting company. Raises SeveralInvalid, Forbidden."""
    return _drafted(session, terms, new_id(), version=1)


def change(session: Session, policy_id: UUID, terms: Terms, *, looked_at: str | None = None) -> SharingPolicy:
    """A draft is written anew; of what was granted a next version is drafted.

    Raises SeveralInvalid, ChangedMeanwhile, Forbidden, NotFound.
    """
    before = _own(session, policy_id, Permission.DRAFT_SHARING)
    _must_be_seen(before, looked_at)
    if before.state is not PolicyState.DRAFT:
        return _drafted(session, terms, policy_id, version=before.policy.version + 1)
    refuse_impossible(ground(session, before.policy.company_id, terms), terms)
    say(before.policy, terms)
    _sign(before.policy, acting_of(session).actor_id)
    _note(session, "sharing.drafted", before.policy)
    return before.policy


def grant(session: Session, policy_id: UUID, *, looked_at: str | None = None) -> SharingPolicy:
    """By the owner. Raises SeveralInvalid with all that is missing, OwnDraft, NotThisStep, ChangedMeanwhile, Forbidden,
    NotFound.
    """
    found = _own(session, policy_id, Permission.GRANT_SHARING)
    policy, acting = found.policy, acting_of(session)
    _must_be(found, PolicyState.DRAFT)
    _must_be_seen(found, looked_at)
    if session.scalar(select(Group.four_eyes)) and acting.actor_id in {policy.drafted_by, *policy.editors}:
        raise OwnDraft
    known = _complete(session, policy)
    _end_former(session, policy)
    policy.granted_at, policy.granted_by = func.now(), acting.actor_id
    session.flush()
    for recipient_id in policy.recipients:
        made = compiling.grant_of(known, policy, recipient_id)
        made.scope_id = open_scope(session, compiling.scope_of(made))
        session.add(made)
    session.flush()
    session.refresh(policy)
    _note(session, "sharing.granted", policy)
    return policy


def accept(session: Session, policy_id: UUID, *, looked_at: str | None = None) -> SharingAcceptance:
    """By a receiver: the policy becomes active for it.

    Raises SeveralInvalid, NotAReceiver, NotThisStep, ChangedMeanwhile, Forbidden, NotFound.
    """
    require(session, Permission.ACCEPT_SHARING)
    acting = acting_of(session)
    found = reading.policy(session, policy_id).shown
    own = next((one for one in found.grants if one.recipient_id == acting.company_id), None)
    if own is None:
        raise NotAReceiver
    _must_be(found, PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED)
    if own.recipient_id in found.accepted:
        raise NotThisStep
    _must_be_seen(found, looked_at)
    _complete(session, found.policy)
    acceptance = SharingAcceptance(
        grant_id=own.grant_id, company_id=own.recipient_id, accepted_by=acting.actor_id, accepted_at=datetime.now(UTC)
    )
    session.add(acceptance)
    session.flush()
    _note(session, "sharing.accepted", found.policy)
    return acceptance


def suspend(session: Session, policy_id: UUID) -> None:
    """What is in force, by the owner, until it is resumed. Raises NotThisStep, Forbidden, NotFound."""
    found = _own_in_force(session, policy_id)
    _must_be(found, PolicyState.GRANTED, PolicyState.ACTIVE)
    found.policy.suspended_at = func.now()
    _shut(session, policy_id)
    _note(session, "sharing.suspended", found.policy)


def resume(session: Session, policy_id: UUID) -> None:
    """By the owner, if it could be granted today. Raises SeveralInvalid, NotThisStep, Forbidden, NotFound."""
    found = _own_in_force(session, policy_id)
    _must_be(found, PolicyState.SUSPENDED)
    _complete(session, found.policy)
    found.policy.suspended_at = None
    for one in found.grants:
        one.closes_at = terms_of(found.policy).closes_at
        one.scope_id = open_scope(session, compiling.scope_of(one))
    session.flush()
    _note(session, "sharing.resumed", found.policy)


def revoke(session: Session, policy_id: UUID) -> None:
    """By the owner, for good; also of a draft. Raises NotThisStep, Forbidden, NotFound."""
    found = _own(session, policy_id, Permission.GRANT_SHARING)
    if found.state in (PolicyState.REVOKED, PolicyState.EXPIRED):
        raise NotThisStep
    session.execute(
        update(SharingPolicy)
        .where(SharingPolicy.policy_id == policy_id, SharingPolicy.replaced_at.is_(None))
        .values(revoked_at=func.now())
    )
    _shut(session, policy_id)
    _note(session, "sharing.revoked", found.policy)


def _drafted(session: Session, terms: Terms, policy_id: UUID, *, version: int) -> SharingPolicy:
    require(session, Permission.DRAFT_SHARING)
    acting = acting_of(session)
    if acting.company_id is None:
        raise NotTheOwner
    refuse_impossible(ground(session, acting.company_id, terms), terms)
    policy = SharingPolicy(
        policy_id=policy_id, version=version, company_id=acting.company_id, drafted_by=acting.actor_id, editors=[]
    )
    _sign(policy, acting.actor_id)
    say(policy, terms)
    session.add(policy)
    session.flush()
    _note(session, "sharing.drafted", policy)
    return policy


def _sign(policy: SharingPolicy, by: UUID | None) -> None:
    """Whoever had a hand in a draft keeps it: somebody else's small change makes nobody's own terms another's."""
    hands = dict.fromkeys((*policy.editors, policy.drafted_by, by))
    policy.editors, policy.drafted_by = [one for one in hands if one], by


def _own(session: Session, policy_id: UUID, permission: Permission) -> Version:
    """The newest version of a policy of the acting company, which nobody else changes meanwhile."""
    require(session, permission)
    session.execute(select(SharingPolicy.version).where(SharingPolicy.policy_id == policy_id).with_for_update())
    found = reading.newest(session, policy_id)
    if found.policy.company_id != acting_of(session).company_id:
        raise NotTheOwner
    return found


def _own_in_force(session: Session, policy_id: UUID) -> Version:
    """What was granted, whether a next version is being drafted or not; a first draft where nothing was."""
    _own(session, policy_id, Permission.GRANT_SHARING)
    return reading.policy(session, policy_id).shown


def _must_be_seen(found: Version, looked_at: str | None) -> None:
    if looked_at is not None and looked_at != found.looked_at:
        raise ChangedMeanwhile


def _must_be(found: Version, *states: PolicyState) -> None:
    if found.state not in states:
        raise NotThisStep


def _complete(session: Session, policy: SharingPolicy) -> Ground:
    """One policy at a time about one register, so that two that overlap do not pass each other unseen."""
    session.execute(
        select(Register.register_id)
        .where(Register.register_id == policy.register_id)
        .with_for_update(key_share=True)
    )  # fmt: skip
    known = ground(session, policy.company_id, terms_of(policy))
    refuse_incomplete(session, known, terms_of(policy), policy_id=policy.policy_id)
    refuse_unlike_granted(session, known, policy)
    return known


def _end_former(session: Session, policy: SharingPolicy) -> None:
    session.execute(
        update(SharingPolicy)
        .where(
            SharingPolicy.policy_id == policy.policy_id,
            SharingPolicy.version < policy.version,
            SharingPolicy.replaced_at.is_(None),
            SharingPolicy.revoked_at.is_(None),
        )
        .values(replaced_at=func.now())
    )
    _shut(session, policy.policy_id)


def _shut(session: Session, policy_id: UUID) -> None:
    """All grants of the policy, at the next statement of whoever reads through them."""
    session.execute(
        update(SharingGrant)
        .where(SharingGrant.policy_id == policy_id, func.coalesce(SharingGrant.closes_at > func.now(), True))
        .values(closes_at=func.now())
    )
    close_scopes(session, policy_id)
    session.flush()


def _note(session: Session, action: str, policy: SharingPolicy) -> None:
    trail.record(session, action, about="sharing_policy", ids=[policy.policy_id], version=policy.version)
