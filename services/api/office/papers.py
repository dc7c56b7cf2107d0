"""Paper archives and their yearly attestation; and the map of where data goes."""

from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from services.api.office.desk import Desk
from services.api.office.registers import REGISTERS, shown_papers
from services.api.pictures import data_map
from tenants.companies import companies
from tenants.companies.permissions import Permission
from tenants.registers import flows, papers

PAPERS = f"{REGISTERS}/papers"
MAP = f"{REGISTERS}/map"
# So many registers stand open on one screen.
FEW = 3


@get("/registers/papers", sync_to_thread=True)
def list_papers(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_REGISTERS)
    kept, today = shown_papers(session)
    here = desk.here.acting.company_id
    return desk.page(
        "office/registers/papers.html",
        papers=kept,
        today=today,
        companies={one.company_id: one.name for one in companies.listed(session)},
        several=here is None,
        attest=PAPERS if desk.here.may(Permission.ATTEST_PAPER) and here else None,
        list_url=REGISTERS,
    )


@post("/registers/papers/{place_id:uuid}/attestations", sync_to_thread=True)
def attest_paper(session: NamedDependency[Session], desk: NamedDependency[Desk], place_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.ATTEST_PAPER)
    papers.attest(session, place_id)
    return desk.done(PAPERS, "paper-attested")


@get("/registers/map", sync_to_thread=True)
def show_map(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_REGISTERS)
    found = flows.listed(session)
    return desk.page(
        "office/registers/map.html",
        chart=data_map.chart(desk.language, found) if found else None,
        companies=data_map.words(desk.language, found),
        few=len({one.register.register_id for one in found}) <= FEW,
        file_url=f"{MAP}/file",
        list_url=REGISTERS,
    )


@get("/registers/map/file", sync_to_thread=True)
def download_map(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    """The picture by itself, as SVG."""
    desk.require(Permission.SEE_REGISTERS)
    headers = {"Content-Disposition": 'attachment; filename="data-map.svg"', "Cache-Control": "no-store"}
    drawn = data_map.file(desk.language, flows.listed(session))
    return Response(drawn, media_type="image/svg+xml", headers=headers)
