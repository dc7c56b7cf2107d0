"""Whether what a manifest says of processors and agreements makes sense; `meaning` says how it is checked."""

from collections.abc import Callable, Iterator
from datetime import date

from tenants.manifests.faults import (
    CoversNoSuchPurpose,
    CoversNoSuchRegister,
    Fault,
    LastDayBeforeFirst,
    NoSuchKey,
    NotACountry,
    NotAVatNumber,
    SaidTwice,
    SubProcessorOfItself,
)
from tenants.manifests.tree import Place
from tenants.processors.describing import COUNTRIES, is_vat

# What belongs to one organisation only.
OWN = ("business_id", "vat_number", "company")


def _organisations(tree: Place) -> Iterator[Fault]:
    for name in OWN:
        first: dict[str, Place] = {}
        for processor in tree.each("processors"):
            word = processor.word(name)
            if word and word in first:
                yield SaidTwice(*processor.spot(name), value=word, first=first[word].line)
            first.setdefault(word, processor)
    for processor in tree.each("processors"):
        number = processor.word("vat_number")
        if number and not is_vat(number):
            yield NotAVatNumber(*processor.spot("vat_number"), value=number[:60])


def _named(tree: Place) -> Iterator[Fault]:
    """Companies, recipients and processors that are named are declared."""
    companies, recipients, processors = (_keys(tree, name) for name in ("companies", "recipients", "processors"))
    named: list[tuple[Place | None, set[str]]] = []
    for processor in tree.each("processors"):
        named.append((processor.get("company"), companies))
        named += [(word, recipients) for word in processor.words("recipients")]
        named += [(engaged.get("key"), processors) for engaged in processor.each("sub_processors")]
    named += [(agreement.get("processor"), processors) for _, agreement in _agreements(tree)]
    for word, possible in named:
        if word is not None and isinstance(word.value, str) and word.value not in possible:
            yield NoSuchKey(word.line, word.field, key=word.value)


def _countries(tree: Place) -> Iterator[Fault]:
    words: list[Place | None] = []
    for processor in tree.each("processors"):
        words += [processor.get("country"), *processor.words("countries")]
        words += [word for engaged in processor.each("sub_processors") for word in engaged.words("countries")]
    words += [one.get("country") for _, agreement in _agreements(tree) for one in agreement.each("transfers")]
    for word in words:
        if word is not None and isinstance(word.value, str) and word.value not in COUNTRIES:
            yield NotACountry(word.line, word.field, value=word.value[:60])


def _chains(tree: Place) -> Iterator[Fault]:
    """To any depth, never in a circle."""
    engaged = {
        one.word("key"): [link.word("key") for link in one.each("sub_processors")] for one in tree.each("processors")
    }
    for processor in tree.each("processors"):
        for link in processor.each("sub_processors"):
            if processor.word("key") in _beneath(link.word("key"), engaged):
                yield SubProcessorOfItself(*link.spot("key"))


def _beneath(key: str, engaged: dict[str, list[str]]) -> set[str]:
    """It, and all that it engages."""
    found, waiting = {key}, [key]
    while waiting:
        fresh = set(engaged.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


def _covered(tree: Place) -> Iterator[Fault]:
    """An agreement covers registers that its company keeps, and purposes that use them there."""
    keepers = {one.word("key"): {word.value for word in one.words("kept_by")} for one in tree.each("registers")}
    for company, agreement in _agreements(tree):
        key = company.word("key")
        for part in agreement.each("covers"):
            register = part.word("register")
            if register and register not in keepers:
                yield NoSuchKey(*part.spot("register"), key=register)
            elif key not in keepers.get(register, {key}):
                yield CoversNoSuchRegister(*part.spot("register"), company=key)
            else:
                yield from _purposes_of(tree, key, register, part)


def _purposes_of(tree: Place, company: str, register: str, part: Place) -> Iterator[Fault]:
    declared = {one.word("key"): one for one in tree.each("purposes")}
    for word in part.words("purposes"):
        purpose = declared.get(str(word.value))
        if purpose is None:
            yield NoSuchKey(word.line, word.field, key=str(word.value))
        elif not serves(purpose, company, register):
            yield CoversNoSuchPurpose(word.line, word.field, company=company)


def serves(purpose: Place, company: str, register: str) -> bool:
    """Whether it is a purpose of this company, and uses this register."""
    own = purpose.get("companies") is None or any(word.value == company for word in purpose.words("companies"))
    return own and any(part.word("register") == register for part in purpose.each("data"))


def _days(tree: Place) -> Iterator[Fault]:
    for _, agreement in _agreements(tree):
        yield from in_order(agreement, "valid_from", "valid_until")
    for processor in tree.each("processors"):
        for engaged in processor.each("sub_processors"):
            yield from in_order(engaged, "announced_on", "objections_until")


def in_order(holder: Place, first: str, last: str) -> Iterator[Fault]:
    begins, ends = _day(holder.word(first)), _day(holder.word(last))
    if begins and ends and ends < begins:
        yield LastDayBeforeFirst(*holder.spot(last), first=str(begins))


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _agreements(tree: Place) -> Iterator[tuple[Place, Place]]:
    yield from ((company, one) for company in tree.each("companies") for one in company.each("agreements"))


def _keys(tree: Place, name: str) -> set[str]:
    return {item.word("key") for item in tree.each(name)}


CHECKS: tuple[Callable[[Place], Iterator[Fault]], ...] = (
    _organisations,
    _named,
    _countries,
    _chains,
    _covered,
    _days,
)
