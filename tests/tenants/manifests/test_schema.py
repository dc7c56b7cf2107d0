"""What editors are given is what Seloste checks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tenants.manifests import schema
from tenants.manifests.shape import FORMATS, KEYWORDS, PATTERNS

PUBLISHED = Path(__file__).parents[3] / "docs" / "manifest.schema.json"
# Keywords that only describe, or that contain the others, or whose errors are told one by one.
STRUCTURE = {"$ref", "properties", "items", "anyOf", "required", "additionalProperties"}
WORDS = {"$schema", "title", "description", "default", "examples"}


def shapes(of: Any) -> Iterator[dict[str, Any]]:
    """The schemas within a schema, without the names of properties and definitions."""
    yield of
    for name in ("$defs", "properties"):
        for inner in of.get(name, {}).values():
            yield from shapes(inner)
    for inner in of.get("anyOf", []):
        yield from shapes(inner)
    if "items" in of:
        yield from shapes(of["items"])


def test_the_published_schema_is_the_current_one() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema.published(), (
        "python -m tenants.manifests.schema > docs/manifest.schema.json"
    )


def test_it_is_json_schema_2020_12() -> None:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(published)


def test_nothing_may_stand_in_a_manifest_that_the_schema_does_not_name() -> None:
    objects = [shape for shape in shapes(schema.build()) if shape.get("type") == "object"]
    assert objects
    assert all(shape["additionalProperties"] is False for shape in objects)


def test_every_keyword_pattern_and_format_of_the_schema_has_its_sentence() -> None:
    found = list(shapes(schema.build()))
    keywords = {name for shape in found for name in shape} - STRUCTURE - WORDS - {"$defs"}
    assert keywords <= set(KEYWORDS)
    assert {shape["pattern"] for shape in found if "pattern" in shape} == set(PATTERNS)
    assert {shape["format"] for shape in found if "format" in shape} == set(FORMATS)
