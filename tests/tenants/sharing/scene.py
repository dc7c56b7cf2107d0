"""Alfa keeps customers and their orders; Beta and Gamma are its sisters. The notice names the group as a recipient."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, update

from tenants.acting import Acting, PurposeKind
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.languages.speaking import HELSINKI, Text
from tenants.registers import persons, records
from tenants.registers.model import Cardinality, Field, LegalBasis, Person, Purpose, Recipient, Record, Register
from tenants.sharing import door, policies
from tenants.sharing.door import Shared
from tenants.sharing.model import Agreement
from tenants.sharing.terms import Terms
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember, MadeRegister
from tests.tenants.registers.files import Column, register

CARE, MARKETING, STORAGE = PurposeKind.CUSTOMER_CARE, PurposeKind.MARKETING, PurposeKind.STORAGE
GROUP_COMPANIES = Recipient(Text(fi="Konsernin muut yhtiöt"), in_group=True)
AGREEMENT = Agreement("Sopimus tietojen luovuttamisesta", "ab" * 32)
ORDERS = (
    Column("order_number", required=True, record_key=True),
    Column("state"),
    Column("amount", type="number"),
    Column("paid", type="boolean"),
)


class Scene(Struct, frozen=True):
    group: MadeGroup
    alfa: MadeCompany
    beta: MadeCompany
    gamma: MadeCompany
    customers: MadeRegister
    orders: MadeRegister
    care: UUID
    marketing: UUID
    drafter: MadeMember
    granter: MadeMember
    accepter: MadeMember

    def terms(self, **other: object) -> Terms:
        """Beta cares for Alfa's customers: name and segment, under a contract."""
        given: dict[str, object] = {
            "register_id": self.customers.register_id,
            "purpose_id": self.care,
            "recipients": (self.beta.company_id,),
            "fields": ("name", "segment"),
            "legal_basis": LegalBasis.CONTRACT,
            "agreement": AGREEMENT,
            "valid_from": today() - timedelta(days=1),
            "review_on": today() + timedelta(days=300),
        }
        return Terms(**(given | other))  # type: ignore[arg-type]

    def draft(self, **other: object) -> UUID:
        with walled_session(self.drafter.acting(self.alfa)) as session:
            return policies.draft(session, self.terms(**other)).policy_id

    def change(self, policy_id: UUID, **other: object) -> None:
        with walled_session(self.drafter.acting(self.alfa)) as session:
            policies.change(session, policy_id, self.terms(**other))

    def grant(self, policy_id: UUID) -> None:
        with walled_session(self.granter.acting(self.alfa)) as session:
            policies.grant(session, policy_id)

    def accept(self, policy_id: UUID, by: MadeCompany | None = None) -> None:
        with walled_session(self.accepter.acting(by or self.beta)) as session:
            policies.accept(session, policy_id)

    def suspend(self, policy_id: UUID) -> None:
        with walled_session(self.granter.acting(self.alfa)) as session:
            policies.suspend(session, policy_id)

    def resume(self, policy_id: UUID) -> None:
        with walled_session(self.granter.acting(self.alfa)) as session:
            policies.resume(session, policy_id)

    def revoke(self, policy_id: UUID) -> None:
        with walled_session(self.granter.acting(self.alfa)) as session:
            policies.revoke(session, policy_id)

    def active(self, **other: object) -> UUID:
        """A policy for Beta, granted and accepted."""
        policy_id = self.draft(**other)
        self.grant(policy_id)
        self.accept(policy_id)
        return policy_id

    def customer(self, **given: str) -> UUID:
        """A person of Alfa with a record among its customers."""
        number = str(new_id())[-12:]
        with walled_session(self.alfa.system()) as session:
            person_id = persons.create(session)
            written = {"customer_number": number, "name": f"Asiakas {number}", **given}
            records.write(session, self.customers.register_id, person_id, written, source="Testi", at=now())
            return person_id

    def order(self, person_id: UUID, **given: str) -> UUID:
        with walled_session(self.alfa.system()) as session:
            written = {"order_number": str(new_id()), **given}
            return records.write(session, self.orders.register_id, person_id, written, source="Testi", at=now())

    def read(self, person_id: UUID, acting: Acting | None = None) -> list[dict[str, object]]:
        """What Beta sees of this person of Alfa's, by field key."""
        with walled_session(acting or self.beta.system(CARE)) as session:
            return [self.by_key(one) for one in door.of_person(session, self.alfa.company_id, person_id)]

    def page(self, acting: Acting | None = None) -> list[UUID]:
        with walled_session(acting or self.beta.system(CARE)) as session:
            return [one.person_id for one in door.page(session, self.customers.register_id)]

    def by_key(self, one: Shared) -> dict[str, object]:
        keys = {str(field_id): key for of in (self.customers, self.orders) for key, field_id in of.fields.items()}
        return {keys[field_id]: value for field_id, value in one.data.items()}

    def restrict(self, person_id: UUID, *, record_only: bool = False) -> None:
        with walled_session(self.alfa.system(STORAGE)) as session:
            if not record_only:
                session.execute(update(Person).where(Person.person_id == person_id).values(restricted=True))
            session.execute(update(Record).where(Record.person_id == person_id).values(restricted=True))

    def notice(self, *recipients: Recipient) -> None:
        """The notice in force names these recipients of the customer register."""
        with walled_session(self.group.system()) as session:
            session.scalar(
                select(Register).where(Register.register_id == self.customers.register_id)
            ).recipients = list(recipients)  # type: ignore[union-attr]


def scene() -> Scene:
    group = make.group()
    alfa, beta, gamma = (make.company(group, key) for key in ("alfa", "beta", "gamma"))
    customers = make.register(alfa)
    orders = register(alfa, "orders", Cardinality.MANY, *ORDERS)
    marketing = new_id()
    with walled_session(group.system()) as session:
        for one in session.scalars(select(Register)):
            one.recipients = [GROUP_COMPANIES]
        care = session.scalars(select(Purpose.purpose_id)).one()
        session.add(
            Purpose(
                purpose_id=marketing,
                company_id=alfa.company_id,
                register_id=customers.register_id,
                key="marketing",
                kind=MARKETING,
                legal_basis=LegalBasis.LEGITIMATE_INTEREST,
                label=Text(fi="Markkinointi"),
                position=2,
            )
        )
        session.execute(
            update(Field)
            .where(Field.register_id == customers.register_id, Field.key.in_(["name", "segment"]))
            .values(purposes=["care", "marketing"])
        )
    drafter = make.staff(group, (Role.REGISTER_OWNER, alfa))
    granter = make.staff(group, (Role.COMPANY_ADMIN, alfa))
    accepter = make.staff(group, (Role.COMPANY_ADMIN, beta), (Role.COMPANY_ADMIN, gamma))
    return Scene(group, alfa, beta, gamma, customers, orders, care, marketing, drafter, granter, accepter)


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return datetime.now(HELSINKI).date()
