"""An authority asks: taken in by one person, decided by another, each in their own name and once (P55).

PostgreSQL keeps the two apart: a case is written in the name of who took it in, its answer in the name of who decides,
and neither is changed afterwards.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from tenants.audit import trail
from tenants.authorities import refusals
from tenants.authorities.law import provisions
from tenants.authorities.law.provisions import OWN_WORDS, Covered, Provision
from tenants.authorities.model import AuthorityCase, AuthorityDecision, CaseState, DisclosedFile, Period, VerifiedHow
from tenants.base import new_id
from tenants.companies.model import Member
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.languages.speaking import HELSINKI
from tenants.processors.model import Processor
from tenants.registers import finding
from tenants.registers.model import Field, FieldType, Purpose, RecipientKind, Register
from tenants.vault import sealing
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place

SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST = {
    "reference": 200,
    "document": 200,
    "asker": 200,
    "provision_text": 500,
    "secret_provision": 500,
    "reason": 2000,
}
LONGEST_SECRECY = timedelta(days=3653)
SHOWN = 200


class Asked(Struct, frozen=True, kw_only=True):
    """What an authority asks. `persons` are identifiers, a line each, by which one person of the company is found."""

    recipient_id: UUID | None
    reference: str
    provision: str | None = None
    provision_text: str = ""
    document: str
    document_sha256: str = ""
    asker: str
    verified_how: VerifiedHow
    register_id: UUID
    purpose_id: UUID | None
    field_ids: tuple[UUID, ...]
    persons: str
    period: Period | None = None
    secret_provision: str = ""
    secret_until: date | None = None


class Case(Struct, frozen=True, kw_only=True):
    """A case as it stands. `fields` are the register's by id, also those that are retired by now."""

    row: AuthorityCase
    decision: AuthorityDecision | None
    files: tuple[DisclosedFile, ...]
    authority: str
    register: Register
    fields: Mapping[UUID, Field]
    opened_by: str
    decided_by: str | None

    @property
    def state(self) -> CaseState:
        if self.decision is None:
            return CaseState.OPEN
        if self.decision.refused:
            return CaseState.REFUSED
        if self.files:
            return CaseState.DISCLOSED
        asked, given = self.row, self.decision
        whole = {*asked.field_ids} == {*given.field_ids} and {*asked.person_ids} == {*given.person_ids}
        return CaseState.APPROVED if whole and asked.period == given.period else CaseState.PARTLY_APPROVED

    @property
    def provision(self) -> Provision | None:
        return provisions.provision(self.row.provision)

    @property
    def covers(self) -> Covered:
        return self.provision.covers if self.provision else OWN_WORDS


def open_case(session: Session, asked: Asked) -> UUID:
    """In the own name. Raises Forbidden, SeveralInvalid."""
    here = require(session, Permission.HANDLE_AUTHORITIES)
    person_ids, problems = _persons(session, asked.persons)
    problems += _problems(session, asked)
    fields = _fields(session, asked.register_id, asked.field_ids)
    problems += [] if fields else [refusals.FieldsMissing(field="fields")]
    problems += _not_covered(_covers(asked), fields.values(), person_ids)
    problems += _period(session, asked.register_id, asked.period)
    if problems:
        raise SeveralInvalid(problems)
    row = AuthorityCase(
        case_id=new_id(),
        company_id=acting_of(session).company_id,
        recipient_id=asked.recipient_id,
        reference=asked.reference.strip(),
        provision=asked.provision or None,
        provision_text=None if asked.provision else asked.provision_text.strip(),
        document=asked.document.strip(),
        document_sha256=asked.document_sha256.strip().lower() or None,
        sealed_asker=b"",
        verified_how=asked.verified_how,
        register_id=asked.register_id,
        purpose_id=asked.purpose_id,
        field_ids=list(fields),
        person_ids=person_ids,
        period=asked.period,
        secret_provision=asked.secret_provision.strip() or None,
        secret_until=asked.secret_until,
        opened_by=here.member_id,
    )
    row.sealed_asker = sealing.seal(keyring(session), _place(row), asked.asker.strip().encode())
    session.add(row)
    session.flush()
    _note(session, "authority.asked", row.case_id, persons=len(person_ids), fields=len(fields))
    return row.case_id


def decide(
    session: Session,
    case_id: UUID,
    *,
    refused: bool,
    reason: str,
    field_ids: Collection[UUID] = (),
    person_ids: Collection[UUID] | None = None,
    period: Period | None = None,
) -> None:
    """By another than who took it in. Of what was asked for all, or less; without `person_ids` all of the persons,
    without `period` the one that was asked for.

    Raises NoSuchAuthorityCase, OwnCase, DecidedAlready, SeveralInvalid, Forbidden.
    """
    here = require(session, Permission.APPROVE_AUTHORITIES)
    case = get(session, case_id)
    _refuse_another(case, here.member_id)
    given = [] if refused else [one for one in case.row.field_ids if one in field_ids]
    people = [one for one in case.row.person_ids if not refused and (person_ids is None or one in person_ids)]
    within = None if refused else period or case.row.period
    _refuse_period(session, case, within)
    _refuse_decision(case, refused=refused, reason=reason, asked=field_ids, given=given, people=people, within=within)
    decision = AuthorityDecision(
        case_id=case_id,
        company_id=case.row.company_id,
        opened_by=case.row.opened_by,
        decided_by=here.member_id,
        refused=refused,
        field_ids=given,
        person_ids=people,
        period=within,
        reason=reason.strip(),
    )
    try:
        with session.begin_nested():
            session.add(decision)
            session.flush()
    except IntegrityError:
        # Somebody else was first, in another window.
        raise refusals.DecidedAlready from None
    action = "authority.refused" if refused else "authority.approved"
    _note(session, action, case_id, persons=len(people), fields=len(given))


def _refuse_another(case: Case, member_id: UUID) -> None:
    """Decided once, and never by who took it in."""
    if case.row.opened_by == member_id:
        raise refusals.OwnCase
    if case.decision is not None:
        raise refusals.DecidedAlready


def _refuse_period(session: Session, case: Case, within: Period | None) -> None:
    problems = _period(session, case.row.register_id, within)
    if within and case.row.period and not case.row.period.holds(within):
        problems.append(refusals.LongerThanAsked(field="period_first"))
    if problems:
        raise SeveralInvalid(problems)


def _refuse_decision(
    case: Case,
    *,
    refused: bool,
    reason: str,
    asked: Collection[UUID],
    given: list[UUID],
    people: list[UUID],
    within: Period | None,
) -> None:
    problems: list[Invalid] = _too_long("reason", reason)
    less = {*given} != {*case.row.field_ids} or {*people} != {*case.row.person_ids} or within != case.row.period
    if (refused or less or case.provision is None) and not reason.strip():
        # Also what stands in own words: whoever approves it says what they found.
        problems.append(refusals.ReasonMissing(field="reason"))
    if not refused:
        problems += [] if given else [refusals.FieldsMissing(field="fields")]
        problems += [] if people else [refusals.NobodyNamed(field="persons")]
        problems += [refusals.MoreThanAsked(field="fields")] if {*asked} - {*case.row.field_ids} else []
        problems += _not_covered(case.covers, [case.fields[one] for one in given], people)
    if problems:
        raise SeveralInvalid(problems)


def get(session: Session, case_id: UUID) -> Case:
    """Raises NoSuchAuthorityCase, Forbidden."""
    require(session, Permission.SEE_AUTHORITIES)
    found = _found(session, case_id)
    if not found:
        raise refusals.NoSuchAuthorityCase
    return found[0]


def listed(session: Session) -> list[Case]:
    """The newest first. Raises Forbidden."""
    require(session, Permission.SEE_AUTHORITIES)
    return _found(session)


def waiting(session: Session, *, for_another_than: UUID) -> Sequence[AuthorityCase]:
    """Those of the acting company that nobody has decided about, and that this member may not have taken in."""
    decided = select(AuthorityDecision.case_id).where(AuthorityDecision.case_id == AuthorityCase.case_id)
    wanted = select(AuthorityCase).where(~decided.exists(), AuthorityCase.opened_by != for_another_than)
    return session.scalars(wanted.order_by(AuthorityCase.opened_at)).all()


def counted_waiting(_: Session) -> Select[int]:
    """Cases of the acting company that nobody has decided about."""
    decided = select(AuthorityDecision.case_id).where(AuthorityDecision.case_id == AuthorityCase.case_id)
    return select(func.count()).select_from(AuthorityCase).where(~decided.exists())


def authorities(session: Session) -> Sequence[Processor]:
    """Those of the catalogue that are in use."""
    wanted = select(Processor).where(Processor.kind == RecipientKind.AUTHORITY, Processor.retired_at.is_(None))
    return session.scalars(wanted.order_by(Processor.name)).all()


def asker(session: Session, row: AuthorityCase) -> str:
    """Who asked in the authority's name."""
    return sealing.unseal(keyring(session), _place(row), row.sealed_asker).decode()


def _place(row: AuthorityCase) -> Place:
    return Place("authority case", row.case_id, "asker", row.company_id)


def _found(session: Session, case_id: UUID | None = None) -> list[Case]:
    opener, decider = aliased(Member), aliased(Member)
    wanted = (
        select(AuthorityCase, AuthorityDecision, Processor.name, Register, opener.name, decider.name)
        .join(Processor, Processor.processor_id == AuthorityCase.recipient_id)
        .join(Register, Register.register_id == AuthorityCase.register_id)
        .join(opener, opener.member_id == AuthorityCase.opened_by)
        .outerjoin(AuthorityDecision, AuthorityDecision.case_id == AuthorityCase.case_id)
        .outerjoin(decider, decider.member_id == AuthorityDecision.decided_by)
        .order_by(AuthorityCase.opened_at.desc(), AuthorityCase.case_id.desc())
        .limit(SHOWN)
    )
    rows = session.execute(wanted.where(AuthorityCase.case_id == case_id) if case_id else wanted).all()
    fields = _labels(session, {row.register_id for row, *_ in rows})
    files = _files(session, [row.case_id for row, *_ in rows])
    return [
        Case(
            row=row,
            decision=decision,
            files=tuple(files.get(row.case_id, ())),
            authority=authority,
            register=register,
            fields=fields[row.register_id],
            opened_by=opened_by,
            decided_by=decided_by,
        )
        for row, decision, authority, register, opened_by, decided_by in rows
    ]


def _labels(session: Session, register_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Field]]:
    found: dict[UUID, dict[UUID, Field]] = {one: {} for one in register_ids}
    for field in session.scalars(select(Field).where(Field.register_id.in_(register_ids)).order_by(Field.position)):
        found[field.register_id][field.field_id] = field
    return found


def _files(session: Session, case_ids: Collection[UUID]) -> dict[UUID, list[DisclosedFile]]:
    found: dict[UUID, list[DisclosedFile]] = {}
    wanted = select(DisclosedFile).where(DisclosedFile.source_id.in_(case_ids)).order_by(DisclosedFile.made_at)
    for one in session.scalars(wanted):
        found.setdefault(one.source_id, []).append(one)
    return found


def days_of(session: Session, register_id: UUID) -> Sequence[Field]:
    """The fields by which a period is meant."""
    wanted = select(Field).where(
        Field.register_id == register_id,
        Field.type == FieldType.DATE,
        Field.sealed.is_(False),
        Field.retired_at.is_(None),
    )
    return session.scalars(wanted.order_by(Field.position)).all()


def _period(session: Session, register_id: UUID, period: Period | None) -> list[Invalid]:
    if period is None:
        return []
    if period.field_id not in {one.field_id for one in days_of(session, register_id)}:
        return [refusals.PeriodOfNoDay(field="period_field")]
    return [refusals.PeriodBackwards(field="period_last")] if period.last < period.first else []


def _fields(session: Session, register_id: UUID, field_ids: Collection[UUID]) -> dict[UUID, Field]:
    wanted = select(Field).where(
        Field.register_id == register_id,
        Field.company_id == acting_of(session).company_id,
        Field.field_id.in_(field_ids),
        Field.retired_at.is_(None),
    )
    return {one.field_id: one for one in session.scalars(wanted.order_by(Field.position))}


def _persons(session: Session, lines: str) -> tuple[list[UUID], list[Invalid]]:
    """Each line fits one, or is refused by its number: what it says stays unsaid."""
    found: dict[UUID, None] = {}
    problems: list[Invalid] = []
    for number, line in enumerate((one for one in lines.splitlines() if one.strip()), start=1):
        try:
            fitting = finding.search(session, line.strip()).persons
        except Invalid:
            fitting = []
        if len(fitting) == 1:
            found[fitting[0].person_id] = None
        else:
            kind = refusals.SeveralFit if fitting else refusals.NobodyFits
            problems.append(kind(field="persons", line=number))
    if not found and not problems:
        problems.append(refusals.NobodyNamed(field="persons"))
    return list(found), problems


def _problems(session: Session, asked: Asked) -> Iterator[Invalid]:
    if asked.recipient_id not in {one.processor_id for one in authorities(session)}:
        yield refusals.NotAnAuthority(field="authority")
    if not asked.reference.strip():
        yield refusals.ReferenceMissing(field="reference")
    if not asked.document.strip():
        yield refusals.DocumentMissing(field="document")
    if asked.document_sha256.strip() and not SHA256.fullmatch(asked.document_sha256.strip().lower()):
        yield refusals.NotASha256(field="document_sha256")
    if not asked.asker.strip():
        yield refusals.AskedByNobody(field="asker")
    yield from _provision(asked)
    yield from _secrecy(asked)
    purpose = select(Purpose.purpose_id).where(
        Purpose.purpose_id == asked.purpose_id, Purpose.register_id == asked.register_id, Purpose.retired_at.is_(None)
    )
    if session.scalar(purpose) is None:
        yield refusals.FieldsMissing(field="fields")
    for name in ("reference", "document", "asker", "provision_text", "secret_provision"):
        yield from _too_long(name, getattr(asked, name))


def _provision(asked: Asked) -> Iterator[Invalid]:
    if asked.provision:
        found = provisions.provision(asked.provision)
        if found is None or not found.holds(_today()):
            yield refusals.ProvisionOver(field="provision")
    elif not asked.provision_text.strip():
        yield refusals.ProvisionMissing(field="provision")


def _secrecy(asked: Asked) -> Iterator[Invalid]:
    if (asked.secret_until is None) != (not asked.secret_provision.strip()):
        yield refusals.SecrecyHalfSaid(field="secret_until")
    elif asked.secret_until and not _today() < asked.secret_until <= _today() + LONGEST_SECRECY:
        yield refusals.SecrecyTooLong(field="secret_until")


def _covers(asked: Asked) -> Covered:
    found = provisions.provision(asked.provision)
    return found.covers if found else OWN_WORDS


def _not_covered(covers: Covered, fields: Collection[Field], person_ids: Collection[UUID]) -> list[Invalid]:
    problems: list[Invalid] = []
    if not covers.sealed:
        problems += [refusals.NotCoveredSealed(field="fields", key=one.label) for one in fields if one.sealed]
    if len(person_ids) > covers.persons:
        problems.append(refusals.NotCoveredPersons(field="persons", most=covers.persons))
    return problems


def _note(session: Session, action: str, case_id: UUID, *, persons: int, fields: int) -> None:
    trail.record(session, action, about="authority_case", ids=[case_id], persons=persons, fields=fields)


def _too_long(field: str, value: str) -> list[Invalid]:
    return [TooLong(field=field, most=LONGEST[field])] if len(value) > LONGEST[field] else []


def _today() -> date:
    return datetime.now(HELSINKI).date()
