"""Sub-processors: announced, objected to while their period runs, and left again (Art. 28(2), (4)).

A sub-processor is a processor of the catalogue, and may engage others in its turn: to any depth, never in a circle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.languages.speaking import HELSINKI, Language, Text
from tenants.processors import describing, refusals, relying
from tenants.processors.model import Processor, SubProcessor, SubProcessorObjection


class Engagement(Struct, frozen=True, kw_only=True):
    """`since` is the day from which it takes part. Companies may object up to and with `objections_until`."""

    service: Text
    countries: tuple[str, ...]
    since: date
    announced_on: date | None = None
    objections_until: date | None = None


def engage(session: Session, processor_id: UUID, sub_processor_id: UUID, said: Engagement) -> SubProcessor:
    """Or says anew how it is engaged. Raises SeveralInvalid, NoSuchProcessor, OthersRely, Forbidden."""
    relying.require_free(session, processor_id)
    link = write(session, processor_id, sub_processor_id, said)
    _note(session, "sub_processor.engaged", link)
    return link


def leave(session: Session, processor_id: UUID, sub_processor_id: UUID) -> None:
    """Raises NoSuchSubProcessor, OthersRely, Forbidden."""
    relying.require_free(session, processor_id)
    link = get(session, processor_id, sub_processor_id)
    if link.ended_at is None:
        link.ended_at = func.now()
        _note(session, "sub_processor.left", link)


def object_to(session: Session, processor_id: UUID, sub_processor_id: UUID, *, reason: str) -> UUID:
    """By the acting company.

    Raises NeedsReason, ObjectionPeriodOver, AlreadyObjected, NoSuchSubProcessor, Forbidden.
    """
    require(session, Permission.APPROVE_AGREEMENTS)
    acting = acting_of(session)
    if acting.company_id is None:
        raise refusals.CompanyDecides
    link = get(session, processor_id, sub_processor_id)
    said = describing.words(reason, refusals.NeedsReason(field="reason"))
    if link.ended_at is not None:
        raise refusals.NoSuchSubProcessor
    if link.objections_until is not None and link.objections_until < _today():
        raise refusals.ObjectionPeriodOver
    open_already = select(SubProcessorObjection.objection_id).where(
        SubProcessorObjection.company_id == acting.company_id,
        SubProcessorObjection.processor_id == processor_id,
        SubProcessorObjection.sub_processor_id == sub_processor_id,
        SubProcessorObjection.solved_at.is_(None),
    )
    if session.scalar(open_already) is not None:
        raise refusals.AlreadyObjected
    made = SubProcessorObjection(
        company_id=acting.company_id,
        processor_id=processor_id,
        sub_processor_id=sub_processor_id,
        reason=said,
        objected_by=acting.actor_id,
    )
    session.add(made)
    session.flush()
    _note_objection(session, "sub_processor.objected", made)
    return made.objection_id


def solve(session: Session, objection_id: UUID, *, solution: str) -> None:
    """By the company that objected. Raises NeedsSolution, AlreadySolved, NoSuchObjection, Forbidden."""
    require(session, Permission.APPROVE_AGREEMENTS)
    found = objection(session, objection_id)
    if found.solved_at is not None:
        raise refusals.AlreadySolved
    found.solution = describing.words(solution, refusals.NeedsSolution(field="solution"), field="solution")
    found.solved_at, found.solved_by = datetime.now(UTC), acting_of(session).actor_id
    session.flush()
    _note_objection(session, "sub_processor.objection_solved", found)


def objection(session: Session, objection_id: UUID) -> SubProcessorObjection:
    """Of the acting company; nobody else changes it meanwhile. Raises NoSuchObjection."""
    found = session.scalar(
        select(SubProcessorObjection).where(SubProcessorObjection.objection_id == objection_id).with_for_update()
    )
    if found is None:
        raise refusals.NoSuchObjection
    return found


def write(session: Session, processor_id: UUID, sub_processor_id: UUID, said: Engagement) -> SubProcessor:
    """Makes the row say this. Raises SeveralInvalid, NoSuchProcessor."""
    if found := list(_faults(said)):
        raise SeveralInvalid(found)
    _alone(session)
    known = set(session.scalars(select(Processor.processor_id)))
    if not {processor_id, sub_processor_id} <= known:
        raise refusals.NoSuchProcessor
    if processor_id == sub_processor_id or any(
        one.sub_processor_id == processor_id for one in beneath(sub_processor_id, engaged(session))
    ):
        raise SeveralInvalid([refusals.SubProcessorOfItself(field="sub_processor")])
    key = SubProcessor.processor_id == processor_id, SubProcessor.sub_processor_id == sub_processor_id
    link = session.scalar(select(SubProcessor).where(*key))
    if link is None:
        link = SubProcessor(processor_id=processor_id, sub_processor_id=sub_processor_id)
        session.add(link)
    link.service, link.countries = said.service, sorted({*said.countries})
    link.since, link.announced_on, link.objections_until = said.since, said.announced_on, said.objections_until
    link.ended_at = None
    session.flush()
    return link


def get(session: Session, processor_id: UUID, sub_processor_id: UUID) -> SubProcessor:
    """Raises NoSuchSubProcessor."""
    found = session.scalar(
        select(SubProcessor).where(
            SubProcessor.processor_id == processor_id, SubProcessor.sub_processor_id == sub_processor_id
        )
    )
    if found is None:
        raise refusals.NoSuchSubProcessor
    return found


def engaged(session: Session) -> dict[UUID, list[SubProcessor]]:
    """Whom each processor of the group engages now."""
    rows = session.scalars(
        select(SubProcessor)
        .where(SubProcessor.ended_at.is_(None))
        .order_by(SubProcessor.processor_id, SubProcessor.sub_processor_id)
    )
    found: dict[UUID, list[SubProcessor]] = defaultdict(list)
    for one in rows:
        found[one.processor_id].append(one)
    return dict(found)


def beneath(processor_id: UUID, engaged_by: Mapping[UUID, Iterable[SubProcessor]]) -> list[SubProcessor]:
    """Everybody engaged by it, and by those in their turn; whoever is met twice is told twice."""
    found: list[SubProcessor] = []
    waiting, known = [processor_id], {processor_id}
    while waiting:
        for link in engaged_by.get(waiting.pop(0), ()):
            found.append(link)
            if link.sub_processor_id not in known:
                known.add(link.sub_processor_id)
                waiting.append(link.sub_processor_id)
    return found


def _alone(session: Session) -> None:
    """One engagement at a time in the group, so that two do not close a circle unseen."""
    name = f"sub-processors {acting_of(session).group_id}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def _faults(said: Engagement) -> Iterable[Invalid]:
    if not said.service.fi.strip():
        yield refusals.NeedsService(field="service")
    if any(len(said.service.in_(language)) > describing.LONGEST["service"] for language in Language):
        yield TooLong(field="service", most=describing.LONGEST["service"])
    if not said.countries:
        yield refusals.NeedsCountry(field="countries")
    yield from describing.unknown_countries(said.countries, field="countries")
    if said.announced_on and said.objections_until and said.objections_until < said.announced_on:
        yield refusals.PeriodBeforeAnnouncement(field="objections_until")


def _note(session: Session, action: str, link: SubProcessor) -> None:
    trail.record(session, action, about="processor", ids=[link.processor_id, link.sub_processor_id])


def _note_objection(session: Session, action: str, objection: SubProcessorObjection) -> None:
    ids = [objection.processor_id, objection.sub_processor_id]
    trail.record(session, action, about="processor", ids=ids, objection=str(objection.objection_id))


def _today() -> date:
    return datetime.now(HELSINKI).date()
