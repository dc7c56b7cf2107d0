"""The demo's processors and agreements, decided by its staff as staff decide: some stand, some say what stops them.

Firms that do not exist, in domains under .example, and marked as invented in their names.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import Acting, member, system
from tenants.companies import companies, members
from tenants.companies.model import Contact
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.processors import agreements, cataloguing, engaging, reading, verifying
from tenants.processors.engaging import Engagement
from tenants.processors.model import (
    AtEnd,
    Checked,
    Description,
    Document,
    Point,
    Processor,
    Relation,
    Transfer,
    TransferKind,
)
from tenants.processors.terms import Terms
from tenants.registers.model import Purpose, RecipientKind, Register

COMPANY = "ideafix"
# Who decides, as the identity provider names them.
DRAFTER, ADMIN = "ideafix-register-owner", "ideafix-admin"
INVENTED = "keksitty"
OBJECTION = "Alikäsittelijä käsittelisi yhteydenottojen sisältöä, eikä sen tietoturvasta ole selvitystä."
LATER_COUNTRY = "IN"

ICT, ACCOUNTING, CARRIER = RecipientKind.ICT_PROVIDER, RecipientKind.ACCOUNTING, RecipientKind.TRANSPORT
UPDATER, CREDIT = RecipientKind.DATA_PROVIDER, RecipientKind.CREDIT_INFORMATION
PAYMENT, PARTNER, AUTHORITY = (
    RecipientKind.PAYMENT,
    RecipientKind.DISTRIBUTION_PARTNER,
    RecipientKind.AUTHORITY,
)
AUTHORITY_KEY = "malliviranomainen"


class Firm(Struct, frozen=True):
    """`recipient` is the key of the notice's recipient under which it stands."""

    key: str
    name: str
    kind: RecipientKind
    recipient: str
    countries: tuple[str, ...] = ("FI",)


class Covered(Struct, frozen=True):
    """What Ideafix Oy has agreed with one of them: which purposes of which registers, and for how many days more."""

    key: str
    processor: str
    data: dict[str, tuple[str, ...]]
    verified: bool = True
    days: int | None = None
    transfers: tuple[tuple[str, TransferKind], ...] = ()
    relation: Relation = Relation.PROCESSOR


FIRMS = (
    Firm("mallipilvi", "Mallipilvi Oy", ICT, "ict", ("FI", "SE", "US")),
    Firm("mallisali", "Mallisali AB", ICT, "ict", ("SE",)),
    Firm("mallituki", "Mallituki Oy", ICT, "ict"),
    Firm("mallitulkki", "Mallitulkki OÜ", ICT, "ict", ("EE",)),
    Firm("mallikuljetus", "Mallikuljetus Oy", CARRIER, "transport"),
    Firm("mallitilit", "Mallitilit Oy", ACCOUNTING, "accountant"),
    Firm("malliluotto", "Malliluotto Oy", CREDIT, "credit_rating"),
    Firm("mallirekisteri", "Mallirekisteri Ltd", UPDATER, "data_providers", ("IE",)),
    Firm("mallimaksu", "Mallimaksu Oy", PAYMENT, "payment", ("FI", "GB")),
    Firm("mallijakelu", "Mallijakelu Oy", PARTNER, "distribution"),
    Firm(AUTHORITY_KEY, "Malliviranomainen", AUTHORITY, "authorities"),
)
# Who works for whom, since how many days, and what for.
CHAINS = (
    ("mallipilvi", "mallisali", 200, Text(fi="Konesali", sv="Datahall", en="Data centre")),
    ("mallituki", "mallitulkki", -20, Text(fi="Käännökset", sv="Översättningar", en="Translations")),
)
AGREEMENTS = (
    Covered(
        "asiakaspalvelin",
        "mallipilvi",
        {"customers": ("orders", "service"), "orders": ("orders",)},
        transfers=(("US", TransferKind.STANDARD_CLAUSES),),
    ),
    Covered("toimitukset", "mallikuljetus", {"customers": ("orders",), "orders": ("orders",)}, days=14),
    Covered("kirjanpito", "mallitilit", {"orders": ("accounting",)}, verified=False),
    Covered("paivitykset", "mallirekisteri", {"customers": ("updating",)}),
    Covered("kayttotuki", "mallituki", {"customers": ("service",)}),
    Covered("luottotiedot", "malliluotto", {"credit": ("credit_control",)}),
    Covered("maksut", "mallimaksu", {"orders": ("invoicing",)}, transfers=(("GB", TransferKind.ADEQUACY),)),
    Covered("jakelu", "mallijakelu", {"customers": ("requests",)}, relation=Relation.INDEPENDENT_CONTROLLER),
    Covered("laskutus", "ideafix-palvelut", {"customers": ("invoicing",), "orders": ("invoicing",)}),
)


def engage(group_id: UUID, issuer: str) -> None:
    """Nothing where Ideafix Oy has agreements already."""
    with walled_session(system(group_id)) as session:
        company_id = companies.by_key(session, COMPANY).company_id
        admin, drafter = (acting(session, group_id, issuer, one, company_id) for one in (ADMIN, DRAFTER))
    with walled_session(admin) as session:
        if reading.listed(session):
            return
        for firm in FIRMS:
            cataloguing.add(session, _described(firm))
        for above, beneath, days, service in CHAINS:
            _engage(session, above, beneath, days, service)
    with walled_session(drafter) as session:
        drafted = [_draft(session, company_id, one) for one in AGREEMENTS]
    with walled_session(admin) as session:
        for one, agreement_id in zip(AGREEMENTS, drafted, strict=True):
            if one.verified:
                _verify(session, one.processor)
            agreements.approve(session, agreement_id)
        _change_their_ways(session)


def _change_their_ways(session: Session) -> None:
    """Since they were agreed with, one announced a sub-processor, and another began to process far away."""
    engaging.object_to(session, _id(session, "mallituki"), _id(session, "mallitulkki"), reason=OBJECTION)
    abroad = cataloguing.get(session, _id(session, "mallirekisteri"))
    said = cataloguing.description_of(abroad)
    cataloguing.change(session, abroad.processor_id, replace(said, countries=(*said.countries, LATER_COUNTRY)))


def _described(firm: Firm) -> Description:
    domain = f"{firm.key}.example"
    return Description(
        key=firm.key,
        name=f"{firm.name} ({INVENTED})",
        kind=firm.kind,
        country=firm.countries[0],
        countries=firm.countries,
        contact=Contact(email=f"tietosuoja@{domain}", web=domain),
        domain=domain,
        recipients=(firm.recipient,),
    )


def _engage(session: Session, above: str, beneath: str, days: int, service: Text) -> None:
    processor = cataloguing.get(session, _id(session, beneath))
    since = reading.today() - timedelta(days=days)
    said = Engagement(
        service=service,
        countries=tuple(processor.countries),
        since=since,
        announced_on=since - timedelta(days=30),
        objections_until=since - timedelta(days=1),
    )
    engaging.engage(session, _id(session, above), processor.processor_id, said)


def _draft(session: Session, company_id: UUID, one: Covered) -> UUID:
    today = reading.today()
    registers, purposes = _covered(session, company_id, one)
    said = Terms(
        relation=one.relation,
        registers=registers,
        purposes=purposes,
        checklist=tuple(Checked(point, met=True, where=f"{at} §") for at, point in enumerate(Point, start=3)),
        document=_document(f"Henkilötietojen käsittelysopimus: {one.key} ({INVENTED})"),
        valid_from=today - timedelta(days=120),
        valid_until=today + timedelta(days=one.days) if one.days else None,
        verify_again_on=today + timedelta(days=245),
        at_end=AtEnd.DELETION,
        transfers=tuple(Transfer(country, kind, _assessed(country, kind)) for country, kind in one.transfers),
    )
    return agreements.draft(session, _id(session, one.processor), one.key, said).agreement_id


def _assessed(country: str, kind: TransferKind) -> Document | None:
    return None if kind is TransferKind.ADEQUACY else _document(f"Siirron arviointi: {country} ({INVENTED})")


def _covered(session: Session, company_id: UUID, one: Covered) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """The registers and the purposes."""
    kept = select(Register).where(Register.company_id == company_id, Register.key.in_(one.data))
    registers = session.scalars(kept.order_by(Register.position)).all()
    purposes = [
        session.scalars(
            select(Purpose.purpose_id).where(Purpose.register_id == register.register_id, Purpose.key == key)
        ).one()
        for register in registers
        for key in one.data[register.key]
    ]
    return tuple(register.register_id for register in registers), tuple(purposes)


def _verify(session: Session, processor: str) -> None:
    today = reading.today()
    verifying.verify(
        session,
        _id(session, processor),
        verified_on=today - timedelta(days=120),
        valid_until=today + timedelta(days=245),
        document=_document(f"Selvitys tietosuojasta ja tietoturvasta: {processor} ({INVENTED})"),
    )


def _document(name: str) -> Document:
    return Document(name, hashlib.sha256(name.encode()).hexdigest())


def _id(session: Session, key: str) -> UUID:
    return session.scalars(select(Processor.processor_id).where(Processor.key == key)).one()


def acting(session: Session, group_id: UUID, issuer: str, subject: str, company_id: UUID) -> Acting:
    found = members.find(session, issuer=issuer, subject=subject)
    return member(group_id, found.member_id, company_id=company_id)
