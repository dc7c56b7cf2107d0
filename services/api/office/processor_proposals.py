"""Proposals to change facts on which several companies rely: made, looked at beside what is known, and decided."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import facts_told
from services.api.facts_told import ToldFact
from services.api.forms import Form, refused
from services.api.office import processors_told
from services.api.office.desk import Desk
from services.api.office.processor_forms import GivenFacts, facts_as_form, read_facts
from services.api.office.processors import facts_page, recipients
from services.api.office.processors_told import PROCESSORS, PROPOSALS
from tenants.companies import companies, members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.processors import cataloguing, describing, proposals
from tenants.processors.model import ProcessorProposal, ProposalState
from tenants.processors.proposals import Proposed


class GivenProposal(GivenFacts, frozen=True):
    reason: str = ""


class Decided(Struct, frozen=True):
    looked_at: str = ""


class GivenAnswer(Struct, frozen=True):
    reason: str = ""


class ShownProposal(Struct, frozen=True):
    """`by` and `decider` are members' names, empty where nobody is known."""

    row: ProcessorProposal
    name: str
    company: str
    by: str
    decider: str
    outdated: bool
    url: str


@get("/processors/proposals", sync_to_thread=True)
def list_proposals(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    """Of the acting company, or, for the whole group, of every company."""
    desk.require(Permission.SEE_PROCESSORS)
    return desk.page(
        "office/processors/proposals.html",
        proposals=shown(session),
        of_all=desk.here.acting.company_id is None,
        list_url=PROCESSORS,
    )


@get("/processors/proposals/{proposal_id:uuid}", sync_to_thread=True)
def show_proposal(
    session: NamedDependency[Session], desk: NamedDependency[Desk], proposal_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, proposal_id)


@get("/processors/{processor_id:uuid}/proposals/new", sync_to_thread=True)
def new_proposal(
    session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.MANAGE_PROCESSORS)
    one = proposals.require_proposable(session, processor_id)
    return _form(session, desk, Form(facts_as_form(session, one)), processor_id, one.name)


@post("/processors/{processor_id:uuid}/proposals", sync_to_thread=True)
def propose(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[GivenProposal, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    name = cataloguing.get(session, processor_id).name
    try:
        said = read_facts(session, data)
        made = proposals.propose(session, processor_id, said, reason=data.reason, seen=data.looked_at or None)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _form(session, desk, form, processor_id, name, status=422)
    return desk.done(url_of(made.proposal_id), "change-proposed")


@post("/processors/proposals/{proposal_id:uuid}/acceptance", sync_to_thread=True)
def accept(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    proposal_id: FromPath[UUID],
    data: Annotated[Decided, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        proposals.accept(session, proposal_id, seen=data.looked_at or None)
    except Invalid as refusal:
        return _page(session, desk, proposal_id, form=refused(desk.language, {}, refusal), status=422)
    return desk.done(url_of(proposal_id), "proposal-accepted")


@post("/processors/proposals/{proposal_id:uuid}/refusal", sync_to_thread=True)
def decline(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    proposal_id: FromPath[UUID],
    data: Annotated[GivenAnswer, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        proposals.decline(session, proposal_id, reason=data.reason)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, proposal_id, form=form, status=422)
    return desk.done(url_of(proposal_id), "proposal-declined")


@post("/processors/proposals/{proposal_id:uuid}/withdrawal", sync_to_thread=True)
def withdraw(session: NamedDependency[Session], desk: NamedDependency[Desk], proposal_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    proposals.withdraw(session, proposal_id)
    return desk.done(url_of(proposal_id), "proposal-withdrawn")


def url_of(proposal_id: UUID) -> str:
    return f"{PROPOSALS}/{proposal_id}"


def shown(session: Session, *, processor_id: UUID | None = None) -> list[ShownProposal]:
    found = proposals.listed(session, processor_id=processor_id)
    called, who = companies.names(session), _names(session, *found)
    return [_shown(one, called, who) for one in found]


def _page(
    session: Session, desk: Desk, proposal_id: UUID, *, form: Form | None = None, status: int = 200
) -> Response[str]:
    found, own = proposals.get(session, proposal_id), desk.here.acting.company_id
    is_open, may = found.row.state is ProposalState.OPEN, desk.here.may(Permission.MANAGE_PROCESSORS)
    facts = _facts(session, desk, found)
    return desk.page(
        "office/processors/proposal.html",
        status=status,
        one=_shown(found, companies.names(session), _names(session, found)),
        processor=found.processor,
        facts=facts,
        moved=is_open and any(each.now != each.before for each in facts),
        looked_at=cataloguing.looked_at(found.processor),
        may_decide=is_open and may and own is None,
        may_withdraw=is_open and may and own == found.row.company_id,
        form=form or Form(),
        longest=describing.LONGEST,
        url=url_of(proposal_id),
        processor_url=processors_told.url_of(found.row.processor_id),
        proposals_url=PROPOSALS,
        list_url=PROCESSORS,
    )


def _facts(session: Session, desk: Desk, found: Proposed) -> list[ToldFact]:
    named = dict(recipients(session, desk.language))
    return facts_told.proposed(desk.language, found, companies=companies.names(session), recipients=named)


def _names(session: Session, *found: Proposed) -> Mapping[UUID, str]:
    ids = {one for each in found for one in (each.row.proposed_by, each.row.decided_by) if one}
    return members.names(session, ids)


def _shown(one: Proposed, called: Mapping[UUID, str], who: Mapping[UUID, str]) -> ShownProposal:
    row = one.row
    return ShownProposal(
        row=row,
        name=one.processor.name,
        company=called.get(row.company_id, ""),
        by=who.get(row.proposed_by, "") if row.proposed_by else "",
        decider=who.get(row.decided_by, "") if row.decided_by else "",
        outdated=bool(one.outdated) and row.state is ProposalState.OPEN,
        url=url_of(row.proposal_id),
    )


def _form(
    session: Session, desk: Desk, form: Form, processor_id: UUID, name: str, *, status: int = 200
) -> Response[str]:
    url = processors_told.url_of(processor_id)
    return facts_page(
        session,
        desk,
        form,
        url=f"{url}/proposals",
        back_url=url,
        title=name,
        proposing=True,
        status=status,
    )
