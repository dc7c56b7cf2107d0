"""Whom we may ask: where a processor takes OpenDSR requests of the company that is acted for, as its office says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509 import Certificate
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants import outside
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.opendsr import certificates, controllers, refusals, wire
from tenants.opendsr.certificates import NotTrusted
from tenants.opendsr.dialects import Dialect
from tenants.opendsr.model import STANDARD, DsrEndpoint, LetIn, Wanted
from tenants.opendsr.verifying import Signer
from tenants.processors import cataloguing
from tenants.vault import sealing
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place

FRESH = timedelta(days=1)
# How often a certificate that was not believed is looked for anew.
AGAIN = timedelta(minutes=10)


class Discover(Job, frozen=True):
    """What the processor offers, and its certificate, fetched anew."""

    name: ClassVar[str] = "opendsr.discover"
    queue: ClassVar[Queue] = Queue.CALLS

    endpoint_id: UUID


class Terms(Struct, frozen=True, kw_only=True):
    """How a processor is asked. `secret` is the token or the password; a private key is made here."""

    base_url: str
    domain: str
    dialect: Dialect = Dialect.STANDARD
    let_in: LetIn = LetIn.BEARER
    user_name: str = ""
    secret: str = ""
    token_url: str = ""
    property_id: str = ""
    issuer: str = ""
    declares: Sequence[Wanted] = ()

    def __repr__(self) -> str:
        return f"Terms({self.base_url!r}, …)"


def register(session: Session, processor_id: UUID, terms: Terms) -> DsrEndpoint:
    """It is discovered at once. Raises Forbidden, NoSuchProcessor, HasEndpoint, Invalid."""
    require(session, Permission.MANAGE_PROCESSORS)
    acting, endpoint_id = acting_of(session), new_id()
    if acting.company_id is None:
        raise refusals.CompanyOfOpenDsr
    cataloguing.get(session, processor_id)
    if of_processor(session, processor_id) is not None:
        raise refusals.HasEndpoint
    made = DsrEndpoint(
        endpoint_id=endpoint_id,
        company_id=acting.company_id,
        processor_id=processor_id,
        base_url=_address(terms.base_url, "base_url"),
        domain=_domain(terms.domain),
        dialect=terms.dialect,
        let_in=terms.let_in,
        user_name=terms.user_name.strip() or None,
        token_url=_address(terms.token_url, "token_url") if terms.let_in is LetIn.PRIVATE_KEY_JWT else None,
        sealed_secret=sealing.seal(keyring(session), place(acting.company_id, endpoint_id), _secret(terms)),
        property_id=terms.property_id.strip() or None,
        issuer=_issuer(terms.issuer),
        declares=sorted(str(one) for one in set(terms.declares) - STANDARD),
        registered_by=acting.actor_id,
    )
    session.add(made)
    session.flush()
    trail.record(session, "opendsr_endpoint.registered", about="opendsr_endpoint", ids=[endpoint_id])
    enqueue(session, Discover(endpoint_id))
    return made


def test(session: Session, endpoint_id: UUID) -> None:
    """Looks anew at what it offers. Raises Forbidden, NoSuchEndpoint, EndpointStopped."""
    require(session, Permission.MANAGE_PROCESSORS)
    if get(session, endpoint_id).stopped_at is not None:
        raise refusals.EndpointStopped
    enqueue(session, Discover(endpoint_id))


def stop(session: Session, endpoint_id: UUID) -> None:
    """Nothing is asked there any more, and nothing is believed from there. Raises Forbidden, NoSuchEndpoint."""
    require(session, Permission.MANAGE_PROCESSORS)
    found = get(session, endpoint_id)
    if found.stopped_at is None:
        found.stopped_at, found.sealed_secret = func.now(), None
        trail.record(session, "opendsr_endpoint.stopped", about="opendsr_endpoint", ids=[endpoint_id])


def get(session: Session, endpoint_id: UUID) -> DsrEndpoint:
    """Of the company that is acted for. Raises NoSuchEndpoint."""
    found = session.scalar(select(DsrEndpoint).where(DsrEndpoint.endpoint_id == endpoint_id))
    if found is None:
        raise refusals.NoSuchEndpoint
    return found


def of_processor(session: Session, processor_id: UUID) -> DsrEndpoint | None:
    """The one in use at the company that is acted for."""
    return session.scalar(
        select(DsrEndpoint).where(DsrEndpoint.processor_id == processor_id, DsrEndpoint.stopped_at.is_(None))
    )


def in_use(session: Session) -> Sequence[DsrEndpoint]:
    """Of the company that is acted for: one for each processor."""
    return session.scalars(select(DsrEndpoint).where(DsrEndpoint.stopped_at.is_(None))).all()


def offers(endpoint: DsrEndpoint, wanted: Wanted) -> bool:
    """As far as is known by now."""
    if wanted not in STANDARD:
        return wanted in endpoint.declares
    return endpoint.discovery is None or wanted in endpoint.discovery.supported_subject_request_types


def secret(session: Session, endpoint: DsrEndpoint) -> bytes:
    """Opened for one call. Raises Tampered."""
    if endpoint.sealed_secret is None:
        raise refusals.EndpointStopped
    return sealing.unseal(keyring(session), place(endpoint.company_id, endpoint.endpoint_id), endpoint.sealed_secret)


def public_key(session: Session, endpoint: DsrEndpoint) -> str:
    """Of `private_key_jwt`, in PEM: what the processor is given."""
    private = certificates.private_key(secret(session, endpoint))
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def chain_of(endpoint: DsrEndpoint) -> list[Certificate]:
    """What is believed of it: nothing once it is stopped."""
    if endpoint.certificates is None or endpoint.stopped_at is not None:
        return []
    try:
        return certificates.read_chain(endpoint.certificates.encode())
    except NotTrusted:
        return []


def signer(endpoint: DsrEndpoint) -> Signer:
    """Whose signature its callbacks and its answers bear."""
    return Signer(domains=[endpoint.domain], chain=chain_of(endpoint), roots=roots_of(endpoint), at=wire.now())


def roots_of(endpoint: DsrEndpoint) -> Sequence[Certificate]:
    if endpoint.issuer is None:
        return certificates.public_roots()
    return certificates.read_chain(endpoint.issuer.encode())


def is_fresh(endpoint: DsrEndpoint, now: datetime) -> bool:
    return endpoint.discovered_at is not None and endpoint.discovered_at > now - FRESH


def look_again(session: Session, endpoint: DsrEndpoint) -> None:
    """Its certificate or its signature was not believed: it may have changed. At most every ten minutes."""
    period = int(wire.now().timestamp() // AGAIN.total_seconds())
    enqueue(session, Discover(endpoint.endpoint_id), once=f"{endpoint.endpoint_id} {period}")


def place(company_id: UUID, endpoint_id: UUID) -> Place:
    return Place("opendsr endpoint", endpoint_id, "secret", company_id)


def _address(given: str, field: str) -> str:
    said = given.strip().rstrip("/")
    outside.destination(said, field=field)
    if "?" in said or "#" in said:
        raise outside.NotAnAddress(field=field)
    return said


def _domain(given: str) -> str:
    try:
        return controllers.domain(given)
    except refusals.NotADomain:
        raise refusals.NotADomain(field="domain") from None


def _secret(terms: Terms) -> bytes:
    """Raises NeedsSecret."""
    if terms.let_in is not LetIn.BEARER and not terms.user_name.strip():
        raise refusals.NeedsSecret(field="user_name")
    if terms.let_in is LetIn.PRIVATE_KEY_JWT:
        return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if not terms.secret.strip():
        raise refusals.NeedsSecret(field="secret")
    return terms.secret.strip().encode()


def _issuer(given: str) -> str | None:
    """Raises NotACertificate."""
    if not given.strip():
        return None
    try:
        certificates.read_chain(given.encode())
    except NotTrusted:
        raise refusals.NotACertificate(field="issuer") from None
    return given.strip() + "\n"
