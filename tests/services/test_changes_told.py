"""Nothing that a register's draft may change is told by a word of ours that nobody translated."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from services.api import changes_told
from tenants.languages.speaking import Language
from tenants.manifests.model import DeclaredPurpose, DeclaredRecipient, DeclaredRegister
from tenants.manifests.parts import Parts

WORDS = {*changes_told.WHAT, *changes_told.THINGS, *Language}


def structs(kind: Any, seen: set[type]) -> Iterator[type[msgspec.Struct]]:
    """All that a declaration is made of."""
    match msgspec.inspect.type_info(kind) if isinstance(kind, type) else kind:
        case msgspec.inspect.StructType(cls=cls, fields=fields) if cls not in seen:
            seen.add(cls)
            yield cls
            for field in fields:
                yield from structs(field.type, seen)
        case msgspec.inspect.UnionType(types=types):
            for inner in types:
                yield from structs(inner, seen)
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.Metadata(type=item):
            yield from structs(item, seen)


@pytest.mark.parametrize("kind", list(structs(Parts, set())), ids=lambda kind: kind.__name__)
def test_every_part_of_a_declaration_has_words(kind: type[msgspec.Struct]) -> None:
    assert [name for name in kind.__struct_fields__ if name not in WORDS] == []


def test_the_walk_finds_what_it_should() -> None:
    found = set(structs(Parts, set()))
    assert {DeclaredRegister, DeclaredPurpose, DeclaredRecipient} <= found
    assert len(found) > 10
