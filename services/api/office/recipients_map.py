"""Where the recipients of the acting company are: a map that leads to its table, and the same as a file."""

from typing import Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import countries
from services.api.office import backlog_told, processors_told
from services.api.office.desk import Desk
from services.api.office.processors_told import PROCESSORS
from services.api.pictures import recipients_map
from services.api.pictures.recipients_map import Mark
from tenants.companies.permissions import Permission
from tenants.languages.speaking import Language, translate
from tenants.processors import whereabouts
from tenants.processors.whereabouts import Carried, Country

MAP = f"{PROCESSORS}/map"
FILE_NAME = "recipients-map.svg"


class Entry(Struct, frozen=True):
    """A recipient in a country; `through` is the name of whoever engages it."""

    name: str
    url: str
    through: str | None
    carried: Carried
    words: str
    agreement_url: str


class Row(Struct, frozen=True):
    code: str
    name: str
    carried: Carried
    words: str
    entries: list[Entry]


@get("/processors/map", sync_to_thread=True)
def show_map(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    found = _countries(session)
    return desk.page(
        "office/processors/map.html",
        rows=[_row(desk.language, one) for one in _worst_first(desk.language, found)],
        charts=recipients_map.charts(desk.language, _marks(desk.language, found), recipients_map.sheets()),
        legend=recipients_map.legend(desk.language),
        stopped=sum(one.carried is Carried.NOTHING for one in found),
        backlog=backlog_told.bars(session, desk),
        acts_for_company=desk.here.acting.company_id is not None,
        file_url=f"{MAP}.svg",
        list_url=PROCESSORS,
    )


@get("/processors/map.svg", sync_to_thread=True)
def export_map(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    *,
    ground: FromQuery[Literal["light", "dark"]] = "light",
) -> Response[bytes]:
    desk.require(Permission.SEE_PROCESSORS)
    palette = recipients_map.DARK if ground == "dark" else recipients_map.LIGHT
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"', "Cache-Control": "no-store"}
    drawn = recipients_map.file(
        desk.language, _marks(desk.language, _countries(session)), palette, recipients_map.sheets()
    )
    return Response(drawn, media_type="image/svg+xml", headers=headers)


def _countries(session: Session) -> list[Country]:
    known = processors_told.catalogue(session)
    return whereabouts.countries(known.ground, known.agreements, known.today)


def _worst_first(language: Language, found: list[Country]) -> list[Country]:
    order = tuple(Carried)
    return sorted(found, key=lambda one: (-order.index(one.carried), countries.country(language, one.code).casefold()))


def _marks(language: Language, found: list[Country]) -> list[Mark]:
    return [
        Mark(
            one.code,
            countries.country(language, one.code),
            one.carried,
            len({there.processor.processor_id for there in one.recipients}),
            f"#country-{one.code}",
        )
        for one in _worst_first(language, found)
    ]


def _row(language: Language, one: Country) -> Row:
    entries = {
        (there.processor.name, there.through.name if there.through else None, there.carried): Entry(
            there.processor.name,
            processors_told.url_of(there.processor.processor_id),
            there.through.name if there.through else None,
            there.carried,
            translate(language, recipients_map.WORDS[there.carried]),
            processors_told.agreement_url(there.agreement_id),
        )
        for there in one.recipients
    }
    return Row(
        one.code,
        countries.country(language, one.code),
        one.carried,
        translate(language, recipients_map.WORDS[one.carried]),
        sorted(entries.values(), key=lambda each: each.name.casefold()),
    )
