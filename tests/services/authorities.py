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
from tests.tenants.processors.scene import described

IDS = (
    "police_id", "authority_purpose_id", "authority_case_id", "approved_case_id", "file_id", "emergency_id",
    "open_emergency_id", "reported_emergency_id",
)  # fmt: skip
RIGHTS = PurposeKind.RIGHTS_REQUEST


def build(group: MadeGroup, register: MadeRegister, admin: MadeMember, colleague: MadeMember) -> dict[str, UUID]:
    ids = {"police_id": police(group), "authority_purpose_id": purpose(register)}
    for name in ("authority_case_id", "approved_case_id"):
        with walled_session(colleague.acting(register.company, RIGHTS)) as session:
            ids[name] = cases.open_case(session, asked(register, ids))
    with walled_session(admin.acting(register.company, RIGHTS)) as session:
        cases.decide(session, ids["approved_case_id"], refused=False, reason="", field_ids=[register.fields["name"]])
        ids["file_id"] = disclosing.of_case(session, ids["approved_case_id"])
    for name in IDS[5:]:
        ids[name] = emergency(register, make.staff(group, (Role.REQUEST_HANDLER, register.company)))
    with walled_session(admin.acting(register.company, RIGHTS)) as session:
        for name in IDS[6:]:
            emergencies.answer(session, ids[name], confirm=True)
        emergencies.end(session, ids["reported_emergency_id"])
    with walled_session(register.company.system()) as session:
        emergencies.report(session, ids["reported_emergency_id"])
    return ids


def police(group: MadeGroup) -> UUID:
    catalogue = make.staff(group, (Role.GROUP_ADMIN, None))
    with walled_session(catalogue.acting()) as session:
        described_as = described("poliisi", kind=RecipientKind.AUTHORITY, recipients=())
        return cataloguing.add(session, described_as).processor_id


def purpose(register: MadeRegister) -> UUID:
    with walled_session(register.company.system()) as session:
        return session.scalars(select(Purpose.purpose_id).where(Purpose.register_id == register.register_id)).one()


def asked(register: MadeRegister, ids: dict[str, UUID]) -> Asked:
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


def emergency(register: MadeRegister, by: MadeMember) -> UUID:
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        return emergencies.ask(
            session,
            ground=EmergencyGround.PROPERTY,
            reason="Palo varastossa",
            minutes=60,
            register_ids=[register.register_id],
        )
