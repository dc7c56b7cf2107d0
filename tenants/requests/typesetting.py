"""The words of a letter: one template a kind, set as plain text and as simple HTML."""

import re
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment
from msgspec import Struct, structs

from tenants.companies.model import Contact
from tenants.languages import speaking, templating
from tenants.languages.speaking import Language, Text
from tenants.requests.deadlines import received_on
from tenants.requests.law import grounds, remedies

TEMPLATES = Path(__file__).parent / "letter_templates"


class Set(Struct, frozen=True):
    """The same words three times: in paragraphs as they are printed, and as the two parts of an e-mail."""

    subject: str
    paragraphs: list[str]
    text: str
    html: str


class Sheet(Struct, frozen=True, kw_only=True):
    """A letter as it is printed today, in its own language; `to` is a name and an address, a line each."""

    language: Language
    dated: date
    to: list[str]
    sender: str
    subject: str
    paragraphs: list[str]


def on_sheet(set_: Set, *, language: Language, sender: str, to: str) -> Sheet:
    return Sheet(
        language=language,
        dated=received_on(datetime.now(UTC)),
        to=[line.strip() for line in to.splitlines() if line.strip()],
        sender=sender,
        subject=set_.subject,
        paragraphs=set_.paragraphs,
    )


def typeset(
    language: Language,
    kind: str,
    values: Struct,
    *,
    status_url: str = "",
    sender: str,
    contact: Contact | None,
    on_paper: bool = False,
) -> Set:
    template = _environment(language).get_template(f"{kind}.txt")
    context = template.new_context(
        {
            **structs.asdict(values),
            "status_url": status_url,
            "sender": sender,
            "contact": contact,
            "on_paper": on_paper,
        }
    )
    subject, body = ("".join(template.blocks[block](context)).strip() for block in ("subject", "body"))
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", body) if paragraph.strip()]
    html = _environment(language).get_template("letter.html").render(subject=subject, paragraphs=paragraphs)
    # A subject is one line whatever was put into it.
    return Set(" ".join(subject.split()), paragraphs, "\n\n".join(paragraphs) + "\n", html)


@cache
def _environment(language: Language) -> Environment:
    made = templating.environment(TEMPLATES, language)
    made.globals |= {"grounds": grounds.every_ground(), "remedies": remedies.in_force}
    for say in (speaking.long_date, speaking.weekday_and_date, _spoken):
        made.filters[say.__name__.strip("_")] = partial(say, language)
    return made


def _spoken(language: Language, text: Text) -> str:
    return text.in_(language)
