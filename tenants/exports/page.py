"""The page that a person reads: Art. 15(1) (a) to (h), and the data themselves."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache, partial
from itertools import islice
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from tenants import settings
from tenants.exports.declared import Field, Purpose, Register
from tenants.exports.dossier import Dossier, HeldRegister, Part
from tenants.exports.paging import HeldRecord
from tenants.languages import templating
from tenants.languages.speaking import (
    Language,
    Text,
    civil_date,
    date_and_time,
    sentence,
    short_date,
    translate,
    translate_in_context,
)
from tenants.registers.model import Cause, FieldType, IdentityLevel, LegalBasis
from tenants.registers.sources import told, whence_of

HERE = Path(__file__).parent
# A page is for reading; the data files hold everything.
MOST = 50


def page(dossier: Dossier) -> bytes:
    language = dossier.language
    return (
        _environment(language)
        .get_template("page.html")
        .render(
            company=dossier.company,
            group=dossier.group,
            notice=f"{settings.current().base_url}/g/{dossier.group.slug}",
            made_at=dossier.made_at,
            registers=dossier.registers,
            withheld=dossier.withheld,
            received=dossier.received,
            told=dossier.told,
            on_consent=any(
                purpose.legal_basis is LegalBasis.CONSENT for held in dossier.registers for purpose in held.purposes
            ),
            folder=f"{Part.ACCESS}/" if len(dossier.parts) > 1 else "",
            most=MOST,
            shown=lambda held: _shown(dossier, held),
        )
        .encode()
    )


@cache
def _environment(language: Language) -> Environment:
    environment = templating.environment(HERE, language)
    environment.filters |= {
        "said": partial(_said, language),
        "moment": partial(date_and_time, language),
        "day": lambda moment: short_date(language, civil_date(moment)),
        "basis": lambda basis: translate(language, _BASES[basis]),
        "change": lambda cause: translate(language, _CHANGES[cause]),
        "level": lambda level: translate(language, _LEVELS[level]),
        "value": partial(_value, language),
        "whence": partial(_whence, language),
        "declared": lambda held: _declared_part(language, held.register, held.fields, held.purposes),
        "closing": partial(_closing_part, language),
    }
    return environment


def _said(language: Language, text: Text) -> str:
    """A phrase that is in another language than the page says in which."""
    own: str | None = getattr(text, language)
    return own or Markup('<span lang="{}">{}</span>').format(text.language_for(language), text.in_(language))


def _shown(dossier: Dossier, held: HeldRegister) -> Iterator[HeldRecord]:
    return islice(dossier.records.of(held.register.register_id), MOST)


@lru_cache(maxsize=1024)
def _declared_part(
    language: Language, register: Register, fields: tuple[Field, ...], purposes: tuple[Purpose, ...]
) -> Markup:
    """What the page says of a register to everybody."""
    template = _environment(language).get_template("page_register.html")
    categories = list(dict.fromkeys(field.category for field in fields))
    return Markup(template.render(register=register, purposes=purposes, categories=categories))  # noqa: S704 (escaped)


@lru_cache(maxsize=64)
def _closing_part(language: Language, on_consent: bool, folder: str) -> Markup:
    """Rights and files: the same for everybody."""
    template = _environment(language).get_template("page_closing.html")
    return Markup(template.render(on_consent=on_consent, folder=folder))  # noqa: S704 (escaped)


def _value(language: Language, record: HeldRecord, field: Field) -> str:
    """What is bound to a purpose is on no page that may be printed (1050/2018 29.4 §); the data files have it."""
    if field.rule is not None and field.field_id in record.values:
        return translate(language, "kept, told in the data files only")
    match record.values.get(field.field_id):
        case None:
            return ""
        case bool(value):
            return (
                translate_in_context(language, "archive", "yes")
                if value
                else translate_in_context(language, "archive", "no")
            )
        case str(value):
            return short_date(language, date.fromisoformat(value)) if field.type is FieldType.DATE else value
        case value:
            # As exact as it is kept, and ungrouped: a year or a number of something is a number, too.
            return str(value) if language is Language.EN else str(value).replace(".", ",")


def _whence(language: Language, record: HeldRecord, register: Register) -> str:
    """Of the record, and of each source that single values came from."""
    declared = dict(zip(register.source_keys, register.sources, strict=False))
    named = dict.fromkeys(
        (told(declared, whence_of(origin), language), short_date(language, origin.at.date()), origin.notice or 0)
        for origin in (record.provenance, *record.provenance.values.values())
    )
    return " ".join(_source(language, *one) for one in named)


def _source(language: Language, source: str, day: str, notice: int) -> str:
    if notice:
        return translate(
            language, "Source: %(source)s, %(day)s, notice %(notice)s.", source=source, day=day, notice=notice
        )
    return translate(language, "Source: %(source)s, %(day)s.", source=source, day=day)


_BASES: Mapping[LegalBasis | None, str] = {
    LegalBasis.CONSENT: sentence("consent (Article 6(1)(a))"),
    LegalBasis.CONTRACT: sentence("contract (Article 6(1)(b))"),
    LegalBasis.LEGAL_OBLIGATION: sentence("legal obligation (Article 6(1)(c))"),
    LegalBasis.VITAL_INTEREST: sentence("vital interests (Article 6(1)(d))"),
    LegalBasis.PUBLIC_TASK: sentence("public interest (Article 6(1)(e))"),
    LegalBasis.LEGITIMATE_INTEREST: sentence("legitimate interest (Article 6(1)(f))"),
    None: sentence("the controller has not stated the legal basis"),
}

_CHANGES: Mapping[Cause, str] = {
    Cause.CORRECTED: sentence("data corrected"),
    Cause.RESTRICTED: sentence("processing restricted"),
    Cause.RESTRICTION_LIFTED: sentence("restriction lifted"),
    Cause.WITHDRAWN: sentence("consent withdrawn"),
    Cause.OBJECTED: sentence("objection made"),
    Cause.OBJECTION_LIFTED: sentence("objection taken back"),
    Cause.ERASED: sentence("data erased"),
    Cause.RETENTION: sentence("data erased as its time was over"),
}

_LEVELS: Mapping[IdentityLevel, str] = {
    IdentityLevel.L0: sentence("a link followed from the person's e-mail"),
    IdentityLevel.L1: sentence("a code sent to an address or number that the register knows"),
    IdentityLevel.L2: sentence("signing in to the customer's own account"),
    IdentityLevel.L3: sentence("an identity document or strong electronic identification"),
}
