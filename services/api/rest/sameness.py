"""Persons who are one are merged, one who is two is divided, and either is undone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Language, translate
from tenants.registers.model import ChangeKind
from tenants.sameness import changes, merging, proposing, splitting, undoing
from tenants.sameness.changes import Told
from tenants.vault.digests import IdentifierKind

Reason = Annotated[str, Meta(min_length=1, max_length=changes.LONGEST_REASON)]


class Merging(Struct, frozen=True, forbid_unknown_fields=True):
    """`other_id` is held as the person of the address from then on."""

    other_id: UUID
    reason: Reason


class Splitting(Struct, frozen=True, forbid_unknown_fields=True):
    """These records go to a new person; some must stay."""

    record_ids: Annotated[list[UUID], Meta(min_length=1, max_length=10_000)]
    reason: Reason


class Undoing(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class LikePersons(Struct, frozen=True):
    """Both are found by what is `shared`. `likely`: their names have the same words too."""

    one_id: UUID
    other_id: UUID
    shared: list[IdentifierKind]
    likely: bool


class ChangeOfPersons(Struct, frozen=True):
    """In a split, `other_id` is the new person. `hindrances` say what keeps it from being undone now."""

    change_id: UUID
    kind: ChangeKind
    kept_id: UUID
    other_id: UUID
    reason: str
    made_at: datetime
    made_by: UUID | None
    undone_at: datetime | None
    undone_by: UUID | None
    undo_reason: str | None
    hindrances: list[str]


@get(
    "/persons/duplicates",
    sync_to_thread=True,
    summary="List possible duplicates",
    tags=["persons"],
    responses=problems(),
)
def list_duplicates(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[LikePersons]:
    """Persons whom the same identifier finds, the likely ones first. An entry of the audit about all of them."""
    standing.require(Permission.MERGE_PERSONS)
    return [LikePersons(one.one_id, one.other_id, one.shared, one.likely) for one in proposing.of_company(session)]


@changing(
    "/persons/{person_id:uuid}/merges",
    status_code=200,
    summary="Merge two persons",
    tags=["persons"],
    responses=problems(404),
)
def merge_persons(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    spoken: NamedDependency[Language],
    person_id: FromPath[UUID],
    data: JSONBody[Merging],
) -> ChangeOfPersons:
    """Who are one human. Each record keeps its values; the stricter of both holds for the one."""
    standing.require(Permission.MERGE_PERSONS)
    change_id = merging.merge(session, person_id, data.other_id, reason=data.reason)
    return _shown(changes.get(session, change_id), spoken)


@changing(
    "/persons/{person_id:uuid}/splits",
    status_code=200,
    summary="Divide a person into two",
    tags=["persons"],
    responses=problems(404),
)
def split_person(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    spoken: NamedDependency[Language],
    person_id: FromPath[UUID],
    data: JSONBody[Splitting],
) -> ChangeOfPersons:
    """Who is two humans. What restricts the person, and their objections, hold for both."""
    standing.require(Permission.MERGE_PERSONS)
    splitting.split(session, person_id, data.record_ids, reason=data.reason)
    return _shown(changes.of_person(session, person_id)[0], spoken)


@get(
    "/persons/{person_id:uuid}/changes",
    sync_to_thread=True,
    summary="List the merges and splits of a person",
    tags=["persons"],
    responses=problems(404),
)
def list_changes(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    spoken: NamedDependency[Language],
    person_id: FromPath[UUID],
) -> list[ChangeOfPersons]:
    """The newest first, those that were undone among them; also of a person who is held as another now."""
    standing.require(Permission.MERGE_PERSONS)
    return [_shown(one, spoken) for one in changes.of_person(session, person_id)]


@changing(
    "/person-changes/{change_id:uuid}/undoing",
    status_code=200,
    summary="Undo a merge or a split",
    tags=["persons"],
    responses=problems(404),
)
def undo_change(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    spoken: NamedDependency[Language],
    change_id: FromPath[UUID],
    data: JSONBody[Undoing],
) -> ChangeOfPersons:
    """As long as nothing later contradicts; what does is said (409)."""
    standing.require(Permission.MERGE_PERSONS)
    undoing.undo(session, change_id, reason=data.reason)
    return _shown(changes.get(session, change_id), spoken)


def _shown(told: Told, spoken: Language) -> ChangeOfPersons:
    row = told.row
    return ChangeOfPersons(
        change_id=row.change_id,
        kind=row.kind,
        kept_id=row.kept_id,
        other_id=row.other_id,
        reason=told.reason,
        made_at=row.made_at,
        made_by=row.made_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        undo_reason=told.undo_reason,
        hindrances=[translate(spoken, one.sentence, **one.values) for one in told.hindrances],
    )
