"""The editor's way to a new version: a draft of one register, approved by every company whose notice it changes.

A draft is published by the code that applies a manifest, onto what is in force at that moment: what others changed
since is kept, and where both changed the same, somebody says which holds before anything is approved.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import companies
from tenants.companies.model import Company
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import SeveralInvalid
from tenants.groups.model import Group
from tenants.manifests import applying, meaning, merging, parts, shape, versions
from tenants.manifests.applying import Outcome
from tenants.manifests.drafts import (
    AlreadyApproved,
    AnotherRegister,
    DraftApproval,
    DraftChanged,
    DraftClashes,
    KeptByOthers,
    NoCompanyActedFor,
    NoSuchDraft,
    NotConcerned,
    NothingChanges,
    NotOpen,
    NotTheDraftsCompany,
    OwnDraft,
    RegisterDraft,
    RegisterKeyTaken,
)
from tenants.manifests.faults import Fault, FaultyManifest, in_order
from tenants.manifests.merging import Clash
from tenants.manifests.model import Manifest
from tenants.manifests.parts import Parts
from tenants.manifests.planning import Change, differences, document, spelt_out
from tenants.manifests.reading import ReadManifest
from tenants.manifests.tree import Place, Plain, planted
from tenants.manifests.versions import ManifestVersion

Seen = TypeVar("Seen")
EDITOR = "editor"


class DraftState(StrEnum):
    """Where a draft stands; `waiting` is for the approval of more companies."""

    OPEN = "open"
    WAITING = "waiting"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Draft(Struct, frozen=True, kw_only=True):
    """A draft brought up to what is in force: `parts` are its own with what others changed since.

    `concerned` are the companies whose notice it changes, `approved` those that agree to this edition of it.
    """

    row: RegisterDraft
    company: Company
    state: DraftState
    version: int | None
    in_force: Manifest
    parts: Parts
    clashes: tuple[Clash, ...]
    becomes: Manifest
    changes: tuple[Change, ...]
    concerned: tuple[Company, ...]
    approved: tuple[UUID, ...]

    @property
    def awaited(self) -> tuple[Company, ...]:
        return tuple(one for one in self.concerned if one.company_id not in self.approved)

    @property
    def is_open(self) -> bool:
        return self.state in (DraftState.OPEN, DraftState.WAITING)

    @property
    def leaves(self) -> bool:
        """Whether the company would keep the register no longer."""
        return self.parts.register is None


class Beside(Struct, frozen=True):
    """Another draft of the same register. `both` are the changes of ours whose places it changes, too."""

    other: Draft
    both: tuple[Change, ...]


class Trial(Struct, frozen=True):
    """What publishing would come to: the faults that stand in its way, or its outcome."""

    faults: tuple[Fault, ...]
    outcome: Outcome | None


def listed(session: Session) -> list[tuple[RegisterDraft, Company]]:
    """The open drafts of the group, the latest changed first: what registers are made of is no secret within it."""
    published = select(ManifestVersion.version).where(ManifestVersion.draft_id == RegisterDraft.draft_id)
    found = session.execute(
        select(RegisterDraft, Company)
        .join(Company, Company.company_id == RegisterDraft.company_id)
        .where(RegisterDraft.discarded_at.is_(None), ~published.exists())
        .order_by(RegisterDraft.changed_at.desc())
    )
    return [(row, company) for row, company in found]


def beside(session: Session, draft: Draft) -> list[Beside]:
    """Other open drafts of the same register: its other keepers may each have one. The first published holds."""
    others = [row for row, _ in listed(session) if row.register_key == draft.row.register_key]
    found = [_brought_up(session, row) for row in others if row.draft_id != draft.row.draft_id]
    return [Beside(one, tuple(each for each in draft.changes if _touched(each, one.changes))) for one in found]


def begin(session: Session, register_key: str) -> RegisterDraft:
    """Of a register that the acting company keeps; the one that is open already. Raises NoSuchDraft, Forbidden."""
    company = _drafting_company(session)
    manifest = versions.in_force(session)
    found = parts.taken(manifest, register_key)
    if found.register is None or company.key not in found.register.kept_by:
        raise NoSuchDraft
    return _open_draft(session, company, register_key) or _begun(session, company, manifest, register_key, found)


def begin_new(session: Session, new: Parts) -> RegisterDraft:
    """Of a register that the acting company would keep. Raises RegisterKeyTaken, KeptByOthers, Forbidden."""
    company = _drafting_company(session)
    manifest = versions.in_force(session)
    if new.register is None or company.key not in new.register.kept_by:
        raise KeptByOthers(field="register.kept_by")
    key = new.register.key
    if any(one.key == key for one in manifest.registers) or _open_draft(session, None, key):
        raise RegisterKeyTaken(field="register.key", key=key)
    return _begun(session, company, manifest, key, new)


def get(session: Session, draft_id: UUID) -> Draft:
    """Raises NoSuchDraft."""
    require(session, Permission.SEE_REGISTERS)
    return _brought_up(session, _row(session, draft_id))


def change(session: Session, draft_id: UUID, edit: Callable[[Parts], Parts], *, edition: int | None = None) -> Draft:
    """One change of the draft, made on what it says by now. An `edition` that is given must be the newest.

    What makes no sense as yet may be kept: it stands in the way of approval. Raises DraftChanged, DraftClashes,
    AnotherRegister, KeptByOthers, NotOpen, NotTheDraftsCompany, NoSuchDraft, Forbidden.
    """
    require(session, Permission.DRAFT_REGISTERS)
    draft = _own(session, draft_id, edition)
    if draft.clashes:
        raise DraftClashes
    return _kept(session, draft, edit(draft.parts))


def settle(session: Session, draft_id: UUID, *, keep_mine: bool, edition: int) -> Draft:
    """Where the draft and what is in force have changed the same: which of them holds. Raises as `change` does."""
    require(session, Permission.DRAFT_REGISTERS)
    draft = _own(session, draft_id, edition)
    both, _ = _merged(session, draft.row, draft.in_force, keep_mine=keep_mine)
    return _kept(session, draft, both)


def locked(session: Session, draft_id: UUID) -> Draft:
    """For a change that looks first: nobody else changes it meanwhile. Raises as `change` does."""
    require(session, Permission.DRAFT_REGISTERS)
    draft = _own(session, draft_id, None)
    if draft.clashes:
        raise DraftClashes
    return draft


def discard(session: Session, draft_id: UUID) -> None:
    """Raises NotOpen, NotTheDraftsCompany, NoSuchDraft, Forbidden."""
    require(session, Permission.DRAFT_REGISTERS)
    draft = _own(session, draft_id, None)
    draft.row.discarded_at = func.now()
    _note(session, "register.draft_discarded", draft.row)


def approve(session: Session, draft_id: UUID, *, edition: int) -> Draft:
    """By a company that the draft concerns; the last of them publishes it as a new version.

    Raises SeveralInvalid with all that stands in the way, DraftChanged, DraftClashes, NothingChanges, AlreadyApproved,
    OwnDraft, NotConcerned, NotOpen, NoSuchDraft, Forbidden.
    """
    here = require(session, Permission.APPROVE_REGISTERS)
    # As applying does it: nobody publishes meanwhile, and two last approvals do not miss each other.
    four_eyes = session.scalars(select(Group).with_for_update()).one().four_eyes
    draft = _open(_brought_up(session, _row(session, draft_id)), edition)
    _refuse_unready(session, draft)
    if here.acting.company_id not in {one.company_id for one in draft.concerned}:
        raise NotConcerned
    if four_eyes and here.member_id in draft.row.editors:
        raise OwnDraft
    if here.acting.company_id in draft.approved:
        raise AlreadyApproved
    session.add(
        DraftApproval(draft_id=draft_id, company_id=here.acting.company_id, edition=edition, approved_by=here.member_id)
    )
    session.flush()
    _note(session, "register.approved", draft.row)
    if {one.company_id for one in draft.awaited} == {here.acting.company_id}:
        outcome = applying.apply(session, read_of(draft.becomes), draft_id=draft_id)
        trail.record(session, "register.published", about="register_draft", ids=[draft_id], version=outcome.version)
    return _brought_up(session, draft.row)


def try_out(session: Session, draft: Draft, look: Callable[[], Seen]) -> tuple[Trial, Seen]:
    """What publishing would come to, and what `look` sees when it has. Nothing of it stays: it is rolled back."""
    faults = _senseless(draft.becomes)
    if faults:
        return Trial(faults, None), look()
    trial = session.begin_nested()
    try:
        outcome = applying.apply(session, read_of(draft.becomes))
        return Trial((), outcome), look()
    except FaultyManifest as refused:
        trial.rollback()
        return Trial(tuple(each for each in refused.faults), None), look()
    finally:
        if trial.is_active:
            trial.rollback()


def read_of(manifest: Manifest) -> ReadManifest:
    return ReadManifest(EDITOR, _tree(manifest), manifest)


def _drafting_company(session: Session) -> Company:
    here = require(session, Permission.DRAFT_REGISTERS)
    if here.acting.company_id is None:
        raise NoCompanyActedFor
    return companies.get(session, here.acting.company_id)


def _open_draft(session: Session, company: Company | None, register_key: str) -> RegisterDraft | None:
    return next(
        (row for row, of in listed(session) if row.register_key == register_key and company in (None, of)),
        None,
    )


def _begun(session: Session, company: Company, manifest: Manifest, key: str, found: Parts) -> RegisterDraft:
    row = RegisterDraft(
        company_id=company.company_id,
        register_key=key,
        base_version=manifest.base_version,
        parts=found,
        edition=1,
        editors=[acting_of(session).actor_id],
    )
    session.add(row)
    session.flush()
    _note(session, "register.drafted", row)
    return row


def _row(session: Session, draft_id: UUID) -> RegisterDraft:
    row = session.scalar(select(RegisterDraft).where(RegisterDraft.draft_id == draft_id))
    if row is None:
        raise NoSuchDraft
    return row


def _own(session: Session, draft_id: UUID, edition: int | None) -> Draft:
    """Nobody else changes it meanwhile, nor approves it: what is published is what the draft says from then on."""
    session.execute(select(Group.group_id).with_for_update(read=True))
    row = _row(session, draft_id)
    if row.company_id != acting_of(session).company_id:
        raise NotTheDraftsCompany
    session.refresh(row, with_for_update=True)
    return _open(_brought_up(session, row), edition)


def _open(draft: Draft, edition: int | None) -> Draft:
    if not draft.is_open:
        raise NotOpen
    if edition is not None and edition != draft.row.edition:
        raise DraftChanged
    return draft


def _kept(session: Session, draft: Draft, wanted: Parts) -> Draft:
    """On what is in force now. Whoever approved an earlier edition is asked again."""
    row = draft.row
    if wanted.register and wanted.register.key != row.register_key:
        raise AnotherRegister(field="register.key")
    if wanted.register and draft.company.key not in wanted.register.kept_by:
        raise KeptByOthers(field="register.kept_by")
    if wanted == draft.parts and draft.in_force.base_version == row.base_version:
        return draft
    by = acting_of(session).actor_id
    row.parts, row.base_version = wanted, draft.in_force.base_version or 0
    row.edition, row.changed_at = row.edition + 1, func.now()
    if by is not None and by not in row.editors:
        row.editors = [*row.editors, by]
    session.flush()
    session.refresh(row)
    _note(session, "register.draft_changed", row)
    return _brought_up(session, row)


def _brought_up(session: Session, row: RegisterDraft) -> Draft:
    version = session.scalar(select(ManifestVersion.version).where(ManifestVersion.draft_id == row.draft_id))
    company = companies.get(session, row.company_id)
    # What was published is held against what was in force before it.
    in_force = _version(session, version - 1) if version else versions.in_force(session)
    both, clashes = _merged(session, row, in_force)
    becomes = parts.put(in_force, company.key, row.register_key, both)
    changed = [one.key for one in in_force.companies if parts.view(in_force, one.key) != parts.view(becomes, one.key)]
    approved = _approved(session, row)
    return Draft(
        row=row,
        company=company,
        state=_state(row, version, approved),
        version=version,
        in_force=in_force,
        parts=both,
        clashes=tuple(clashes),
        becomes=becomes,
        changes=tuple(differences(document(in_force), document(becomes))),
        concerned=tuple(one for one in companies.listed(session) if one.key in changed),
        approved=approved,
    )


def _touched(change: Change, others: Sequence[Change]) -> bool:
    return any(change.touches(one.place) for one in others)


def _version(session: Session, version: int) -> Manifest:
    row = versions.numbered(session, version)
    if row is None:
        raise NoSuchDraft
    return row.manifest


def _merged(
    session: Session, row: RegisterDraft, in_force: Manifest, *, keep_mine: bool = True
) -> tuple[Parts, list[Clash]]:
    if row.base_version == in_force.base_version:
        return row.parts, []
    base = parts.taken(_version(session, row.base_version), row.register_key, row.parts)
    theirs = parts.taken(in_force, row.register_key, row.parts)
    both, clashes = merging.merged(spelt_out(base), spelt_out(row.parts), spelt_out(theirs), keep_mine=keep_mine)
    return msgspec.convert(both, Parts), clashes


def _state(row: RegisterDraft, version: int | None, approved: Sequence[UUID]) -> DraftState:
    if version is not None:
        return DraftState.PUBLISHED
    if row.discarded_at is not None:
        return DraftState.DISCARDED
    return DraftState.WAITING if approved else DraftState.OPEN


def _approved(session: Session, row: RegisterDraft) -> tuple[UUID, ...]:
    own = select(DraftApproval.company_id).where(
        DraftApproval.draft_id == row.draft_id, DraftApproval.edition == row.edition
    )
    return tuple(session.scalars(own))


def _refuse_unready(session: Session, draft: Draft) -> None:
    if draft.clashes:
        raise DraftClashes
    if not draft.changes:
        raise NothingChanges
    trial, _ = try_out(session, draft, lambda: None)
    if trial.faults:
        raise SeveralInvalid(list(trial.faults))


def _senseless(manifest: Manifest) -> tuple[Fault, ...]:
    tree = _tree(manifest)
    return in_order(list(_once([*shape.misshapen(tree), *meaning.senseless(tree)])))


def _once(faults: Sequence[Fault]) -> Iterator[Fault]:
    yield from {(type(fault), fault.field): fault for fault in faults}.values()


def _tree(manifest: Manifest) -> Place:
    plain: Plain = msgspec.json.decode(msgspec.json.encode(manifest))
    return planted(plain)


def _note(session: Session, action: str, row: RegisterDraft) -> None:
    trail.record(session, action, about="register_draft", ids=[row.draft_id], edition=row.edition)
