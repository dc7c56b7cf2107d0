"""How an agreement stands on a day: everything that stops what flows under it, all at once.

`agreement_stops` in the database says the same for the statements that feeds run; a test holds the two together.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tenants.languages.speaking import Text
from tenants.processors import cataloguing, engaging, reading, stopping
from tenants.processors.law import transfers
from tenants.processors.model import (
    AgreementState,
    AgreementVersion,
    FlowStop,
    Processor,
    ProcessorVerification,
    Relation,
    SubProcessor,
    SubProcessorObjection,
    Transfer,
    TransferKind,
)
from tenants.processors.reading import Agreed
from tenants.processors.terms import unmet
from tenants.registers.model import Purpose, Recipient, Register


class Reason(StrEnum):
    """Why nothing flows, in the order in which it is told."""

    COMPANY_STOPPED = "company_stopped"
    PROCESSOR_STOPPED = "processor_stopped"
    NOT_APPROVED = "not_approved"
    NOT_BEGUN = "not_begun"
    ENDED = "ended"
    EXPIRED = "expired"
    RETIRED = "retired"
    UNVERIFIED = "unverified"
    VERIFICATION_EXPIRED = "verification_expired"
    CHECKLIST_INCOMPLETE = "checklist_incomplete"
    NO_TRANSFER_BASIS = "no_transfer_basis"
    SUB_PROCESSOR_OBJECTED = "sub_processor_objected"
    COVERS_NOTHING = "covers_nothing"
    NOT_DECLARED = "not_declared"
    NOT_NAMED = "not_named"


class AgreementsStand(StrEnum):
    """How what a company has agreed with one processor stands as a whole."""

    GOOD = "good"
    STOPPED = "stopped"
    NONE = "none"


class Stop(Struct, frozen=True, order=True):
    """`about` is the point of Art. 28(3), the country, the key of the sub-processor, or of the register."""

    reason: Reason
    about: str = ""


class Ground(Struct, frozen=True, kw_only=True):
    """What agreements are held against: the catalogue, its evidence, and what the notices in force declare."""

    processors: Mapping[UUID, Processor]
    engaged: Mapping[UUID, Sequence[SubProcessor]]
    verifications: Mapping[UUID, Sequence[ProcessorVerification]]
    objections: Sequence[SubProcessorObjection]
    stopped: Sequence[FlowStop]
    registers: Mapping[UUID, Register]
    purposes: Mapping[UUID, Purpose]


def ground(session: Session) -> Ground:
    """For all agreements that the session sees; objections and stops are seen by the company that made them."""
    verifications: dict[UUID, list[ProcessorVerification]] = {}
    made = select(ProcessorVerification).where(ProcessorVerification.withdrawn_at.is_(None))
    for one in session.scalars(made.order_by(ProcessorVerification.verified_on)):
        verifications.setdefault(one.processor_id, []).append(one)
    return Ground(
        processors={one.processor_id: one for one in cataloguing.listed(session)},
        engaged=engaging.engaged(session),
        verifications=verifications,
        objections=session.scalars(
            select(SubProcessorObjection).where(SubProcessorObjection.solved_at.is_(None))
        ).all(),
        stopped=stopping.in_force(session),
        registers={one.register_id: one for one in session.scalars(select(Register))},
        purposes={one.purpose_id: one for one in session.scalars(select(Purpose))},
    )


def stops(known: Ground, agreed: Agreed, version: AgreementVersion, today: date) -> list[Stop]:
    """Nothing of this version flows on this day while there is any. In the order of the reasons."""
    processor = known.processors[agreed.agreement.processor_id]
    found = {
        *_by_hand(known, agreed),
        *_of_its_life(agreed, version, today),
        *_of_the_processor(known, agreed, version, today),
        *_of_its_terms(version),
        *_of_transfers(known, processor, version, today),
        *_of_objections(known, agreed, version),
        *_of_the_notice(known, processor, version),
    }
    return sorted(found, key=lambda one: (tuple(Reason).index(one.reason), one.about))


def third_countries(known: Ground, processor: Processor, today: date) -> list[str]:
    """The countries outside the EEA where it or somebody beneath it takes part on this day."""
    places = {processor.country, *processor.countries}
    for link in engaging.beneath(processor.processor_id, known.engaged):
        if link.since <= today:
            places |= {known.processors[link.sub_processor_id].country, *link.countries}
    return sorted(places - transfers.area(today).countries)


def evidence(known: Ground, agreed: Agreed) -> list[ProcessorVerification]:
    """Written down for the agreement's own company, or for the whole group: no company answers for another's."""
    made = known.verifications.get(agreed.agreement.processor_id, ())
    return [one for one in made if one.company_id in (None, agreed.agreement.company_id)]


def naming(processor: Processor, recipients: Sequence[Recipient]) -> list[Recipient]:
    """How a register's notice tells of it: under a recipient that it stands under, by name, or as of the group."""
    return [
        one
        for one in recipients
        if one.key in processor.recipients
        or one.name == processor.name
        or (one.in_group and processor.company_id is not None)
    ]


def _by_hand(known: Ground, agreed: Agreed) -> Iterator[Stop]:
    for one in known.stopped:
        if one.company_id != agreed.agreement.company_id or one.feed_id is not None:
            continue
        if one.processor_id is None:
            yield Stop(Reason.COMPANY_STOPPED)
        elif one.processor_id == agreed.agreement.processor_id:
            yield Stop(Reason.PROCESSOR_STOPPED)


def _of_its_life(agreed: Agreed, version: AgreementVersion, today: date) -> Iterator[Stop]:
    match agreed.state(version, today):
        case AgreementState.DRAFT:
            yield Stop(Reason.NOT_APPROVED)
        case AgreementState.APPROVED:
            yield Stop(Reason.NOT_BEGUN)
        case AgreementState.ENDED | AgreementState.REPLACED:
            yield Stop(Reason.ENDED)
        case AgreementState.EXPIRED:
            yield Stop(Reason.EXPIRED)


def _of_the_processor(known: Ground, agreed: Agreed, version: AgreementVersion, today: date) -> Iterator[Stop]:
    if known.processors[agreed.agreement.processor_id].retired_at is not None:
        yield Stop(Reason.RETIRED)
    made = [one for one in evidence(known, agreed) if one.verified_on <= today]
    again = version.verify_again_on
    since = again if again is not None and again <= today else date.min
    if not made:
        yield Stop(Reason.UNVERIFIED)
    elif not any(one.valid_until >= today and one.verified_on >= since for one in made):
        yield Stop(Reason.VERIFICATION_EXPIRED)


def _of_its_terms(version: AgreementVersion) -> Iterator[Stop]:
    if version.relation is Relation.PROCESSOR:
        yield from (Stop(Reason.CHECKLIST_INCOMPLETE, point) for point in unmet(version))
    if not version.registers or not version.purposes:
        yield Stop(Reason.COVERS_NOTHING)


def _of_transfers(known: Ground, processor: Processor, version: AgreementVersion, today: date) -> Iterator[Stop]:
    for country in third_countries(known, processor, today):
        if not any(carries(basis, country, today) for basis in version.transfers):
            yield Stop(Reason.NO_TRANSFER_BASIS, country)


def carries(basis: Transfer, country: str, today: date) -> bool:
    """A decision of adequacy carries by itself whom it covers entirely; anything else needs its assessment."""
    return basis.country == country and holds(basis.kind, country, today, assessed=basis.assessment is not None)


def lacks_assessment(basis: Transfer, today: date) -> bool:
    """Nothing else keeps the basis from holding."""
    return not carries(basis, basis.country, today) and holds(basis.kind, basis.country, today, assessed=True)


def holds(kind: TransferKind, country: str, today: date, *, assessed: bool) -> bool:
    if kind is not TransferKind.ADEQUACY:
        return assessed
    decision = transfers.decision(country, today)
    return decision is not None and (decision.covers is None or assessed)


def _of_objections(known: Ground, agreed: Agreed, version: AgreementVersion) -> Iterator[Stop]:
    if not version.objection_stops:
        return
    beneath = engaging.beneath(agreed.agreement.processor_id, known.engaged)
    links = {(link.processor_id, link.sub_processor_id) for link in beneath}
    for one in known.objections:
        own = one.company_id == agreed.agreement.company_id
        if own and (one.processor_id, one.sub_processor_id) in links:
            yield Stop(Reason.SUB_PROCESSOR_OBJECTED, known.processors[one.sub_processor_id].key)


def _of_the_notice(known: Ground, processor: Processor, version: AgreementVersion) -> Iterator[Stop]:
    for register_id in version.registers:
        register = known.registers[register_id]
        if register.retired_at is not None:
            yield Stop(Reason.NOT_DECLARED, register.key)
        elif not naming(processor, register.recipients):
            yield Stop(Reason.NOT_NAMED, register.key)
    for purpose_id in version.purposes:
        purpose = known.purposes[purpose_id]
        if purpose.retired_at is not None:
            yield Stop(Reason.NOT_DECLARED, f"{known.registers[purpose.register_id].key}.{purpose.key}")


class Counted(Struct, frozen=True):
    """Of one company: how many agreements in a state, how many of them are stopped, and the first last day."""

    company_id: UUID
    state: AgreementState
    agreements: int
    stopped: int
    first_end: date | None


def overseen(session: Session) -> list[Counted]:
    """Of every company that the member who acts oversees: figures, dates and states."""
    day = reading.today()
    asked = text("SELECT * FROM overseen_agreements(:day, :free, :adequate, :partly) ORDER BY company_id, state")
    return [
        Counted(row.company_id, AgreementState(row.state), row.agreements, row.stopped, row.first_end)
        for row in session.execute(asked, {"day": day, **of_the_law(day)})
    ]


class ForOther(Struct, frozen=True):
    """What a company of the group does as the processor of another: `purposes` are the controller's words, once."""

    controller_id: UUID
    state: AgreementState
    valid_from: date
    valid_until: date | None
    purposes: list[Text]
    transfers: list[Transfer]


def for_others(session: Session, processor_id: UUID) -> list[ForOther]:
    """Where this processor is the acting company itself: its approved agreements with its sisters (Art. 30(2))."""
    asked = text("SELECT * FROM agreements_for_others(:processor, :day)")
    rows = session.execute(asked, {"processor": processor_id, "day": reading.today()})
    found = [msgspec.convert(dict(row._mapping), ForOther) for row in rows]
    return [msgspec.structs.replace(one, purposes=list(dict.fromkeys(one.purposes))) for one in found]


def of_the_law(today: date) -> dict[str, list[str]]:
    """The countries that the law names on a day, as `agreement_stops` asks for them."""
    return {
        "free": sorted(transfers.area(today).countries),
        "adequate": list(transfers.adequate(today)),
        "partly": list(transfers.partly(today)),
    }
