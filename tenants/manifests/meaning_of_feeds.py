"""Whether what a manifest says of feeds makes sense; `meaning` says how it is checked."""

from collections.abc import Callable, Iterator

from tenants.manifests.faults import (
    CoversNoSuchPurpose,
    Fault,
    GivesNoSuchRegister,
    KeyUsedTwice,
    NeverAsFiles,
    NoSuchKey,
    PartSaysNotOne,
)
from tenants.manifests.meaning_of_processors import in_order, serves
from tenants.manifests.tree import Place

# What one part of a condition may say, one of them.
SAYS = ("field", "consented", "not_objected", "parts")


def _keys(tree: Place) -> Iterator[Fault]:
    """A feed's key is its name within the company, whichever agreement it stands under."""
    for company in tree.each("companies"):
        first: dict[str, Place] = {}
        for feed in _feeds_of(company):
            key = feed.word("key")
            if key and key in first:
                yield KeyUsedTwice(*feed.spot("key"), key=key, first=first[key].line)
            first.setdefault(key, feed)


def _registers(tree: Place) -> Iterator[Fault]:
    """A feed gives, and asks about, registers that its company keeps."""
    keepers = {one.word("key"): {word.value for word in one.words("kept_by")} for one in tree.each("registers")}
    for company in tree.each("companies"):
        for feed in _feeds_of(company):
            named = [(feed, "register"), *((part, "has_record") for part in _parts(feed))]
            if (event := feed.get("event")) is not None:
                named.append((event, "register"))
            for holder, name in named:
                register = holder.word(name)
                if register and register not in keepers:
                    yield NoSuchKey(*holder.spot(name), key=register)
                elif register and company.word("key") not in keepers[register]:
                    yield GivesNoSuchRegister(*holder.spot(name), company=company.word("key"))


def _purposes(tree: Place) -> Iterator[Fault]:
    declared = {one.word("key"): one for one in tree.each("purposes")}
    for company in tree.each("companies"):
        for feed in _feeds_of(company):
            key, purpose = feed.word("purpose"), declared.get(feed.word("purpose"))
            if purpose is None:
                yield from [NoSuchKey(*feed.spot("purpose"), key=key)] if key else []
            elif not serves(purpose, company.word("key"), feed.word("register")):
                yield CoversNoSuchPurpose(*feed.spot("purpose"), company=company.word("key"))


def _fields(tree: Place) -> Iterator[Fault]:
    known = {one.word("key"): {field.word("key") for field in one.each("fields")} for one in tree.each("registers")}
    for company in tree.each("companies"):
        for feed in _feeds_of(company):
            own = known.get(feed.word("register"))
            named = [(word, own) for name in ("fields", "sealed_fields") for word in feed.words(name)]
            for part in _parts(feed):
                if (field := part.get("field")) is not None:
                    named.append((field, known.get(part.word("has_record")) if part.get("has_record") else own))
            for word, possible in named:
                if possible is not None and isinstance(word.value, str) and word.value not in possible:
                    yield NoSuchKey(word.line, word.field, key=word.value)


def _conditions(tree: Place) -> Iterator[Fault]:
    for company in tree.each("companies"):
        for feed in _feeds_of(company):
            for part in _parts(feed):
                says = [name for name in SAYS if part.get(name) is not None]
                of_a_field = part.get("field") is not None
                besides = any(part.get(name) is not None for name in ("has_record", "values"))
                if len(says) != 1 or of_a_field is not bool(part.each("values")) or (besides and not of_a_field):
                    yield PartSaysNotOne(part.line, part.field)


def _days(tree: Place) -> Iterator[Fault]:
    for company in tree.each("companies"):
        for feed in _feeds_of(company):
            yield from in_order(feed, "valid_from", "valid_until")


def _files(tree: Place) -> Iterator[Fault]:
    for company in tree.each("companies"):
        for feed in _feeds_of(company):
            if feed.get("files") is not None and feed.get("event") is not None:
                yield NeverAsFiles(*feed.spot("files"))


def _feeds_of(company: Place) -> list[Place]:
    return [feed for agreement in company.each("agreements") for feed in agreement.each("feeds")]


def _parts(feed: Place) -> Iterator[Place]:
    """Of its condition, to any depth."""
    condition = feed.get("condition")
    waiting = list(condition.each("parts")) if condition is not None else []
    while waiting:
        part = waiting.pop(0)
        yield part
        waiting += part.each("parts")


CHECKS: tuple[Callable[[Place], Iterator[Fault]], ...] = (
    _keys,
    _registers,
    _purposes,
    _fields,
    _conditions,
    _days,
    _files,
)
