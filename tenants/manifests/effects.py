"""What publishing a draft would do to the shares: asked of the shares themselves, before and after, and rolled back."""

from collections.abc import Mapping, Sequence
from itertools import chain
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.errors import Invalid
from tenants.languages.speaking import Text
from tenants.manifests import drafting
from tenants.manifests.drafting import Draft, Trial
from tenants.registers.model import Field, Purpose, Register
from tenants.sharing import checking, door, reading
from tenants.sharing.model import PolicyState
from tenants.sharing.reading import Version

ALIVE = frozenset({PolicyState.DRAFT, PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED})


class ShareEffect(Struct, frozen=True):
    """A policy that loses its ground in the notice, or finds it: the reasons that come and those that go.

    `loses` and `gains` are fields that the door would hand out no longer, or from then on. `shut` are the receivers for
    whom it would not open at all.
    """

    policy_id: UUID
    state: PolicyState
    owner: str
    receivers: tuple[str, ...]
    register: Text
    purpose: Text
    breaks: tuple[Invalid, ...]
    mends: tuple[Invalid, ...]
    loses: tuple[Text, ...]
    gains: tuple[Text, ...]
    shut: tuple[str, ...]


class Effects(Struct, frozen=True):
    trial: Trial
    shares: tuple[ShareEffect, ...]


class Standing(Struct, frozen=True):
    """What is missing of a policy, and which fields the door hands out under it, by receiver."""

    missing: tuple[Invalid, ...]
    reach: Mapping[UUID, frozenset[UUID]]

    @property
    def fields(self) -> frozenset[UUID]:
        return frozenset(chain.from_iterable(self.reach.values()))

    def is_like(self, other: "Standing") -> bool:
        return _codes(self.missing) == _codes(other.missing) and self.reach == other.reach


def of_draft(session: Session, draft: Draft) -> Effects:
    """Nothing of a draft that has ended."""
    if not draft.is_open:
        return Effects(Trial((), None), ())
    concerned = {one.company_id for one in draft.concerned}
    shown = (one.shown for one in reading.listed(session))
    policies = [one for one in shown if one.policy.company_id in concerned and one.state in ALIVE]
    before = _standing(session, policies)
    trial, after = drafting.try_out(session, draft, lambda: _standing(session, policies))
    touched = [one for one in policies if not before[_id(one)].is_like(after[_id(one)])]
    if not touched:
        return Effects(trial, ())
    names = _Names(session)
    return Effects(trial, tuple(names.effect(one, before[_id(one)], after[_id(one)]) for one in touched))


def _standing(session: Session, policies: Sequence[Version]) -> dict[UUID, Standing]:
    reach = door.reach(session) if policies else {}
    return {
        _id(one): Standing(
            missing=tuple(checking.missing(session, one.policy)),
            reach={to: fields for (policy_id, to), fields in reach.items() if policy_id == _id(one) and fields},
        )
        for one in policies
    }


class _Names:
    """What the things of policies are called, as the notice in force has it."""

    def __init__(self, session: Session) -> None:
        self.companies = {one.company_id: one.name for one in session.scalars(select(Company))}
        self.registers = {one.register_id: one.name for one in session.scalars(select(Register))}
        self.purposes = {one.purpose_id: one.label for one in session.scalars(select(Purpose))}
        self.fields = {one.field_id: one.label for one in session.scalars(select(Field).order_by(Field.position))}

    def effect(self, version: Version, before: Standing, after: Standing) -> ShareEffect:
        policy = version.policy
        shut = [one for one in policy.recipients if before.reach.get(one) and not after.reach.get(one)]
        return ShareEffect(
            policy_id=policy.policy_id,
            state=version.state,
            owner=self.companies[policy.company_id],
            receivers=self._called(policy.recipients),
            register=self.registers[policy.register_id],
            purpose=self.purposes[policy.purpose_id],
            breaks=tuple(one for one in after.missing if _code(one) not in _codes(before.missing)),
            mends=tuple(one for one in before.missing if _code(one) not in _codes(after.missing)),
            loses=self._labels(before.fields - after.fields),
            gains=self._labels(after.fields - before.fields),
            shut=self._called(shut),
        )

    def _called(self, companies: Sequence[UUID]) -> tuple[str, ...]:
        return tuple(self.companies[one] for one in companies if one in self.companies)

    def _labels(self, fields: frozenset[UUID]) -> tuple[Text, ...]:
        return tuple(label for field_id, label in self.fields.items() if field_id in fields)


def _id(version: Version) -> UUID:
    return version.policy.policy_id


def _codes(problems: Sequence[Invalid]) -> set[tuple[type[Invalid], str | None]]:
    return {_code(one) for one in problems}


def _code(problem: Invalid) -> tuple[type[Invalid], str | None]:
    return type(problem), problem.field
