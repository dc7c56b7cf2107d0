"""Countries as people call them."""

from functools import cache

from tenants.languages.speaking import LOCALES, Language
from tenants.processors.describing import COUNTRIES


def country(language: Language, code: str) -> str:
    """A code that nobody knows is told as it is."""
    return str(LOCALES[language].territories.get(code, code))


def code_of(name: str) -> str | None:
    """The code of a country that is called so in one of our languages."""
    return _codes().get(name.casefold())


def options(language: Language) -> list[tuple[str, str]]:
    """All there are, by their names."""
    return sorted(((code, country(language, code)) for code in COUNTRIES), key=lambda one: one[1].casefold())


@cache
def _codes() -> dict[str, str]:
    return {country(language, code).casefold(): code for language in Language for code in COUNTRIES}
