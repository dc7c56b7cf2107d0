"""The police ask Alfa about its customers; one takes it in, another decides, an officer oversees."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.authorities import cases, disclosing, emergencies
from tenants.authorities.cases import Asked, Case
from tenants.authorities.model import VerifiedHow
from tenants.companies.model import EmergencyGround, Role
from tenants.database import walled_session
from tenants.processors import cataloguing
from tenants.registers import persons, records
from tenants.registers.model import Purpose, RecipientKind
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember, MadeRegister
from tests.tenants.processors.scene import described

RIGHTS = PurposeKind.RIGHTS_REQUEST
EMERGENCY = PurposeKind.LEGAL_CLAIM


class Scene(Struct, frozen=True):
    group: MadeGroup
    alfa: MadeCompany
    beta: MadeCompany
    customers: MadeRegister
    other: MadeRegister
    purpose: UUID
    police: UUID
    pilvi: UUID
    handler: MadeMember
    approver: MadeMember
    officer: MadeMember

    def customer(self, name: str, number: str, register: MadeRegister | None = None, **given: str) -> UUID:
        register_id = (register or self.customers).register_id
        with walled_session(self.alfa.system()) as session:
            person_id = persons.create(session)
            written = {"customer_number": number, "name": name, **given}
            records.write(session, register_id, person_id, written, source="Testi", at=datetime.now(UTC))
        return person_id

    def asked(self, persons: str, **other: Any) -> Asked:
        given: dict[str, Any] = {
            "recipient_id": self.police,
            "reference": "5500/R/1/26",
            "provision": "police",
            "document": "Tietopyyntö 1",
            "document_sha256": "ab" * 32,
            "asker": "Konstaapeli",
            "verified_how": VerifiedHow.CALLED_BACK,
            "register_id": self.customers.register_id,
            "purpose_id": self.purpose,
            "field_ids": (self.customers.fields["name"], self.customers.fields["segment"]),
            "persons": persons,
        }
        return Asked(**(given | other))

    def open(self, persons: str, **other: Any) -> UUID:
        with walled_session(self.handler.acting(self.alfa, RIGHTS)) as session:
            return cases.open_case(session, self.asked(persons, **other))

    def approve(self, case_id: UUID, *, by: MadeMember | None = None, **other: Any) -> None:
        with walled_session((by or self.approver).acting(self.alfa, RIGHTS)) as session:
            found = cases.get(session, case_id)
            given: dict[str, Any] = {"refused": False, "reason": "", "field_ids": found.row.field_ids} | other
            cases.decide(session, case_id, **given)

    def disclose(self, case_id: UUID, **other: Any) -> UUID:
        with walled_session(self.handler.acting(self.alfa, RIGHTS)) as session:
            return disclosing.of_case(session, case_id, **other)

    def case(self, case_id: UUID) -> Case:
        with walled_session(self.handler.acting(self.alfa, RIGHTS)) as session:
            return cases.get(session, case_id)

    def ask(self, *registers: MadeRegister, minutes: int = 60, **other: Any) -> UUID:
        with walled_session(self.handler.acting(self.alfa, RIGHTS)) as session:
            return emergencies.ask(
                session,
                ground=EmergencyGround.LIFE_OR_HEALTH,
                reason="Hätäkeskus kysyy",
                minutes=minutes,
                register_ids=[one.register_id for one in registers or (self.customers,)],
                **other,
            )

    def confirm(self, emergency_id: UUID, *, confirm: bool = True) -> None:
        with walled_session(self.approver.acting(self.alfa, RIGHTS)) as session:
            emergencies.answer(session, emergency_id, confirm=confirm)

    def opened(self, *registers: MadeRegister, **other: Any) -> UUID:
        emergency_id = self.ask(*registers, **other)
        self.confirm(emergency_id)
        return emergency_id

    def emergency(self, emergency_id: UUID) -> emergencies.Access:
        with walled_session(self.officer.acting(self.alfa, RIGHTS)) as session:
            return emergencies.get(session, emergency_id)


def scene() -> Scene:
    group = make.group()
    alfa, beta = (make.company(group, key) for key in ("alfa", "beta"))
    customers, other = make.register(alfa), make.register(alfa, "guests")
    make.register(beta)
    admin = make.staff(group, (Role.GROUP_ADMIN, None))
    with walled_session(admin.acting()) as session:
        police = cataloguing.add(
            session, described("poliisi", kind=RecipientKind.AUTHORITY, recipients=())
        ).processor_id
        pilvi = cataloguing.add(session, described("pilvi", recipients=())).processor_id
    with walled_session(group.system()) as session:
        purpose = session.scalars(select(Purpose.purpose_id).where(Purpose.register_id == customers.register_id)).one()
    return Scene(
        group=group,
        alfa=alfa,
        beta=beta,
        customers=customers,
        other=other,
        purpose=purpose,
        police=police,
        pilvi=pilvi,
        handler=make.staff(group, (Role.REQUEST_HANDLER, alfa)),
        approver=make.staff(group, (Role.COMPANY_ADMIN, alfa)),
        officer=make.staff(group, (Role.DATA_PROTECTION_OFFICER, alfa)),
    )


def in_days(days: int) -> date:
    return date.fromordinal(date.today().toordinal() + days)
