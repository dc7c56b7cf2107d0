"""Alfa and Beta have their customer registers kept with Pilvi, whom the notice names among its providers of systems."""

from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from tenants.acting import Acting
from tenants.companies.model import Contact, Role
from tenants.database import walled_session
from tenants.groups.model import Group
from tenants.languages.speaking import Text
from tenants.processors import agreements, cataloguing, engaging, reading, standing, stopping, verifying
from tenants.processors.engaging import Engagement
from tenants.processors.model import AgreementState, AtEnd, Checked, Description, Document, Point
from tenants.processors.standing import Stop
from tenants.processors.terms import Terms
from tenants.registers.model import Purpose, Recipient, RecipientKind, Register
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember, MadeRegister

DOCUMENT = Document("Käsittelysopimus", "ab" * 32)
SYSTEMS = Recipient(Text(fi="Tietojärjestelmien toimittajat"), key="ict")
ALL_MET = tuple(Checked(point, met=True, where=f"{number} §") for number, point in enumerate(Point, start=1))


class Scene(Struct, frozen=True):
    group: MadeGroup
    alfa: MadeCompany
    beta: MadeCompany
    customers: MadeRegister
    care: UUID
    pilvi: UUID
    admin: MadeMember
    drafter: MadeMember
    approver: MadeMember

    def terms(self, **other: object) -> Terms:
        given: dict[str, object] = {
            "registers": (self.customers.register_id,),
            "purposes": (self.care,),
            "checklist": ALL_MET,
            "document": DOCUMENT,
            "valid_from": today() - timedelta(days=1),
            "verify_again_on": today() + timedelta(days=300),
            "at_end": AtEnd.DELETION,
        }
        return Terms(**(given | other))  # type: ignore[arg-type]

    def draft(self, key: str = "hosting", *, processor_id: UUID | None = None, **other: object) -> UUID:
        with walled_session(self.drafter.acting(self.alfa)) as session:
            return agreements.draft(session, processor_id or self.pilvi, key, self.terms(**other)).agreement_id

    def change(self, agreement_id: UUID, **other: object) -> None:
        with walled_session(self.drafter.acting(self.alfa)) as session:
            agreements.change(session, agreement_id, self.terms(**other))

    def approve(self, agreement_id: UUID) -> None:
        with walled_session(self.approver.acting(self.alfa)) as session:
            agreements.approve(session, agreement_id)

    def end(self, agreement_id: UUID) -> None:
        with walled_session(self.approver.acting(self.alfa)) as session:
            agreements.end(session, agreement_id)

    def approved(self, key: str = "hosting", **other: object) -> UUID:
        agreement_id = self.draft(key, **other)  # type: ignore[arg-type]
        self.approve(agreement_id)
        return agreement_id

    def verify(
        self,
        processor_id: UUID | None = None,
        *,
        on: date | None = None,
        until: date | None = None,
        by: MadeCompany | None = None,
    ) -> UUID:
        with walled_session(self.approver.acting(by or self.alfa)) as session:
            made = verifying.verify(
                session,
                processor_id or self.pilvi,
                verified_on=on or today(),
                valid_until=until or today() + timedelta(days=365),
                document=DOCUMENT,
            )
            return made.verification_id

    def processor(self, key: str, **other: object) -> UUID:
        with walled_session(self.admin.acting()) as session:
            return cataloguing.add(session, described(key, **other)).processor_id

    def engage(self, processor_id: UUID, sub_processor_id: UUID, **other: object) -> None:
        given: dict[str, object] = {
            "service": Text(fi="Konesali"),
            "countries": ("FI",),
            "since": today() - timedelta(days=5),
        }
        with walled_session(self.admin.acting()) as session:
            engaging.engage(session, processor_id, sub_processor_id, Engagement(**(given | other)))  # type: ignore[arg-type]

    def object_to(self, processor_id: UUID, sub_processor_id: UUID, *, by: MadeCompany | None = None) -> UUID:
        with walled_session(self.approver.acting(by or self.alfa)) as session:
            return engaging.object_to(session, processor_id, sub_processor_id, reason="Ei sovi")

    def stop(self, reason: str = "Epäilty tietovuoto", **of: UUID) -> UUID:
        with walled_session(self.drafter.acting(self.alfa)) as session:
            return stopping.stop(session, reason=reason, **of).stop_id

    def propose_resuming(self, stop_id: UUID, *, by: MadeMember | None = None) -> None:
        with walled_session((by or self.drafter).acting(self.alfa)) as session:
            stopping.propose_resuming(session, stop_id, reason="Vuoto on tukittu")

    def resume(self, stop_id: UUID) -> None:
        with walled_session(self.approver.acting(self.alfa)) as session:
            stopping.resume(session, stop_id)

    def stops_in_force(self) -> list[UUID]:
        with walled_session(self.alfa.system()) as session:
            return [one.stop_id for one in stopping.in_force(session)]

    def is_stopped(self, acting: Acting | None = None, **of: UUID) -> bool:
        with walled_session(acting or self.alfa.system()) as session:
            return stopping.is_stopped(session, self.alfa.company_id, **of)

    def stops(self, agreement_id: UUID, *, on: date | None = None, company: MadeCompany | None = None) -> list[Stop]:
        with walled_session((company or self.alfa).system()) as session:
            found = reading.agreement(session, agreement_id)
            day = on or today()
            return standing.stops(standing.ground(session), found, found.on(day), day)

    def state(self, agreement_id: UUID, *, on: date | None = None) -> AgreementState:
        with walled_session(self.alfa.system()) as session:
            found, day = reading.agreement(session, agreement_id), on or today()
            return found.state(found.on(day), day)

    def ask_for_two(self) -> None:
        with walled_session(self.group.system()) as session:
            session.scalars(select(Group)).one().four_eyes = True


def described(called: str, **other: object) -> Description:
    given: dict[str, object] = {
        "key": called,
        "name": f"{called.title()} Oy",
        "kind": RecipientKind.ICT_PROVIDER,
        "country": "FI",
        "countries": ("FI",),
        "contact": Contact(email=f"tietosuoja@{called}.example"),
        "recipients": ("ict",),
    }
    return Description(**(given | other))  # type: ignore[arg-type]


def scene() -> Scene:
    group = make.group()
    alfa, beta = (make.company(group, key) for key in ("alfa", "beta"))
    customers = make.register(alfa)
    make.register(beta)
    with walled_session(group.system()) as session:
        for one in session.scalars(select(Register)):
            one.recipients = [SYSTEMS]
        care = session.scalars(select(Purpose.purpose_id).where(Purpose.company_id == alfa.company_id)).one()
    admin = make.staff(group, (Role.GROUP_ADMIN, None))
    drafter = make.staff(group, (Role.REGISTER_OWNER, alfa))
    approver = make.staff(group, (Role.COMPANY_ADMIN, alfa), (Role.COMPANY_ADMIN, beta))
    with walled_session(admin.acting()) as session:
        pilvi = cataloguing.add(session, described("pilvi")).processor_id
    return Scene(group, alfa, beta, customers, care, pilvi, admin, drafter, approver)


def today() -> date:
    return reading.today()
