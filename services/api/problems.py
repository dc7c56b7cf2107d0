"""What went wrong, told once for all doors: RFC 9457 for programs, a page for people."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException, HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, Struct, UnsetType
from psycopg import errors as postgres
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from services.api import countries, languages, wording
from services.api.render import PortalViewer, Viewer, problem_page
from services.api.wrong_values import MISSING, missing_parameter, told
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, SeveralInvalid
from tenants.languages.speaking import Language, sentence, translate
from tenants.vault.objects import StorageUnavailable

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]

STATUS: Mapping[type[Refusal], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 422}


class FieldProblem(Struct, frozen=True):
    """One thing that was given and is not right."""

    field: str | None
    detail: str


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details. `errors` lists the fields; `reference` finds our log line."""

    title: str
    status: int
    detail: str | UnsetType = UNSET
    type: str = "about:blank"
    errors: list[FieldProblem] | UnsetType = UNSET
    reference: str | UnsetType = UNSET


class Unreadable(ClientException):
    """What was sent is not what this address takes: one sentence about each of the fields named, or about all of it."""

    def __init__(self, sentence: str, *fields: str) -> None:
        super().__init__()
        self.sentence = sentence
        self.fields = fields


def refused(request: AnyRequest, refusal: Refusal) -> Response[object]:
    language = language_of(request)
    status = status_of(refusal)
    return _answer(request, status, said(language, refusal), errors=_fields(language, refusal))


def status_of(refusal: Refusal) -> int:
    return next(status for kind, status in STATUS.items() if isinstance(refusal, kind))


def said(language: Language, refusal: Refusal) -> str:
    """Countries are called by their names."""
    names = {
        name: countries.country(language, str(value)) if name == "country" else value
        for name, value in refusal.values.items()
    }
    return translate(language, refusal.sentence, **names)


def _fields(language: Language, refusal: Refusal) -> list[FieldProblem]:
    each = refusal.problems if isinstance(refusal, SeveralInvalid) else (refusal,)
    return [FieldProblem(one.field, said(language, one)) for one in each if one.field]


def http_error(request: AnyRequest, error: HTTPException) -> Response[object]:
    """Litestar's own refusals. Their details quote the input, so only the names of the fields are passed on."""
    errors, language = [], language_of(request)
    if isinstance(error, Unreadable):
        what = translate(language, error.sentence)
        errors = [FieldProblem(field, what) for field in error.fields]
        return _answer(request, error.status_code, None if errors else what, errors=errors, headers=error.headers)
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        errors = [FieldProblem(str(item.get("key", "")), told(language, str(item["message"]))) for item in error.extra]
    elif isinstance(error, ValidationException) and (name := missing_parameter(error.detail)):
        errors = [FieldProblem(name, translate(language, MISSING))]
    return _answer(request, error.status_code, None, errors=errors, headers=error.headers)


def file_too_large(request: AnyRequest, error: HTTPException) -> Response[object]:
    """For where files come in: what can be done about it."""
    return _answer(request, error.status_code, translate(language_of(request), FILE_TOO_LARGE))


def database_error(request: AnyRequest, error: DBAPIError) -> Response[object]:
    """Neutral on purpose: which key collided, or whether a row exists elsewhere, is nobody's business."""
    if isinstance(error, IntegrityError):
        return _answer(request, 409, None)
    if isinstance(error, DataError):  # what no text of PostgreSQL can hold: a NUL, that no form of ours sends
        return _answer(request, 400, None, reference=_noted(error))
    if isinstance(error.orig, postgres.InsufficientPrivilege):
        return _answer(request, 403, None, reference=_noted(error))
    if isinstance(error, OperationalError):
        return _answer(request, 503, None, reference=_noted(error), headers={"Retry-After": "5"})
    return _answer(request, 500, None, reference=_noted(error))


def dependency_error(request: AnyRequest, error: Exception) -> Response[object]:
    return _answer(request, 503, None, reference=_noted(error), headers={"Retry-After": "30"})


def nested_too_deep(request: AnyRequest, error: RecursionError) -> Response[object]:
    """Of a body, before anybody of us sees it; should we ever be the cause, the log line tells."""
    return _answer(request, 400, None, reference=_noted(error))


def failure(request: AnyRequest, error: Exception) -> Response[object]:
    return _answer(request, 500, None, reference=_noted(error))


def _noted(error: Exception) -> str:
    """Logs the kind of failure and where it arose, never its message: messages quote data."""
    reference = uuid4().hex[:12]
    log.error("request failed", reference=reference, exc_info=error)
    return reference


def _answer(
    request: AnyRequest,
    status: int,
    sentence: str | None,
    *,
    errors: list[FieldProblem] | None = None,
    reference: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[object]:
    if wants_page(request):
        page = problem_page(viewer_of(request), status, sentence=sentence, reference=reference)
        page.headers.update(headers or {})
        return page  # type: ignore[return-value]
    problem = problem_of(language_of(request), status, sentence, errors=errors, reference=reference)
    return Response(problem, status_code=status, media_type="application/problem+json", headers=headers)


def problem_of(
    language: Language,
    status: int,
    sentence: str | None = None,
    *,
    errors: list[FieldProblem] | None = None,
    reference: str | None = None,
) -> Problem:
    """As a program is told."""
    words = wording.problem(status, of_program=True)
    return Problem(
        title=translate(language, words.title),
        status=status,
        detail=sentence or translate(language, words.sentence),
        errors=errors or UNSET,
        reference=reference or UNSET,
    )


def wants_page(request: AnyRequest) -> bool:
    return not request.scope["path"].startswith(PROGRAMS)


def viewer_of(request: AnyRequest) -> Viewer:
    """Whoever the door has found out it speaks to, so that an error page looks like the page before it."""
    viewer: Viewer | None = request.state.get("viewer")
    return viewer or PortalViewer(language=language_of(request), page_url=languages.page_address(request))


def language_of(request: AnyRequest) -> Language:
    viewer: Viewer | None = request.state.get("viewer")
    return viewer.language if viewer else languages.chosen(request)


# Where programs ask, and no people.
PROGRAMS = ("/api/", "/feeds/", "/opendsr/", "/oauth/", "/.well-known/", "/health", "/metrics")
# 512 MB through the web (office/imports.py), 2 GB on the command line (registers/staging.py).
FILE_TOO_LARGE = sentence(
    "The file is larger than 512 MB; nothing of it was kept. Divide it, or have “seloste import” read it where it is."
)
HANDLERS: ExceptionHandlersMap = {
    Refusal: refused,
    HTTPException: http_error,
    DBAPIError: database_error,
    StorageUnavailable: dependency_error,
    RedisError: dependency_error,
    RecursionError: nested_too_deep,
    Exception: failure,
}
