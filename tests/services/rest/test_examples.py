"""Every operation of the API shows what is sent and what is answered, and both are as its schema says."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.testing import TestClient

from services.api.rest.examples import WITHOUT, NothingLikeIt, bodies, illustrated
from tests.services.routes import REST


@pytest.fixture(scope="module")
def document(client: TestClient[Litestar]) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return found


def examples(media: dict[str, Any]) -> list[object]:
    if "example" in media:
        return [media["example"]]
    return [one["value"] for one in media.get("examples", {}).values()]


def test_no_body_is_without_an_example(document: dict[str, Any]) -> None:
    found = list(bodies(document))
    assert len(found) > len(REST) / 2
    assert [media_type for media_type, media in found if not examples(media)] == list(WITHOUT)


def test_every_example_is_what_its_schema_says(document: dict[str, Any]) -> None:
    wrong = []
    for media_type, media in bodies(document):
        schema = {**media["schema"], "components": document["components"]}
        for example in examples(media):
            wrong += [
                (media_type, one.json_path, one.message) for one in Draft202012Validator(schema).iter_errors(example)
            ]
    assert wrong == []


def test_the_document_for_tools_has_them_too(client: TestClient[Litestar], document: dict[str, Any]) -> None:
    assert client.get("/api/v1/schema/openapi.json").json() == document


def test_a_text_that_nothing_illustrates_is_noticed() -> None:
    content = {"application/json": {"schema": {"type": "object", "properties": {"mood": {"type": "string"}}}}}
    paths = {"/api/v1/moods": {"post": {"requestBody": {"content": content}, "responses": {}}}}
    with pytest.raises(NothingLikeIt):
        illustrated({"components": {"schemas": {}}, "paths": paths})


def test_an_example_that_does_not_fit_would_be_noticed(document: dict[str, Any]) -> None:
    [media] = document["paths"]["/api/v1/persons/searches"]["post"]["requestBody"]["content"].values()
    schema = {**media["schema"], "components": document["components"]}
    assert not Draft202012Validator(schema).is_valid({**media["example"], "wanted": 7})
