"""What a draft would open and close before anybody grants it, and what a receiver loses by a revocation."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.permissions import OtherPurposeNeeded, Permission, require
from tenants.database import acting_of
from tenants.ledger import received
from tenants.registers.model import Field
from tenants.sharing import compiling, reading
from tenants.sharing.checking import refuse_impossible
from tenants.sharing.conditions import encoded
from tenants.sharing.ground import ground
from tenants.sharing.model import PolicyState, SharingGrant
from tenants.sharing.reading import Version
from tenants.sharing.refusals import NotTheOwner, NotThisStep
from tenants.sharing.terms import terms_of

EXAMPLES = 5


class People(Struct, frozen=True):
    """How many, and some of them."""

    count: int
    examples: tuple[UUID, ...]


class Effect(Struct, frozen=True, kw_only=True):
    """What changes for one receiver: for whom the door opens and shuts, and which fields, by key, come and go.

    `has_received`: of how many persons it has received data under this policy, whether the door is open still or not.
    """

    recipient_id: UUID
    opening: People
    closing: People
    staying: int
    fields_opening: tuple[str, ...]
    fields_closing: tuple[str, ...]
    has_received: int


class _Reach(Struct, frozen=True):
    """What a policy opens to one receiver: whose records, and which fields."""

    condition: str | None
    register_id: UUID
    kind: str
    fields: frozenset[str]


def simulate(session: Session, policy_id: UUID) -> list[Effect]:
    """A draft against what the policy opens now, one effect for each receiver of either.

    For the owner, for a purpose. Raises SeveralInvalid where the draft names what is not there, NotThisStep, Forbidden.
    """
    draft = _own(session, policy_id)
    if draft.state is not PolicyState.DRAFT:
        raise NotThisStep
    terms = terms_of(draft.policy)
    known = ground(session, draft.policy.company_id, terms)
    refuse_impossible(known, terms)
    condition = encoded(compiling.condition_of(known, terms))
    kind = known.purpose.kind if known.purpose else ""
    would = _Reach(condition, terms.register_id, kind, frozenset(terms.fields))
    receivers = dict.fromkeys([*terms.recipients, *(one.recipient_id for one in _grants(session, policy_id))])
    return [
        _effect(session, policy_id, one, would if one in terms.recipients else None) for one in receivers
    ]  # fmt: skip


def losses(session: Session, policy_id: UUID) -> list[Effect]:
    """What each receiver can read now and could not after a revocation. As `simulate`. Raises Forbidden."""
    _own(session, policy_id)
    receivers = dict.fromkeys(one.recipient_id for one in _grants(session, policy_id))
    return [_effect(session, policy_id, one, None) for one in receivers]


def _own(session: Session, policy_id: UUID) -> Version:
    """Without a purpose nobody would be counted, which would look like nobody being concerned."""
    require(session, Permission.SEE_SHARING)
    if acting_of(session).purpose is None:
        raise OtherPurposeNeeded
    found = reading.newest(session, policy_id)
    if found.policy.company_id != acting_of(session).company_id:
        raise NotTheOwner
    return found


def _grants(session: Session, policy_id: UUID) -> list[SharingGrant]:
    return list(
        session.scalars(select(SharingGrant).where(SharingGrant.policy_id == policy_id).order_by(SharingGrant.grant_id))
    )


def _effect(session: Session, policy_id: UUID, recipient_id: UUID, would: _Reach | None) -> Effect:
    now = _open_now(session, policy_id, recipient_id)
    before, after = now.fields if now else frozenset(), would.fields if would else frozenset()
    opening, closing = _people(session, would, now), _people(session, now, would)
    trail.record(
        session, "sharing.simulated", about="person", ids=sorted({*opening.examples, *closing.examples}),
        policy=str(policy_id), opening=opening.count, closing=closing.count,
    )  # fmt: skip
    return Effect(
        recipient_id=recipient_id,
        opening=opening,
        closing=closing,
        staying=_people(session, now, None).count - closing.count,
        fields_opening=tuple(sorted(after - before)),
        fields_closing=tuple(sorted(before - after)),
        has_received=received.persons_within(session, policy_id, recipient_id),
    )


def _open_now(session: Session, policy_id: UUID, recipient_id: UUID) -> _Reach | None:
    for grant in _grants(session, policy_id):
        if grant.recipient_id == recipient_id and (fields := _fields_open(session, grant)) is not None:
            return _Reach(encoded(grant.condition), grant.register_id, grant.kind, fields)
    return None


def _fields_open(session: Session, grant: SharingGrant) -> frozenset[str] | None:
    """The keys of the fields; None where the grant opens nothing now."""
    ids = session.scalar(
        text("SELECT field_ids FROM open_grants(:the_group, :receiver, :kind) WHERE scope_id = :scope"),
        {
            "the_group": acting_of(session).group_id,
            "receiver": grant.recipient_id,
            "kind": grant.kind,
            "scope": grant.scope_id,
        },
    )
    if ids is None:
        return None
    return frozenset(session.scalars(select(Field.key).where(Field.field_id.in_([UUID(one) for one in ids]))))


def _people(session: Session, reached: _Reach | None, but_not: _Reach | None) -> People:
    """Those of the one reach whom the other does not reach."""
    if reached is None:
        return People(0, ())
    count, examples = session.execute(
        text(f"""
            WITH persons_of AS ({_fit("a")} {f"EXCEPT {_fit('b')}" if but_not else ""})
            SELECT (SELECT count(*) FROM persons_of),
                   ARRAY(SELECT person_id FROM persons_of ORDER BY person_id LIMIT {EXAMPLES})
        """),
        {
            "the_group": acting_of(session).group_id,
            "giver": acting_of(session).company_id,
            **_parameters("a", reached),
            **(_parameters("b", but_not) if but_not else {}),
        },
    ).one()
    return People(count, tuple(examples))


def _fit(name: str) -> str:
    return (
        f"SELECT DISTINCT person_id FROM fit_to_share(:the_group, :giver, :register_{name}, :kind_{name},"
        f" CAST(:condition_{name} AS jsonb))"
    )


def _parameters(name: str, reach: _Reach) -> Mapping[str, object]:
    return {
        f"register_{name}": reach.register_id,
        f"kind_{name}": reach.kind,
        f"condition_{name}": reach.condition,
    }
