"""Templates whose sentences stand in the catalogues. One that names something that it was not given fails."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from tenants.languages import speaking
from tenants.languages.speaking import Language


def environment(folder: Path, language: Language) -> Environment:
    """For one language; values are escaped in HTML and stand as they are in plain text (`.txt`)."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(speaking.catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals["language"] = language
    return made
