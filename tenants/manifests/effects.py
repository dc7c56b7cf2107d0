"""What publishing a draft would do to the shares: asked of the shares themselves, before and after, and rolled back."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.errors import Invalid
from tenants.languages.speaking import Text
from tenants.manifests import drafting
from tenants.manifests.drafting import Draft, Trial
from tenants.registers.model import Purpose, Register
from tenants.sharing import checking, reading
from tenants.sharing.model import PolicyState
from tenants.sharing.reading import Version

Seen = TypeVar("Seen")
ALIVE = frozenset({PolicyState.DRAFT, PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED})


class ShareEffect(Struct, frozen=True):
    """A policy that loses its ground in the notice, or finds it: the reasons that come and those that go."""

    policy_id: UUID
    state: PolicyState
    owner: str
    receivers: tuple[str, ...]
    register: Text
    purpose: Text
    breaks: tuple[Invalid, ...]
    mends: tuple[Invalid, ...]

    @property
    def shuts(self) -> bool:
        """Whether a door that is open today would be shut at the next statement."""
        return bool(self.breaks) and self.state is PolicyState.ACTIVE


class Effects(Struct, frozen=True):
    trial: Trial
    shares: tuple[ShareEffect, ...]


def of_draft(session: Session, draft: Draft, look: Callable[[], Seen]) -> tuple[Effects, Seen, Seen]:
    """And what `look` sees now and would see then."""
    concerned = {one.company_id for one in draft.concerned}
    shown = (one.shown for one in reading.listed(session))
    policies = [one for one in shown if one.policy.company_id in concerned and one.state in ALIVE]
    before, now = _missing(session, policies), look()
    trial, (after, then) = drafting.try_out(session, draft, lambda: (_missing(session, policies), look()))
    touched = [one for one in policies if _codes(before[_id(one)]) != _codes(after[_id(one)])]
    shares = tuple(_effect(session, one, before[_id(one)], after[_id(one)]) for one in touched)
    return Effects(trial, shares), now, then


def _missing(session: Session, policies: Sequence[Version]) -> dict[UUID, list[Invalid]]:
    return {_id(one): checking.missing(session, one.policy) for one in policies}


def _effect(session: Session, version: Version, before: list[Invalid], after: list[Invalid]) -> ShareEffect:
    policy = version.policy
    names: Mapping[UUID, str] = {one.company_id: one.name for one in session.scalars(select(Company))}
    register = session.scalars(select(Register).where(Register.register_id == policy.register_id)).one()
    purpose = session.scalars(select(Purpose).where(Purpose.purpose_id == policy.purpose_id)).one()
    return ShareEffect(
        policy_id=policy.policy_id,
        state=version.state,
        owner=names[policy.company_id],
        receivers=tuple(names[one] for one in policy.recipients if one in names),
        register=register.name,
        purpose=purpose.label,
        breaks=tuple(one for one in after if _code(one) not in _codes(before)),
        mends=tuple(one for one in before if _code(one) not in _codes(after)),
    )


def _id(version: Version) -> UUID:
    return version.policy.policy_id


def _codes(problems: Sequence[Invalid]) -> set[tuple[type[Invalid], str | None]]:
    return {_code(one) for one in problems}


def _code(problem: Invalid) -> tuple[type[Invalid], str | None]:
    return type(problem), problem.field
