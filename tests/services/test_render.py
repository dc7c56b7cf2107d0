"""What every page stands on: templates that compile, words for every state, texts that say their language."""

from enum import StrEnum
from hashlib import sha256

import pytest

from services.api import render, wording
from services.api.forms import Form, refused
from services.api.render import STATIC, PortalViewer, environment, page, problem_page, spoken, static_url
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Language, Text


class TooShort(Invalid):
    """Nothing can be asked about a request before it was received."""


TEMPLATES = sorted(
    str(path.relative_to(render.HERE / "templates")) for path in (render.HERE / "templates").rglob("*.html")
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles(name: str) -> None:
    environment(Language.FI).get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_writes_a_style_or_a_script_inline(name: str) -> None:
    source = (render.HERE / "templates" / name).read_text()
    assert " style=" not in source
    assert "<style" not in source
    assert "<script>" not in source
    assert " onclick=" not in source


@pytest.mark.parametrize("words", wording.WORDS, ids=lambda kind: kind.__name__)
def test_every_state_and_kind_has_its_word(words: type[StrEnum]) -> None:
    assert set(wording.WORDS[words]) == set(words)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize("language", Language)
def test_a_problem_has_a_page_in_every_language(status: int, language: Language) -> None:
    answer = problem_page(PortalViewer(language=language), status, reference="7f2a")
    assert answer.status_code == status
    assert f'<html lang="{language}">' in answer.content
    assert "7f2a" in answer.content


def test_pages_are_kept_by_nobody_and_say_their_language() -> None:
    answer = page(PortalViewer(language=Language.SV), "portal/requests/download.html", why="used", status_url="/x")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Language"] == "sv"


def test_what_people_wrote_is_escaped() -> None:
    answer = problem_page(PortalViewer(group_name="<b>A & B</b>"), 404, sentence="<script>x</script>")
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in answer.content
    assert "<script>x" not in answer.content


def test_a_phrase_in_another_language_says_so() -> None:
    text = Text(fi="Asiakas & co", sv="Kund")
    assert spoken(Language.EN, text) == '<span lang="fi">Asiakas &amp; co</span>'
    assert spoken(Language.SV, text) == "Kund"


def test_a_refused_form_shows_what_was_given_with_its_reasons() -> None:
    form = refused(Language.EN, {"rights": ["access"], "email": "x"}, SeveralInvalid([TooShort(field="email")]))
    assert form.value("email") == "x"
    assert form.problem("email") == TooShort().sentence
    assert form.problem("rights") == ""
    assert form.chosen("rights", "access")
    assert not form.chosen("rights", "portability")


def test_a_form_that_was_not_sent_yet_shows_what_is_proposed() -> None:
    assert Form().chosen("rights", "access", otherwise=True)
    assert not Form(values={"email": ""}).chosen("rights", "access", otherwise=True)


def test_the_address_of_a_file_changes_with_its_content() -> None:
    digest = sha256((STATIC / "seloste.css").read_bytes()).hexdigest()
    assert static_url("seloste.css") == f"/static/seloste.css?v={digest[:12]}"
    assert static_url("built/is-not-built.js") == "/static/built/is-not-built.js"
