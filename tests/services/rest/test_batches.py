"""Programs write records of a register."""

import json
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from infra.embedded.s3 import S3
from tests.services import stage
from tests.services.stage import STORAGE, Seat, Stage

ADA = {"customer_number": "4711", "name": "Uusi Asiakas"}
BAD = {"customer_number": "4712", "email": "ei-osoite"}


@pytest.fixture
def built(app: Litestar, storage: S3) -> Stage:
    return stage.build()


class Program:
    def __init__(self, client: TestClient[Litestar], built: Stage) -> None:
        self._client, self._url = client, f"/api/v1/registers/{built.register.register_id}/records:batch"
        self._token = built.token(Seat(built.admin, built.alfa, STORAGE))

    def send(self, query: str = "source=kassa", key: str | None = None, **body: Any) -> Response:
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Language": "en", **body.pop("headers", {})}
        if key:
            headers["Idempotency-Key"] = key
        return self._client.post(f"{self._url}?{query}", headers=headers, **body)


@pytest.fixture
def program(client: TestClient[Litestar], built: Stage) -> Program:
    return Program(client, built)


def test_a_list_and_lines_are_taken(program: Program) -> None:
    first = program.send(json=[ADA])
    assert (first.status_code, first.json()["created"]) == (200, 1)
    lines = "\n".join(json.dumps(row) for row in (ADA, {**ADA, "customer_number": "4713"}))
    again = program.send(content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert [row["became"] for row in again.json()["rows"]] == ["unchanged", "created"]
    assert again.json()["rows"][0]["person_id"] == first.json()["rows"][0]["person_id"]


def test_a_batch_sent_twice_is_written_once_and_answered_twice(program: Program) -> None:
    first, again = (program.send(key="erä-1".encode().hex(), json=[ADA]) for _ in range(2))
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    assert first.json()["created"] == 1


def test_bad_rows_are_problems_or_results(program: Program) -> None:
    refused = program.send(json=[ADA, BAD])
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "2.email", "detail": "This is not an e-mail address."}]
    kept = program.send("source=kassa&keep_good=true", json=[ADA, BAD])
    assert (kept.json()["created"], kept.json()["refused"]) == (1, 1)
    (problem,) = kept.json()["rows"][1]["problems"]
    assert (problem["field"], problem["reason"]) == ("email", "This is not an e-mail address.")
    assert "ei-osoite" not in kept.text


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_of_two_values_under_one_key_none_is_taken(program: Program, media_type: str) -> None:
    row = '{"customer_number": "4711", "name": "Ada", "name": "Eva"}'
    content = f"[{row}]" if media_type == "application/json" else row
    refused = program.send(content=content, headers={"Content-Type": media_type})
    told = "The key name is in this object twice: leave the one out that does not hold."
    assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "1", "detail": told}])


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x7f"])
def test_a_line_ends_where_a_line_of_the_file_ends_and_nowhere_else(program: Program, mark: str) -> None:
    """JSON takes these as they are, within a text."""
    rows = [{**ADA, "name": f"Uusi{mark}Asiakas"}, {"customer_number": "4713"}]
    content = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    taken = program.send(content=content, headers={"Content-Type": "application/x-ndjson"})
    assert (taken.status_code, taken.json().get("created")) == (200, 2)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"[", b"\xff\xfe", b"[" * 5_000])
def test_what_is_no_list_of_objects_is_not_read(program: Program, content: bytes) -> None:
    answer = program.send(content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The body is a JSON list of objects, or NDJSON: one JSON object a line."


def test_more_than_fits_is_refused(program: Program) -> None:
    assert program.send(json=[ADA] * 1_001).status_code == 422
    huge = b"[" + b" " * (5 * 1024 * 1024) + b"]"
    assert program.send(content=huge, headers={"Content-Type": "application/json"}).status_code == 413


def test_a_misspelt_parameter_is_refused(program: Program) -> None:
    assert program.send("source=kassa&keepgood=true", json=[ADA]).status_code == 400


def test_a_parameter_that_is_left_out_is_named(program: Program) -> None:
    answer = program.send("", json=[ADA])
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "source", "detail": "This field is missing."}]
