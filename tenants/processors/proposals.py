"""What a company proposes to change of facts on which others rely, too: whoever acts for the whole group decides.

A proposal changes the facts that it names, and no others. It is out of date once one of those was changed otherwise;
then it is declined, or withdrawn and made anew, and never applied.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Contact
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.processors import cataloguing, describing, engaging, refusals, relying
from tenants.processors.model import Agreement, Description, Processor, ProcessorProposal

OF_CONTACT = "contact."
OPEN = (
    ProcessorProposal.accepted_at.is_(None),
    ProcessorProposal.declined_at.is_(None),
    ProcessorProposal.withdrawn_at.is_(None),
)


class Proposed(Struct, frozen=True):
    """A proposal beside what is known now; `outdated` are the facts that it names and somebody changed otherwise."""

    row: ProcessorProposal
    processor: Processor
    outdated: frozenset[str]


def may_propose(session: Session, processor_id: UUID) -> bool:
    """Of a company that relies on the facts and may not change them itself."""
    own = acting_of(session).company_id is not None
    return own and processor_id in relying.of_others(session) and processor_id in _of_own(session)


def propose(
    session: Session, processor_id: UUID, said: Description, *, reason: str, seen: str | None = None
) -> ProcessorProposal:
    """By the acting company. `seen` is `cataloguing.looked_at` of what it was made from.

    Raises SeveralInvalid, KnownOrganisation, NothingProposed, NeedsReason, TooLong, AlreadyProposed, NoProposalNeeded,
    NothingRestsOnIt, ProcessorChangedMeanwhile, NoSuchProcessor, Forbidden.
    """
    processor = require_proposable(session, processor_id)
    if seen not in (None, cataloguing.looked_at(processor)):
        raise refusals.ProcessorChangedMeanwhile
    before = cataloguing.description_of(processor)
    proposed = cataloguing.checked(session, processor_id, replace(said, key=processor.key))
    if not differing(before, proposed):
        raise refusals.NothingProposed(field="name")
    acting = acting_of(session)
    made = ProcessorProposal(
        proposal_id=new_id(),
        company_id=acting.company_id,
        processor_id=processor_id,
        before=before,
        proposed=proposed,
        reason=describing.words(reason, refusals.NeedsReason(field="reason")),
        proposed_by=acting.actor_id,
    )
    session.add(made)
    session.flush()
    _note(session, "processor.change_proposed", made)
    return made


def require_proposable(session: Session, processor_id: UUID) -> Processor:
    """Raises AlreadyProposed, NoProposalNeeded, NothingRestsOnIt, NoSuchProcessor, Forbidden."""
    require(session, Permission.MANAGE_PROCESSORS)
    processor = cataloguing.get(session, processor_id)
    if acting_of(session).company_id is None or processor_id not in relying.of_others(session):
        raise refusals.NoProposalNeeded
    if processor_id not in _of_own(session):
        raise refusals.NothingRestsOnIt
    known = select(ProcessorProposal.proposal_id).where(ProcessorProposal.processor_id == processor_id, *OPEN)
    if session.scalar(known) is not None:
        raise refusals.AlreadyProposed
    return processor


def accept(session: Session, proposal_id: UUID, *, seen: str | None = None) -> Processor:
    """What it names is changed, and nothing else. `seen` is `cataloguing.looked_at` of what was decided about.

    Raises ProposalOutOfDate, ProcessorChangedMeanwhile, SeveralInvalid, KnownOrganisation, ProposalSettled,
    GroupDecides, NoSuchProposal, Forbidden.
    """
    row = _for_the_group(session, proposal_id)
    processor = cataloguing.locked(session, row.processor_id)
    if outdated(row, processor):
        raise refusals.ProposalOutOfDate
    changed = cataloguing.change(session, row.processor_id, becomes(row, processor), seen=seen)
    row.accepted_at, row.decided_by = datetime.now(UTC), acting_of(session).actor_id
    session.flush()
    _note(session, "processor.proposal_accepted", row)
    return changed


def decline(session: Session, proposal_id: UUID, *, reason: str) -> None:
    """Raises NeedsReason, TooLong, ProposalSettled, GroupDecides, NoSuchProposal, Forbidden."""
    row = _for_the_group(session, proposal_id)
    row.answer = describing.words(reason, refusals.NeedsReason(field="reason"))
    row.declined_at, row.decided_by = datetime.now(UTC), acting_of(session).actor_id
    session.flush()
    _note(session, "processor.proposal_declined", row)


def withdraw(session: Session, proposal_id: UUID) -> None:
    """By the company that made it. Raises ProposalSettled, AnotherProposed, NoSuchProposal, Forbidden."""
    require(session, Permission.MANAGE_PROCESSORS)
    row = _open(session, proposal_id)
    if row.company_id != acting_of(session).company_id:
        raise refusals.AnotherProposed
    row.withdrawn_at, row.decided_by = datetime.now(UTC), acting_of(session).actor_id
    session.flush()
    _note(session, "processor.proposal_withdrawn", row)


def get(session: Session, proposal_id: UUID) -> Proposed:
    """Raises NoSuchProposal."""
    row = session.scalar(select(ProcessorProposal).where(ProcessorProposal.proposal_id == proposal_id))
    if row is None:
        raise refusals.NoSuchProposal
    return _beside(row, cataloguing.get(session, row.processor_id))


def listed(session: Session, *, processor_id: UUID | None = None) -> list[Proposed]:
    """The newest first; of all companies for whoever acts for the whole group."""
    wanted = select(ProcessorProposal, Processor).join(
        Processor, Processor.processor_id == ProcessorProposal.processor_id
    )
    if processor_id is not None:
        wanted = wanted.where(ProcessorProposal.processor_id == processor_id)
    rows = session.execute(wanted.order_by(ProcessorProposal.proposal_id.desc()))
    return [_beside(row, processor) for row, processor in rows]


def waiting(session: Session) -> Sequence[ProcessorProposal]:
    """For whoever acts for the whole group: what nobody has decided, the oldest first."""
    if acting_of(session).company_id is not None:
        return []
    return session.scalars(select(ProcessorProposal).where(*OPEN).order_by(ProcessorProposal.proposal_id)).all()


def counted(_: Session) -> Select[int]:
    """All that whoever acts sees."""
    return select(func.count()).select_from(ProcessorProposal)


def counted_waiting(session: Session) -> Select[int]:
    if acting_of(session).company_id is not None:
        return select(literal(0))
    return select(func.count()).select_from(ProcessorProposal).where(*OPEN)


def parts(said: Description) -> Mapping[str, object]:
    """Every fact by its name, those of the contact each by itself."""
    facts = {name: value for name, value in asdict(said).items() if name != "contact"}
    return facts | {f"{OF_CONTACT}{name}": value for name, value in asdict(said.contact).items()}


def differing(before: Description, now: Description) -> list[str]:
    then, there = parts(before), parts(now)
    return [name for name in there if then[name] != there[name]]


def outdated(row: ProcessorProposal, processor: Processor) -> frozenset[str]:
    """What it names and somebody has changed since, but not to what it proposes."""
    then, wanted, now = (parts(one) for one in (row.before, row.proposed, cataloguing.description_of(processor)))
    named = differing(row.before, row.proposed)
    return frozenset(name for name in named if now[name] not in (then[name], wanted[name]))


def becomes(row: ProcessorProposal, processor: Processor) -> Description:
    """What is known now, with what the proposal names."""
    now, wanted = cataloguing.description_of(processor), parts(row.proposed)
    named = set(differing(row.before, row.proposed))
    facts = {name: wanted[name] for name in named if not name.startswith(OF_CONTACT)}
    contact = {name.removeprefix(OF_CONTACT): wanted[name] for name in named if name.startswith(OF_CONTACT)}
    said: Contact = replace(now.contact, **contact)
    return replace(now, contact=said, **facts)


def _beside(row: ProcessorProposal, processor: Processor) -> Proposed:
    return Proposed(row, processor, outdated(row, processor))


def _of_own(session: Session) -> frozenset[UUID]:
    """On whose facts the acting company relies: those it has agreements with, and those whom they engage."""
    agreed = set(session.scalars(select(Agreement.processor_id)))
    engaged = engaging.engaged(session)
    return frozenset(agreed | {link.sub_processor_id for one in agreed for link in engaging.beneath(one, engaged)})


def _for_the_group(session: Session, proposal_id: UUID) -> ProcessorProposal:
    require(session, Permission.MANAGE_PROCESSORS)
    row = _open(session, proposal_id)
    if acting_of(session).company_id is not None:
        raise refusals.GroupDecides
    return row


def _open(session: Session, proposal_id: UUID) -> ProcessorProposal:
    """Which nobody else decides meanwhile."""
    row = session.scalar(
        select(ProcessorProposal).where(ProcessorProposal.proposal_id == proposal_id, *OPEN).with_for_update()
    )
    if row is not None:
        return row
    # One that is settled may be read, and locked by nobody.
    get(session, proposal_id)
    raise refusals.ProposalSettled


def _note(session: Session, action: str, row: ProcessorProposal) -> None:
    ids = [row.processor_id]
    trail.record(session, action, about="processor", ids=ids, proposal=str(row.proposal_id))
