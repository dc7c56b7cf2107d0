"""The data protection officer's view of all companies: counts, dates and states."""

from datetime import datetime

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from services.api.office.desk import Desk
from tenants.companies import companies
from tenants.companies.permissions import Permission
from tenants.languages.speaking import HELSINKI
from tenants.processors import standing
from tenants.requests import overseeing


@get("/oversight", sync_to_thread=True)
def show_oversight(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.OVERSEE)
    today = datetime.now(HELSINKI).date()
    return desk.page(
        "office/oversight/overview.html",
        companies=overseeing.overview(session, today=today),
        agreements=standing.overseen(session),
        names=companies.names(session),
        today=today,
    )
