"""The demo's sharing: one policy in force and one on the way, decided by the demo's staff as staff decide."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import Acting, member, system
from tenants.companies import companies, members
from tenants.database import walled_session
from tenants.languages.speaking import HELSINKI
from tenants.registers import shapes
from tenants.registers.model import LegalBasis, Purpose
from tenants.sharing import policies, reading
from tenants.sharing.conditions import FieldIs, HasRecord
from tenants.sharing.model import Agreement
from tenants.sharing.terms import Terms

AGREEMENT = "Sopimus asiakastietojen luovuttamisesta konsernissa"
BALANCING = (
    "Etu: asiakkaan pyyntöön vastataan, vaikka se tulee toiselle konserniyhtiölle.\n"
    "Tarpeellisuus: yhteydenottaja tunnistetaan nimestä, yhteystiedoista ja työnantajasta; muuta ei luovuteta.\n"
    "Tasapaino: henkilöt ovat yritysten yhteyshenkilöitä ja ovat itse ottaneet yhteyttä. Vastustus sulkee tiedot heti."
)
# Who decides, as the identity provider names them.
OWNER, GRANTER, ACCEPTER, DRAFTER = "ideafix-register-owner", "ideafix-admin", "kinkerips-admin", "ideafix-visual-admin"


def share(group_id: UUID, issuer: str) -> None:
    """Nothing where there are policies already."""
    with walled_session(system(group_id)) as session:
        if reading.listed(session):
            return
    with walled_session(system(group_id)) as session:
        requests, targeting = _requests(session), _targeting(session)
    with walled_session(_acting(group_id, issuer, OWNER, "ideafix")) as session:
        policy_id = policies.draft(session, requests).policy_id
    with walled_session(_acting(group_id, issuer, GRANTER, "ideafix")) as session:
        policies.grant(session, policy_id)
    with walled_session(_acting(group_id, issuer, ACCEPTER, "kinkerips")) as session:
        policies.accept(session, policy_id)
    with walled_session(_acting(group_id, issuer, DRAFTER, "ideafix-visual")) as session:
        policies.draft(session, targeting)


def _requests(session: Session) -> Terms:
    """Whoever has written to Ideafix Oy's customer service may call Kinkerips Oy instead."""
    register_id, purpose_id = _about(session, "ideafix", "customers", "requests")
    today = datetime.now(HELSINKI).date()
    return Terms(
        register_id=register_id,
        purpose_id=purpose_id,
        recipients=(companies.by_key(session, "kinkerips").company_id,),
        fields=("first_name", "last_name", "email", "phone", "title", "employer"),
        condition=HasRecord("service", "channel", ("Sähköposti", "Puhelin")),
        legal_basis=LegalBasis.LEGITIMATE_INTEREST,
        balancing=BALANCING,
        agreement=Agreement(AGREEMENT, hashlib.sha256(AGREEMENT.encode()).hexdigest()),
        valid_from=today,
        review_on=today + timedelta(days=365),
    )


def _targeting(session: Session) -> Terms:
    """A draft that lacks its agreement and the day of its review, so that the page says so."""
    register_id, purpose_id = _about(session, "ideafix-visual", "marketing", "targeting")
    return Terms(
        register_id=register_id,
        purpose_id=purpose_id,
        recipients=(companies.by_key(session, "ideafix").company_id,),
        fields=("interests", "segment", "purchase_volume"),
        condition=FieldIs("email_consent", (True,)),
        legal_basis=LegalBasis.CONSENT,
        valid_from=datetime.now(HELSINKI).date(),
    )


def _about(session: Session, company: str, register: str, purpose: str) -> tuple[UUID, UUID]:
    """The register and its purpose."""
    register_id = shapes.register_by_key(session, companies.by_key(session, company).company_id, register)
    named = select(Purpose.purpose_id).where(Purpose.register_id == register_id, Purpose.key == purpose)
    return register_id, session.scalars(named).one()


def _acting(group_id: UUID, issuer: str, subject: str, company: str) -> Acting:
    with walled_session(system(group_id)) as session:
        found = members.find(session, issuer=issuer, subject=subject)
        return member(group_id, found.member_id, company_id=companies.by_key(session, company).company_id)
