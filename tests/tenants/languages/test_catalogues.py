"""Everything Seloste says to people is said in Finnish and Swedish too."""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from tenants.languages import speaking
from tenants.languages.speaking import Language

ROOT = Path(__file__).parents[3]
HOUSES = (ROOT / "tenants", ROOT / "services", ROOT / "infra")
CALLS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "sentence": None,
    "translate": (2,),
    "translate_plural": (2, 3),
    "translate_in_context": ((2, "c"), 3),
}
IN_TEMPLATES = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
TRANSLATED = [Language.FI, Language.SV]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")

Key = tuple[str | None, str]


def key(message: str | Sequence[str], context: str | None) -> Key:
    return context, message if isinstance(message, str) else message[0]


def said_in_python() -> Iterator[Key]:
    for path in files("py"):
        for _, message, _, context in extract("python", BytesIO(path.read_bytes()), keywords=CALLS):
            yield key(message, context)


def said_in_templates() -> Iterator[Key]:
    options = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
    for path in (*files("html"), *files("txt")):
        for _, message, _, context in extract(
            "jinja2", BytesIO(path.read_bytes()), keywords=IN_TEMPLATES, options=options
        ):
            yield key(message, context)


def said_by_refusals() -> Iterator[Key]:
    classes = [
        node
        for path in files("py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ClassDef)
    ]
    refusals = {"Refusal"}
    while found := {node.name for node in classes if node.name not in refusals and bases(node) & refusals}:
        refusals |= found
    for node in classes:
        if node.name in refusals:
            yield None, inspect.cleandoc(ast.get_docstring(node) or node.name).splitlines()[0]


def bases(node: ast.ClassDef) -> set[str]:
    return {
        base.attr if isinstance(base, ast.Attribute) else base.id
        for base in node.bases
        if isinstance(base, ast.Attribute | ast.Name)
    }


def files(ending: str) -> Iterator[Path]:
    return (path for house in HOUSES for path in sorted(house.rglob(f"*.{ending}")) if "node_modules" not in path.parts)


@pytest.fixture(scope="module")
def said() -> set[Key]:
    return {*said_in_python(), *said_in_templates(), *said_by_refusals()}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: Language, said: set[Key]) -> None:
    whole = speaking.merged(language)
    missing = [identity for identity in said if not translated(whole.get(identity[1], identity[0]))]
    assert not missing, "\n".join(sorted(f"{context or ''} {sentence!r}" for context, sentence in missing))


def translated(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(strings(message) or [""])


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_of_a_sentence_nobody_says(language: Language, said: set[Key]) -> None:
    stale = [
        f"{path.name}: {message.id!r}"
        for path, message in entries(language)
        if key(message.id, message.context) not in said
    ]
    assert not stale, "\n".join(stale)
    assert not [path.name for path in catalogues(language) if read(path, language).obsolete]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_the_places_of_the_values(language: Language) -> None:
    wrong = [f"{path.name}: {message.id!r}" for path, message in entries(language) if not same_places(message)]
    assert not wrong, "\n".join(wrong)


def same_places(message: Message) -> bool:
    """A singular form may say its number in a word; no form may ask for a value that nobody gives."""
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    given = set().union(*(PLACEHOLDER.findall(text) for text in ids))
    used = [set(PLACEHOLDER.findall(text)) for text in strings(message)]
    try:
        for text in strings(message):
            text % dict.fromkeys(given, "x")
    except (KeyError, ValueError, TypeError):
        return False
    return all(places == given for places in used) if len(ids) == 1 else all(places <= given for places in used)


def entries(language: Language) -> Iterator[tuple[Path, Message]]:
    return ((path, message) for path in catalogues(language) for message in read(path, language) if message.id)


def catalogues(language: Language) -> list[Path]:
    return sorted((speaking.CATALOGUES / language.value).glob("*.po"))


def read(path: Path, language: Language) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language.value, abort_invalid=True)
