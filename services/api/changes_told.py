"""Changes of a register in words: what of which thing, what it said, what it will say."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from services.api import wording
from services.api.problems import said
from tenants.acting import PurposeKind
from tenants.errors import Invalid
from tenants.languages.speaking import Language, sentence, translate, translate_in_context
from tenants.manifests.drafting import Draft
from tenants.manifests.effects import ShareEffect
from tenants.manifests.merging import Clash
from tenants.manifests.model import DeclaredPurpose, Manifest, RetentionStart, Rule
from tenants.manifests.planning import Change, ChangeKind
from tenants.manifests.tree import Plain
from tenants.registers.model import (
    Cardinality,
    FieldType,
    IdentityLevel,
    LegalBasis,
    Origin,
    RecipientKind,
    RetentionClass,
    SpecialCondition,
)
from tenants.sharing.model import PolicyState
from tenants.vault.digests import IdentifierKind


class ToldChange(Struct, frozen=True):
    """`thing` is what changes, `what` the part of it; empty where the thing as a whole comes or goes."""

    kind: ChangeKind
    thing: str
    what: str
    was: str
    becomes: str


class ToldClash(Struct, frozen=True):
    thing: str
    what: str
    mine: str
    theirs: str


class ToldShare(Struct, frozen=True):
    """`shut` are receivers for whom the door would not open any more; `loses` and `gains` name fields."""

    state: PolicyState
    parties: str
    register: str
    purpose: str
    breaks: tuple[str, ...]
    mends: tuple[str, ...]
    loses: str
    gains: str
    shut: str


def change(language: Language, draft: Draft, one: Change) -> ToldChange:
    thing, what = _named(language, draft, one.place)
    return ToldChange(
        kind=one.kind,
        thing=thing,
        what=what,
        was=_side(language, draft, one, one.was),
        becomes=_side(language, draft, one, one.becomes),
    )


def clash(language: Language, draft: Draft, one: Clash) -> ToldClash:
    place = _whole(draft, one.place)
    thing, what = _named(language, draft, place)
    return ToldClash(thing, what, _value(language, draft, place, one.mine), _value(language, draft, place, one.theirs))


def fault(language: Language, draft: Draft, one: Invalid) -> str:
    """With the words of its place, where it has one."""
    sentence_of = said(language, one)
    return f"{where(language, draft, one.field)}: {sentence_of}" if one.field else sentence_of


def where(language: Language, draft: Draft, place: str) -> str:
    """In words; `place` as faults, clashes and gaps name it."""
    thing, what = _named(language, draft, _whole(draft, place))
    return f"{thing}, {what}" if what else thing


def share(language: Language, one: ShareEffect) -> ToldShare:
    return ToldShare(
        state=one.state,
        parties=f"{one.owner} → {', '.join(one.receivers)}",
        register=one.register.in_(language),
        purpose=one.purpose.in_(language),
        breaks=tuple(said(language, each) for each in one.breaks),
        mends=tuple(said(language, each) for each in one.mends),
        loses=", ".join(each.in_(language) for each in one.loses),
        gains=", ".join(each.in_(language) for each in one.gains),
        shut=", ".join(one.shut),
    )


def _whole(draft: Draft, place: str) -> str:
    """As a manifest has it: parts of a draft name the register as `register`."""
    first, _, rest = place.partition(".")
    return f"registers.{draft.row.register_key}.{rest}" if first == "register" else place


def _named(language: Language, draft: Draft, place: str) -> tuple[str, str]:
    """The thing, and what of it."""
    match place.split("."):
        case ["registers" | "purposes" as kind, key, "gaps", *rest] if rest:
            return _gap_named(language, draft, f"{kind}.{key}", ".".join(rest))
        case ["registers", key, "fields" | "paper" as kind, inner, *rest]:
            called = FIELD if kind == "fields" else PAPER
            return _thing(language, draft, called, ("registers", key, kind, inner)), _what(language, rest)
        case ["purposes", key, "data", register, *rest]:
            of = _label(language, draft, ("registers", _register_of(draft, key, register)))
            return _thing(language, draft, THINGS["purposes"], ("purposes", key)), _what(language, ["data", of, *rest])
        case [kind, key, *rest] if kind in THINGS:
            return _thing(language, draft, THINGS[kind], (kind, key)), _what(language, rest)
        case [first, *rest]:
            return _what(language, [first]), _what(language, rest)
    return place, ""


def _gap_named(language: Language, draft: Draft, holder: str, rest: str) -> tuple[str, str]:
    """Of `N05 retention.months.says.fi`: a gap has a name of two words, and what it is about may have dots."""
    found = _GAP.fullmatch(rest)
    if found is None:
        return translate(language, UNSAID), ""
    about, told = found.group("about"), found.group("told") or ""
    thing = f"{translate(language, GAP)}: {where(language, draft, f'{holder}.{about}')}"
    return thing, _what(language, filter(None, told.split(".")))


def _register_of(draft: Draft, purpose_key: str, register: str) -> str:
    """Faults tell of the data of a purpose by its number."""
    purpose = _at(draft.becomes, ("purposes", purpose_key))
    if register.isdecimal() and isinstance(purpose, DeclaredPurpose) and int(register) < len(purpose.data):
        return purpose.data[int(register)].register
    return register


def _thing(language: Language, draft: Draft, kind: str, steps: tuple[str, ...]) -> str:
    return f"{translate(language, kind)}: {_label(language, draft, steps)}"


def _what(language: Language, steps: Iterable[str]) -> str:
    """What is no part of ours is a name already; a number only counts."""
    words = [
        wording.said(language, Language(step))
        if step in list(Language)
        else translate(language, WHAT[step])
        if step in WHAT
        else step
        for step in steps
        if not step.isdecimal()
    ]
    return ", ".join(words)


def _label(language: Language, draft: Draft, steps: tuple[str, ...]) -> str:
    """As it will be called, or as it was where it goes."""
    for manifest in (draft.becomes, draft.in_force):
        found = _at(manifest, steps)
        for name in ("label", "name", "text", "place"):
            text = getattr(found, name, None)
            if text is not None:
                return text if isinstance(text, str) else str(text.in_(language))
    return steps[-1]


def _at(manifest: Manifest, steps: tuple[str, ...]) -> object:
    found: object = manifest
    for step in steps:
        if isinstance(found, tuple):
            found = next((one for one in found if getattr(one, "key", None) == step), None)
        else:
            found = getattr(found, step, None)
    return found


def _side(language: Language, draft: Draft, one: Change, value: Plain) -> str:
    """A list that is changed from or to nothing named everything; one item more or less is only itself."""
    if value is None and one.kind is ChangeKind.CHANGED:
        return translate(language, EVERYTHING)
    return _value(language, draft, one.place, value)


def _value(language: Language, draft: Draft, place: str, value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return _struct(language, draft, place, value)
    if isinstance(value, list):
        return ", ".join(filter(None, (_value(language, draft, place, one) for one in value)))
    return _word(language, draft, place, value)


def _struct(language: Language, draft: Draft, place: str, value: Mapping[str, Plain]) -> str:
    if "fi" in value:
        return _value(language, draft, place, value.get(language, value["fi"]))
    for joined, names in TOGETHER:
        if names[0] in value:
            sides = (_value(language, draft, f"{place}.{name}", value.get(name)) for name in names)
            return joined.join(filter(None, sides))
    if "register" in value:
        of = _label(language, draft, ("registers", str(value["register"])))
        fields = _value(language, draft, f"purposes..data.{value['register']}.fields", value.get("fields"))
        return f"{of}: {fields}" if fields else of
    if "key_holder" in value:
        return _paper(language, draft, place, value)
    named = next((value[name] for name in ("label", "name", "text", "place") if name in value), None)
    if named is None:
        return "; ".join(filter(None, (_value(language, draft, place, one) for one in value.values())))
    return _value(language, draft, place, named)


def _paper(language: Language, draft: Draft, place: str, value: Mapping[str, Plain]) -> str:
    """Whoever approves a place of paper wants to know how it is guarded."""
    guarded = (f"{translate(language, WHAT[name])}: {_value(language, draft, place, value[name])}" for name in GUARDED)
    return "; ".join((_value(language, draft, place, value["place"]), *guarded))


def _word(language: Language, draft: Draft, place: str, value: Plain) -> str:
    if isinstance(value, bool):
        yes, no = translate_in_context(language, "archive", "yes"), translate_in_context(language, "archive", "no")
        return yes if value else no
    steps = place.split(".")
    kind = RecipientKind if steps[0] == "recipients" and steps[-1] == "kind" else KINDS.get(steps[-1])
    if kind is not None and value in list(kind):
        return wording.said(language, kind(str(value)))
    beneath = _keyed(steps)
    if beneath is None:
        return str(value)
    # An order is told as the keys with commas.
    return ", ".join(_label(language, draft, (*beneath, key)) for key in str(value).split(", "))


def _keyed(steps: list[str]) -> tuple[str, ...] | None:
    """Where the things are declared that are named by key at this place; None where no key stands."""
    match steps:
        case ["registers", key, "fields" | "paper" as kind]:
            return "registers", key, kind
        case ["registers", key, "fields", _, "only_for", "beside"]:
            return "registers", key, "fields"
        case ["purposes", _, "data", key, "fields"]:
            return "registers", key, "fields"
        case ["purposes", _, "data"]:
            return ("registers",)
        case [kind] if kind in THINGS:
            return (kind,)
    return (REFERRED[steps[-1]],) if steps[-1] in REFERRED else None


_GAP = re.compile(r"(?P<rule>\S+) (?P<about>.+?)(\.(?P<told>(says|proposal)(\.(fi|sv|en))?))?")
GAP, UNSAID = sentence("Left unsaid"), sentence("what is left unsaid")
FIELD, PAPER = sentence("Field"), sentence("Place of paper")
GUARDED = ("lock", "key_holder")
# Of a gap and of a rule for a field, in one.
TOGETHER = ((": ", ("rule", "says")), (" + ", ("kinds", "beside")))
EVERYTHING = sentence("everything")
THINGS: Mapping[str, str] = {
    "registers": sentence("Register"),
    "purposes": sentence("Purpose"),
    "categories": sentence("Category of data"),
    "sources": sentence("Source"),
    "recipients": sentence("Recipient"),
}
REFERRED: Mapping[str, str] = {
    "category": "categories",
    "sources": "sources",
    "recipients": "recipients",
    "kept_by": "companies",
    "companies": "companies",
}
KINDS: Mapping[str, type[StrEnum]] = {
    "type": FieldType,
    "origin": Origin,
    "identifier": IdentifierKind,
    "retention_class": RetentionClass,
    "basis": LegalBasis,
    "special": SpecialCondition,
    "kind": PurposeKind,
    "identity_level": IdentityLevel,
    "cardinality": Cardinality,
    "kinds": PurposeKind,
    "counted_from": RetentionStart,
    "rule": Rule,
}
WHAT: Mapping[str, str] = {
    "name": sentence("name"),
    "label": sentence("name"),
    "text": sentence("wording"),
    "data_subjects": sentence("whose data"),
    "retention": sentence("retention time"),
    "months": sentence("months at most"),
    "corrections_kept_days": sentence("days for which corrected values are kept"),
    "identity_level": sentence("how a request is verified"),
    "cardinality": sentence("records of one person"),
    "sources": sentence("sources"),
    "recipients": sentence("recipients"),
    "kept_by": sentence("companies that keep it"),
    "companies": sentence("companies"),
    "fields": sentence("fields"),
    "data": sentence("data"),
    "category": sentence("category"),
    "type": sentence("type"),
    "origin": sentence("origin"),
    "identifier": sentence("what people are found by"),
    "sealed": sentence("encryption"),
    "required": sentence("required"),
    "record_key": sentence("key of the record"),
    "retention_class": sentence("retention class"),
    "dpv": sentence("DPV term"),
    "kind": sentence("kind"),
    "basis": sentence("legal basis"),
    "special": sentence("special categories (Art. 9)"),
    "interest": sentence("legitimate interest"),
    "place": sentence("place"),
    "lock": sentence("lock"),
    "key_holder": sentence("holder of the key"),
    "gaps": UNSAID,
    "says": sentence("what the notice says or leaves out"),
    "proposal": sentence("proposal"),
    "rule": sentence("what is wrong with it"),
    "about": sentence("what it is about"),
    "only_for": sentence("purposes that it is kept for"),
    "kinds": sentence("kinds of purpose"),
    "beside": sentence("together with"),
    "counted_from": sentence("counted from"),
    "purge_every_months": sentence("months between removals of unnecessary data"),
    "protection": sentence("protection"),
    "manual": sentence("manual material"),
    "electronic": sentence("electronic material"),
    "paper": sentence("paper archives"),
    "purpose": sentence("what for"),
    "outside_eea": sentence("transfers outside the EU and the EEA"),
    "key": sentence("key"),
    "registers": sentence("registers"),
    "purposes": sentence("purposes"),
    "categories": sentence("categories of data"),
    "register": sentence("register"),
}
