"""Who may ask us: the controllers for which a company of the group acts as processor, as its office entered them."""

import re
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants import outside
from tenants.audit import trail
from tenants.clients import registering
from tenants.clients.model import OAuthClient
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of, run
from tenants.opendsr import identities, refusals
from tenants.opendsr.model import DsrController
from tenants.opendsr.wire import IdentityType
from tenants.registers.model import Register

# Of the OAuth server: a client that has it may ask.
SCOPE = "opendsr"
MOST_DOMAINS = 10


class Terms(Struct, frozen=True, kw_only=True):
    """How a controller may ask: where it is called back, how it names persons, and in which registers they are."""

    callback_domains: Sequence[str]
    identity_types: Sequence[IdentityType]
    registers: Sequence[UUID]


def enter(session: Session, processor_id: UUID, *, client_id: UUID, terms: Terms) -> DsrController:
    """By the company that acts as its processor.

    Raises Forbidden, ClientOfAnother, ClientAsksAlready, NoSuchClient, NotADomain, NeedsDomain, NeedsIdentityType,
    NeedsRegister.
    """
    require(session, Permission.MANAGE_PROCESSORS)
    acting = acting_of(session)
    if acting.company_id is None:
        raise refusals.CompanyOfOpenDsr
    client = registering.get(session, client_id)
    if client.processor_id != processor_id or client.disabled_at is not None:
        raise refusals.ClientOfAnother(field="client_id")
    if of_client(session, client) is not None:
        raise refusals.ClientAsksAlready
    made = DsrController(
        company_id=acting.company_id,
        processor_id=processor_id,
        client_id=client_id,
        entered_by=acting.actor_id,
        **_checked(session, terms),
    )
    session.add(made)
    session.flush()
    trail.record(session, "opendsr_controller.entered", about="opendsr_controller", ids=[made.controller_id])
    return made


def stop(session: Session, controller_id: UUID) -> None:
    """It asks nothing any more; what it has asked is carried out all the same. Raises Forbidden, NoSuchController."""
    require(session, Permission.MANAGE_PROCESSORS)
    found = get(session, controller_id)
    if found.stopped_at is None:
        found.stopped_at = func.now()
        trail.record(session, "opendsr_controller.stopped", about="opendsr_controller", ids=[controller_id])


def get(session: Session, controller_id: UUID) -> DsrController:
    """Raises NoSuchController."""
    found = session.scalar(select(DsrController).where(DsrController.controller_id == controller_id).with_for_update())
    if found is None:
        raise refusals.NoSuchController
    return found


def of_client(session: Session, client: OAuthClient) -> DsrController | None:
    """The one that asks through this client at this moment."""
    return session.scalar(
        select(DsrController).where(DsrController.client_id == client.client_id, DsrController.stopped_at.is_(None))
    )


def asking_through(session: Session, client_id: UUID) -> UUID | None:
    """As `of_client`, for every token that is asked for: who it is, and no more."""
    asked = "SELECT controller_id FROM opendsr_controllers WHERE client_id = %(client)s AND stopped_at IS NULL"
    row = run(session, asked, {"client": client_id}).fetchone()
    return row[0] if row else None


def listed(session: Session, processor_id: UUID | None = None) -> Sequence[DsrController]:
    """Of the company that is acted for; those in use first."""
    wanted = select(DsrController).order_by(DsrController.stopped_at.is_not(None), DsrController.controller_id.desc())
    if processor_id is not None:
        wanted = wanted.where(DsrController.processor_id == processor_id)
    return session.scalars(wanted).all()


def domain(given: str) -> str:
    """In small letters; this machine itself where it may be called at all. Raises NotADomain."""
    name = given.strip().lower().rstrip(".")
    if name == "localhost" and outside.rules().loopback:
        return name
    if not _DOMAIN.fullmatch(name) or len(name) > 253:
        raise refusals.NotADomain(field="callback_domains")
    return name


def _checked(session: Session, terms: Terms) -> dict[str, object]:
    domains = sorted({domain(one) for one in terms.callback_domains})
    if not 0 < len(domains) <= MOST_DOMAINS:
        raise refusals.NeedsDomain(field="callback_domains")
    types = sorted({str(one) for one in terms.identity_types if one in identities.KINDS})
    if not types:
        raise refusals.NeedsIdentityType(field="identity_types")
    company = acting_of(session).company_id
    own = select(Register.register_id).where(Register.company_id == company, Register.register_id.in_(terms.registers))
    kept = session.scalars(own.order_by(Register.register_id)).all()
    if not kept or len(kept) != len(set(terms.registers)):
        raise refusals.NeedsRegister(field="registers")
    return {"callback_domains": domains, "identity_types": types, "registers": list(kept)}


_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
