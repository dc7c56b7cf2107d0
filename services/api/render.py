"""Pages: one Jinja environment a language, what every page shows, and the answer it is sent in.

`page` renders where it is called, in the handler's thread; Litestar's own `Template` would render on the event loop.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Literal

from jinja2 import Environment
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup
from msgspec import Struct

from services.api import countries, dsr_traces, wording
from services.api.pictures import backlog, clock, deadlines, flow, matrix
from tenants.languages import speaking, templating
from tenants.languages.speaking import DEFAULT, OWN_NAMES, Language, Text

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_URL = "/static"

Tone = Literal["kept", "soon", "late", ""]


class Flash(Struct, frozen=True):
    """One sentence about what was just done, already in the reader's language."""

    sentence: str
    tone: Tone = "kept"


class PortalViewer(Struct, frozen=True, kw_only=True):
    """What every page of the portal shows. `group_name` is Seloste's own where no group is known."""

    door: ClassVar[str] = "portal"
    language: Language = DEFAULT
    languages: tuple[Language, ...] = tuple(Language)
    group_name: str = "Seloste"
    front_url: str = "/"
    page_url: str = ""
    csrf_token: str = ""
    flash: Flash | None = None


class Place(Struct, frozen=True, kw_only=True):
    """One entry of the rail; `label` is already in the reader's language."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


class ActingChoice(Struct, frozen=True, kw_only=True):
    """A company that this member may act for; `value` is what the switcher posts."""

    value: str
    name: str
    current: bool = False


class StoppedFlow(Struct, frozen=True):
    """What is stopped, in one sentence, and since when."""

    sentence: str
    since: datetime


class OfficeViewer(Struct, frozen=True, kw_only=True):
    """What every page of the office shows. `acting_for` is None where no company's data is looked at.

    `stopped` is what does not flow out of the company acted for; `stops_url` where it is told, for whoever may see it.
    `emergency_url` is that of the emergency access under which the member acts.
    """

    door: ClassVar[str] = "office"
    language: Language
    languages: tuple[Language, ...] = tuple(Language)
    group_name: str
    member_name: str
    acting_for: str | None
    purpose: str
    choices: tuple[ActingChoice, ...] = ()
    places: tuple[Place, ...] = ()
    csrf_token: str
    front_url: str = "/office"
    page_url: str = ""
    switch_url: str = "/office/acting"
    sign_out_url: str = "/office/sign-out"
    flash: Flash | None = None
    stopped: tuple[StoppedFlow, ...] = ()
    stops_url: str | None = None
    emergency_url: str | None = None


class ConsoleViewer(Struct, frozen=True, kw_only=True):
    """What every page of the console shows: which company's data is looked after, and as which processor."""

    door: ClassVar[str] = "console"
    language: Language
    languages: tuple[Language, ...] = tuple(Language)
    group_name: str
    company_name: str
    processor_name: str
    choices: tuple[ActingChoice, ...] = ()
    places: tuple[Place, ...] = ()
    csrf_token: str
    front_url: str
    page_url: str = ""
    switch_url: str
    sign_out_url: str
    flash: Flash | None = None


Viewer = PortalViewer | OfficeViewer | ConsoleViewer


def page(viewer: Viewer, template: str, /, *, status: int = 200, **context: object) -> Response[str]:
    """A whole page, or the part of one that htmx asked for: the template decides."""
    return Response(
        environment(viewer.language).get_template(template).render(viewer=viewer, **context),
        media_type=MediaType.HTML,
        status_code=status,
        headers={"Cache-Control": "no-store", "Content-Language": viewer.language.value},
    )


def problem_page(
    viewer: Viewer, status: int, *, sentence: str | None = None, reference: str | None = None
) -> Response[str]:
    """`sentence` is a refusal's own, translated; `reference` finds the log line of a failure that was ours."""
    problem = wording.problem(status)
    return page(
        viewer, "problem.html", status=status, problem=problem, number=status, sentence=sentence, reference=reference
    )


@cache
def environment(language: Language) -> Environment:
    made = templating.environment(HERE / "templates", language)
    made.globals |= {"static": static_url, "own_names": OWN_NAMES}
    made.globals["clock_tone"] = clock.tone
    made.globals["flow_periods"] = flow.PERIODS
    made.filters |= {"tone": wording.tone, "hue": wording.hue, "civil_date": speaking.civil_date}
    for name, say in PICTURES.items():
        made.globals[name] = partial(say, language)
    for say in SPEAKING:
        made.filters[say.__name__] = partial(say, language)
    return made


def spoken(language: Language, text: Text | str) -> str:
    """A group's own words; a phrase that is not in the reader's language says which one it is in."""
    if isinstance(text, str):
        return text
    given = text.language_for(language)
    return (
        text.in_(language)
        if given is language
        else Markup('<span lang="{}">{}</span>').format(given, text.in_(language))
    )


PICTURES: dict[str, Callable[..., object]] = {
    "clock_ribbon": clock.ribbon,
    "clock_band": clock.band,
    "clock_words": clock.remaining,
    "deadlines_chart": deadlines.chart,
    "deadlines_rows": deadlines.rows,
    "flow_chart": flow.chart,
    "flow_rows": flow.rows,
    "backlog_chart": backlog.chart,
    "backlog_ages": backlog.ages,
    "sharing_matrix": matrix.chart,
    "sharing_words": matrix.words,
}
SPEAKING: tuple[Callable[..., object], ...] = (
    speaking.long_date,
    speaking.short_date,
    speaking.day_and_month,
    speaking.weekday_and_date,
    speaking.date_and_time,
    speaking.number,
    speaking.file_size,
    wording.said,
    countries.country,
    wording.rights,
    wording.tongue,
    dsr_traces.outcome,
    spoken,
)


@cache
def static_url(path: str) -> str:
    """The content hash lets browsers keep the file for ever. `built/` is empty until the assets are built."""
    file = STATIC / path
    version = f"?v={sha256(file.read_bytes()).hexdigest()[:12]}" if file.is_file() else ""
    return f"{STATIC_URL}/{path}{version}"
