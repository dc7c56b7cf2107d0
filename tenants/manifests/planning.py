"""What a manifest would change: the difference between two documents, place by place."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import cast

import msgspec

from tenants.manifests.model import Manifest
from tenants.manifests.tree import Plain

Document = Mapping[str, object]

# The parts that are always there in some form: a new group is shown field by field.
ALWAYS = ("group", "notice")
# What tells things of a list apart, whichever of these they have.
NAMES = ("key", "register", "country", "point")


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "moved"


class Change(msgspec.Struct, frozen=True):
    """`place` as faults name it: `registers.customers.retention.months`. An order is the keys with commas.

    A change from or to None: where a purpose that names nothing means everything.
    """

    kind: ChangeKind
    place: str
    was: Plain = None
    becomes: Plain = None

    @property
    def retires(self) -> bool:
        """Whether rows lose their declaration: they are retired, and what they hold stays."""
        return self.kind is ChangeKind.REMOVED and _has_rows(self.place.split("."))

    @property
    def waits_for_approval(self) -> bool:
        """Whether it is a term that the company approves. Where a feed's files go is none: it holds when applied."""
        match self.place.split("."):
            case ["companies", _, "agreements", _, "feeds", _, "files", *_]:
                return False
            case ["companies", _, "agreements", *_]:
                return True
        return False

    @property
    def ends_nothing(self) -> bool:
        """Whether an agreement or a feed is declared no longer, and goes on."""
        if self.kind is not ChangeKind.REMOVED:
            return False
        match self.place.split("."):
            case ["companies", _, "agreements", _] | ["companies", _, "agreements", _, "feeds", _]:
                return True
        return False

    def touches(self, place: str) -> bool:
        return self.place == place or self.place.startswith(f"{place}.") or place.startswith(f"{self.place}.")


def document(manifest: Manifest) -> dict[str, object]:
    """As it is kept: with every default spelt out, so that the document says the same when defaults change.

    Without `base_version`, which says nothing about the group.
    """
    return spelt_out(msgspec.structs.replace(manifest, base_version=None))


def spelt_out(said: msgspec.Struct) -> dict[str, object]:
    values = {name: getattr(said, name) for name in said.__struct_fields__}
    return {name: _plain(value) for name, value in values.items() if value not in (None, ())}


def _plain(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return spelt_out(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    plain: object = msgspec.to_builtins(value)
    return plain


def differences(was: Document, becomes: Document) -> list[Change]:
    """From nothing where `was` is empty."""
    if not was:
        was = {name: {} for name in ALWAYS}
    return list(_of_fields(was, becomes, ""))


def _of_fields(was: Document, becomes: Document, place: str) -> Iterator[Change]:
    for name in [*becomes, *(name for name in was if name not in becomes)]:
        inner = f"{place}.{name}" if place else name
        yield from _of_values(was.get(name), becomes.get(name), inner)


def _of_values(was: object, becomes: object, place: str) -> Iterator[Change]:
    if was == becomes:
        return
    if isinstance(was, Mapping) and isinstance(becomes, Mapping):
        yield from _of_fields(was, becomes, place)
    elif None in (was, becomes) and _means_all_without(place):
        yield _change(ChangeKind.CHANGED, place, was, becomes)
    elif isinstance(was or becomes, list):
        yield from _of_lists(_listed(was), _listed(becomes), place)
    else:
        kind = ChangeKind.ADDED if was is None else ChangeKind.REMOVED if becomes is None else ChangeKind.CHANGED
        yield _change(kind, place, was, becomes)


def _of_lists(was: Sequence[object], becomes: Sequence[object], place: str) -> Iterator[Change]:
    before, after = {name_of(item): item for item in was}, {name_of(item): item for item in becomes}
    for name, item in after.items():
        if name not in before:
            yield _change(ChangeKind.ADDED, _inside(place, item, name), None, item)
        else:
            yield from _of_values(before[name], item, f"{place}.{name}")
    for name, item in before.items():
        if name not in after:
            yield _change(ChangeKind.REMOVED, _inside(place, item, name), item, None)
    old, new = [name for name in before if name in after], [name for name in after if name in before]
    # Of things the order is shown to people; of mere words it means nothing.
    if old != new and any(isinstance(item, Mapping) for item in becomes):
        yield Change(ChangeKind.MOVED, place, ", ".join(old), ", ".join(new))


def said_now(value: Plain, *, widest: int = 120) -> str:
    """A value of a document on one line, for a sentence: a thing by its key, a text in its first language."""
    if isinstance(value, Mapping):
        return said_now(value.get("key") or next(iter(value.values()), None), widest=widest)
    if isinstance(value, list):
        line = ", ".join(said_now(item, widest=widest) for item in value)
    else:
        line = "–" if value is None else " ".join(str(value).split())
    return line if len(line) <= widest else f"{line[: widest - 1]}…"


def _change(kind: ChangeKind, place: str, was: object, becomes: object) -> Change:
    return Change(kind, place, cast(Plain, was), cast(Plain, becomes))


def name_of(item: object) -> str:
    """What tells one item of a list from the others."""
    if not isinstance(item, Mapping):
        return str(item)
    if "rule" in item:
        return f"{item['rule']} {item['about']}"
    named = next((item[name] for name in NAMES if name in item), None)
    # A part of a condition is told by all that it says.
    return str(named) if named is not None else msgspec.json.encode(item, order="sorted").decode()


def _inside(place: str, item: object, name: str) -> str:
    return f"{place}.{name}" if isinstance(item, Mapping) else place


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _means_all_without(place: str) -> bool:
    """A purpose that names no fields of a register uses all; one that names no companies is every keeper's."""
    match place.split("."):
        case ["purposes", _, "companies"] | ["purposes", _, "data", _, "fields"]:
            return True
        case ["registers", _, "paper", _, "companies"]:
            return True
    return False


def _has_rows(steps: list[str]) -> bool:
    match steps:
        case ["companies" | "processors" | "registers" | "purposes", _] | ["processors", _, "sub_processors", _]:
            return True
        case ["companies", _, "departments", _]:
            return True
        case ["registers", _, "kept_by"] | ["registers", _, "fields" | "paper", _]:
            return True
        case ["purposes", _, "companies"] | ["purposes", _, "data", _]:
            return True
    return False
