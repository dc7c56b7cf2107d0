"""Roles confirmed anew: how far each campaign is, and the decision on each role."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.office.desk import Desk
from tenants.companies import certifying
from tenants.companies.certification_letters import PAGE
from tenants.companies.certifying import Listed, Running
from tenants.companies.permissions import Permission
from tenants.languages.speaking import HELSINKI


class Decision(Struct, frozen=True):
    keep: bool


class ShownRole(Struct, frozen=True):
    """`own`: nobody decides on a role that they hold themselves."""

    role: Listed
    decide_url: str | None
    own: bool


class ShownCampaign(Struct, frozen=True):
    campaign: Running
    roles: tuple[ShownRole, ...]


@get("/certification", sync_to_thread=True)
def list_certifications(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_MEMBERS)
    running = certifying.running(session)
    manages = desk.here.may(Permission.MANAGE_MEMBERS)
    here = desk.here.acting.company_id
    runs_here = any(one.company_id == here for campaign in running for one in campaign.roles)
    return desk.page(
        "office/certification/list.html",
        campaigns=[_shown(desk, one) for one in running],
        past=certifying.past(session),
        months=certifying.months(session),
        days=certifying.DAYS_TO_DECIDE,
        begin_url=PAGE if manages and not runs_here else None,
    )


@post("/certification", sync_to_thread=True)
def begin(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    certifying.begin(session, today=datetime.now(HELSINKI).date())
    return desk.done(PAGE, "certification-begun")


@post("/certification/{campaign_id:uuid}/{assignment_id:uuid}", sync_to_thread=True)
def decide(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    campaign_id: FromPath[UUID],
    assignment_id: FromPath[UUID],
    data: Annotated[Decision, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    certifying.decide(session, campaign_id, assignment_id, keep=data.keep)
    return desk.done(PAGE, "role-confirmed" if data.keep else "role-taken")


def _shown(desk: Desk, campaign: Running) -> ShownCampaign:
    manages = desk.here.may(Permission.MANAGE_MEMBERS)
    roles = []
    for one in campaign.roles:
        own = one.member_id == desk.here.member_id
        open_ = manages and not own and one.verdict is None
        roles.append(ShownRole(one, f"{PAGE}/{one.campaign_id}/{one.assignment_id}" if open_ else None, own))
    return ShownCampaign(campaign, tuple(roles))
