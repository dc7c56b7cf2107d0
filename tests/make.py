"""Factories: what a test needs before its sentence begins. Each writes through walled sessions and commits."""

import secrets
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.acting import Acting, PurposeKind, member, system
from tenants.base import new_id
from tenants.companies import committing
from tenants.companies.model import Approval, Assignment, Company, Contact, Member, Role
from tenants.database import walled_session
from tenants.groups import directory
from tenants.groups.model import Group
from tenants.languages.speaking import Language, Text
from tenants.registers.model import (
    Cardinality,
    Field,
    FieldType,
    IdentityLevel,
    LegalBasis,
    Origin,
    Purpose,
    Register,
)
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import create_group_key


class MadeGroup(Struct, frozen=True):
    group_id: UUID
    slug: str

    def system(self, company_id: UUID | None = None, purpose: PurposeKind | None = None) -> Acting:
        return system(self.group_id, company_id=company_id, purpose=purpose)


class MadeCompany(Struct, frozen=True):
    group: MadeGroup
    company_id: UUID
    key: str

    def system(self, purpose: PurposeKind = PurposeKind.STORAGE) -> Acting:
        return system(self.group.group_id, company_id=self.company_id, purpose=purpose)


class MadeMember(Struct, frozen=True):
    group: MadeGroup
    member_id: UUID
    issuer: str
    subject: str

    def acting(self, company: MadeCompany | None = None, purpose: PurposeKind | None = None) -> Acting:
        company_id = company.company_id if company else None
        return member(self.group.group_id, self.member_id, company_id=company_id, purpose=purpose)


class MadeRegister(Struct, frozen=True):
    company: MadeCompany
    register_id: UUID
    fields: dict[str, UUID]


def group(slug: str | None = None) -> MadeGroup:
    made = MadeGroup(new_id(), slug or f"g-{secrets.token_hex(4)}")
    with walled_session(made.system()) as session:
        session.add(
            Group(slug=made.slug, name="Esimerkkikonserni", languages=["fi", "sv", "en"], default_language="fi")
        )
        session.flush()
        directory.enter(session, directory.Kind.SLUG, made.slug)
        create_group_key(session)
    return made


def company(of: MadeGroup, key: str = "alfa", *, approval: Approval = Approval.STAFF, days: int = 14) -> MadeCompany:
    made = MadeCompany(of, new_id(), key)
    with walled_session(of.system()) as session:
        session.add(
            Company(
                company_id=made.company_id,
                key=key,
                name=f"{key.title()} Oy",
                business_id=None,
                prefix=key[:3].upper() + secrets.token_hex(1).upper(),
                contact=Contact(email=f"tietosuoja@{key}.example"),
                approval=approval,
                archive_days=days,
                position=1,
            )
        )
    return made


def staff(
    of: MadeGroup,
    *roles: tuple[Role, MadeCompany | None],
    issuer: str = "https://op.example",
    signed: bool = True,
) -> MadeMember:
    """Somebody who has `signed` the confidentiality commitment."""
    made = MadeMember(of, new_id(), issuer, secrets.token_hex(6))
    with walled_session(of.system()) as session:
        session.add(
            Member(
                member_id=made.member_id,
                issuer=issuer,
                subject=made.subject,
                name="Toimihenkilö",
                email="toimi@henkilo.example",
            )
        )
        session.flush()
        for role, company_of in roles:
            session.add(
                Assignment(
                    member_id=made.member_id, role=role, company_id=company_of.company_id if company_of else None
                )
            )
    if signed:
        sign(made)
    return made


def sign(who: MadeMember) -> None:
    with walled_session(who.acting()) as session:
        committing.sign(session, version=committing.in_force(session).version, language=Language.FI)


def register(
    of: MadeCompany,
    key: str = "customers",
    *,
    level: IdentityLevel = IdentityLevel.L1,
    cardinality: Cardinality = Cardinality.ONE,
    basis: LegalBasis | None = LegalBasis.CONTRACT,
) -> MadeRegister:
    """A customer register: customer number, name, e-mail (provided), a segment (derived) and a sealed IBAN."""
    register_id = new_id()
    with walled_session(of.group.system()) as session:
        session.add(
            Register(
                register_id=register_id,
                company_id=of.company_id,
                key=key,
                name=Text(fi="Asiakasrekisteri", sv="Kundregister", en="Customer register"),
                identity_level=level,
                cardinality=cardinality,
                data_subjects=None,
                retention=None,
                sources=[],
                recipients=[],
                position=1,
            )
        )
        session.flush()
        session.add(
            Purpose(
                company_id=of.company_id,
                register_id=register_id,
                key="care",
                kind=PurposeKind.CUSTOMER_CARE,
                legal_basis=basis,
                label=Text(fi="Asiakassuhteen hoito", sv="Skötsel av kundförhållandet", en="Customer care"),
                position=1,
            )
        )
        fields = _fields(session, of, register_id)
    return MadeRegister(of, register_id, fields)


def _fields(session: Session, of: MadeCompany, register_id: UUID) -> dict[str, UUID]:
    specified = (
        ("customer_number", FieldType.TEXT, IdentifierKind.CUSTOMER_NUMBER, Origin.PROVIDED, False),
        ("name", FieldType.TEXT, IdentifierKind.NAME, Origin.PROVIDED, False),
        ("email", FieldType.EMAIL, IdentifierKind.EMAIL, Origin.PROVIDED, False),
        ("segment", FieldType.TEXT, None, Origin.DERIVED, False),
        ("iban", FieldType.IBAN, None, Origin.PROVIDED, True),
    )
    made: dict[str, UUID] = {}
    for position, (key, kind, identifier, origin, sealed) in enumerate(specified):
        made[key] = new_id()
        session.add(
            Field(
                field_id=made[key],
                company_id=of.company_id,
                register_id=register_id,
                key=key,
                label=Text(fi=key, sv=key, en=key),
                category=Text(fi="Perustiedot", sv="Grunduppgifter", en="Basic data"),
                type=kind,
                identifier=identifier,
                origin=origin,
                sealed=sealed,
                required=key == "customer_number",
                record_key=False,
                purposes=["care"],
                position=position,
            )
        )
    return made
