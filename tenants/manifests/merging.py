"""Two changes of one document brought together, place by place; where both changed the same, a clash."""

from collections.abc import Mapping, Sequence
from typing import cast

from msgspec import Struct

from tenants.manifests.planning import Document, name_of
from tenants.manifests.tree import Plain


class Clash(Struct, frozen=True):
    """One place that both changed, and what each says there; None where it says nothing."""

    place: str
    mine: Plain
    theirs: Plain


def merged(base: Document, mine: Document, theirs: Document, *, keep_mine: bool = True) -> tuple[Document, list[Clash]]:
    """Both changes of `base`. Where they clash, mine holds unless said otherwise."""
    clashes: list[Clash] = []
    both = _of_values(base, mine, theirs, "", clashes, keep_mine=keep_mine)
    return cast(Document, both), clashes


def _of_values(
    base: object, mine: object, theirs: object, place: str, clashes: list[Clash], *, keep_mine: bool
) -> object:
    if theirs in (mine, base):
        return mine
    if base == mine:
        return theirs
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        of = base if isinstance(base, Mapping) else {}
        found = {
            name: _of_values(
                of.get(name),
                mine.get(name),
                theirs.get(name),
                f"{place}.{name}" if place else name,
                clashes,
                keep_mine=keep_mine,
            )
            for name in dict.fromkeys([*theirs, *mine])
        }
        return {name: value for name, value in found.items() if value is not None}
    if isinstance(mine, list) and isinstance(theirs, list):
        return _of_lists(base if isinstance(base, list) else [], mine, theirs, place, clashes, keep_mine=keep_mine)
    clashes.append(Clash(place, cast(Plain, mine), cast(Plain, theirs)))
    return mine if keep_mine else theirs


def _of_lists(
    base: Sequence[object],
    mine: Sequence[object],
    theirs: Sequence[object],
    place: str,
    clashes: list[Clash],
    *,
    keep_mine: bool,
) -> list[object]:
    of_base, of_mine, of_theirs = ({name_of(item): item for item in items} for items in (base, mine, theirs))
    mine_leads = _mine_leads(of_base, of_mine, of_theirs, place, clashes, keep_mine=keep_mine)
    first, second = (of_mine, of_theirs) if mine_leads else (of_theirs, of_mine)
    found = [
        _of_values(
            of_base.get(name),
            of_mine.get(name),
            of_theirs.get(name),
            f"{place}.{name}",
            clashes,
            keep_mine=keep_mine,
        )
        for name in dict.fromkeys([*first, *second])
    ]
    return [item for item in found if item is not None]


def _mine_leads(
    base: Mapping[str, object],
    mine: Mapping[str, object],
    theirs: Mapping[str, object],
    place: str,
    clashes: list[Clash],
    *,
    keep_mine: bool,
) -> bool:
    """Whose order holds. Whoever moved nothing leaves it to the other; what was added or removed is no move."""
    common = [name for name in base if name in mine and name in theirs]
    of_mine, of_theirs = ([name for name in order if name in common] for order in (mine, theirs))
    if of_mine in (common, of_theirs):
        return of_theirs == common
    if of_theirs == common:
        return True
    # Of mere words the order means nothing.
    if any(isinstance(item, Mapping) for item in base.values()):
        clashes.append(Clash(place, ", ".join(of_mine), ", ".join(of_theirs)))
    return keep_mine
