"""Proposals to change facts on which several companies rely, for programs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from msgspec.structs import asdict
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.processors import GivenContact, GivenProcessor
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.processors import describing, proposals
from tenants.processors.model import Description, ProposalState
from tenants.processors.proposals import Proposed

Reason = Annotated[
    str, Meta(max_length=describing.LONGEST["reason"], examples=["Konesali muutti Ruotsiin: tiedote 12/2026."])
]
LookedAt = Annotated[str, Meta(max_length=64)]


class ProposingFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """All facts as they would be; what is said as it is known now is not proposed to change. `looked_at` is that of the
    processor as it was seen: if it was changed since, nothing is proposed (409)."""

    facts: GivenProcessor
    reason: Reason
    looked_at: LookedAt | None = None


class AcceptingProposal(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the processor as it was seen."""

    looked_at: LookedAt | None = None


class DecliningProposal(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class ProposalOfFacts(Struct, frozen=True, kw_only=True):
    """`changes` are the names of the facts that it proposes to change; `outdated` those of them that were changed
    otherwise since: while there are any, it cannot be accepted."""

    proposal_id: UUID
    processor_id: UUID
    company_id: UUID
    state: ProposalState
    before: GivenProcessor
    proposed: GivenProcessor
    changes: Annotated[list[str], Meta(examples=[["name"]])]
    outdated: Annotated[list[str], Meta(examples=[[]])]
    reason: Reason
    proposed_at: datetime
    settled_at: datetime | None
    answer: Reason | None


@get(
    "/processors/proposals",
    sync_to_thread=True,
    summary="List the proposed changes of facts",
    tags=["processors"],
    responses=problems(),
)
def list_proposals(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ProposalOfFacts]:
    """Of the key's company, or, for the whole group, of every company. The newest first."""
    standing.require(Permission.SEE_PROCESSORS)
    return [_told(one) for one in proposals.listed(session)]


@get(
    "/processors/proposals/{proposal_id:uuid}",
    sync_to_thread=True,
    summary="Show a proposed change of facts",
    tags=["processors"],
    responses=problems(404),
)
def show_proposal(
    session: NamedDependency[Session], standing: NamedDependency[Standing], proposal_id: FromPath[UUID]
) -> ProposalOfFacts:
    standing.require(Permission.SEE_PROCESSORS)
    return _told(proposals.get(session, proposal_id))


@changing(
    "/processors/{processor_id:uuid}/proposals",
    status_code=201,
    summary="Propose to change the facts of a processor",
    tags=["processors"],
    responses=problems(404),
)
def propose(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    data: JSONBody[ProposingFacts],
) -> Response[ProposalOfFacts]:
    """By a company that relies on facts on which others rely, too. Whoever acts for the whole group decides."""
    standing.require(Permission.MANAGE_PROCESSORS)
    made = proposals.propose(
        session, processor_id, data.facts.description(), reason=data.reason, seen=data.looked_at
    ).proposal_id
    return Response(_anew(session, made), status_code=201, headers={"Location": f"/api/v1/processors/proposals/{made}"})


@changing(
    "/processors/proposals/{proposal_id:uuid}/acceptance",
    status_code=200,
    summary="Accept a proposed change of facts",
    tags=["processors"],
    responses=problems(404),
)
def accept(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    proposal_id: FromPath[UUID],
    data: JSONBody[AcceptingProposal],
) -> ProposalOfFacts:
    """By whoever acts for the whole group: what it names is changed for all companies, and nothing else."""
    standing.require(Permission.MANAGE_PROCESSORS)
    proposals.accept(session, proposal_id, seen=data.looked_at)
    return _anew(session, proposal_id)


@changing(
    "/processors/proposals/{proposal_id:uuid}/refusal",
    status_code=200,
    summary="Decline a proposed change of facts",
    tags=["processors"],
    responses=problems(404),
)
def decline(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    proposal_id: FromPath[UUID],
    data: JSONBody[DecliningProposal],
) -> ProposalOfFacts:
    """By whoever acts for the whole group. The company that proposed it reads the reason."""
    standing.require(Permission.MANAGE_PROCESSORS)
    proposals.decline(session, proposal_id, reason=data.reason)
    return _anew(session, proposal_id)


@changing(
    "/processors/proposals/{proposal_id:uuid}/withdrawal",
    status_code=200,
    summary="Withdraw a proposed change of facts",
    tags=["processors"],
    responses=problems(404),
)
def withdraw(
    session: NamedDependency[Session], standing: NamedDependency[Standing], proposal_id: FromPath[UUID]
) -> ProposalOfFacts:
    """By the company that proposed it, before anybody decided."""
    standing.require(Permission.MANAGE_PROCESSORS)
    proposals.withdraw(session, proposal_id)
    return _anew(session, proposal_id)


def _anew(session: Session, proposal_id: UUID) -> ProposalOfFacts:
    session.flush()
    session.expire_all()
    return _told(proposals.get(session, proposal_id))


def _told(one: Proposed) -> ProposalOfFacts:
    row = one.row
    return ProposalOfFacts(
        proposal_id=row.proposal_id,
        processor_id=row.processor_id,
        company_id=row.company_id,
        state=row.state,
        before=_facts(row.before),
        proposed=_facts(row.proposed),
        changes=proposals.differing(row.before, row.proposed),
        outdated=sorted(one.outdated) if row.state is ProposalState.OPEN else [],
        reason=row.reason,
        proposed_at=row.proposed_at,
        settled_at=row.accepted_at or row.declined_at or row.withdrawn_at,
        answer=row.answer,
    )


def _facts(said: Description) -> GivenProcessor:
    return GivenProcessor(
        key=said.key,
        name=said.name,
        kind=said.kind,
        country=said.country,
        countries=list(said.countries),
        business_id=said.business_id,
        vat_number=said.vat_number,
        contact=GivenContact(**asdict(said.contact)),
        domain=said.domain,
        company_id=said.company_id,
        recipients=list(said.recipients),
    )
