"""A form with a file may be large by its file only."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from infra.embedded.s3 import S3
from services.api.uploads import LONGEST_FIELD
from tests.services import stage
from tests.services.stage import STORAGE, Seat, Stage

HEAD = b'--x\r\nContent-Disposition: form-data; name="source"\r\n\r\n'
PIECE = b"x" * 65536
PIECES = 1000


@pytest.fixture(scope="module")
def built(app: Litestar, storage: S3) -> Stage:
    return stage.furnished()


def headers(built: Stage) -> dict[str, str]:
    token = built.token(Seat(built.admin, built.alfa, STORAGE))
    return {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=x"}


def test_a_huge_field_is_refused_when_it_begins_to_be_huge(app: Litestar, built: Stage) -> None:
    taken: list[int] = []

    async def receive() -> dict[str, object]:
        taken.append(len(taken))
        return {"type": "http.request", "body": PIECE if len(taken) > 1 else HEAD, "more_body": len(taken) < PIECES}

    told = anyio.run(ask, app, headers(built), receive)
    assert (told.status, [error["field"] for error in told.body["errors"]]) == (413, ["source"])
    assert len(taken) < 5


def test_as_much_as_a_field_may_hold_is_read(client: TestClient[Litestar], built: Stage) -> None:
    """By the form's own rules it is too long all the same."""
    body = HEAD + b"x" * LONGEST_FIELD + b"\r\n--x--\r\n"
    assert client.post("/api/v1/imports", content=body, headers=headers(built)).status_code == 400


@pytest.mark.parametrize("body", [HEAD + b"no end", HEAD.replace(b"form-data", b"?") + b"\r\n--x--\r\n"])
def test_a_form_that_cannot_be_read_is_refused(client: TestClient[Litestar], built: Stage, body: bytes) -> None:
    assert client.post("/api/v1/imports", content=body, headers=headers(built)).status_code == 400


class Told(Struct):
    status: int = 0
    body: dict[str, Any] = {}


async def ask(app: Litestar, headers: dict[str, str], receive: Callable[[], Awaitable[dict[str, object]]]) -> Told:
    """The application itself, piece by piece: test clients gather a body before they send it."""
    told = Told()

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            told.status = event["status"]
        else:
            told.body = json.loads(event["body"])

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/api/v1/imports", "raw_path": b"/api/v1/imports"}
    await app({**scope, "query_string": b"", "headers": raw, "client": ("127.0.0.1", 1)}, receive, send)  # type: ignore[arg-type]
    return told
