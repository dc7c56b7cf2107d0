"""A misspelt name is refused and named, so that nobody is shown or given more than they asked for."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.services import stage
from tests.services.routes import BY_HAND_JSON
from tests.services.stage import RIGHTS, STORAGE, Seat, Stage

UNKNOWN = {
    "fi": "Tämän nimistä ei oteta vastaan tässä.",
    "sv": "Inget med detta namn tas emot här.",
    "en": "Nothing of this name is taken here.",
}


@pytest.fixture(scope="module")
def built(app: Litestar) -> Stage:
    return stage.furnished()


def headers(built: Stage, language: str = "en") -> dict[str, str]:
    token = built.token(Seat(built.admin, built.alfa, RIGHTS))
    return {"Authorization": f"Bearer {token}", "Accept-Language": language}


@pytest.mark.parametrize("language", UNKNOWN)
def test_unknown_parameters_are_all_named(client: TestClient[Litestar], built: Stage, language: str) -> None:
    answer = client.get("/api/v1/cases?stat=refused&limit=5&offset=3", headers=headers(built, language))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"field": name, "detail": UNKNOWN[language]} for name in ("stat", "offset")]


@pytest.mark.parametrize("path", ["/me", "/refusal-grounds", "/jobs/failed", "/registers"])
def test_where_nothing_is_taken_nothing_is_ignored(client: TestClient[Litestar], built: Stage, path: str) -> None:
    assert client.get(f"/api/v1{path}", headers=headers(built)).status_code == 200
    assert client.get(f"/api/v1{path}?limit=5", headers=headers(built)).status_code == 400


def test_unknown_fields_are_named_with_their_way(client: TestClient[Litestar], built: Stage) -> None:
    body = {**BY_HAND_JSON, "lang": "fi", "asker": {"email": "uusi@esimerkki.example", "e_mail": "x"}}
    answer = client.post("/api/v1/requests", json=body, headers=headers(built))
    assert answer.status_code == 400
    assert sorted(error["field"] for error in answer.json()["errors"]) == ["asker.e_mail", "lang"]


def test_unknown_fields_of_a_form_are_named(client: TestClient[Litestar], built: Stage) -> None:
    token = built.token(Seat(built.admin, built.alfa, STORAGE))
    form = {"register_id": str(built.register.register_id), "source": "kassa", "separator": ";"}
    answer = client.post(
        "/api/v1/imports",
        data=form,
        files={"file": ("a.csv", b"customer_number\n1\n")},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["separator"]


def test_a_stranger_is_asked_for_a_key_first(client: TestClient[Litestar], built: Stage) -> None:
    assert client.get("/api/v1/cases?stat=refused").status_code == 401


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000 + b"]" * 100_000], ids=["half", "too deep"])
def test_a_body_that_is_no_json_is_unreadable(client: TestClient[Litestar], built: Stage, body: bytes) -> None:
    answer = client.post("/api/v1/requests", content=body, headers=headers(built))
    assert answer.status_code == 400
