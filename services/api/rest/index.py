"""What the interface offers: its OpenAPI document, and the same for people."""

from functools import lru_cache
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.openapi.spec import OpenAPI, Operation
from msgspec import Struct

from services.api import languages
from services.api.render import PortalViewer, page
from services.api.rest.examples import illustrated

AnyRequest = Request[Any, Any, Any]

DOCUMENT = "/api/v1/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


class ListedOperation(Struct, frozen=True):
    method: str
    path: str
    summary: str


@get("/", sync_to_thread=True, include_in_schema=False)
def index(request: AnyRequest) -> Response[str]:
    viewer = PortalViewer(language=languages.chosen(request), front_url="/office")
    operations = _operations(request.app.openapi_schema)
    return page(viewer, "rest/index.html", operations=operations, document_url=DOCUMENT)


@get("/openapi.json", sync_to_thread=True, include_in_schema=False, media_type="application/json")
def document(request: AnyRequest) -> dict[str, Any]:
    """OpenAPI 3.1. Nothing in it is loaded from elsewhere."""
    return _illustrated(request.app)


@lru_cache(maxsize=1)
def _illustrated(app: Litestar) -> dict[str, Any]:
    return illustrated(dict(app.openapi_schema.to_schema()))


def _operations(described: OpenAPI) -> list[ListedOperation]:
    return [
        ListedOperation(method.upper(), path, operation.summary or "")
        for path, item in sorted((described.paths or {}).items())
        if path.startswith("/api/")
        for method in METHODS
        if isinstance(operation := getattr(item, method), Operation)
    ]
