"""Whether an agreement can be: everything that stands in its way, all at once.

A draft may be unfinished; what could never be is refused at once. Nothing is approved that the notice in force does not
name, or that would send data out of the EEA without a basis (P43, P56).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.languages.speaking import Language
from tenants.processors import describing, reading, refusals, standing
from tenants.processors.describing import document_faults, unknown_countries
from tenants.processors.model import AgreementVersion, Arrangement, Relation
from tenants.processors.reading import Agreed
from tenants.processors.standing import Ground, Reason, Stop
from tenants.processors.terms import Terms, terms_of
from tenants.registers.model import Purpose, Register


def refuse_impossible(session: Session, company_id: UUID, terms: Terms) -> None:
    """What no draft can say. Raises SeveralInvalid."""
    _refuse(list(_impossible(session, company_id, terms)))


def refuse_incomplete(session: Session, found: Agreed, version: AgreementVersion) -> None:
    """What must not be approved. Raises SeveralInvalid."""
    _refuse(missing(session, found, version))


def missing(session: Session, found: Agreed, version: AgreementVersion) -> list[Invalid]:
    """All that stands between this version and its being approved today."""
    terms, today, known = terms_of(version), reading.today(), standing.ground(session)
    stops = standing.stops(known, found, version, today)
    problems = [
        *_impossible(session, found.agreement.company_id, terms),
        *_undocumented(terms),
        *_stopping(stops, terms),
        *_denied(known, found, terms, today),
    ]
    if terms.valid_until and terms.valid_until < today:
        problems.append(refusals.LastDayPassed(field="valid_until"))
    return problems


def _refuse(problems: Sequence[Invalid]) -> None:
    if problems:
        raise SeveralInvalid(problems)


def _impossible(session: Session, company_id: UUID, terms: Terms) -> Iterator[Invalid]:
    registers = set(
        session.scalars(
            select(Register.register_id).where(Register.company_id == company_id, Register.retired_at.is_(None))
        )
    )
    if not {*terms.registers} <= registers:
        yield refusals.NotThatRegister(field="registers")
    purposes = session.scalars(
        select(Purpose.purpose_id).where(Purpose.register_id.in_(terms.registers), Purpose.retired_at.is_(None))
    )
    if not {*terms.purposes} <= {*purposes}:
        yield refusals.NotThatPurpose(field="purposes")
    if terms.valid_until and terms.valid_until < terms.valid_from:
        yield refusals.LastDayBeforeFirst(field="valid_until")
    yield from document_faults(terms.document, field="document")
    if terms.questionnaire:
        yield from document_faults(terms.questionnaire.document, field="questionnaire")
    yield from _arrangement(terms)
    yield from _checklist(terms)
    yield from _transfers(terms)


def _arrangement(terms: Terms) -> Iterator[Invalid]:
    if terms.arrangement is None:
        return
    essence, longest = terms.arrangement.essence, describing.LONGEST
    if any(len(essence.in_(language)) > longest["essence"] for language in Language):
        yield TooLong(field="essence", most=longest["essence"])
    if len(terms.arrangement.contact) > longest["contact_point"]:
        yield TooLong(field="contact_point", most=longest["contact_point"])


def _checklist(terms: Terms) -> Iterator[Invalid]:
    points = [one.point for one in terms.checklist]
    if len({*points}) < len(points):
        yield refusals.PointTwice(field="checklist")
    if any(len(one.where or "") > describing.LONGEST["where"] for one in terms.checklist):
        yield TooLong(field="checklist", most=describing.LONGEST["where"])


def _transfers(terms: Terms) -> Iterator[Invalid]:
    countries = [one.country for one in terms.transfers]
    yield from unknown_countries(tuple(countries), field="transfers")
    for country in sorted({one for one in countries if countries.count(one) > 1}):
        yield refusals.CountryTwice(field="transfers", country=country[:10])
    for one in terms.transfers:
        yield from document_faults(one.assessment, field="transfers")


def _undocumented(terms: Terms) -> Iterator[Invalid]:
    if terms.document is None:
        yield refusals.DocumentMissing(field="document")
    if terms.verify_again_on is None:
        yield refusals.VerifyAgainMissing(field="verify_again_on")
    if terms.relation is Relation.PROCESSOR and terms.at_end is None:
        yield refusals.AtEndMissing(field="at_end")
    if terms.relation is Relation.JOINT_CONTROLLER:
        yield from _arranged(terms.arrangement)


def _arranged(arrangement: Arrangement | None) -> Iterator[Invalid]:
    """Art. 26(2): the essence is made available to people, in Finnish where another language is missing."""
    if arrangement is None or not arrangement.essence.fi.strip():
        yield refusals.EssenceMissing(field="essence")
    if arrangement is None or not arrangement.contact.strip():
        yield refusals.ContactPointMissing(field="contact_point")


def _stopping(stops: Sequence[Stop], terms: Terms) -> Iterator[Invalid]:
    """Of what stops an agreement, what its terms or the notice would have to say otherwise."""
    reasons = {one.reason for one in stops}
    if Reason.RETIRED in reasons:
        yield refusals.OutOfUse(field="processor")
    if Reason.CHECKLIST_INCOMPLETE in reasons:
        yield refusals.ChecklistIncomplete(field="checklist")
    if Reason.COVERS_NOTHING in reasons:
        yield refusals.CoversNothing(field="registers" if not terms.registers else "purposes")
    for one in stops:
        if one.reason is Reason.NO_TRANSFER_BASIS:
            yield refusals.TransferBasisMissing(field="transfers", country=one.about)
        if one.reason is Reason.NOT_NAMED:
            yield refusals.NotNamedByTheNotice(field="registers", register=one.about)


def _denied(known: Ground, found: Agreed, terms: Terms, today: date) -> Iterator[Invalid]:
    """A notice that says nothing of where a recipient is does not deny it: the agreement adds what people are told."""
    processor = known.processors[found.agreement.processor_id]
    if not standing.third_countries(known, processor, today):
        return
    for register in (known.registers[one] for one in terms.registers):
        told = standing.naming(processor, register.recipients)
        if told and all(one.outside_eea is False for one in told):
            yield refusals.KeptInTheAreaByTheNotice(field="registers", register=register.key)
