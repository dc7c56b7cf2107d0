"""Roles confirmed anew every so many months, of the key's company or of the whole group."""

from datetime import date, datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies import certifying
from tenants.companies.model import Role, Verdict
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import HELSINKI


class RoleToConfirm(Struct, frozen=True):
    """`verdict` is empty while nobody has decided; then the role ends after the campaign's day."""

    assignment_id: UUID
    member_id: UUID
    member: str
    role: Role
    verdict: Verdict | None


class OpenCampaign(Struct, frozen=True):
    """Without a company: the roles held in the whole group."""

    campaign_id: UUID
    company: str | None
    due_on: date
    roles: list[RoleToConfirm]


class CampaignBegun(Struct, frozen=True):
    campaign_id: UUID


class RoleDecision(Struct, frozen=True, forbid_unknown_fields=True):
    keep: bool


@get("/certifications", sync_to_thread=True, summary="List roles to confirm", tags=["staff"], responses=problems())
def list_certifications(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[OpenCampaign]:
    """Of the campaigns that run. Nobody decides on a role that they hold themselves."""
    standing.require(Permission.SEE_MEMBERS)
    return [
        OpenCampaign(
            campaign_id=campaign.campaign_id,
            company=campaign.company,
            due_on=campaign.due_on,
            roles=[
                RoleToConfirm(one.assignment_id, one.member_id, one.member, one.role, one.verdict)
                for one in campaign.roles
            ],
        )
        for campaign in certifying.running(session)
    ]


@changing("/certifications", summary="Begin to confirm roles", tags=["staff"], responses=problems(409))
def begin_certification(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> CampaignBegun:
    """Before its time. It begins by itself every so many months."""
    standing.require(Permission.MANAGE_MEMBERS)
    return CampaignBegun(certifying.begin(session, today=datetime.now(HELSINKI).date()))


@changing(
    "/certifications/{campaign_id:uuid}/{assignment_id:uuid}",
    status_code=204,
    summary="Confirm a role or take it away",
    tags=["staff"],
    responses=problems(404, 409),
)
def decide_certification(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    campaign_id: FromPath[UUID],
    assignment_id: FromPath[UUID],
    data: JSONBody[RoleDecision],
) -> None:
    standing.require(Permission.MANAGE_MEMBERS)
    certifying.decide(session, campaign_id, assignment_id, keep=data.keep)
