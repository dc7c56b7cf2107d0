"""What a company holds of a person, as counts: for the decision and for the archive, not the data itself."""

from typing import LiteralString, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from tenants import together
from tenants.audit import trail
from tenants.database import run
from tenants.registers.model import IdentityLevel
from tenants.requests import timeline
from tenants.requests.model import Case, CaseEventKind, CaseFinding


def gather(session: Session, case: Case, person_id: UUID) -> None:
    """What each register of the company holds of the person: counts.

    Registers that ask for a surer identity are named, and not looked into.
    """
    case.person_id = person_id
    found = _counts(session, case.company_id, person_id, up_to=case.level)
    for register in found:
        if not register.retired:
            together.add(
                session,
                CaseFinding(
                    case_id=case.case_id,
                    register_id=register.register_id,
                    records=register.records,
                    fields=register.fields,
                    withheld=register.level if register.level > case.level else None,
                ),
            )
    timeline.note(session, case, CaseEventKind.GATHERED, records=sum(register.records for register in found))
    trail.record(session, "person.counted", about="person", ids=[person_id], case=str(case.case_id))


class Counted(NamedTuple):
    """What one register holds of the person: records, and fields that hold something; none where it is not opened."""

    register_id: UUID
    level: IdentityLevel
    retired: bool
    records: int
    fields: int


def _counts(session: Session, company_id: UUID, person_id: UUID, *, up_to: IdentityLevel) -> list[Counted]:
    allowed = [str(level) for level in IdentityLevel if level <= up_to]
    rows = run(session, _COUNT, {"company_id": company_id, "person_id": person_id, "allowed": allowed})
    return [Counted(register, IdentityLevel(level), *counts) for register, level, *counts in rows]


# Lateral, so that only this person's records are opened and not every record of the company.
_COUNT: LiteralString = """
    SELECT registers.register_id, registers.identity_level, registers.retired_at IS NOT NULL,
           count(DISTINCT records.record_id), count(DISTINCT filled.field_id)
      FROM registers
      LEFT JOIN records ON records.register_id = registers.register_id AND records.person_id = %(person_id)s
                       AND registers.identity_level = ANY (%(allowed)s)
      LEFT JOIN LATERAL jsonb_object_keys(records.data) AS filled (field_id) ON true
     WHERE registers.company_id = %(company_id)s
     GROUP BY registers.group_id, registers.register_id
"""
