"""One sentence, three languages: English is the key, `{fi,sv}/<area>.po` hold the other two.

A sentence takes its values as `%(name)s`; a literal per cent sign is written `%%`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

CATALOGUES = Path(__file__).parent
HELSINKI = ZoneInfo("Europe/Helsinki")


class Language(StrEnum):
    FI = "fi"
    SV = "sv"
    EN = "en"


DEFAULT = Language.FI
OWN_NAMES = {Language.FI: "Suomi", Language.SV: "Svenska", Language.EN: "English"}
LOCALES = {
    Language.FI: Locale("fi", "FI"),
    Language.SV: Locale("sv", "FI"),
    Language.EN: Locale("en", "GB"),
}


def translate(language: Language, sentence: str, /, **values: object) -> str:
    """A name that the group gave is said in this language, too."""
    said = {name: value.in_(language) if isinstance(value, Text) else value for name, value in values.items()}
    return catalogue(language).gettext(sentence) % said


def translate_plural(language: Language, one: str, many: str, count: int, /, **values: object) -> str:
    """`%(count)s` is the number as people write it, unless the values bring their own."""
    found = catalogue(language).ngettext(one, many, count)
    return found % {"count": number(language, count), **values}


def translate_in_context(language: Language, context: str, sentence: str, /, **values: object) -> str:
    """For one English sentence that two areas say differently (msgctxt)."""
    return catalogue(language).pgettext(context, sentence) % values


def sentence(text: str) -> str:
    """Marks a constant for the catalogues; translated later, where the language is known."""
    return text


class ClashingTranslations(Exception):
    """Two catalogues of one language translate the same sentence differently; give one of them a msgctxt."""


@cache
def catalogue(language: Language) -> NullTranslations:
    if language is Language.EN:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, merged(language))
    compiled.seek(0)
    return Translations(compiled)


def merged(language: Language) -> Catalog:
    whole = Catalog(locale=language.value)
    for path in sorted((CATALOGUES / language.value).glob("*.po")):
        with path.open("rb") as file:
            area = read_po(file, locale=language.value, abort_invalid=True)
        for message in area:
            if not message.id:
                continue
            known = whole.get(message.id, message.context)
            if known is not None and known.string != message.string:
                raise ClashingTranslations(f"{path.name}: {message.id!r}")
            whole.add(message.id, message.string, context=message.context)
    return whole


class Text(msgspec.Struct, frozen=True):
    """What a group says about itself: always in Finnish, in the other languages if it gave them."""

    fi: str
    sv: str | None = None
    en: str | None = None

    def in_(self, language: Language) -> str:
        return self._said()[self.language_for(language)]

    def language_for(self, language: Language) -> Language:
        """The language `in_` will answer in, for the `lang` attribute of the phrase."""
        said = self._said()
        return next((wanted for wanted in (language, *Language) if said.get(wanted)), DEFAULT)

    def _said(self) -> dict[Language, str]:
        return {Language.FI: self.fi, Language.SV: self.sv or "", Language.EN: self.en or ""}


Said = str | int | Text  # what a sentence may be given

_LONG = {Language.FI: "d. MMMM y", Language.SV: "d MMMM y", Language.EN: "d MMMM y"}
_SHORT = {Language.FI: "d.M.y", Language.SV: "d.M.y", Language.EN: "d MMM y"}
_DAY_AND_MONTH = {Language.FI: "d.M.", Language.SV: "d.M.", Language.EN: "d MMM"}
# In CLDR the Finnish EEEE is the essive, "keskiviikkona"; Swedish dates in a sentence take the definite form.
_WEEKDAY = {Language.FI: "EEEE d. MMMM", Language.SV: "EEEE'en' 'den' d MMMM", Language.EN: "EEEE d MMMM"}
_MOMENT = {Language.FI: "d.M.y 'klo' H.mm", Language.SV: "d.M.y 'kl.' H.mm", Language.EN: "d MMM y 'at' HH:mm"}


def long_date(language: Language, day: date) -> str:
    """22. huhtikuuta 2026 · 22 april 2026 · 22 April 2026"""
    return format_date(day, _LONG[language], locale=LOCALES[language])


@lru_cache(maxsize=4096)
def short_date(language: Language, day: date) -> str:
    """22.4.2026 · 22.4.2026 · 22 Apr 2026"""
    return format_date(day, _SHORT[language], locale=LOCALES[language])


def day_and_month(language: Language, day: date) -> str:
    """22.4. · 22.4. · 22 Apr"""
    return format_date(day, _DAY_AND_MONTH[language], locale=LOCALES[language])


def weekday_and_date(language: Language, day: date, *, with_year: bool = False) -> str:
    """When something happens: keskiviikkona 22. huhtikuuta · onsdagen den 22 april · Wednesday 22 April"""
    pattern = _WEEKDAY[language] + (" y" if with_year else "")
    return format_date(day, pattern, locale=LOCALES[language])


def weekday(language: Language, number: int) -> str:
    """The day's name; 0 is a Monday: maanantai · måndag · Monday"""
    return format_date(date(2024, 1, 1 + number), "cccc", locale=LOCALES[language])


def date_and_time(language: Language, moment: datetime) -> str:
    """In Finnish civil time: 22.4.2026 klo 9.12 · 22.4.2026 kl. 9.12 · 22 Apr 2026 at 09:12"""
    return format_datetime(moment.astimezone(HELSINKI), _MOMENT[language], locale=LOCALES[language])


def civil_date(moment: datetime) -> date:
    """The date in Finland at this moment."""
    return moment.astimezone(HELSINKI).date()


def number(language: Language, value: float) -> str:
    return format_decimal(value, locale=LOCALES[language])


_UNITS = {
    Language.FI: ("tavua", "kt", "Mt", "Gt"),
    Language.SV: ("byte", "kB", "MB", "GB"),
    Language.EN: ("bytes", "kB", "MB", "GB"),
}


def file_size(language: Language, size: int) -> str:
    """1,2 Mt · 1,2 MB · 1.2 MB (powers of a thousand)"""
    amount, step = float(size), 0
    while amount >= 1000 and step < 3:
        amount, step = amount / 1000, step + 1
    pattern = "#,##0" if step == 0 or amount >= 100 else "#,##0.#"
    return f"{format_decimal(amount, pattern, locale=LOCALES[language])}\u00a0{_UNITS[language][step]}"


def negotiate(accept_language: str | None, offered: Sequence[Language]) -> Language:
    """The offered language that the reader's browser likes best (RFC 9110 §12.5.4), else the default."""
    wishes = sorted(
        (_wish(part) for part in (accept_language or "").split(",")), reverse=True, key=lambda wish: wish[0]
    )
    for quality, tag in wishes:
        if quality > 0:
            for language in offered:
                if tag.split("-")[0] == language.value:
                    return language
    return DEFAULT if DEFAULT in offered or not offered else offered[0]


def _wish(part: str) -> tuple[float, str]:
    tag, _, parameter = part.strip().lower().partition(";")
    quality = parameter.strip().removeprefix("q=") or "1"
    try:
        return float(quality), tag.strip()
    except ValueError:
        return 0.0, tag.strip()
