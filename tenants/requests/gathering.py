"""What a company holds of a person, as counts: for the decision and for the archive, not the data itself."""

from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.registers.model import IdentityLevel, Record, Register
from tenants.requests import timeline
from tenants.requests.model import Case, CaseEventKind, CaseFinding


def gather(session: Session, case: Case, person_id: UUID) -> None:
    """What each register of the company holds of the person: counts.

    Registers that ask for a surer identity are named, and not looked into.
    """
    case.person_id = person_id
    counts = _counts(session, person_id, up_to=case.level)
    registers = session.scalars(
        select(Register).where(Register.company_id == case.company_id, Register.retired_at.is_(None))
    )
    for register in registers:
        withheld = register.identity_level if register.identity_level > case.level else None
        records, fields = counts.get(register.register_id, (0, 0))
        session.add(
            CaseFinding(
                case_id=case.case_id,
                register_id=register.register_id,
                records=records,
                fields=fields,
                withheld=withheld,
            )
        )
    timeline.note(session, case, CaseEventKind.GATHERED, records=sum(records for records, _ in counts.values()))
    trail.record(session, "person.counted", about="person", ids=[person_id], case=str(case.case_id))


def _counts(session: Session, person_id: UUID, *, up_to: IdentityLevel) -> dict[UUID, tuple[int, int]]:
    """Records, and fields that hold something, by register."""
    allowed = [level for level in IdentityLevel if level <= up_to]
    # Correlated, so that only this person's records are opened and not every record of the company.
    filled = select(func.jsonb_object_keys(Record.data).label("field_id")).correlate(Record).lateral()
    counted = (
        select(
            Record.register_id,
            func.count(Record.record_id.distinct()),
            func.count(filled.c.field_id.distinct()),
        )
        .join(Register, Register.register_id == Record.register_id)
        .outerjoin(filled, true())
        .where(Record.person_id == person_id, Register.identity_level.in_(allowed))
        .group_by(Record.register_id)
    )
    return {register_id: (records, fields) for register_id, records, fields in session.execute(counted)}
