"""Names that an operation does not know are refused: a misspelt filter that is ignored shows somebody too much."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from litestar import Request
from litestar.exceptions import ClientException, SerializationException
from litestar.openapi.spec import Operation, Parameter
from msgspec import inspect

from services.api.problems import Unreadable
from tenants.languages.speaking import sentence

AnyRequest = Request[Any, Any, Any]

UNKNOWN = sentence("Nothing of this name is taken here.")
NAMED_AT_MOST = 20
LONGEST_NAME = 100


async def refuse_unknown_names(request: AnyRequest) -> None:
    """Raises Unreadable with the query parameters and the fields of the body that the operation does not have."""
    unknown = [name for name in request.query_params if name not in _parameters(request)]
    field = request.route_handler.parsed_data_field
    if field is not None:
        unknown += islice(_fields(inspect.type_info(field.annotation), await _body(request)), NAMED_AT_MOST)
    if unknown:
        raise Unreadable(UNKNOWN, *(name[:LONGEST_NAME] for name in unknown[:NAMED_AT_MOST]))


def _parameters(request: AnyRequest) -> set[str]:
    """Those that the document tells of."""
    item = (request.app.openapi_schema.paths or {})[request.scope["path_template"]]
    operation: Operation = getattr(item, request.method.lower())
    described = (one for one in operation.parameters or () if isinstance(one, Parameter))
    return {one.name for one in described if one.param_in == "query"}


async def _body(request: AnyRequest) -> object:
    if request.content_type[0] == "multipart/form-data":
        return dict(await request.form())
    try:
        return await request.json() if await request.body() else None
    except SerializationException:
        raise ClientException from None


def _fields(kind: inspect.Type, given: object, path: str = "") -> Iterator[str]:
    if isinstance(kind, inspect.Metadata):
        yield from _fields(kind.type, given, path)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _fields(one, given, path) if _meant(one, given) else ()
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(given, list):
        for number, one in enumerate(given):
            yield from _fields(kind.item_type, one, f"{path}{number}.")
    elif isinstance(kind, inspect.StructType) and isinstance(given, dict):
        known = {field.encode_name: field.type for field in kind.fields}
        for name, value in given.items():
            if name == kind.tag_field:
                continue
            if name in known:
                yield from _fields(known[name], value, f"{path}{name}.")
            else:
                yield f"{path}{name}"


def _meant(kind: inspect.Type, given: object) -> bool:
    """Of structs that a tag tells apart, the one of that tag; what has none is no field's business."""
    if not isinstance(kind, inspect.StructType) or kind.tag_field is None or not isinstance(given, dict):
        return True
    return given.get(kind.tag_field) == kind.tag
