"""One change of the parts of a register, as the editor's forms make it.

A gap is named by its rule and its place: `N05.register.retention.months`, `N06.purposes.care.basis`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol, TypeVar

from msgspec.structs import replace

from tenants.manifests.drafts import NoSuchPart
from tenants.manifests.model import (
    Category,
    DeclaredField,
    DeclaredPaper,
    DeclaredPurpose,
    DeclaredRecipient,
    DeclaredRegister,
    Gap,
    Manifest,
    PurposeData,
    Source,
)
from tenants.manifests.parts import Parts

REGISTER, PURPOSES = "register", "purposes"


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Item = TypeVar("Item", bound=Keyed)


def register_of(parts: Parts) -> DeclaredRegister:
    """Raises NoSuchPart."""
    if parts.register is None:
        raise NoSuchPart
    return parts.register


def field_of(parts: Parts, key: str) -> DeclaredField:
    """Raises NoSuchPart."""
    return _found(register_of(parts).fields, key)


def purpose_of(parts: Parts, key: str) -> DeclaredPurpose:
    """Raises NoSuchPart."""
    return _found(parts.purposes, key)


def paper_of(parts: Parts, key: str) -> DeclaredPaper:
    """Raises NoSuchPart."""
    return _found(register_of(parts).paper, key)


def fields_used(parts: Parts, purpose: DeclaredPurpose) -> tuple[str, ...]:
    """The keys of the register's fields that this purpose uses."""
    register = register_of(parts)
    part = next((one for one in purpose.data if one.register == register.key), None)
    if part is None:
        return ()
    return tuple(one.key for one in register.fields if part.fields is None or one.key in part.fields)


def recipient_of(parts: Parts, key: str) -> DeclaredRecipient:
    """Raises NoSuchPart."""
    return _found(parts.recipients, key)


def gaps(parts: Parts) -> Iterator[tuple[str, Gap]]:
    """Of the register and of its purposes, each with its place."""
    for gap in parts.register.gaps if parts.register else ():
        yield f"{REGISTER}.{gap.about}", gap
    for purpose in parts.purposes:
        for gap in purpose.gaps:
            yield f"{PURPOSES}.{purpose.key}.{gap.about}", gap


def gap_key(place: str, gap: Gap) -> str:
    return f"{gap.rule}.{place}"


def gap_of(parts: Parts, key: str) -> tuple[str, Gap]:
    """With its place. Raises NoSuchPart."""
    found = next(((place, gap) for place, gap in gaps(parts) if gap_key(place, gap) == key), None)
    if found is None:
        raise NoSuchPart
    return found


def with_register(
    parts: Parts, register: DeclaredRegister, manifest: Manifest, new_source: Source | None = None
) -> Parts:
    """The sources and recipients that it names now are of the manifest, or come with it."""
    if new_source is not None:
        register = replace(register, sources=(*register.sources, new_source.key))
    sources = {one.key: one for one in (*manifest.sources, *parts.sources, *([new_source] if new_source else ()))}
    recipients = {one.key: one for one in (*manifest.recipients, *parts.recipients)}
    return replace(
        parts,
        register=register,
        sources=tuple(sources[key] for key in register.sources if key in sources),
        recipients=tuple(recipients[key] for key in register.recipients if key in recipients),
    )


def in_order(parts: Parts, keys: Sequence[str]) -> Parts:
    """The fields in the order of their keys; whatever is not named comes last."""
    register, places = register_of(parts), {key: place for place, key in enumerate(keys)}
    fields = sorted(register.fields, key=lambda one: places.get(one.key, len(places)))
    return replace(parts, register=replace(register, fields=tuple(fields)))


def with_recipient(parts: Parts, recipient: DeclaredRecipient) -> Parts:
    register = register_of(parts)
    named = tuple(dict.fromkeys([*register.recipients, recipient.key]))
    return replace(parts, register=replace(register, recipients=named), recipients=_with(parts.recipients, recipient))


def without_recipient(parts: Parts, key: str) -> Parts:
    """Of this register; other registers may name it still. Raises NoSuchPart."""
    register = register_of(parts)
    named = tuple(one for one in register.recipients if one != key)
    return replace(parts, register=replace(register, recipients=named), recipients=_without(parts.recipients, key))


def with_gap(parts: Parts, place: str, gap: Gap, instead_of: str | None = None) -> Parts:
    """Raises NoSuchPart."""
    if instead_of == gap_key(place, gap):
        return _at(parts, place, lambda found: tuple(gap if _same(one, gap) else one for one in found))
    left = parts if instead_of is None else without_gap(parts, instead_of)
    return _at(left, place, lambda found: (*found, gap))


def without_gap(parts: Parts, key: str) -> Parts:
    """Raises NoSuchPart."""
    place, gap = gap_of(parts, key)
    return _at(parts, place, lambda found: tuple(one for one in found if not _same(one, gap)))


def with_field(parts: Parts, field: DeclaredField, used_by: Collection[str], category: Category) -> Parts:
    """In the place of the field with its key, or the last. `used_by` are the keys of the purposes that use it."""
    register = register_of(parts)
    grown = replace(
        parts,
        register=replace(register, fields=_with(register.fields, field)),
        categories=_with(parts.categories, category),
    )
    return replace(grown, purposes=tuple(_using(grown, one, field.key, one.key in used_by) for one in parts.purposes))


def without_field(parts: Parts, key: str) -> Parts:
    """Also out of the purposes that name it. Raises NoSuchPart."""
    register = register_of(parts)
    left = replace(register, fields=_without(register.fields, key))
    purposes = tuple(_naming(one, register.key, key) for one in parts.purposes)
    return replace(parts, register=left, purposes=tuple(one for one in purposes if one.data))


def with_purpose(parts: Parts, purpose: DeclaredPurpose, fields: Sequence[str]) -> Parts:
    """All of the register's fields are said by none, as a manifest does."""
    register = register_of(parts)
    every = {one.key for one in register.fields} <= set(fields)
    part = PurposeData(register=register.key, fields=None if every else tuple(fields))
    return replace(parts, purposes=_with(parts.purposes, replace(purpose, data=_at_its_place(purpose, part))))


def without_purpose(parts: Parts, key: str) -> Parts:
    """Raises NoSuchPart."""
    return replace(parts, purposes=_without(parts.purposes, key))


def with_paper(parts: Parts, paper: DeclaredPaper) -> Parts:
    register = register_of(parts)
    return replace(parts, register=replace(register, paper=_with(register.paper, paper)))


def without_paper(parts: Parts, key: str) -> Parts:
    """Raises NoSuchPart."""
    register = register_of(parts)
    return replace(parts, register=replace(register, paper=_without(register.paper, key)))


def _at(parts: Parts, place: str, change: Callable[[tuple[Gap, ...]], tuple[Gap, ...]]) -> Parts:
    """The gaps of what stands at this place changed. Raises NoSuchPart."""
    if place.startswith(f"{REGISTER}."):
        register = register_of(parts)
        return replace(parts, register=replace(register, gaps=change(register.gaps)))
    purpose = purpose_of(parts, place.split(".")[1])
    return replace(parts, purposes=_with(parts.purposes, replace(purpose, gaps=change(purpose.gaps))))


def _same(one: Gap, other: Gap) -> bool:
    return (one.rule, one.about) == (other.rule, other.about)


def _using(parts: Parts, purpose: DeclaredPurpose, key: str, uses: bool) -> DeclaredPurpose:
    used = fields_used(parts, purpose)
    if (key in used) is uses:
        return purpose
    keys = [*used, key] if uses else [one for one in used if one != key]
    register = register_of(parts)
    if not keys:
        return replace(purpose, data=tuple(one for one in purpose.data if one.register != register.key))
    every = len(keys) == len(register.fields)
    part = PurposeData(register=register.key, fields=None if every else tuple(keys))
    return replace(purpose, data=_at_its_place(purpose, part))


def _at_its_place(purpose: DeclaredPurpose, part: PurposeData) -> tuple[PurposeData, ...]:
    return tuple({**{one.register: one for one in purpose.data}, part.register: part}.values())


def _naming(purpose: DeclaredPurpose, register_key: str, key: str) -> DeclaredPurpose:
    parts = []
    for part in purpose.data:
        if part.register != register_key or part.fields is None:
            parts.append(part)
        elif left := tuple(one for one in part.fields if one != key):
            parts.append(replace(part, fields=left))
    return replace(purpose, data=tuple(parts))


def _found(items: Sequence[Item], key: str) -> Item:
    found = next((one for one in items if one.key == key), None)
    if found is None:
        raise NoSuchPart
    return found


def _with(items: Sequence[Item], item: Item) -> tuple[Item, ...]:
    by_key: dict[str, Item] = {one.key: one for one in items}
    by_key[item.key] = item
    return tuple(by_key.values())


def _without(items: Sequence[Item], key: str) -> tuple[Item, ...]:
    _found(items, key)
    return tuple(one for one in items if one.key != key)
