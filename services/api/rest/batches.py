"""Records of a register from a program, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, QueryParameter, RawBody
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.problems import Unreadable
from services.api.rest.describing import problems
from services.api.rest.imports import RefusedRow
from services.api.rest.repeating import ChangingOperation, changing
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Language, sentence, translate
from tenants.manifests import versions
from tenants.registers import batches, json_rows, sources
from tenants.registers.batches import Became, Result
from tenants.registers.json_rows import Given
from tenants.vault.digests import IdentifierKind

NDJSON = "application/x-ndjson"
LARGEST = 4 * 1024 * 1024
NOT_A_LIST = sentence("The body is a JSON list of objects, or NDJSON: one JSON object a line.")
ROW = Schema(type=OpenAPIType.OBJECT, description="Values by the keys of the register's fields; null takes one away")


class RowResult(Struct, frozen=True):
    """What became of one row, counted from 1. A row that was refused has no person, and says why."""

    row: int
    became: Became
    person_id: UUID | None
    problems: list[RefusedRow]


class BatchResult(Struct, frozen=True):
    created: int
    changed: int
    unchanged: int
    refused: int
    rows: list[RowResult]


@dataclass
class BatchOperation(ChangingOperation):
    def __post_init__(self) -> None:
        super().__post_init__()
        rows = Schema(type=OpenAPIType.ARRAY, items=ROW, min_items=1, max_items=batches.MOST_ROWS)
        lines = Schema(type=OpenAPIType.STRING, description="One JSON object a line")
        self.request_body = RequestBody(
            content={"application/json": OpenAPIMediaType(schema=rows), NDJSON: OpenAPIMediaType(schema=lines)},
            description=f"At most {batches.MOST_ROWS} rows",
            required=True,
        )


Source = Annotated[
    str,
    QueryParameter(
        max_length=sources.LONGEST_SOURCE,
        description="The key of a source that the register declares, or words where it declares none",
    ),
]


@changing(
    "/registers/{register_id:uuid}/records:batch",
    opens=True,
    status_code=200,
    request_max_body_size=LARGEST,
    operation_class=BatchOperation,
    summary="Write records",
    tags=["registers"],
    responses=problems(404, 413),
)
def write_records(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    spoken: NamedDependency[Language],
    register_id: FromPath[UUID],
    *,
    body: RawBody,
    source: Source,
    detail: Annotated[str, QueryParameter(max_length=sources.LONGEST_SOURCE)] = "",
    keep_good: Annotated[bool, QueryParameter(description="Write the good rows although others are bad")] = False,
    match_by: Annotated[
        list[IdentifierKind] | None,
        QueryParameter(description="By what a row's person is recognised; left out: all, the strongest first"),
    ] = None,
) -> BatchResult:
    """A person who is known by the row's identifiers gets its values, anybody else is new. All rows or none."""
    standing.require(Permission.IMPORT_RECORDS)
    results = batches.write(
        session,
        register_id,
        _rows(request.content_type[0], body),
        source=source,
        detail=detail,
        notice=versions.number(session),
        keep_good=keep_good,
        matched_by=match_by or (),
    )
    return BatchResult(
        created=_count(results, Became.CREATED),
        changed=_count(results, Became.CHANGED),
        unchanged=_count(results, Became.UNCHANGED),
        refused=_count(results, Became.REFUSED),
        rows=[_result(spoken, one) for one in results],
    )


def _rows(content_type: str, body: bytes) -> list[Given]:
    """Raises Unreadable."""
    if content_type == NDJSON:
        try:
            lines = body.decode("utf-8-sig").split("\n")
        except UnicodeDecodeError:
            raise Unreadable(NOT_A_LIST) from None
        return [json_rows.an_object(line) for line in lines if line.strip()]
    try:
        return json_rows.objects(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise Unreadable(NOT_A_LIST) from None


def _count(results: Sequence[Result], became: Became) -> int:
    return sum(one.became is became for one in results)


def _result(spoken: Language, one: Result) -> RowResult:
    told = [
        RefusedRow(fault.line, fault.column, fault.field, translate(spoken, fault.reason, **fault.said))
        for fault in one.faults
    ]
    return RowResult(one.row, one.became, one.person_id, told)
