"""The demo's authority: one request that was answered, one that waits, and an emergency that is over and reported.

Each step is taken by the member of staff who takes it, one after the other, as in the office.
"""

import hashlib
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.commands.demo_processors import ADMIN, AUTHORITY_KEY, COMPANY, INVENTED, acting
from tenants.acting import Acting, PurposeKind, system
from tenants.authorities import cases, disclosing, emergencies
from tenants.authorities.cases import Asked
from tenants.authorities.model import VerifiedHow
from tenants.companies import companies
from tenants.companies.model import EmergencyGround
from tenants.database import walled_session
from tenants.processors.model import Processor
from tenants.registers import finding
from tenants.registers.model import Field, Purpose, Register

# Who takes requests in, and asks for emergency access.
HANDLER = "ideafix-handler"
REGISTER, PURPOSE = "customers", "orders"
ASKED_FOR = ("first_name", "last_name", "phone")
ANSWERED, WAITING = "IDE-100002", "IDE-100003"
REASON = "Toimitetaan vain nimi: puhelinnumeroa ei pyynnön perusteella tarvita."
HAPPENED = "Varastossa on palo. Hätäkeskus kysyy, miten siellä käyneisiin asiakkaisiin saa yhteyden."
EMERGENCY_MINUTES = 60


def answer(group_id: UUID, issuer: str) -> None:
    """Nothing where Ideafix Oy has had a request already."""
    with walled_session(system(group_id)) as session:
        company_id = companies.by_key(session, COMPANY).company_id
        handler, admin = (
            replace(acting(session, group_id, issuer, one, company_id), purpose=PurposeKind.RIGHTS_REQUEST)
            for one in (HANDLER, ADMIN)
        )
    with walled_session(handler) as session:
        if cases.listed(session):
            return
        answered = _ask(session, company_id, ANSWERED, "VIR/2026/101")
        _ask(session, company_id, WAITING, "VIR/2026/117")
    with walled_session(admin) as session:
        given = [one for _, one in _fields(session, company_id, ("first_name", "last_name"))]
        cases.decide(session, answered, refused=False, reason=REASON, field_ids=given)
    with walled_session(handler) as session:
        disclosing.of_case(session, answered)
    _emergency(group_id, company_id, handler, admin)


def _ask(session: Session, company_id: UUID, person: str, reference: str) -> UUID:
    fields = _fields(session, company_id, ASKED_FOR)
    purpose = select(Purpose.purpose_id).where(Purpose.register_id == fields[0][0], Purpose.key == PURPOSE)
    document = f"Tietopyyntö {reference} ({INVENTED})"
    asked = Asked(
        recipient_id=session.scalars(select(Processor.processor_id).where(Processor.key == AUTHORITY_KEY)).one(),
        reference=reference,
        provision="customs",
        document=document,
        document_sha256=hashlib.sha256(document.encode()).hexdigest(),
        asker="Tullitarkastaja (keksitty)",
        verified_how=VerifiedHow.OFFICIAL_CHANNEL,
        register_id=fields[0][0],
        purpose_id=session.scalars(purpose).one(),
        field_ids=tuple(one for _, one in fields),
        persons=person,
    )
    return cases.open_case(session, asked)


def _fields(session: Session, company_id: UUID, keys: tuple[str, ...]) -> list[tuple[UUID, UUID]]:
    """With the register of each."""
    wanted = (
        select(Field.register_id, Field.field_id)
        .join(Register, Register.register_id == Field.register_id)
        .where(Register.company_id == company_id, Register.key == REGISTER, Field.key.in_(keys))
    )
    return [(register_id, field_id) for register_id, field_id in session.execute(wanted)]


def _emergency(group_id: UUID, company_id: UUID, handler: Acting, admin: Acting) -> None:
    """Asked for, confirmed by another, used once, ended, and reported: the review is left to whoever oversees."""
    with walled_session(handler) as session:
        register_id, _ = _fields(session, company_id, ASKED_FOR)[0]
        asked = emergencies.ask(
            session,
            ground=EmergencyGround.LIFE_OR_HEALTH,
            reason=HAPPENED,
            minutes=EMERGENCY_MINUTES,
            register_ids=[register_id],
        )
    with walled_session(admin) as session:
        emergencies.answer(session, asked, confirm=True)
    with walled_session(replace(handler, purpose=PurposeKind.LEGAL_CLAIM)) as session:
        finding.search(session, ANSWERED)
    with walled_session(handler) as session:
        emergencies.end(session, asked)
    with walled_session(system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)) as session:
        emergencies.report(session, asked)
