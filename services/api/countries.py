"""Countries as people call them."""

from tenants.languages.speaking import LOCALES, Language
from tenants.processors.describing import COUNTRIES


def country(language: Language, code: str) -> str:
    """A code that nobody knows is told as it is."""
    return str(LOCALES[language].territories.get(code, code))


def options(language: Language) -> list[tuple[str, str]]:
    """All there are, by their names."""
    return sorted(((code, country(language, code)) for code in COUNTRIES), key=lambda one: one[1].casefold())
