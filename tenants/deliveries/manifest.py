"""What is written behind the files of a delivery: whoever waits for it never reads half of one."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.database import acting_of
from tenants.deliveries.formats import Format
from tenants.deliveries.model import ComingForm, DeliveredFile, FeedDelivery
from tenants.deliveries.tables import OURS
from tenants.feeds import reading as feeds
from tenants.feeds.delivering import Gone
from tenants.processors import reading as agreements

NAME = "manifest.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
UUID_TEXT = {"type": "string", "format": "uuid"}


class Kind(StrEnum):
    """SNAPSHOT replaces all that was held of the feed; INCREMENT goes on from `previous_id`."""

    SNAPSHOT = "snapshot"
    INCREMENT = "increment"


class NextForm(Struct, frozen=True, kw_only=True):
    """What files come as from a moment on, where that was announced."""

    format: Format
    compression: str | None
    takes_effect_at: datetime


class Manifest(Struct, frozen=True, kw_only=True):
    """`cursor_to` is where a pull goes on, too. `schema` is of each line or row (JSON Schema 2020-12)."""

    delivery_id: UUID
    previous_id: UUID | None
    kind: Kind
    feed: str
    feed_id: UUID
    company: str
    agreement: str
    agreement_version: int | None
    scope_version: int | None
    epoch: int | None
    cursor_from: str | None
    cursor_to: str | None
    generated_at: datetime | None
    format: Format
    compression: str | None
    next_format: NextForm | None
    rows: int
    tombstones: int
    files: Sequence[DeliveredFile]
    schema: dict[str, object]


def of(session: Session, delivery: FeedDelivery) -> bytes:
    """The same bytes however often it is asked for: all of it was settled when the last file was written."""
    given = feeds.feed(session, delivery.feed_id)
    version = next(one for one in given.versions if one.version == delivery.version)
    company = session.get_one(Company, (acting_of(session).group_id, delivery.company_id))
    told = Manifest(
        delivery_id=delivery.delivery_id,
        previous_id=delivery.previous_id,
        kind=Kind.SNAPSHOT if delivery.snapshot else Kind.INCREMENT,
        feed=f"{company.key}.{given.feed.key}",
        feed_id=delivery.feed_id,
        company=company.key,
        agreement=agreements.agreement(session, delivery.agreement_id).agreement.key,
        agreement_version=delivery.agreement_version,
        scope_version=delivery.version,
        epoch=delivery.epoch,
        cursor_from=delivery.cursor_from,
        cursor_to=delivery.cursor,
        generated_at=delivery.sealed_at,
        format=delivery.format,
        compression=_packed(delivery.gzip),
        next_format=_next(delivery.coming),
        rows=delivery.rows,
        tombstones=delivery.tombstones,
        files=delivery.files,
        schema=_schema(delivery.format, [*version.fields, *version.sealed_fields]),
    )
    return msgspec.json.format(msgspec.json.encode(told), indent=2)


def _next(coming: ComingForm | None) -> NextForm | None:
    if coming is None:
        return None
    form = coming.form
    return NextForm(
        format=form.format, compression=_packed(form.gzip), takes_effect_at=coming.takes_effect_at
    )  # fmt: skip


def _packed(gzip: bool) -> str | None:
    return "gzip" if gzip else None


def _schema(format: Format, keys: Sequence[str]) -> dict[str, object]:
    return _of_lines(keys) if format is Format.NDJSON else _of_rows(keys)


def _of_rows(keys: Sequence[str]) -> dict[str, object]:
    """Each row has every column. What is empty is an empty string in CSV, and nothing in Parquet."""
    ours: dict[str, object] = {
        "_op": {"enum": ["upsert", "tombstone"]},
        "_record_id": UUID_TEXT,
        "_person_id": UUID_TEXT,
        "_reason": {"enum": [*(str(reason) for reason in Gone), "", None]},
    }
    properties = {one: ours.get(one, True) for one in (*OURS, *keys)}
    return {"$schema": DIALECT, "type": "object", "properties": properties, "required": list(properties)}


def _of_lines(keys: Sequence[str]) -> dict[str, object]:
    record = {"record_id": UUID_TEXT, "person_id": UUID_TEXT}
    upsert = {
        "op": {"const": "upsert"},
        **record,
        "updated_at": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "properties": dict.fromkeys(keys, True), "additionalProperties": False},
    }
    tombstone = {"op": {"const": "tombstone"}, **record, "reason": {"enum": [str(reason) for reason in Gone]}}
    lines = [{"type": "object", "properties": one, "required": list(one)} for one in (upsert, tombstone)]
    return {"$schema": DIALECT, "oneOf": lines}
