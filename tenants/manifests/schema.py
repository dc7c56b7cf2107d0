"""The format as JSON Schema 2020-12, made from the structs: editors complete and check manifests with it.

`python -m tenants.manifests.schema > docs/manifest.schema.json` writes the published copy.
"""

import json
from typing import Any

import msgspec

from tenants.manifests.model import Manifest

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_TEXT = 4000
VALUES = ("string", "number", "boolean")


def build() -> dict[str, Any]:
    schema = msgspec.json.schema(Manifest)
    text = schema["$defs"]["Text"]
    text["additionalProperties"] = False
    for language in text["properties"].values():
        _bounded(language)
    # One choice with four names would be four faults where nothing of it is given.
    schema["$defs"]["DeclaredPart"]["properties"]["values"]["items"] = {"type": list(VALUES)}
    return {"$schema": DIALECT, "title": "Manifest of a group, for Seloste", **schema}


def _bounded(language: dict[str, Any]) -> None:
    """A text that is given is not empty, and no treatise."""
    for kind in language.get("anyOf", [language]):
        if kind["type"] == "string":
            kind |= {"minLength": 1, "maxLength": LONGEST_TEXT}


def published() -> str:
    return json.dumps(build(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(published(), end="")
