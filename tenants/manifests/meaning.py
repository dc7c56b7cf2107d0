"""Whether what a manifest says makes sense: keys, references, languages, and what the law asks of fields.

The checks read the tree and not the structs, so that one fault of shape does not hide the others.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tenants.acting import PurposeKind
from tenants.languages.speaking import Language
from tenants.manifests import meaning_of_feeds, meaning_of_processors, schema
from tenants.manifests.faults import (
    BindsNoSuchRegister,
    BoundAndUnsealed,
    BoundToNoPurpose,
    BusinessIdUsedTwice,
    DefaultNotSpoken,
    Fault,
    FieldWithoutPurpose,
    FinnishMissing,
    GapAboutNothing,
    GapNotTold,
    HetuForAnything,
    IdentifierOfOtherType,
    KeepsNoSuchRegister,
    KeepsNothingForIt,
    KeyUsedTwice,
    LanguageMissing,
    ManyRecordsWithoutKey,
    MustBeSealed,
    NobodyFound,
    NoSuchKey,
    OwnPurpose,
    PrefixUsedTwice,
    RecordKeyOptional,
    SaidTwice,
    SealedRecordKey,
    SpecialWithoutCondition,
    TwoRecordKeys,
)
from tenants.manifests.model import ABOUT, Rule
from tenants.manifests.tree import Place
from tenants.registers.model import Cardinality, FieldType
from tenants.vault.digests import IdentifierKind

SEALED_TYPES = frozenset({FieldType.HETU, FieldType.IBAN})
# Purposes for which a personal identity code may be processed without consent (1050/2018 29.1 and 29.2 §).
HETU_PURPOSES = frozenset(
    {PurposeKind.CREDIT, PurposeKind.CREDIT_SALE, PurposeKind.LEGAL_DUTY, PurposeKind.LEGAL_CLAIM}
)
OWN_PURPOSES = frozenset({PurposeKind.RIGHTS_REQUEST, PurposeKind.RETENTION, PurposeKind.STORAGE})
TYPES_OF_IDENTIFIERS = {
    IdentifierKind.EMAIL: FieldType.EMAIL,
    IdentifierKind.PHONE: FieldType.PHONE,
    IdentifierKind.HETU: FieldType.HETU,
    IdentifierKind.BUSINESS_ID: FieldType.BUSINESS_ID,
    IdentifierKind.CUSTOMER_NUMBER: FieldType.TEXT,
    IdentifierKind.USER_NAME: FieldType.TEXT,
    IdentifierKind.NAME: FieldType.TEXT,
}
KEYED_LISTS = ("companies", "categories", "sources", "recipients", "processors", "registers", "purposes")


def senseless(tree: Place) -> list[Fault]:
    return [fault for check in CHECKS for fault in check(tree)]


def _keys(tree: Place) -> Iterator[Fault]:
    lists = [tree.each(name) for name in KEYED_LISTS]
    lists += [register.each(name) for register in tree.each("registers") for name in ("fields", "paper")]
    lists += [company.each(name) for company in tree.each("companies") for name in ("departments", "agreements")]
    lists += [processor.each("sub_processors") for processor in tree.each("processors")]
    notice = tree.get("notice")
    if notice is not None:
        lists.append(notice.each("rights"))
    for items in lists:
        for item, first in _repeated(items, "key"):
            yield KeyUsedTwice(*item.spot("key"), key=item.word("key"), first=first.line)


def _said_twice(tree: Place) -> Iterator[Fault]:
    """What differences are told by: the registers of a purpose, the countries of transfers, the subjects of gaps."""
    for purpose in tree.each("purposes"):
        for part, first in _repeated(purpose.each("data"), "register"):
            yield SaidTwice(*part.spot("register"), value=part.word("register"), first=first.line)
    for company in tree.each("companies"):
        for agreement in company.each("agreements"):
            for listed, name in (("covers", "register"), ("transfers", "country"), ("checklist", "point")):
                for item, first in _repeated(agreement.each(listed), name):
                    yield SaidTwice(*item.spot(name), value=item.word(name), first=first.line)
    for holder, _ in _holders(tree):
        for gap, first in _repeated(holder.each("gaps"), "rule", "about"):
            value = f"{gap.word('rule')} {gap.word('about')}"
            yield SaidTwice(*gap.spot("about"), value=value, first=first.line)


def _company_marks(tree: Place) -> Iterator[Fault]:
    for company, _ in _repeated(tree.each("companies"), "prefix"):
        yield PrefixUsedTwice(*company.spot("prefix"), prefix=company.word("prefix"))
    for company, _ in _repeated(tree.each("companies"), "business_id"):
        yield BusinessIdUsedTwice(*company.spot("business_id"), value=company.word("business_id"))


def _references(tree: Place) -> Iterator[Fault]:
    declared = {name: _keys_of(tree.each(name)) for name in KEYED_LISTS}
    named: list[tuple[Place, set[str]]] = []
    for register in tree.each("registers"):
        named += [(word, declared["companies"]) for word in register.words("kept_by")]
        named += [(word, declared[kind]) for kind in ("sources", "recipients") for word in register.words(kind)]
        named += [
            (word, declared["companies"]) for paper in register.each("paper") for word in paper.words("companies")
        ]
        for field in register.each("fields"):
            category = field.get("category")
            named += [(category, declared["categories"])] if category is not None else []
    for purpose in tree.each("purposes"):
        named += [(word, declared["companies"]) for word in purpose.words("companies")]
        for part in purpose.each("data"):
            register_key = part.get("register")
            named += [(register_key, declared["registers"])] if register_key is not None else []
            fields = _keys_of(_register(tree, part.word("register")))
            named += [(word, fields) for word in part.words("fields")] if fields else []
    for word, possible in named:
        if isinstance(word.value, str) and word.value not in possible:
            yield NoSuchKey(word.line, word.field, key=word.value)


def _purposes(tree: Place) -> Iterator[Fault]:
    keepers = {register.word("key"): _values(register.words("kept_by")) for register in tree.each("registers")}
    companies = _keys_of(tree.each("companies"))
    for purpose in tree.each("purposes"):
        if purpose.word("kind") in OWN_PURPOSES:
            yield OwnPurpose(*purpose.spot("kind"), kind=purpose.word("kind"))
        keeping = set().union(*(keepers.get(part.word("register"), set()) for part in purpose.each("data")))
        for word in purpose.words("companies"):
            if word.value in companies - keeping:
                yield KeepsNothingForIt(word.line, word.field, company=str(word.value))


def _languages(tree: Place) -> Iterator[Fault]:
    group = tree.get("group")
    if group is None:
        return
    spoken = [str(word.value) for word in group.words("languages") if word.value in list(Language)]
    if spoken and Language.FI not in spoken:
        yield FinnishMissing(*group.spot("languages"))
    if spoken and group.word("default_language") in set(Language) - set(spoken):
        yield DefaultNotSpoken(*group.spot("default_language"))
    for place in tree.walk():
        if place.word(Language.FI):
            missing = [language for language in spoken if not place.word(language)]
            if missing:
                yield LanguageMissing(place.line, place.field, languages=", ".join(missing))


def _fields(tree: Place) -> Iterator[Fault]:
    for register in tree.each("registers"):
        for field in register.each("fields"):
            kind, identifier = field.word("type") or FieldType.TEXT, field.word("identifier")
            if kind in SEALED_TYPES and field.says_no("sealed"):
                yield MustBeSealed(*field.spot("sealed"))
            needed = TYPES_OF_IDENTIFIERS.get(identifier) if identifier in list(IdentifierKind) else None  # type: ignore[call-overload]
            if needed is not None and kind != needed:
                yield IdentifierOfOtherType(*field.spot("identifier"), kind=identifier, needed=needed)


def _rules(tree: Place) -> Iterator[Fault]:
    """A field that is bound to purposes is sealed, serves one of them, and stands beside a field that there is."""
    for register in tree.each("registers"):
        keys = _keys_of(register.each("fields"))
        for field in register.each("fields"):
            rule = field.get("only_for")
            if rule is None:
                continue
            if not field.says_yes("sealed"):
                yield BoundAndUnsealed(*field.spot("sealed"))
            beside = rule.get("beside")
            if beside is not None and beside.value not in keys - {field.word("key")}:
                yield NoSuchKey(beside.line, beside.field, key=rule.word("beside"))
            served = _kinds_served(tree, register.word("key"), field.word("key"))
            if served.isdisjoint(_values(rule.words("kinds"))):
                yield BoundToNoPurpose(*rule.spot("kinds"))


def _kinds_served(tree: Place, register: str, field: str) -> set[str]:
    return {
        purpose.word("kind")
        for purpose in tree.each("purposes")
        for part in purpose.each("data")
        if part.word("register") == register and (part.get("fields") is None or field in _values(part.words("fields")))
    }


def _ways_to_find(tree: Place) -> Iterator[Fault]:
    for register in tree.each("registers"):
        fields = register.each("fields")
        if fields and all(field.word("identifier") in ("", IdentifierKind.NAME) for field in fields):
            yield NobodyFound(register.line, register.beneath("fields"))


def _record_keys(tree: Place) -> Iterator[Fault]:
    for register in tree.each("registers"):
        marked = [field for field in register.each("fields") if field.says_yes("record_key")]
        if not marked and register.word("cardinality") == Cardinality.MANY:
            yield ManyRecordsWithoutKey(register.line, register.beneath("fields"))
        for field in marked:
            if field.says_yes("sealed"):
                yield SealedRecordKey(*field.spot("sealed"))
            if field.says_no("required"):
                yield RecordKeyOptional(*field.spot("required"))
        for field in marked[1:]:
            yield TwoRecordKeys(*field.spot("record_key"))


def _special(tree: Place) -> Iterator[Fault]:
    """Data of a special category is used under a condition of Art. 9(2), or not at all."""
    special = {category.word("key") for category in tree.each("categories") if category.says_yes("special")}
    for purpose in tree.each("purposes"):
        if purpose.get("special") is not None:
            continue
        for part in purpose.each("data"):
            fields = _register(tree, part.word("register"))
            chosen = _values(part.words("fields")) if part.get("fields") is not None else _keys_of(fields)
            if any(one.word("category") in special for one in fields if one.word("key") in chosen):
                yield SpecialWithoutCondition(*purpose.spot("special"))
                break


def _papers(tree: Place) -> Iterator[Fault]:
    """Only who keeps the register keeps its paper."""
    for register in tree.each("registers"):
        keepers = _values(register.words("kept_by"))
        for paper in register.each("paper"):
            for word in paper.words("companies"):
                if word.value not in keepers:
                    yield KeepsNoSuchRegister(word.line, word.field, company=str(word.value))


def _departments(tree: Place) -> Iterator[Fault]:
    """A department is bound to registers that its company keeps."""
    keepers = {register.word("key"): _values(register.words("kept_by")) for register in tree.each("registers")}
    for company in tree.each("companies"):
        for department in company.each("departments"):
            for word in department.words("registers"):
                if isinstance(word.value, str) and word.value not in keepers:
                    yield NoSuchKey(word.line, word.field, key=word.value)
                elif company.word("key") not in keepers.get(str(word.value), {company.word("key")}):
                    yield BindsNoSuchRegister(word.line, word.field, company=company.word("key"))


def _use(tree: Place) -> Iterator[Fault]:
    """Every field serves a purpose, and a personal identity code none but those that allow it."""
    used: set[tuple[str, str]] = set()
    for purpose in tree.each("purposes"):
        for part in purpose.each("data"):
            register = part.word("register")
            fields = _register(tree, register)
            chosen = _values(part.words("fields")) if part.get("fields") is not None else _keys_of(fields)
            used |= {(register, key) for key in chosen}
            codes = [field for field in fields if field.word("type") == FieldType.HETU and field.word("key") in chosen]
            if codes and purpose.word("kind") not in HETU_PURPOSES:
                yield HetuForAnything(part.line, part.field, kinds=", ".join(sorted(HETU_PURPOSES)))
    for declared in tree.each("registers"):
        for field in declared.each("fields"):
            if (declared.word("key"), field.word("key")) not in used and field.word("key"):
                yield FieldWithoutPurpose(field.line, field.field)


def _silence(tree: Place) -> Iterator[Fault]:
    """What the law wants told and the notice does not tell must be told of as a gap."""
    for company in tree.each("companies"):
        if not company.word("business_id"):
            yield from _untold(tree, company, "business_id", Rule.NO_CONTACT)
        if not any(_reachable(contact) for contact in (company.get("contact"), tree.at("group", "contact"))):
            yield from _untold(tree, company, "contact", Rule.NO_CONTACT)
    for register in tree.each("registers"):
        retention = register.get("retention")
        if retention is not None and not (retention.get("months") or retention.get("purge_every_months")):
            yield from _untold(tree, register, "retention", Rule.NO_RETENTION)
    for purpose in tree.each("purposes"):
        if purpose.get("basis") is None:
            yield from _untold(tree, purpose, "basis", Rule.NO_BASIS)
    notice = tree.get("notice")
    if notice is not None and notice.get("complaint") is None:
        yield from _untold(tree, notice, "complaint", Rule.RIGHTS_MISSING)


def _reachable(contact: Place | None) -> bool:
    return contact is not None and bool(contact.word("email") or contact.word("phone"))


def _untold(tree: Place, holder: Place, field: str, rule: Rule) -> Iterator[Fault]:
    about = [gap.word("about") for gap in holder.each("gaps")]
    about += [gap.word("about").removeprefix(f"{holder.field}.") for gap in tree.each("gaps")]
    if not any(word == field or word.startswith(f"{field}.") for word in about):
        yield GapNotTold(holder.line, holder.beneath(field), rule=rule)


def _gaps(tree: Place) -> Iterator[Fault]:
    for holder, name in _holders(tree):
        for gap in holder.each("gaps"):
            about = gap.word("about")
            if re.search(ABOUT, about) and not _leads_somewhere(_definitions()[name], about.split("."), holder):
                yield GapAboutNothing(*gap.spot("about"))


def _holders(tree: Place) -> Iterator[tuple[Place, str]]:
    """What may have gaps, and its name in the schema."""
    yield tree, "Manifest"
    for name, declared in (("companies", "Company"), ("registers", "Register"), ("purposes", "Purpose")):
        yield from ((holder, f"Declared{declared}") for holder in tree.each(name))
    notice = tree.get("notice")
    if notice is not None:
        yield notice, "DeclaredNotice"


def _leads_somewhere(shape: dict[str, Any], names: list[str], place: Place | None) -> bool:
    """Whether a field of these names may stand under `place`, a value of this shape of the schema."""
    if not names:
        return True
    if "$ref" in shape:
        return _leads_somewhere(_definitions()[shape["$ref"].rpartition("/")[2]], names, place)
    if "anyOf" in shape:
        return any(_leads_somewhere(choice, names, place) for choice in shape["anyOf"])
    first, rest = names[0], names[1:]
    if "items" in shape:
        items = place.value if place is not None and isinstance(place.value, list) else []
        return any(item.word("key") == first and _leads_somewhere(shape["items"], rest, item) for item in items)
    inner = shape.get("properties", {}).get(first)
    return inner is not None and _leads_somewhere(inner, rest, place.get(first) if place is not None else None)


CHECKS: tuple[Callable[[Place], Iterator[Fault]], ...] = (
    _keys,
    _said_twice,
    _company_marks,
    _references,
    _purposes,
    _languages,
    _fields,
    _rules,
    _ways_to_find,
    _record_keys,
    _special,
    _papers,
    _departments,
    *meaning_of_processors.CHECKS,
    *meaning_of_feeds.CHECKS,
    _use,
    _silence,
    _gaps,
)


@cache
def _definitions() -> dict[str, Any]:
    definitions: dict[str, Any] = schema.build()["$defs"]
    return definitions


def _register(tree: Place, key: str) -> list[Place]:
    return next((each.each("fields") for each in tree.each("registers") if each.word("key") == key), [])


def _repeated(items: list[Place], *names: str) -> Iterator[tuple[Place, Place]]:
    first: dict[tuple[str, ...], Place] = {}
    for item in items:
        words = tuple(item.word(name) for name in names)
        if all(words) and words in first:
            yield item, first[words]
        first.setdefault(words, item)


def _keys_of(items: list[Place]) -> set[str]:
    return {item.word("key") for item in items}


def _values(words: list[Place]) -> set[str]:
    return {str(word.value) for word in words}
