"""A request of the police that waits, one that is approved with its file, and emergencies at each of their steps."""

from uuid import UUID

from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.authorities import cases, disclosing, emergencies
from tenants.authorities.cases import Asked
from tenants.authorities.model import VerifiedHow
from tenants.companies.model import EmergencyGround, Role
from tenants.database import walled_session
from tenants.processors import cataloguing
from tenants.registers.model import Purpose, RecipientKind
from tests import make
from tests.make import MadeGroup, MadeMember, MadeRegister
from tests.services.naming import Ids, Later
from tests.tenants.processors.scene import described

RIGHTS = PurposeKind.RIGHTS_REQUEST


def later(ids: Ids, register: MadeRegister, admin: MadeMember, colleague: MadeMember) -> Later:
    group = register.company.group
    return {
        ("police_id",): lambda: {"police_id": police(group)},
        ("authority_purpose_id",): lambda: {"authority_purpose_id": purpose(register)},
        ("authority_case_id",): lambda: {"authority_case_id": opened(register, ids, colleague)},
        ("approved_case_id", "file_id"): lambda: approved(register, admin, opened(register, ids, colleague)),
        ("emergency_id",): lambda: {"emergency_id": emergency(register)},
        ("open_emergency_id",): lambda: {"open_emergency_id": confirmed(register, admin)},
        ("reported_emergency_id",): lambda: {"reported_emergency_id": reported(register, admin)},
    }


def opened(register: MadeRegister, ids: Ids, colleague: MadeMember) -> UUID:
    wanted = asked(register, ids)
    with walled_session(colleague.acting(register.company, RIGHTS)) as session:
        return cases.open_case(session, wanted)


def approved(register: MadeRegister, admin: MadeMember, case_id: UUID) -> dict[str, UUID]:
    with walled_session(admin.acting(register.company, RIGHTS)) as session:
        cases.decide(session, case_id, refused=False, reason="", field_ids=[register.fields["name"]])
        return {"approved_case_id": case_id, "file_id": disclosing.of_case(session, case_id)}


def police(group: MadeGroup) -> UUID:
    catalogue = make.staff(group, (Role.GROUP_ADMIN, None))
    with walled_session(catalogue.acting()) as session:
        described_as = described("poliisi", kind=RecipientKind.AUTHORITY, recipients=())
        return cataloguing.add(session, described_as).processor_id


def purpose(register: MadeRegister) -> UUID:
    with walled_session(register.company.system()) as session:
        return session.scalars(select(Purpose.purpose_id).where(Purpose.register_id == register.register_id)).one()


def asked(register: MadeRegister, ids: Ids) -> Asked:
    return Asked(
        recipient_id=ids["police_id"],
        reference="5500/R/9/26",
        provision="police",
        document="Tietopyyntö",
        asker="Konstaapeli",
        verified_how=VerifiedHow.CALLED_BACK,
        register_id=register.register_id,
        purpose_id=ids["authority_purpose_id"],
        field_ids=(register.fields["name"],),
        persons="selva@esimerkki.example",
    )


def emergency(register: MadeRegister) -> UUID:
    by = make.staff(register.company.group, (Role.REQUEST_HANDLER, register.company))
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        return emergencies.ask(
            session,
            ground=EmergencyGround.PROPERTY,
            reason="Palo varastossa",
            minutes=60,
            register_ids=[register.register_id],
        )


def confirmed(register: MadeRegister, admin: MadeMember) -> UUID:
    emergency_id = emergency(register)
    with walled_session(admin.acting(register.company, RIGHTS)) as session:
        emergencies.answer(session, emergency_id, confirm=True)
    return emergency_id


def reported(register: MadeRegister, admin: MadeMember) -> UUID:
    """Over, and what was done in it is written down."""
    emergency_id = confirmed(register, admin)
    with walled_session(admin.acting(register.company, RIGHTS)) as session:
        emergencies.end(session, emergency_id)
    with walled_session(register.company.system()) as session:
        emergencies.report(session, emergency_id)
    return emergency_id
