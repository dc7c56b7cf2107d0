"""Policies in every state: Alfa's towards its sisters, and Gamma's towards Alfa."""

from datetime import UTC, date, datetime
from functools import cache
from uuid import UUID

from sqlalchemy import select

from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.registers import persons, records
from tenants.registers.model import LegalBasis, Purpose, Recipient, Register
from tenants.sharing import policies
from tenants.sharing.model import Agreement
from tenants.sharing.terms import Terms
from tests import make
from tests.make import MadeCompany, MadeMember, MadeRegister
from tests.services.naming import Later

GROUP_COMPANIES = Recipient(Text(fi="Konsernin muut yhtiöt"), in_group=True)
AGREEMENT = Agreement("Sopimus tietojen luovuttamisesta", "ab" * 32)
SHARED_WITH_US = ("offered_id", "giver_id", "shared_register_id", "shared_person_id")
SHARED_NAME = "Siiri Sisaryhtiö"


def later(beta: MadeCompany, register: MadeRegister, admin: MadeMember) -> Later:
    """Alfa's, and what Gamma gives Alfa with the person whom Alfa sees through the door."""
    gamma = cache(lambda: make.company(beta.group, "gamma"))
    return {
        ("draft_id",): lambda: {"draft_id": _drafted(admin, register, to=beta)},
        ("policy_id", "suspended_id"): lambda: _given(admin, register, gamma()),
        ("offered_id", "giver_id", "shared_register_id", "shared_person_id"): lambda: _received(
            admin, register, gamma()
        ),
    }


def _drafted(admin: MadeMember, register: MadeRegister, *, to: MadeCompany) -> UUID:
    named(register)
    return drafted(admin, register, to=to)


def _given(admin: MadeMember, register: MadeRegister, gamma: MadeCompany) -> dict[str, UUID]:
    named(register)
    suspended_id = granted(admin, register, to=make.company(gamma.group, "delta"))
    with walled_session(admin.acting(register.company)) as session:
        policies.suspend(session, suspended_id)
    return {"suspended_id": suspended_id, "policy_id": granted(admin, register, to=gamma)}


def _received(admin: MadeMember, register: MadeRegister, gamma: MadeCompany) -> dict[str, UUID]:
    alfa = register.company
    customers, orders = make.register(gamma), make.register(gamma, "orders")
    named(customers, orders)
    giver = make.staff(gamma.group, (Role.COMPANY_ADMIN, gamma))
    shared_id = granted(giver, customers, to=alfa)
    with walled_session(admin.acting(alfa)) as session:
        policies.accept(session, shared_id)
    return {
        "offered_id": granted(giver, orders, to=alfa),
        "giver_id": gamma.company_id,
        "shared_register_id": customers.register_id,
        "shared_person_id": customer(customers),
    }


def named(*registers: MadeRegister) -> None:
    """The notices name the companies of the group as recipients."""
    with walled_session(registers[0].company.group.system()) as session:
        wanted = [one.register_id for one in registers]
        for row in session.scalars(select(Register).where(Register.register_id.in_(wanted))):
            if GROUP_COMPANIES not in row.recipients:
                row.recipients = [*row.recipients, GROUP_COMPANIES]


def terms(register: MadeRegister, *, to: MadeCompany, **other: object) -> Terms:
    """Name and segment, to care for customers, under a contract."""
    with walled_session(register.company.group.system()) as session:
        purpose_id = session.scalars(
            select(Purpose.purpose_id).where(Purpose.register_id == register.register_id)
        ).one()
    given: dict[str, object] = {
        "register_id": register.register_id,
        "purpose_id": purpose_id,
        "recipients": (to.company_id,),
        "fields": ("name", "segment"),
        "legal_basis": LegalBasis.CONTRACT,
        "agreement": AGREEMENT,
        "valid_from": date(2026, 1, 1),
        "review_on": date(2090, 1, 31),
    }
    return Terms(**(given | other))  # type: ignore[arg-type]


def drafted(by: MadeMember, register: MadeRegister, *, to: MadeCompany, **other: object) -> UUID:
    wanted = terms(register, to=to, **other)
    with walled_session(by.acting(register.company)) as session:
        return policies.draft(session, wanted).policy_id


def granted(by: MadeMember, register: MadeRegister, *, to: MadeCompany, **other: object) -> UUID:
    policy_id = drafted(by, register, to=to, **other)
    with walled_session(by.acting(register.company)) as session:
        policies.grant(session, policy_id)
    return policy_id


def customer(register: MadeRegister, name: str = SHARED_NAME) -> UUID:
    with walled_session(register.company.system()) as session:
        person_id = persons.create(session)
        values = {"customer_number": "77", "name": name, "email": "siiri@esimerkki.example", "segment": "A"}
        records.write(session, register.register_id, person_id, values, source="kassa", at=datetime.now(UTC))
    return person_id
