"""What sister companies share with the company acted for: seen through the door, told as theirs, noted as read."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.attachments import MEDIA_TYPES, attached
from services.api.cursors import PAGE, Pages, decode, encode
from services.api.office import policies_told
from services.api.office.desk import Desk
from services.api.values import written
from tenants.acting import PurposeKind
from tenants.companies.permissions import Permission
from tenants.exports import shared_file
from tenants.languages.speaking import Text, civil_date, translate_plural
from tenants.registers.model import Field, FileKind
from tenants.registers.values import Value
from tenants.sharing import door, naming
from tenants.sharing.door import Cursor, Offer, Shared
from tenants.sharing.naming import Names
from tenants.vault.digests import IdentifierKind

SHARED = "/office/shared"
CSV = MEDIA_TYPES[FileKind.CSV]
# The others are on the person's own page.
COLUMNS = 3


class Origin(Struct, frozen=True, kw_only=True):
    """Whose data it is, under which policy, and until when; without a last day, until further notice."""

    owner: str
    register: Text
    purpose: Text
    kind: PurposeKind
    version: int
    policy_url: str | None
    until: date | None
    fields: list[Text]
    url: str


class ShownRow(Struct, frozen=True):
    """A record in a list, with the values of its first fields."""

    url: str
    name: str
    values: list[str]


class ShownRecord(Struct, frozen=True):
    origin: Origin
    values: list[tuple[Text, str]]


@get("/shared", sync_to_thread=True)
def list_offers(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    """What is open to this company now, for the purpose acted for."""
    desk.require(Permission.READ_SHARED)
    offers = door.offers(session)
    names = _names(session, offers)
    return desk.page("office/shared/list.html", offers=[_origin(desk, one, names) for one in offers])


@get("/shared/registers/{register_id:uuid}", sync_to_thread=True)
def show_shared_register(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    register_id: FromPath[UUID],
    *,
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """Person by person. Each page is an entry of the audit, and who is on it is in the ledger."""
    desk.require(Permission.READ_SHARED)
    after = decode(cursor, Cursor) if cursor else None
    offer = next((one for one in door.offers(session) if one.register_id == register_id), None)
    found = door.page(session, register_id, after=after, most=PAGE)
    if offer is None:
        return _shut(desk)
    origin = _origin(desk, offer, _names(session, [offer]))
    words = translate_plural(
        desk.language, "%(count)s record on this page", "%(count)s records on this page", len(found)
    )
    return desk.page(
        "office/shared/register.html",
        origin=origin,
        file_url=f"{origin.url}/records.csv" if desk.here.may(Permission.EXPORT_SHARED) else None,
        columns=[one.label for one in _columns(offer)[:COLUMNS]],
        more_columns=max(0, len(_columns(offer)) - COLUMNS),
        rows=[_row(desk, one, offer) for one in found],
        pages=Pages(words, next_url=_next_url(origin.url, found)),
        list_url=SHARED,
    )


@get("/shared/registers/{register_id:uuid}/records.csv", sync_to_thread=True)
def take_shared_along(
    session: NamedDependency[Session], desk: NamedDependency[Desk], register_id: FromPath[UUID]
) -> Response[Any]:
    """Each page of the file is an entry of the audit, and who is in it is in the ledger."""
    desk.require(Permission.EXPORT_SHARED)
    return attached(shared_file.csv_file(shared_file.open_share(session, register_id)), "shared.csv", CSV)


@get("/shared/companies/{company_id:uuid}/persons/{person_id:uuid}", sync_to_thread=True)
def show_shared_person(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    company_id: FromPath[UUID],
    person_id: FromPath[UUID],
) -> Response[str]:
    desk.require(Permission.READ_SHARED)
    found = door.of_person(session, company_id, person_id)
    offers = {one.register_id: one for one in door.offers(session)}
    records = [one for one in found if one.register_id in offers]
    if not records:
        return _shut(desk)
    names = _names(session, list(offers.values()))
    return desk.page(
        "office/shared/person.html",
        name=next((name for one in records if (name := _name(one, offers[one.register_id]))), ""),
        owner=names.companies[company_id],
        records=[_record(desk, one, offers[one.register_id], names) for one in records],
        person_id=person_id,
        list_url=SHARED,
    )


def _shut(desk: Desk) -> Response[str]:
    """An answer and no refusal: that somebody is not shared any more is noted with it."""
    return desk.page("office/shared/shut.html", status=404, list_url=SHARED)


def _names(session: Session, offers: Sequence[Offer]) -> Names:
    return naming.names(session, {one.company_id for one in offers})


def _origin(desk: Desk, offer: Offer, names: Names) -> Origin:
    purpose = names.purposes[offer.purpose_id]
    return Origin(
        owner=names.companies[offer.company_id],
        register=names.registers[offer.register_id].name,
        purpose=purpose.label,
        kind=purpose.kind,
        version=offer.version,
        policy_url=policies_told.url_of(offer.policy_id) if desk.here.may(Permission.SEE_SHARING) else None,
        until=civil_date(offer.closes_at - timedelta(microseconds=1)) if offer.closes_at else None,
        fields=[one.label for one in offer.fields],
        url=f"{SHARED}/registers/{offer.register_id}",
    )


def _columns(offer: Offer) -> list[Field]:
    """What is not in the name already."""
    return [one for one in offer.fields if one.identifier is not IdentifierKind.NAME]


def _row(desk: Desk, one: Shared, offer: Offer) -> ShownRow:
    return ShownRow(
        url=f"{SHARED}/companies/{one.company_id}/persons/{one.person_id}",
        name=_name(one, offer) or f"…{str(one.person_id)[-8:]}",
        values=[_value(desk, one, field) or "–" for field in _columns(offer)[:COLUMNS]],
    )


def _record(desk: Desk, one: Shared, offer: Offer, names: Names) -> ShownRecord:
    values = [(field.label, _value(desk, one, field)) for field in offer.fields]
    return ShownRecord(_origin(desk, offer, names), [(label, value) for label, value in values if value])


def _name(one: Shared, offer: Offer) -> str:
    """As far as it is among what is shared."""
    naming_fields = (field for field in offer.fields if field.identifier is IdentifierKind.NAME)
    return " ".join(str(one.data[str(field.field_id)]) for field in naming_fields if str(field.field_id) in one.data)


def _value(desk: Desk, one: Shared, field: Field) -> str:
    value = one.data.get(str(field.field_id))
    return written(desk.language, field.type, _kept(value)) if value is not None else ""


def _kept(value: object) -> Value:
    """What a record holds is text, truth or a number."""
    return value if isinstance(value, Value) else str(value)


def _next_url(url: str, found: Sequence[Shared]) -> str | None:
    if len(found) < PAGE:
        return None
    return f"{url}?cursor={encode(Cursor(found[-1].person_id, found[-1].record_id))}"
