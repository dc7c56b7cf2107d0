"""The forms of the register editor: what they ask, and how what was given becomes a part of a register.

A form shows the digest of the part it was opened on (`seen`): if somebody has changed that part since, what was given
is not kept over it without a word.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.api import wording
from tenants.acting import PurposeKind
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Language, Text, sentence, translate, translate_in_context
from tenants.manifests import editing, faults, model
from tenants.manifests.meaning import OWN_PURPOSES
from tenants.manifests.model import (
    MOST_FIELDS,
    Category,
    DeclaredField,
    DeclaredPaper,
    DeclaredPurpose,
    DeclaredRecipient,
    DeclaredRegister,
    DeclaredRetention,
    DeclaredRule,
    Gap,
    Manifest,
    Protection,
    PurposeData,
    RetentionStart,
    Rule,
    Source,
)
from tenants.manifests.parts import Parts
from tenants.manifests.schema import LONGEST_TEXT
from tenants.manifests.tree import UNPRINTABLE
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
from tenants.vault.digests import IdentifierKind

Given = Mapping[str, str | list[str]]
Word = TypeVar("Word", bound=StrEnum)
SEEN = "seen"
YES, NO = "yes", "no"
LONGEST_NAME = 200
KINDS = tuple(kind for kind in PurposeKind if kind not in OWN_PURPOSES)
# What a gap may be about.
OF_REGISTER = (
    "retention",
    "retention.months",
    "data_subjects",
    "sources",
    "recipients",
    "protection",
    "kept_by",
)
OF_PURPOSE = ("basis", "interest", "special", "data", "companies")

NAMES = {
    Language.FI: sentence("%(what)s in Finnish"),
    Language.SV: sentence("%(what)s in Swedish"),
    Language.EN: sentence("%(what)s in English"),
}


class BoundForNothing(Invalid):
    """A field that stands beside another is kept for some purpose: choose which."""


class ToldAlready(Invalid):
    """A gap tells of this already; change that one."""


class Control(Struct, frozen=True, kw_only=True):
    """One question of a form. `kind` is text, area, number, select or boxes; `value` what it shows at first."""

    kind: str
    name: str
    label: str
    hint: str = ""
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    chosen: tuple[str, ...] = ()
    optional: bool = False
    empty: str = ""
    longest: int = 0


class Question:
    """Makes controls in the reader's language and the languages of the group."""

    def __init__(self, language: Language, manifest: Manifest) -> None:
        self.language = language
        self.spoken = manifest.group.languages

    def say(self, words: str) -> str:
        return translate(self.language, words)

    def text(
        self, name: str, what: str, text: Text | None, *, optional: bool = False, long: bool = False
    ) -> list[Control]:
        return [
            Control(
                kind="area" if long else "text",
                name=f"{name}-{language}",
                label=translate(self.language, NAMES[language], what=self.say(what)),
                value=(getattr(text, language) or "") if text else "",
                optional=optional,
                longest=LONGEST_TEXT,
            )
            for language in self.spoken
        ]

    def words(
        self, name: str, label: str, kinds: Sequence[StrEnum], value: StrEnum | None, *, empty: str = ""
    ) -> Control:
        return Control(
            kind="select",
            name=name,
            label=self.say(label),
            options=tuple((str(one), wording.said(self.language, one)) for one in kinds),
            value=str(value) if value else "",
            optional=bool(empty),
            empty=self.say(empty) if empty else "",
        )

    def yes_or_no(self, name: str, label: str, value: bool | None, *, empty: str) -> Control:
        return Control(
            kind="select",
            name=name,
            label=self.say(label),
            options=tuple((one, translate_in_context(self.language, "archive", one)) for one in (YES, NO)),
            value="" if value is None else YES if value else NO,
            optional=True,
            empty=self.say(empty),
        )

    def named(self, text: Text) -> str:
        return text.in_(self.language)


class Answers:
    """Reads what was given and gathers what is wrong with it."""

    def __init__(self, given: Given, manifest: Manifest) -> None:
        self.given = given
        self.spoken = manifest.group.languages
        self.problems: list[Invalid] = []

    def line(self, name: str) -> str:
        value = self.given.get(name, "")
        return (value if isinstance(value, str) else value[0]).replace("\r\n", "\n").strip()

    def several(self, name: str) -> tuple[str, ...]:
        value = self.given.get(name, ())
        return (value,) if isinstance(value, str) else tuple(value)

    def text(self, name: str) -> Text:
        said = {language: self.line(f"{name}-{language}") for language in self.spoken}
        for language, words in said.items():
            if not words:
                self.problems.append(faults.NothingGiven(0, f"{name}-{language}"))
            elif len(words) > LONGEST_TEXT:
                self.problems.append(faults.TooLong(0, f"{name}-{language}", limit=LONGEST_TEXT))
            elif _unprintable(words):
                self.problems.append(faults.ControlCharacter(0, f"{name}-{language}", code=_unprintable(words)))
        return Text(**{"fi": "", **{str(language): words for language, words in said.items()}})

    def line_or_none(self, name: str, *, most: int) -> str | None:
        given = self.line(name)
        if len(given) > most:
            self.problems.append(faults.TooLong(0, name, limit=most))
        elif "\n" in given:
            self.problems.append(faults.NotOneLine(0, name))
        elif _unprintable(given):
            self.problems.append(faults.ControlCharacter(0, name, code=_unprintable(given)))
        return given or None

    def text_or_none(self, name: str) -> Text | None:
        return self.text(name) if any(self.line(f"{name}-{language}") for language in self.spoken) else None

    def key(self, name: str) -> str:
        given = self.line(name)
        if not re.search(model.KEY, given):
            self.problems.append(faults.NotAKey(0, name, value=given[:60]))
        return given

    def word(self, name: str, kind: type[Word], otherwise: Word) -> Word:
        found = self.word_or_none(name, kind)
        return otherwise if found is None else found

    def word_or_none(self, name: str, kind: type[Word]) -> Word | None:
        given = self.line(name)
        if not given:
            return None
        if given not in {str(one) for one in kind}:
            self.problems.append(faults.NotOneOf(0, name, value=given[:60], possible=", ".join(kind)))
            return None
        return kind(given)

    def one_of(self, name: str, possible: Sequence[str]) -> str:
        given = self.line(name)
        if given in possible:
            return given
        self.problems.append(faults.NothingGiven(0, name))
        return ""

    def number(self, name: str, *, most: int) -> int | None:
        given = self.line(name)
        if not given:
            return None
        if not re.fullmatch("[0-9]{1,6}", given):
            self.problems.append(faults.NotNumber(0, name))
        elif int(given) < 1:
            self.problems.append(faults.TooSmall(0, name, limit=1))
        elif int(given) > most:
            self.problems.append(faults.TooGreat(0, name, limit=most))
        else:
            return int(given)
        return None

    def term(self, name: str) -> str | None:
        given = self.line(name)
        if given and not re.search(model.DPV, given):
            self.problems.append(faults.NotATerm(0, name, value=given[:60]))
        return given or None

    def done(self) -> None:
        """Raises SeveralInvalid."""
        if self.problems:
            raise SeveralInvalid(self.problems)


def digest(part: msgspec.Struct | tuple[str, ...] | None) -> str:
    return hashlib.sha256(msgspec.json.encode(part)).hexdigest()[:16] if part is not None else "new"


# What each form asks


def basics(
    ask: Question, manifest: Manifest, register: DeclaredRegister, company_key: str, *, fixed: bool
) -> list[Control]:
    """Of a register in force, how many records a person has is not asked any more: data stands on it."""
    sisters = [(one.key, one.name) for one in manifest.companies if one.key != company_key]
    return [
        *ask.text("name", NAME, register.name),
        *ask.text("data_subjects", SUBJECTS, register.data_subjects, optional=True),
        *([] if fixed else [ask.words("cardinality", CARDINALITY, tuple(Cardinality), register.cardinality)]),
        *_retention(ask, register.retention),
        Control(
            kind="number",
            name="corrections_kept_days",
            label=ask.say(CORRECTIONS),
            value=_shown(register.corrections_kept_days),
            optional=True,
        ),
        ask.words("identity_level", IDENTITY, tuple(IdentityLevel), register.identity_level),
        _boxes(
            "sources", ask.say(SOURCES), [(one.key, ask.named(one.text)) for one in manifest.sources], register.sources
        ),
        *ask.text("source", NEW_SOURCE, None, optional=True),
        _boxes(
            "recipients",
            ask.say(RECIPIENTS),
            [(one.key, one.name or ask.named(one.label)) for one in manifest.recipients],
            register.recipients,
        ),
        *_protection(ask, register.protection or Protection()),
        replace(_boxes("kept_by", ask.say(KEPT_BY), sisters, register.kept_by), hint=ask.say(KEPT_BY_HINT)),
    ]


def _retention(ask: Question, kept: DeclaredRetention) -> list[Control]:
    return [
        *ask.text("retention", RETENTION, kept.text, long=True),
        Control(
            kind="number",
            name="months",
            label=ask.say(MONTHS),
            hint=ask.say(MONTHS_HINT),
            value=_shown(kept.months),
            optional=True,
        ),
        ask.words("counted_from", COUNTED_FROM, tuple(RetentionStart), kept.counted_from, empty=NOT_STATED),
        Control(
            kind="number",
            name="purge_every_months",
            label=ask.say(PURGE),
            hint=ask.say(PURGE_HINT),
            value=_shown(kept.purge_every_months),
            optional=True,
        ),
    ]


def _protection(ask: Question, said: Protection) -> list[Control]:
    return [
        *ask.text("manual", MANUAL, said.manual, optional=True, long=True),
        *ask.text("electronic", ELECTRONIC, said.electronic, optional=True, long=True),
    ]


def basics_given(
    answers: Answers, manifest: Manifest, register: DeclaredRegister, company_key: str, *, fixed: bool
) -> Callable[[Parts], Parts]:
    retention = replace(
        register.retention,
        text=answers.text("retention"),
        months=answers.number("months", most=600),
        counted_from=answers.word_or_none("counted_from", RetentionStart),
        purge_every_months=answers.number("purge_every_months", most=120),
    )
    protection = Protection(manual=answers.text_or_none("manual"), electronic=answers.text_or_none("electronic"))
    cardinality = register.cardinality
    source = answers.text_or_none("source")
    known = {one.key for one in manifest.sources}
    changed = replace(
        register,
        kept_by=_keepers(answers, manifest, register, company_key),
        name=answers.text("name"),
        data_subjects=answers.text_or_none("data_subjects"),
        cardinality=cardinality if fixed else answers.word("cardinality", Cardinality, cardinality),
        retention=retention,
        protection=protection if protection != Protection() else None,
        corrections_kept_days=answers.number("corrections_kept_days", most=3650),
        identity_level=answers.word("identity_level", IdentityLevel, register.identity_level),
        sources=tuple(key for key in answers.several("sources") if key in known),
        recipients=tuple(
            key for key in answers.several("recipients") if key in {one.key for one in manifest.recipients}
        ),
    )
    answers.done()
    new = Source(key=_free_key("source", known), text=source) if source else None
    return lambda parts: editing.with_register(parts, changed, manifest, new)


def _keepers(answers: Answers, manifest: Manifest, register: DeclaredRegister, company_key: str) -> tuple[str, ...]:
    """In the order in which they are declared; who keeps it already stays where it stands."""
    chosen = {company_key, *answers.several("kept_by")}
    stay = [key for key in register.kept_by if key in chosen]
    return (*stay, *(one.key for one in manifest.companies if one.key in chosen and one.key not in stay))


def field(ask: Question, manifest: Manifest, parts: Parts, one: DeclaredField | None, *, fixed: bool) -> list[Control]:
    """Of a field in force, what data may stand on is not asked any more."""
    category = next((each for each in manifest.categories if one and each.key == one.category), None)
    using = tuple(each.key for each in parts.purposes if one is None or one.key in editing.fields_used(parts, each))
    key = [] if one else [Control(kind="text", name="key", label=ask.say(KEY), hint=ask.say(KEY_HINT), longest=40)]
    return [
        *key,
        *ask.text("label", LABEL, one.label if one else None),
        Control(
            kind="select",
            name="category",
            label=ask.say(CATEGORY),
            options=tuple((each.key, ask.named(each.label)) for each in manifest.categories),
            value=one.category if one else "",
            optional=True,
            empty=ask.say(NEW_CATEGORY_BELOW),
        ),
        *ask.text("new_category", NEW_CATEGORY, None, optional=True),
        _boxes(
            "special",
            ask.say(SPECIAL_LEGEND),
            [("yes", ask.say(SPECIAL))],
            ("yes",) if category and category.special else (),
        ),
        ask.words("origin", ORIGIN, tuple(Origin), one.origin if one else Origin.PROVIDED),
        *([] if fixed else _foundation(ask, one)),
        *_keeping(ask, parts, one, using),
        *(_binding(ask, parts, one) if _may_be_bound(one, fixed=fixed) else []),
    ]


def _foundation(ask: Question, one: DeclaredField | None) -> list[Control]:
    """What data will stand on."""
    return [
        ask.words("type", TYPE, tuple(FieldType), one.type if one else FieldType.TEXT),
        ask.words(
            "identifier", IDENTIFIER, tuple(IdentifierKind), one.identifier if one else None, empty=NO_IDENTIFIER
        ),
        _boxes(
            "flags",
            ask.say(FLAGS),
            [("sealed", ask.say(SEALED)), ("record_key", ask.say(RECORD_KEY))],
            _flags(one, "sealed", "record_key"),
        ),
    ]


def _keeping(ask: Question, parts: Parts, one: DeclaredField | None, using: tuple[str, ...]) -> list[Control]:
    """How long, under which name elsewhere, and for what."""
    return [
        _boxes(
            "required", ask.say(REQUIRED_LEGEND), [("yes", ask.say(REQUIRED))], ("yes",) if one and one.required else ()
        ),
        ask.words(
            "retention_class",
            RETENTION_CLASS,
            tuple(RetentionClass),
            one.retention_class if one else None,
            empty=AS_REGISTER,
        ),
        Control(
            kind="text",
            name="dpv",
            label=ask.say(DPV),
            hint=ask.say(DPV_HINT),
            value=(one.dpv or "") if one else "",
            optional=True,
            longest=90,
        ),
        _boxes("purposes", ask.say(USED_BY), [(each.key, ask.named(each.label)) for each in parts.purposes], using),
    ]


def _may_be_bound(one: DeclaredField | None, *, fixed: bool) -> bool:
    """What is kept for certain purposes only is sealed, and that is not changed of a field in force."""
    return one is None or one.sealed or not fixed


def _binding(ask: Question, parts: Parts, one: DeclaredField | None) -> list[Control]:
    """Which purposes alone it is kept for, and beside what."""
    rule = one.only_for if one else None
    kinds = [(str(kind), wording.said(ask.language, kind)) for kind in KINDS]
    others = [each for each in editing.register_of(parts).fields if one is None or each.key != one.key]
    return [
        replace(
            _boxes("only_for", ask.say(ONLY_FOR), kinds, tuple(str(kind) for kind in rule.kinds) if rule else ()),
            hint=ask.say(ONLY_FOR_HINT),
        ),
        Control(
            kind="select",
            name="beside",
            label=ask.say(BESIDE),
            hint=ask.say(BESIDE_HINT),
            options=tuple((each.key, ask.named(each.label)) for each in others),
            value=(rule.beside or "") if rule else "",
            optional=True,
            empty=ask.say(ON_ITS_OWN),
        ),
    ]


def _rule_given(answers: Answers) -> DeclaredRule | None:
    given, beside = answers.several("only_for"), answers.line("beside")
    kinds = tuple(kind for kind in KINDS if str(kind) in given)
    if beside and not kinds:
        answers.problems.append(BoundForNothing(field="only_for"))
    return DeclaredRule(kinds=kinds, beside=beside or None) if kinds else None


def field_given(
    answers: Answers, manifest: Manifest, parts: Parts, one: DeclaredField | None, *, fixed: bool
) -> Callable[[Parts], Parts]:
    label = answers.text("label")
    key = one.key if one else answers.key("key")
    if one is None and any(each.key == key for each in editing.register_of(parts).fields):
        answers.problems.append(faults.KeyUsedTwice(0, "key", key=key, first=1))
    category = _category(answers, manifest)
    flags = answers.several("flags")
    kept = one if fixed and one else None
    found = DeclaredField(
        key=key or "x",
        label=label,
        category=category.key,
        type=kept.type if kept else answers.word("type", FieldType, FieldType.TEXT),
        origin=answers.word("origin", Origin, Origin.PROVIDED),
        identifier=kept.identifier if kept else answers.word_or_none("identifier", IdentifierKind),
        sealed=kept.sealed if kept else "sealed" in flags,
        required="yes" in answers.several("required"),
        record_key=kept.record_key if kept else "record_key" in flags,
        only_for=_rule_given(answers) if _may_be_bound(one, fixed=fixed) else None,
        retention_class=answers.word_or_none("retention_class", RetentionClass),
        dpv=answers.term("dpv"),
    )
    answers.done()
    used_by = answers.several("purposes")
    return lambda of: editing.with_field(of, found, used_by, category)


def purpose(
    ask: Question, manifest: Manifest, parts: Parts, one: DeclaredPurpose | None, company_key: str
) -> list[Control]:
    register = editing.register_of(parts)
    companies = one.companies if one else (company_key,)
    used = editing.fields_used(parts, one) if one else tuple(each.key for each in register.fields)
    key = [] if one else [Control(kind="text", name="key", label=ask.say(KEY), hint=ask.say(KEY_HINT), longest=40)]
    return [
        *key,
        *ask.text("label", LABEL, one.label if one else None),
        ask.words("kind", KIND, KINDS, one.kind if one else None),
        ask.words("basis", BASIS, tuple(LegalBasis), one.basis if one else None, empty=NOT_STATED),
        *ask.text("interest", INTEREST, one.interest if one else None, optional=True),
        ask.words("special", CONDITION, tuple(SpecialCondition), one.special if one else None, empty=NO_SPECIAL),
        _boxes("fields", ask.say(FIELDS), [(each.key, ask.named(each.label)) for each in register.fields], used),
        *_companies(ask, manifest, _keeping_any(manifest, register, one), PURPOSE_OF, companies),
    ]


def purpose_given(
    answers: Answers, manifest: Manifest, parts: Parts, one: DeclaredPurpose | None, company_key: str
) -> Callable[[Parts], Parts]:
    register = editing.register_of(parts)
    key = one.key if one else answers.key("key")
    if one is None and any(each.key == key for each in (*manifest.purposes, *parts.purposes)):
        answers.problems.append(faults.KeyUsedTwice(0, "key", key=key, first=1))
    fields = tuple(each.key for each in register.fields if each.key in answers.several("fields"))
    if not fields:
        answers.problems.append(faults.NothingGiven(0, "fields"))
    before = one.companies if one else (company_key,)
    companies = _companies_given(answers, _keeping_any(manifest, register, one), before)
    said = DeclaredPurpose(
        key=key or "x",
        kind=answers.word("kind", PurposeKind, PurposeKind.CUSTOMER_CARE),
        basis=answers.word_or_none("basis", LegalBasis),
        special=answers.word_or_none("special", SpecialCondition),
        label=answers.text("label"),
        interest=answers.text_or_none("interest"),
        companies=companies,
        data=one.data if one else (PurposeData(register=register.key),),
        gaps=tuple(gap for gap in one.gaps if gap.about != "basis" or not answers.line("basis")) if one else (),
    )
    answers.done()
    return lambda of: editing.with_purpose(of, said, fields)


def paper(
    ask: Question, manifest: Manifest, parts: Parts, one: DeclaredPaper | None, company_key: str
) -> list[Control]:
    keepers = editing.register_of(parts).kept_by
    key = [] if one else [Control(kind="text", name="key", label=ask.say(KEY), hint=ask.say(KEY_HINT), longest=40)]
    return [
        *key,
        *ask.text("place", PLACE, one.place if one else None),
        *ask.text("lock", LOCK, one.lock if one else None),
        *ask.text("key_holder", KEY_HOLDER, one.key_holder if one else None),
        *_companies(ask, manifest, keepers, PAPER_OF, one.companies if one else (company_key,)),
    ]


def paper_given(
    answers: Answers, parts: Parts, one: DeclaredPaper | None, company_key: str
) -> Callable[[Parts], Parts]:
    register = editing.register_of(parts)
    key = one.key if one else answers.key("key")
    if one is None and any(each.key == key for each in register.paper):
        answers.problems.append(faults.KeyUsedTwice(0, "key", key=key, first=1))
    companies = _companies_given(answers, register.kept_by, one.companies if one else (company_key,))
    said = DeclaredPaper(
        key=key or "x",
        place=answers.text("place"),
        lock=answers.text("lock"),
        key_holder=answers.text("key_holder"),
        companies=companies,
    )
    answers.done()
    return lambda of: editing.with_paper(of, said)


def _keeping_any(manifest: Manifest, register: DeclaredRegister, one: DeclaredPurpose | None) -> tuple[str, ...]:
    """Who keeps this register, or another that the purpose uses."""
    used = {part.register for part in one.data} if one else set()
    others = [key for each in manifest.registers if each.key in used - {register.key} for key in each.kept_by]
    return tuple(dict.fromkeys([*register.kept_by, *others]))


def _companies(
    ask: Question, manifest: Manifest, possible: Sequence[str], label: str, said: Sequence[str] | None
) -> list[Control]:
    """Which of several companies a thing is of; none named is all. Nothing is asked where there is only one."""
    if len(possible) < 2:
        return []
    options = [(one.key, one.name) for one in manifest.companies if one.key in possible]
    return [_boxes("companies", ask.say(label), options, possible if said is None else said)]


def _companies_given(
    answers: Answers, possible: Sequence[str], before: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    if len(possible) < 2:
        return None if before is None or set(before) >= set(possible) else before
    chosen = tuple(key for key in possible if key in answers.several("companies"))
    if not chosen:
        answers.problems.append(faults.NothingGiven(0, "companies"))
    if before is not None and set(before) == set(chosen):
        return before
    return None if len(chosen) == len(possible) else chosen


def order(ask: Question, register: DeclaredRegister) -> list[Control]:
    """A number for each field; whoever gives a field another number moves it there."""
    return [
        Control(kind="number", name=f"at-{one.key}", label=ask.named(one.label), value=str(place))
        for place, one in enumerate(register.fields, start=1)
    ]


def order_given(answers: Answers, register: DeclaredRegister) -> Callable[[Parts], Parts]:
    """A field that comes up to a place stands before whatever is there, one that goes down to it behind."""
    places: list[tuple[int, int, str]] = []
    for now, one in enumerate(register.fields, start=1):
        wanted = answers.number(f"at-{one.key}", most=MOST_FIELDS) or now
        places.append((wanted, (wanted > now) - (wanted < now), one.key))
    answers.done()
    return lambda of: editing.in_order(of, [key for _, _, key in sorted(places, key=lambda each: each[:2])])


def recipient(ask: Question, one: DeclaredRecipient | None) -> list[Control]:
    key = [] if one else [Control(kind="text", name="key", label=ask.say(KEY), hint=ask.say(KEY_HINT), longest=40)]
    return [
        *key,
        ask.words("kind", RECIPIENT_KIND, tuple(RecipientKind), one.kind if one else None),
        *ask.text("label", RECIPIENT_LABEL, one.label if one else None),
        Control(
            kind="text",
            name="name",
            label=ask.say(RECIPIENT_NAME),
            value=(one.name or "") if one else "",
            optional=True,
            longest=LONGEST_NAME,
        ),
        *ask.text("purpose", RECIPIENT_PURPOSE, one.purpose if one else None, optional=True),
        ask.yes_or_no("outside_eea", OUTSIDE_EEA, one.outside_eea if one else None, empty=NOT_STATED),
    ]


def recipient_given(answers: Answers, manifest: Manifest, one: DeclaredRecipient | None) -> Callable[[Parts], Parts]:
    key = one.key if one else answers.key("key")
    if one is None and any(each.key == key for each in manifest.recipients):
        answers.problems.append(faults.KeyUsedTwice(0, "key", key=key, first=1))
    outside = answers.line("outside_eea")
    said = DeclaredRecipient(
        key=key or "x",
        kind=answers.word("kind", RecipientKind, RecipientKind.OTHER_PARTNER),
        label=answers.text("label"),
        name=answers.line_or_none("name", most=LONGEST_NAME),
        purpose=answers.text_or_none("purpose"),
        outside_eea=outside == YES if outside in (YES, NO) else None,
    )
    answers.done()
    return lambda of: editing.with_recipient(of, said)


def gap_places(parts: Parts, place: str = "") -> list[str]:
    """What of a register and its purposes a notice may leave unsaid; and whatever a gap is about already."""
    register = editing.register_of(parts)
    found = [f"register.{name}" for name in OF_REGISTER]
    found += [f"purposes.{one.key}.{name}" for one in parts.purposes for name in OF_PURPOSE]
    found += [f"register.fields.{one.key}" for one in register.fields]
    return found if place in ("", *found) else [place, *found]


def gap(ask: Question, places: Sequence[tuple[str, str]], place: str, one: Gap | None) -> list[Control]:
    """`places` and their words."""
    return [
        Control(
            kind="select",
            name="place",
            label=ask.say(UNSAID),
            options=tuple(places),
            value=place,
            empty="" if one else ask.say(CHOOSE),
        ),
        replace(ask.words("rule", RULE, tuple(Rule), one.rule if one else None), empty="" if one else ask.say(CHOOSE)),
        *ask.text("says", GAP_SAYS, one.says if one else None, long=True),
        *ask.text("proposal", GAP_PROPOSAL, one.proposal if one else None, optional=True, long=True),
    ]


def gap_given(
    answers: Answers, parts: Parts, places: Sequence[tuple[str, str]], key: str | None
) -> Callable[[Parts], Parts]:
    """`key` of the gap that is changed; None for a new one."""
    place = answers.one_of("place", [one for one, _ in places])
    rule = answers.one_of("rule", [str(one) for one in Rule])
    about = place.split(".", 2 if place.startswith("purposes.") else 1)[-1]
    said = Gap(
        rule=Rule(rule or Rule.DECISION),
        about=about,
        says=answers.text("says"),
        proposal=answers.text_or_none("proposal"),
    )
    becomes = editing.gap_key(place, said)
    if becomes != key and any(editing.gap_key(*each) == becomes for each in editing.gaps(parts)):
        answers.problems.append(ToldAlready(field="place"))
    answers.done()
    return lambda of: editing.with_gap(of, place, said, key)


def new_register(ask: Question, manifest: Manifest) -> list[Control]:
    return [
        Control(kind="text", name="key", label=ask.say(KEY), hint=ask.say(KEY_HINT), longest=40),
        *ask.text("name", NAME, None),
        ask.words("cardinality", CARDINALITY, tuple(Cardinality), Cardinality.ONE),
        *ask.text("retention", RETENTION, None, long=True),
        Control(kind="number", name="months", label=ask.say(MONTHS), value="24"),
        *ask.text("purpose", FIRST_PURPOSE, None),
        ask.words("kind", KIND, KINDS, None),
        ask.words("basis", BASIS, tuple(LegalBasis), None),
        *ask.text("new_category", FIRST_CATEGORY, None),
    ]


def register_given(answers: Answers, manifest: Manifest, company_key: str) -> Parts:
    """It begins with what people are found by, so that it is whole from the start: a customer number."""
    key = answers.key("key")
    category = _category(answers, manifest)
    months = answers.number("months", most=600)
    if months is None and not answers.problems:
        answers.problems.append(faults.NothingGiven(0, "months"))
    register = DeclaredRegister(
        key=key or "x",
        kept_by=(company_key,),
        name=answers.text("name"),
        cardinality=answers.word("cardinality", Cardinality, Cardinality.ONE),
        retention=DeclaredRetention(text=answers.text("retention"), months=months),
        fields=(
            DeclaredField(
                key="customer_number",
                label=Text(fi="Asiakasnumero", sv="Kundnummer", en="Customer number"),
                category=category.key,
                origin=Origin.OBSERVED,
                identifier=IdentifierKind.CUSTOMER_NUMBER,
                required=True,
                record_key=True,
            ),
        ),
    )
    purpose = DeclaredPurpose(
        key=_free_key(key or "x", {one.key for one in manifest.purposes}),
        kind=answers.word("kind", PurposeKind, PurposeKind.CUSTOMER_CARE),
        basis=answers.word_or_none("basis", LegalBasis),
        label=answers.text("purpose"),
        data=(PurposeData(register=register.key),),
    )
    answers.done()
    return Parts(register=register, purposes=(purpose,), categories=(category,))


def _category(answers: Answers, manifest: Manifest) -> Category:
    special = "yes" in answers.several("special")
    chosen = next((one for one in manifest.categories if one.key == answers.line("category")), None)
    if chosen is not None:
        return replace(chosen, special=special)
    known = {one.key for one in manifest.categories}
    return Category(key=_free_key("category", known), label=answers.text("new_category"), special=special)


def _free_key(wanted: str, known: set[str]) -> str:
    return next(key for number in range(len(known) + 1) if (key := f"{wanted}{number or ''}"[:40]) not in known)


def _boxes(name: str, label: str, options: Sequence[tuple[str, str]], chosen: Sequence[str]) -> Control:
    return Control(kind="boxes", name=name, label=label, options=tuple(options), chosen=tuple(chosen), optional=True)


def _flags(one: DeclaredField | None, *names: str) -> tuple[str, ...]:
    return tuple(name for name in names if one is not None and getattr(one, name))


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _unprintable(words: str) -> str:
    """What no manifest may hold, so that what was published here can be written to a file and read again."""
    found = UNPRINTABLE.search(words)
    return f"U+{ord(found.group()):04X}" if found else ""


NAME = sentence("Name of the register")
SUBJECTS = sentence("Whose data")
RETENTION = sentence("How long it is kept, in words")
MONTHS = sentence("At most so many months")
MONTHS_HINT = sentence("Left empty where the notice gives no number; then a gap has to tell so.")
PURGE = sentence("Unnecessary data is removed every so many months")
PURGE_HINT = sentence("Left empty where the notice gives no such interval.")
MANUAL = sentence("How manual material is protected")
ELECTRONIC = sentence("How electronic material is protected")
CORRECTIONS = sentence("Days for which it is kept what a corrected value was")
IDENTITY = sentence("How surely a person must be known before this data is handed out")
CARDINALITY = sentence("Records of one person")
SOURCES = sentence("Whence the data comes")
NEW_SOURCE = sentence("A source more")
RECIPIENTS = sentence("Who else receives it")
KEY = sentence("Key")
KEY_HINT = sentence(
    "Lower-case letters a to z, digits, _ and -. It stays as it is: files and programs name the thing by it."
)
LABEL = sentence("Name")
CATEGORY = sentence("Category of data")
NEW_CATEGORY_BELOW = sentence("a new one, named below")
NEW_CATEGORY = sentence("New category")
FIRST_CATEGORY = sentence("First category of data")
FIRST_PURPOSE = sentence("First purpose")
SPECIAL_LEGEND = sentence("Special categories of data")
SPECIAL = sentence("This category is about health, beliefs or the like (Art. 9)")
ORIGIN = sentence("Origin")
TYPE = sentence("Type")
IDENTIFIER = sentence("Found by it")
NO_IDENTIFIER = sentence("people are not found by it")
FLAGS = sentence("How it is kept")
SEALED = sentence("Encrypted")
RECORD_KEY = sentence("The record's own key, such as an order number")
REQUIRED_LEGEND = sentence("May it be missing?")
REQUIRED = sentence("Every record must have it")
RETENTION_CLASS = sentence("Kept")
AS_REGISTER = sentence("as long as the register")
DPV = sentence("Term of the Data Privacy Vocabulary")
DPV_HINT = sentence("Such as pd:EmailAddress")
USED_BY = sentence("Purposes that use it")
KIND = sentence("Kind of purpose")
BASIS = sentence("Legal basis (Art. 6)")
NOT_STATED = sentence("not stated")
INTEREST = sentence("The legitimate interest, where that is the basis")
CONDITION = sentence("Condition for special categories (Art. 9)")
NO_SPECIAL = sentence("no data of special categories")
FIELDS = sentence("Data that the purpose uses")
PLACE = sentence("Place")
LOCK = sentence("How it is locked and guarded")
KEY_HOLDER = sentence("Who has the key (a role)")
COUNTED_FROM = sentence("Counted from")
KEPT_BY = sentence("Other companies that keep such a register")
PURPOSE_OF = sentence("Companies whose purpose it is")
PAPER_OF = sentence("Companies that keep it there")
KEPT_BY_HINT = sentence("Each keeps its own, and approves the change before it is published.")
ONLY_FOR = sentence("Kept for these purposes only")
ONLY_FOR_HINT = sentence(
    "Where none is chosen, for every purpose that uses the field. A field that is bound so is encrypted."
)
BESIDE = sentence("Only together with")
BESIDE_HINT = sentence("The field in which a record must have a value, such as the number of a contract.")
ON_ITS_OWN = sentence("on its own")
RECIPIENT_KIND = sentence("Kind of recipient")
RECIPIENT_LABEL = sentence("Category in words")
RECIPIENT_NAME = sentence("The recipient's name, where the notice names it")
RECIPIENT_PURPOSE = sentence("What for")
OUTSIDE_EEA = sentence("Is data transferred outside the EU and the EEA?")
UNSAID = sentence("What is left unsaid or is unlawful")
RULE = sentence("What is wrong with it")
CHOOSE = sentence("Choose")
GAP_SAYS = sentence("What the notice says or leaves out")
GAP_PROPOSAL = sentence("What it could say")
