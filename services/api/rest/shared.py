"""What sister companies share with the key's company, through the door. Each reading is noted in their ledger."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.attachments import MEDIA_TYPES, attached
from services.api.cursors import PAGE, GivenCursor, GivenLimit, decode, encode
from services.api.problems import problem_of
from services.api.rest.describing import PROBLEM, problems
from services.api.rest.persons import ShownValue
from tenants.companies.permissions import Permission, Standing
from tenants.exports import shared_file
from tenants.languages.speaking import Language, Text
from tenants.registers.model import FileKind
from tenants.sharing import door
from tenants.sharing.door import Cursor, Offer, Shared

CSV = MEDIA_TYPES[FileKind.CSV]


class SharedField(Struct, frozen=True):
    field_id: UUID
    key: str
    label: Text


class OfferOfCompany(Struct, frozen=True, kw_only=True):
    """`company_id` owns the data; `closes_at` is null where it is open until further notice."""

    company_id: UUID
    register_id: UUID
    policy_id: UUID
    version: int
    purpose_id: UUID
    fields: list[SharedField]
    closes_at: datetime | None


class SharedRecord(Struct, frozen=True, kw_only=True):
    """`values` are by field key, those that are granted and there."""

    company_id: UUID
    register_id: UUID
    person_id: UUID
    record_id: UUID
    policy_id: UUID
    version: int
    updated_at: datetime
    values: dict[str, ShownValue]


class SharedPage(Struct, frozen=True):
    records: list[SharedRecord]
    next: str | None


@get("/shared/offers", sync_to_thread=True, summary="List what is open", tags=["sharing"], responses=problems())
def list_offers(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[OfferOfCompany]:
    """To the key's company at this moment, for the key's purpose."""
    standing.require(Permission.READ_SHARED)
    return [_offer(one) for one in door.offers(session)]


@get(
    "/shared/registers/{register_id:uuid}/records",
    sync_to_thread=True,
    summary="List shared records",
    tags=["sharing"],
    responses=problems(404, 422),
)
def list_shared_records(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    register_id: FromPath[UUID],
    spoken: NamedDependency[Language],
    *,
    cursor: GivenCursor = None,
    limit: GivenLimit = PAGE,
) -> Response[SharedPage]:
    """Person by person, as far as they are granted. Whoever is on the page is in the owner's ledger."""
    standing.require(Permission.READ_SHARED)
    after = decode(cursor, Cursor) if cursor else None
    keys = _keys(door.offers(session))
    found = door.page(session, register_id, after=after, most=limit)
    if register_id not in keys:
        return _shut(spoken)
    following = encode(Cursor(found[-1].person_id, found[-1].record_id)) if len(found) == limit else None
    return Response(SharedPage([_record(one, keys[register_id]) for one in found], following))


@get(
    "/shared/registers/{register_id:uuid}/records.csv",
    sync_to_thread=True,
    summary="Take shared records along as CSV",
    tags=["sharing"],
    responses=problems(404),
    media_type=CSV,
)
def shared_records_as_csv(
    session: NamedDependency[Session], standing: NamedDependency[Standing], register_id: FromPath[UUID]
) -> Stream:
    """All of the register that is shared now. If that changes meanwhile, the file breaks off."""
    standing.require(Permission.EXPORT_SHARED)
    return attached(shared_file.csv_file(shared_file.open_share(session, register_id)), "shared.csv", CSV)


@get(
    "/shared/companies/{company_id:uuid}/persons/{person_id:uuid}",
    sync_to_thread=True,
    summary="Show a shared person",
    tags=["sharing"],
    responses=problems(404),
)
def show_shared_person(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    company_id: FromPath[UUID],
    person_id: FromPath[UUID],
    spoken: NamedDependency[Language],
) -> Response[list[SharedRecord]]:
    """All that this company shares of the person; 404 where that is nothing, which is noted in its ledger too."""
    standing.require(Permission.READ_SHARED)
    found = door.of_person(session, company_id, person_id)
    keys = _keys(door.offers(session))
    records = [_record(one, keys[one.register_id]) for one in found if one.register_id in keys]
    return Response(records) if records else _shut(spoken)


def _shut(spoken: Language) -> Response[Any]:
    """Answered and not refused, so that what the ledger notes of it stays."""
    return Response(problem_of(spoken, 404), status_code=404, media_type=PROBLEM)


def _keys(offers: list[Offer]) -> dict[UUID, dict[str, str]]:
    """The keys of the fields by their ids, by register."""
    return {one.register_id: {str(field.field_id): field.key for field in one.fields} for one in offers}


def _offer(one: Offer) -> OfferOfCompany:
    return OfferOfCompany(
        company_id=one.company_id,
        register_id=one.register_id,
        policy_id=one.policy_id,
        version=one.version,
        purpose_id=one.purpose_id,
        fields=[SharedField(field.field_id, field.key, field.label) for field in one.fields],
        closes_at=one.closes_at,
    )


def _record(one: Shared, keys: dict[str, str]) -> SharedRecord:
    return SharedRecord(
        company_id=one.company_id,
        register_id=one.register_id,
        person_id=one.person_id,
        record_id=one.record_id,
        policy_id=one.policy_id,
        version=one.version,
        updated_at=one.updated_at,
        values={keys[field_id]: _plain(value) for field_id, value in one.data.items() if field_id in keys},
    )


def _plain(value: object) -> str | int | bool | None:
    """Fractions as text, as everywhere in the interface."""
    return str(value) if isinstance(value, Decimal | float) else value if isinstance(value, str | int) else None
