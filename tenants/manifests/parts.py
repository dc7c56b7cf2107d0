"""What a manifest says of one register, cut out of it and put back: what a draft is about, and all it can change."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec.structs import replace

from tenants.manifests import declared_feeds
from tenants.manifests.model import (
    Category,
    CoveredRegister,
    Declared,
    DeclaredAgreement,
    DeclaredCompany,
    DeclaredFeed,
    DeclaredPaper,
    DeclaredPurpose,
    DeclaredRecipient,
    DeclaredRegister,
    Manifest,
    Source,
)
from tenants.manifests.planning import Document, spelt_out


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Item = TypeVar("Item", bound=Keyed)


class Parts(Declared, frozen=True, kw_only=True):
    """A register and what it refers to. Without a register: the company keeps it no longer.

    `purposes` are whole, with what they use of other registers; one that is left out serves this register no longer.
    Categories, sources and recipients are the group's: they are added and reworded here, never taken away.
    """

    register: DeclaredRegister | None = None
    purposes: tuple[DeclaredPurpose, ...] = ()
    categories: tuple[Category, ...] = ()
    sources: tuple[Source, ...] = ()
    recipients: tuple[DeclaredRecipient, ...] = ()


def taken(manifest: Manifest, register_key: str, besides: Parts | None = None) -> Parts:
    """Empty where the manifest declares no such register.

    With the purposes, categories, sources and recipients that `besides` has, although they do not serve this register
    here, nor does it name them: what a draft is to be merged with has what the draft takes from elsewhere.
    """
    register = next((one for one in manifest.registers if one.key == register_key), None)
    named: Mapping[str, Collection[str]] = {
        "categories": {field.category for field in register.fields} if register else (),
        "sources": register.sources if register else (),
        "recipients": register.recipients if register else (),
    }
    serving = {one.key for one in manifest.purposes if _serves(one, register_key)}
    return Parts(
        register=register,
        purposes=_among(manifest.purposes, serving, besides.purposes if besides else ()),
        categories=_among(manifest.categories, named["categories"], besides.categories if besides else ()),
        sources=_among(manifest.sources, named["sources"], besides.sources if besides else ()),
        recipients=_among(manifest.recipients, named["recipients"], besides.recipients if besides else ()),
    )


def put(manifest: Manifest, company_key: str, register_key: str, parts: Parts) -> Manifest:
    """The manifest with these parts in the place of its own; a company that keeps the register no longer leaves it."""
    before = next((one for one in manifest.registers if one.key == register_key), None)
    register = parts.register
    if register is None and before is not None:
        left = tuple(key for key in before.kept_by if key != company_key)
        register = replace(before, kept_by=left) if left else None
    register = _with_own_paper(register) if register else None
    others = tuple(one for one in manifest.registers if one.key != register_key)
    registers = _upserted(manifest.registers, (register,)) if register else others
    declared = replace(
        manifest,
        registers=registers,
        categories=_upserted(manifest.categories, parts.categories),
        sources=_upserted(manifest.sources, parts.sources),
        recipients=_upserted(manifest.recipients, parts.recipients),
    )
    purposes = manifest.purposes if register and parts.register is None else _purposes(manifest, register_key, parts)
    declared = replace(declared, purposes=tuple(_of_keepers(declared, purposes)))
    return replace(declared, companies=tuple(_with_own_registers(declared)))


def view(manifest: Manifest, company_key: str) -> Document:
    """All that a manifest says of one company's registers: where two views differ, the company's notice does."""
    registers = [one for one in manifest.registers if company_key in one.kept_by]
    kept = {one.key for one in registers}
    used = {
        "categories": {field.category for one in registers for field in one.fields},
        "sources": {key for one in registers for key in one.sources},
        "recipients": {key for one in registers for key in one.recipients},
    }
    purposes = [one for one in manifest.purposes if one.companies is None or company_key in one.companies]
    return {
        **{name: [spelt_out(one) for one in getattr(manifest, name) if one.key in keys] for name, keys in used.items()},
        "registers": [
            spelt_out(replace(one, kept_by=(company_key,), paper=_own(one, company_key))) for one in registers
        ],
        "purposes": [
            spelt_out(replace(one, companies=None, data=tuple(part for part in one.data if part.register in kept)))
            for one in purposes
            if any(part.register in kept for part in one.data)
        ],
    }


def _with_own_paper(register: DeclaredRegister) -> DeclaredRegister:
    """Whoever keeps the register no longer has no paper of it either."""
    kept = []
    for paper in register.paper:
        if paper.companies is None:
            kept.append(paper)
        elif companies := tuple(key for key in paper.companies if key in register.kept_by):
            kept.append(replace(paper, companies=companies))
    return replace(register, paper=tuple(kept))


def _own(register: DeclaredRegister, company_key: str) -> tuple[DeclaredPaper, ...]:
    return tuple(
        replace(one, companies=None) for one in register.paper if one.companies is None or company_key in one.companies
    )


def _purposes(manifest: Manifest, register_key: str, parts: Parts) -> Sequence[DeclaredPurpose]:
    named = {one.key for one in parts.purposes}
    kept = [one if one.key in named else _without(one, register_key) for one in manifest.purposes]
    return _upserted([one for one in kept if one.data], parts.purposes)


def _without(purpose: DeclaredPurpose, register_key: str) -> DeclaredPurpose:
    return replace(purpose, data=tuple(part for part in purpose.data if part.register != register_key))


def _with_own_registers(manifest: Manifest) -> Iterable[DeclaredCompany]:
    """A department is bound to registers that its company keeps; an agreement covers, and gives, none but those."""
    for company in manifest.companies:
        kept = {one.key for one in manifest.registers if company.key in one.kept_by}
        departments = tuple(
            replace(one, registers=tuple(key for key in one.registers if key in kept)) for one in company.departments
        )
        agreements = tuple(
            replace(one, covers=_covered(manifest, company.key, one), feeds=tuple(_given(manifest, company.key, one)))
            for one in company.agreements
        )
        yield replace(company, departments=departments, agreements=agreements)


def _covered(manifest: Manifest, company_key: str, agreement: DeclaredAgreement) -> tuple[CoveredRegister, ...]:
    """Without what the company does not do any more."""
    found = []
    for part in agreement.covers:
        keepers = next((one.kept_by for one in manifest.registers if one.key == part.register), ())
        served = _served(manifest, company_key, part.register)
        purposes = tuple(key for key in part.purposes if key in served)
        if company_key in keepers and purposes:
            found.append(replace(part, purposes=purposes))
    return tuple(found)


def _given(manifest: Manifest, company_key: str, agreement: DeclaredAgreement) -> Iterator[DeclaredFeed]:
    """Without fields that are no more; and without feeds that would ask about what is no more, or give it."""
    kept = {one.key: {field.key for field in one.fields} for one in manifest.registers if company_key in one.kept_by}
    for feed in agreement.feeds:
        own = kept.get(feed.register, set())
        asked = [
            (kept.get(part.has_record, set()) if part.has_record else own, part.field)
            for part in declared_feeds.asked(feed.condition)
            if part.field
        ]
        by_event = feed.event is None or feed.event.register in kept
        if (
            feed.purpose in _served(manifest, company_key, feed.register)
            and by_event
            and all(field in fields for fields, field in asked)
            and feed.register in kept
        ):
            fields, sealed = (tuple(one for one in keys if one in own) for keys in (feed.fields, feed.sealed_fields))
            yield replace(feed, fields=fields, sealed_fields=sealed)


def _served(manifest: Manifest, company_key: str, register_key: str) -> set[str]:
    """The purposes for which the company uses the register."""
    return {
        one.key
        for one in manifest.purposes
        if _serves(one, register_key) and (one.companies is None or company_key in one.companies)
    }


def _of_keepers(manifest: Manifest, purposes: Iterable[DeclaredPurpose]) -> Iterable[DeclaredPurpose]:
    """A purpose is nobody's that keeps none of its registers."""
    keepers = {one.key: one.kept_by for one in manifest.registers}
    for purpose in purposes:
        if purpose.companies is None:
            yield purpose
            continue
        keeping = {key for part in purpose.data for key in keepers.get(part.register, ())}
        companies = tuple(key for key in purpose.companies if key in keeping)
        if companies:
            yield replace(purpose, companies=companies)


def _serves(purpose: DeclaredPurpose, register_key: str) -> bool:
    return any(part.register == register_key for part in purpose.data)


def _among(items: Sequence[Item], named: Collection[str], besides: Sequence[Item]) -> tuple[Item, ...]:
    keys = {*named, *(one.key for one in besides)}
    return tuple(one for one in items if one.key in keys)


def _upserted(kept: Sequence[Item], given: Sequence[Item]) -> tuple[Item, ...]:
    found: dict[str, Item] = {one.key: one for one in kept}
    found.update({one.key: one for one in given})
    return tuple(found.values())
