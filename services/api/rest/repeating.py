"""Requests that may be sent again (draft-ietf-httpapi-idempotency-key-header): what was done is not done twice.

Every operation that changes anything is declared with `changing`. A program that gives its request an
`Idempotency-Key` gets the same answer for the same request for a day, whatever became of the first answer on its way.
"""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Litestar, Request, Response
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Operation, Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.problems import Unreadable
from services.api.rest.describing import problems
from tenants.audit import trail
from tenants.companies import given_answers
from tenants.companies.given_answers import Answer, Asked
from tenants.companies.permissions import Standing
from tenants.database import acting_of, walled_session
from tenants.languages.speaking import sentence
from tenants.registers import binding, viewing

AnyRequest = Request[Any, Any, Any]

HEADER = "Idempotency-Key"
KEPT = "answer_is_kept"
OPENS = "opens_a_register"
LONGEST_KEY = 200
PIECE = 1024 * 1024
KEPT_HEADERS = ("content-type", "location")
BAD_KEY = sentence("An Idempotency-Key is 1 to 200 characters of ASCII without spaces.")
DESCRIPTION = f"""
A key that the program chooses, new for each request (a UUID, say; nothing personal), so that the request may be sent
again: whatever it did is not done twice, and the first answer is given again, with `Idempotency-Replayed: true`, for
{int(given_answers.KEPT.total_seconds()) // 3600} hours. With another request the key is refused (422), and while the
first is still being answered (409). What was refused is not kept. Quotes around the key are taken off.
""".strip()
PARAMETER = Parameter(
    name=HEADER,
    param_in="header",
    description=DESCRIPTION,
    required=False,
    schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=LONGEST_KEY, pattern=r'^("[!#-~]+"|[!#-~]+)$'),
    example="8e03978e-40d5-43dd-bc93-6894a57f9324",
)


class AnsweredBefore(Exception):
    """Nothing is done; this is what was answered when it was."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(type(self).__name__)
        self.answer = answer


class Begun(Struct, frozen=True):
    """A request with a key, whose answer is kept when it is there."""

    session: Session
    standing: Standing
    asked: Asked


@dataclass
class ChangingOperation(Operation):
    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or []), PARAMETER]


class Changing(HTTPRouteHandler):
    async def to_response(self, app: Litestar, data: Any, request: AnyRequest) -> ASGIApp:
        """The answer is there and the transaction is not committed yet: it keeps the answer too."""
        answer = await super().to_response(app, data, request)
        begun: Begun | None = request.state.get("begun")
        if begun and isinstance(answer, ASGIResponse):
            await to_thread.run_sync(given_answers.keep, begun.session, begun.standing, begun.asked, _of(answer))
        return answer


def changing(path: str, *, kept: bool = True, opens: bool = False, **options: Any) -> Changing:
    """As Litestar's `post`, for what creates or changes anything. It needs the dependency `standing`, or `begin`.

    Where a POST only reads, its answer is not `kept`: sent again, it is read again. `opens`: it tells of people in the
    register of its address.
    """
    options["opt"] = {KEPT: kept, OPENS: opens}
    options["responses"] = {**problems(409, 422), **options["responses"]}
    options.setdefault("operation_class", ChangingOperation)
    return Changing(path, http_method="POST", sync_to_thread=True, **options)


async def asked_by(request: AnyRequest) -> Asked | None:
    """Raises Unreadable."""
    given = request.headers.get(HEADER)
    if given is None or not isinstance(request.route_handler, Changing):
        return None
    key = given[1:-1] if len(given) > 1 and given[0] == given[-1] == '"' else given
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable() or {" ", '"'} & set(key):
        raise Unreadable(BAD_KEY, HEADER)
    return Asked(key, await _digest(request)) if request.route_handler.opt[KEPT] else None


def begin(request: AnyRequest, session: Session, standing: Standing, asked: Asked | None) -> None:
    """Before anything is done in the session.

    Raises AnsweredBefore, StillRunning, KeyOfAnotherRequest, Forbidden, and NotFound where the answer tells of a person
    who is there no longer for what is acted for: restricted, erased, or held as another; ClosedToYou where it tells of
    a register that is open to others only by now. What is told again of a person is an entry of the audit.
    """
    if asked is None:
        return
    answer = given_answers.recall(session, standing, asked)
    if answer:
        _must_still_see(request, session)
        raise AnsweredBefore(answer)
    request.state.begun = Begun(session, standing, asked)


def _must_still_see(request: AnyRequest, session: Session) -> None:
    person_id: UUID | None = request.path_params.get("person_id")
    if person_id is not None:
        viewing.exists(session, person_id, request.path_params.get("record_id"))
        _note_look(session, person_id)
    if request.route_handler.opt[OPENS]:
        binding.must_be_open(session, request.path_params["register_id"])


def _note_look(session: Session, person_id: UUID) -> None:
    """In a transaction of its own: that of the request does nothing any more, and gives its connection back first."""
    acting = acting_of(session)
    session.rollback()
    with walled_session(acting) as noting:
        trail.record(noting, "person.viewed", about="person", ids=[person_id])


def answer_again(request: AnyRequest, repeated: AnsweredBefore) -> Response[bytes | None]:
    answer = repeated.answer
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    return Response(
        answer.body or None, status_code=answer.status, headers=headers, media_type=headers.get("content-type")
    )


def _of(answer: ASGIResponse) -> Answer:
    kept = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return Answer(answer.status_code, kept, bytes(answer.body))


async def _digest(request: AnyRequest) -> bytes:
    """Of the address and the body. A form's boundary is new each time, so its fields are read."""
    found = hashlib.sha256()
    _add(found, request.method, request.url.path, request.url.query or "")
    if request.content_type[0] != "multipart/form-data":
        found.update(await request.body())
        return found.digest()
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            _add(found, name, value.filename)
            await to_thread.run_sync(_add_file, found, value)
        else:
            _add(found, name, str(value))
    return found.digest()


def _add(found: "hashlib._Hash", *texts: str) -> None:
    for text in texts:
        found.update(len(text.encode()).to_bytes(8, "big") + text.encode())


def _add_file(found: "hashlib._Hash", given: UploadFile) -> None:
    file = given.file
    while piece := file.read(PIECE):
        found.update(piece)
    file.seek(0)
