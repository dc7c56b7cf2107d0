"""Changes of a register in words: what of which thing, what it said, what it will say."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from services.api import wording
from services.api.problems import said
from tenants.acting import PurposeKind
from tenants.languages.speaking import Language, sentence, translate, translate_in_context
from tenants.manifests.drafting import Draft
from tenants.manifests.effects import ShareEffect
from tenants.manifests.merging import Clash
from tenants.manifests.model import Manifest
from tenants.manifests.planning import Change, ChangeKind
from tenants.manifests.tree import Plain
from tenants.registers.model import (
    Cardinality,
    FieldType,
    IdentityLevel,
    LegalBasis,
    Origin,
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
    state: PolicyState
    parties: str
    register: str
    purpose: str
    breaks: tuple[str, ...]
    mends: tuple[str, ...]
    shuts: bool


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
    steps = one.place.split(".")
    place = ".".join(["registers", draft.row.register_key, *steps[1:]]) if steps[0] == "register" else one.place
    thing, what = _named(language, draft, place)
    return ToldClash(thing, what, _value(language, draft, place, one.mine), _value(language, draft, place, one.theirs))


def share(language: Language, one: ShareEffect) -> ToldShare:
    return ToldShare(
        state=one.state,
        parties=f"{one.owner} → {', '.join(one.receivers)}",
        register=one.register.in_(language),
        purpose=one.purpose.in_(language),
        breaks=tuple(said(language, each) for each in one.breaks),
        mends=tuple(said(language, each) for each in one.mends),
        shuts=one.shuts,
    )


def _named(language: Language, draft: Draft, place: str) -> tuple[str, str]:
    """The thing, and what of it."""
    match place.split("."):
        case ["registers", key, "fields", field, *rest]:
            return _thing(language, FIELD, _label(language, draft, ("registers", key, "fields", field))), _what(
                language, rest
            )
        case ["registers", key, "paper", paper, *rest]:
            return _thing(language, PAPER, _label(language, draft, ("registers", key, "paper", paper))), _what(
                language, rest
            )
        case [kind, key, *rest] if kind in THINGS:
            return _thing(language, THINGS[kind], _label(language, draft, (kind, key))), _what(language, rest)
        case [first, *rest]:
            return first, _what(language, rest)
    return place, ""


def _thing(language: Language, kind: str, name: str) -> str:
    return f"{translate(language, kind)}: {name}"


def _what(language: Language, steps: Iterable[str]) -> str:
    words = [
        wording.said(language, Language(step))
        if step in list(Language)
        else translate(language, WHAT[step])
        if step in WHAT
        else step
        for step in steps
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
    last = place.rpartition(".")[2]
    if value is None:
        return ""
    if isinstance(value, Mapping):
        named = next((value[name] for name in ("label", "name", "text", "place", "fi") if name in value), None)
        return _value(language, draft, place, value.get(language, named) if "fi" in value else named)
    if isinstance(value, list):
        return ", ".join(filter(None, (_value(language, draft, place, one) for one in value)))
    return _word(language, draft, last, value)


def _word(language: Language, draft: Draft, of: str, value: Plain) -> str:
    if isinstance(value, bool):
        yes, no = translate_in_context(language, "archive", "yes"), translate_in_context(language, "archive", "no")
        return yes if value else no
    kind = KINDS.get(of)
    if kind is not None and value in list(kind):
        return wording.said(language, kind(str(value)))
    return _label(language, draft, (REFERRED[of], str(value))) if of in REFERRED else str(value)


FIELD, PAPER = sentence("Field"), sentence("Place of paper")
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
    "gaps": sentence("what is left unsaid"),
}
