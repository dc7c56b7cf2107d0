"""Registers as they are declared: their versions, and drafts of them on the way to the next."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api import notices
from services.api.notices import NoticeChange
from services.api.problems import FieldProblem, said
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Language, Text
from tenants.manifests import drafting, effects, history
from tenants.manifests.drafting import Draft, DraftState
from tenants.manifests.parts import Parts
from tenants.manifests.planning import ChangeKind
from tenants.registers import registers
from tenants.sharing.model import PolicyState

OF_DRAFT = "/registers/drafts/{draft_id:uuid}"


class VersionOfRegister(Struct, frozen=True):
    """`by` is empty where a file was applied; `in_editor` says that a draft was published."""

    version: int
    at: datetime
    by: str | None
    in_editor: bool


class RegisterDrafted(Struct, frozen=True):
    """`declaration` has what others published since; `clashes` are the places where both changed the same.

    `concerned` are the companies whose notice it changes; `awaited` those that have not approved this edition.
    """

    draft_id: UUID
    company_id: UUID
    register_key: Annotated[str, Meta(examples=["customers"])]
    state: DraftState
    edition: int
    on_version: int
    published_as: int | None
    declaration: Parts
    clashes: list[str]
    concerned: list[UUID]
    awaited: list[UUID]


class ListedDraft(Struct, frozen=True):
    draft_id: UUID
    company_id: UUID
    register_key: str
    edition: int
    changed_at: datetime


class ChangeOfRegister(Struct, frozen=True):
    """`place` as a manifest's faults name it; `was` and `becomes` as it would write them."""

    kind: ChangeKind
    place: Annotated[str, Meta(examples=["registers.customers.retention.months"])]
    was: object
    becomes: object


class ChangeOfNotice(Struct, frozen=True):
    company_id: UUID
    sentences: list[NoticeChange]


class ChangeOfShare(Struct, frozen=True):
    """`breaks` are the reasons for which the policy would have no ground any more, `mends` those that would be gone.

    `loses` and `gains` name fields that receivers would read no longer, or from then on; for the receivers in `shut`
    the door would not open at all.
    """

    policy_id: UUID
    state: PolicyState
    breaks: list[str]
    mends: list[str]
    loses: list[Text]
    gains: list[Text]
    shut: list[str]


class WhatChanges(Struct, frozen=True):
    """`faults` stand in the way of approval; `field` is a place as a manifest's faults name it."""

    draft_id: UUID
    edition: int
    faults: list[FieldProblem]
    register: list[ChangeOfRegister]
    notices: list[ChangeOfNotice]
    shares: list[ChangeOfShare]


class Redrafting(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole declaration, made on this edition. Without a register: the company keeps it no longer."""

    edition: Annotated[int, Meta(ge=1)]
    declaration: Parts


class Settling(Struct, frozen=True, forbid_unknown_fields=True):
    edition: Annotated[int, Meta(ge=1)]
    keep_mine: bool


class Approving(Struct, frozen=True, forbid_unknown_fields=True):
    edition: Annotated[int, Meta(ge=1, description="That was looked at; another is refused")]


class NewRegister(Struct, frozen=True, forbid_unknown_fields=True):
    """`kept_by` names the key's company, perhaps among others."""

    declaration: Parts


@get(
    "/registers/{register_id:uuid}/versions",
    sync_to_thread=True,
    summary="List the versions of a register",
    tags=["registers"],
    responses=problems(404),
)
def list_versions(
    session: NamedDependency[Session], standing: NamedDependency[Standing], register_id: FromPath[UUID]
) -> list[VersionOfRegister]:
    """Those that changed it, the newest first."""
    standing.require(Permission.SEE_REGISTERS)
    found = history.of_register(session, registers.get(session, register_id).key)
    return [VersionOfRegister(one.version, one.at, one.by, one.in_editor) for one in found]


@get("/registers/drafts", sync_to_thread=True, summary="List the open drafts", tags=["registers"], responses=problems())
def list_drafts(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ListedDraft]:
    """Of the group: what registers are made of is no secret within it."""
    standing.require(Permission.SEE_REGISTERS)
    return [
        ListedDraft(row.draft_id, row.company_id, row.register_key, row.edition, row.changed_at)
        for row, _ in drafting.listed(session)
    ]


@changing(
    "/registers/drafts", status_code=201, summary="Draft a new register", tags=["registers"], responses=problems()
)
def draft_new_register(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[NewRegister]
) -> RegisterDrafted:
    standing.require(Permission.DRAFT_REGISTERS)
    return _told(drafting.get(session, drafting.begin_new(session, data.declaration).draft_id))


@changing(
    "/registers/{register_id:uuid}/drafts",
    status_code=201,
    summary="Draft a change of a register",
    tags=["registers"],
    responses=problems(404),
)
def begin_draft(
    session: NamedDependency[Session], standing: NamedDependency[Standing], register_id: FromPath[UUID]
) -> RegisterDrafted:
    """The one that is open already, if there is one."""
    standing.require(Permission.DRAFT_REGISTERS)
    key = registers.get(session, register_id).key
    return _told(drafting.get(session, drafting.begin(session, key).draft_id))


@get(OF_DRAFT, sync_to_thread=True, summary="Show a draft", tags=["registers"], responses=problems(404))
def show_draft(
    session: NamedDependency[Session], standing: NamedDependency[Standing], draft_id: FromPath[UUID]
) -> RegisterDrafted:
    standing.require(Permission.SEE_REGISTERS)
    return _told(drafting.get(session, draft_id))


@changing(
    f"{OF_DRAFT}/declaration",
    status_code=200,
    summary="Change a draft",
    tags=["registers"],
    responses=problems(404),
)
def change_draft(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    draft_id: FromPath[UUID],
    data: JSONBody[Redrafting],
) -> RegisterDrafted:
    """What makes no sense as yet is kept, and told among the changes."""
    standing.require(Permission.DRAFT_REGISTERS)
    return _told(drafting.change(session, draft_id, lambda _: data.declaration, edition=data.edition))


@changing(
    f"{OF_DRAFT}/settlement",
    status_code=200,
    summary="Say which of two changes holds",
    tags=["registers"],
    responses=problems(404),
)
def settle_draft(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    draft_id: FromPath[UUID],
    data: JSONBody[Settling],
) -> RegisterDrafted:
    """Where the draft and what is in force have changed the same."""
    standing.require(Permission.DRAFT_REGISTERS)
    return _told(drafting.settle(session, draft_id, keep_mine=data.keep_mine, edition=data.edition))


@get(
    f"{OF_DRAFT}/changes",
    sync_to_thread=True,
    summary="Show what a draft changes",
    tags=["registers"],
    responses=problems(404),
)
def show_changes(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    spoken: NamedDependency[Language],
    draft_id: FromPath[UUID],
) -> WhatChanges:
    """In the register, in the notices of the companies it concerns, and in what they share: tried out, not done.

    Of a draft that was published: what it changed in the register and in the notices then.
    """
    standing.require(Permission.SEE_REGISTERS)
    draft = drafting.get(session, draft_id)
    found = effects.of_draft(session, draft)
    told = {} if found.trial.faults else notices.changed_by(spoken, draft)
    return WhatChanges(
        draft_id=draft_id,
        edition=draft.row.edition,
        faults=[FieldProblem(one.field, said(spoken, one)) for one in found.trial.faults],
        register=[ChangeOfRegister(one.kind, one.place, one.was, one.becomes) for one in draft.changes],
        notices=[ChangeOfNotice(one, changes) for one, changes in told.items()],
        shares=[
            ChangeOfShare(
                one.policy_id,
                one.state,
                [said(spoken, each) for each in one.breaks],
                [said(spoken, each) for each in one.mends],
                list(one.loses),
                list(one.gains),
                list(one.shut),
            )
            for one in found.shares
        ],
    )


@changing(
    f"{OF_DRAFT}/approval", status_code=200, summary="Approve a draft", tags=["registers"], responses=problems(404)
)
def approve_draft(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    draft_id: FromPath[UUID],
    data: JSONBody[Approving],
) -> RegisterDrafted:
    """For the key's company. When every company that it concerns has approved, it is published."""
    standing.require(Permission.APPROVE_REGISTERS)
    return _told(drafting.approve(session, draft_id, edition=data.edition))


@changing(
    f"{OF_DRAFT}/discarding", status_code=204, summary="Discard a draft", tags=["registers"], responses=problems(404)
)
def discard_draft(
    session: NamedDependency[Session], standing: NamedDependency[Standing], draft_id: FromPath[UUID]
) -> None:
    standing.require(Permission.DRAFT_REGISTERS)
    drafting.discard(session, draft_id)


def _told(draft: Draft) -> RegisterDrafted:
    return RegisterDrafted(
        draft_id=draft.row.draft_id,
        company_id=draft.row.company_id,
        register_key=draft.row.register_key,
        state=draft.state,
        edition=draft.row.edition,
        on_version=draft.in_force.base_version or 0,
        published_as=draft.version,
        declaration=draft.parts,
        clashes=[one.place for one in draft.clashes],
        concerned=[one.company_id for one in draft.concerned],
        awaited=[one.company_id for one in draft.awaited],
    )
