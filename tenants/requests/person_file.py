"""Everything that one company knows of one person, for whoever of its staff looks at them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit import reading, trail
from tenants.audit.model import AuditEntry
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.consents import consenting, objecting
from tenants.consents.model import Consent, Objection
from tenants.exports.model import Export, ExportState
from tenants.ledger import received
from tenants.ledger.received import Received
from tenants.registers import former_ids, restricting, viewing
from tenants.registers.model import Import
from tenants.registers.restricting import Restricted
from tenants.registers.viewing import Held
from tenants.requests.model import Case
from tenants.sharing import explaining
from tenants.sharing.explaining import Share

LOOKS_SHOWN = 20


class Archive(Struct, frozen=True):
    """Of the case of that number; what is in it is for the person alone."""

    number: str
    case_id: UUID
    state: ExportState
    built_at: datetime | None
    expires_at: datetime | None


class PersonFile(Struct, frozen=True):
    """`restrictions`, `cases`, `archives` and `looks` are None for whoever may not see requests for their purpose.

    `shares` is what sister companies may read now, `received` what they have received, the newest first.
    """

    held: Held
    imports: Sequence[Import]
    consents: Sequence[Consent]
    objections: Sequence[Objection]
    shares: list[Share]
    received: list[Received]
    restrictions: list[Restricted] | None
    cases: Sequence[Case] | None
    archives: list[Archive] | None
    looks: Sequence[AuditEntry] | None


def view(session: Session, person_id: UUID) -> PersonFile:
    """Each view is one entry of the audit. Raises Forbidden, NoSuchPerson."""
    here = permissions.require(session, Permission.SEE_PERSONS)
    held = viewing.person(session, person_id)
    trail.record(session, "person.viewed", about="person", ids=[person_id])
    rights = here.may(Permission.SEE_CASES)
    return PersonFile(
        held=held,
        imports=viewing.imports_of(session, held),
        consents=consenting.history(session, person_id),
        objections=objecting.history(session, person_id),
        shares=explaining.shares_now(session, person_id),
        received=received.by_person(session, person_id)[::-1],
        restrictions=restricting.of_person(session, person_id) if rights else None,
        cases=_cases(session, person_id) if rights else None,
        archives=_archives(session, person_id) if rights else None,
        looks=reading.looks_at(session, former_ids.ids_of(session, person_id), limit=LOOKS_SHOWN) if rights else None,
    )


def _cases(session: Session, person_id: UUID) -> Sequence[Case]:
    return session.scalars(select(Case).where(Case.person_id == person_id).order_by(Case.case_id.desc())).all()


def _archives(session: Session, person_id: UUID) -> list[Archive]:
    rows = session.execute(
        select(Case.number, Case.case_id, Export.state, Export.built_at, Export.expires_at)
        .join(Export, Export.case_id == Case.case_id)
        .where(Case.person_id == person_id)
        .order_by(Case.case_id.desc())
    )
    return [Archive(*row) for row in rows]
