"""What becomes of a record when new values come: old ones that nobody spoke of stay, and each knows whence it came."""

from collections.abc import Collection, Iterable

import msgspec
from msgspec import Struct

from tenants.registers.model import Provenance
from tenants.registers.sealed import Data


class Change(Struct, frozen=True):
    """`fields` are those whose value is another now, or gone."""

    data: Data
    fields: frozenset[str]


def merge(old: Data, new: Data, *, spoken_of: Iterable[str]) -> Change:
    """`spoken_of` are the fields that were given at all: without a new value, the old one goes."""
    fields = frozenset(field for field in spoken_of if old.get(field) != new.get(field))
    data = {field: value for field, value in old.items() if field not in fields}
    data |= {field: new[field] for field in fields if field in new}
    return Change(data, fields)


def provenance_after(
    old: Provenance, new: Provenance, *, changed: Collection[str], kept: Collection[str]
) -> Provenance:
    """`kept` are the fields that have a value after the change."""
    values = {field: whence for field, whence in old.values.items() if field in kept and field not in changed}
    values |= {field: new for field in changed if field in kept}
    return msgspec.structs.replace(old, values=values)
