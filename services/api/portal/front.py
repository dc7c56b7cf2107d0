"""The group's front page and the notices of its companies."""

from datetime import UTC, date, datetime

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import notices
from services.api.portal.entrance import Entrance
from tenants.companies import companies
from tenants.companies.model import Contact
from tenants.languages.speaking import Text
from tenants.registers import registers
from tenants.requests import deadlines


class ShownCompany(Struct, frozen=True):
    name: str
    business_id: str | None
    contact: Contact
    registers: list[Text]
    notice_url: str


@get("/", sync_to_thread=True)
def front(session: NamedDependency[Session], entrance: NamedDependency[Entrance]) -> Response[str]:
    kept = registers.listed(session)
    return entrance.page(
        "portal/front.html",
        companies=[
            ShownCompany(
                name=company.name,
                business_id=company.business_id,
                contact=company.contact,
                registers=[register.name for register in kept if register.company_id == company.company_id],
                notice_url=entrance.url("notices", company.key),
            )
            for company in companies.listed(session)
        ],
        request_url=entrance.url("requests", "new"),
        answer_by=answer_by(datetime.now(UTC)),
    )


@get("/notices/{key:str}", sync_to_thread=True)
def notice(session: NamedDependency[Session], entrance: NamedDependency[Entrance], key: FromPath[str]) -> Response[str]:
    shown = notices.notice_of(session, companies.by_key(session, key))
    return entrance.page(
        notices.TEMPLATE,
        company=shown.company,
        registers=shown.registers,
        protections=shown.protections,
        joint=shown.joint,
        transfers=shown.transfers,
        declared=shown.declared,
        silences=shown.silences,
        request_url=entrance.url("requests", "new"),
    )


def answer_by(received: datetime) -> date:
    """By when a request that is received at this moment is answered at the latest."""
    return deadlines.clock(deadlines.received_on(received)).steering.on
