"""As a controller: what a processor offers, and its certificate; read, judged and kept for a day."""

from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.opendsr import certificates, endpoints, tracing, wire
from tenants.opendsr.certificates import NotTrusted
from tenants.opendsr.dialects import PATHS, RAW_ONLY, Dialect
from tenants.opendsr.model import DsrEndpoint, LetIn, Step
from tenants.opendsr.wire import Discovery, IdentityFormat, IdentityType


class Reached(Struct, frozen=True):
    """What is needed to speak to an endpoint. `secret` is opened for the length of one job."""

    endpoint_id: UUID
    company_id: UUID
    processor_id: UUID
    base_url: str
    domain: str
    dialect: Dialect
    let_in: LetIn
    user_name: str
    token_url: str
    secret: bytes
    issuer: str | None

    def __repr__(self) -> str:
        return f"Reached({self.endpoint_id!r}, …)"

    def url(self, path: str) -> str:
        return self.base_url + path

    @property
    def discovery_url(self) -> str:
        return self.url(PATHS[self.dialect].discovery)

    @property
    def requests_url(self) -> str:
        return self.url(PATHS[self.dialect].requests)


class Found(Struct, frozen=True):
    """`outcome` is a word for the trace: "discovered", or why not; then the others are empty."""

    outcome: str
    discovery: Discovery | None = None
    certificates: str | None = None
    http_status: int | None = None


def reach(session: Session, endpoint: DsrEndpoint) -> Reached:
    """Raises EndpointStopped."""
    return Reached(
        endpoint_id=endpoint.endpoint_id,
        company_id=endpoint.company_id,
        processor_id=endpoint.processor_id,
        base_url=endpoint.base_url,
        domain=endpoint.domain,
        dialect=endpoint.dialect,
        let_in=endpoint.let_in,
        user_name=endpoint.user_name or "",
        token_url=endpoint.token_url or "",
        secret=endpoints.secret(session, endpoint),
        issuer=endpoint.issuer,
    )


def prepare(session: Session, endpoint_id: UUID) -> Reached | None:
    endpoint = session.scalar(select(DsrEndpoint).where(DsrEndpoint.endpoint_id == endpoint_id))
    return reach(session, endpoint) if endpoint is not None and endpoint.stopped_at is None else None


def certificate_url(of: Reached, body: bytes) -> tuple[Discovery, str] | None:
    """What the discovery says, and where it says that the certificate is; None where it is no discovery.

    The certificate lies on the domain that was asked, or on the one that signs: nowhere else (§6).
    """
    try:
        told = wire.read(body, Discovery)
        host = urlsplit(told.processor_certificate).hostname
    except (wire.Unreadable, ValueError):
        return None
    return (told, told.processor_certificate) if host in (urlsplit(of.base_url).hostname, of.domain) else None


def judged(of: Reached, told: Discovery, pem: bytes) -> Found:
    """A certificate that would not be believed now is not kept."""
    try:
        chain = certificates.read_chain(pem)
        roots = certificates.read_chain(of.issuer.encode()) if of.issuer else certificates.public_roots()
        certificates.trusted_key(chain, of.domain, roots=roots, at=wire.now())
    except NotTrusted as reason:
        return Found(f"certificate_{reason.flaw}")
    return Found("discovered", told, pem.decode("ascii", "replace"))


def keep(session: Session, of: Reached, found: Found) -> None:
    """What was found before stays where nothing was found now."""
    tracing.note(session, of.company_id, of.endpoint_id, Step.DISCOVERED, found.outcome, http_status=found.http_status)
    endpoint = session.scalar(select(DsrEndpoint).where(DsrEndpoint.endpoint_id == of.endpoint_id).with_for_update())
    if endpoint is not None and found.discovery is not None:
        endpoint.discovery, endpoint.certificates = found.discovery, found.certificates
        endpoint.discovered_at = wire.now()


def kept(endpoint: DsrEndpoint) -> Discovery | None:
    """If it is not older than a day."""
    return endpoint.discovery if endpoints.is_fresh(endpoint, wire.now()) else None


def format_for(dialect: Dialect, told: Discovery, kind: IdentityType) -> IdentityFormat | None:
    """As it is over TLS; SHA-256 only to who offers nothing else. Never what is weaker."""
    offered = {one.identity_format for one in told.supported_identities if one.identity_type == kind}
    if IdentityFormat.RAW in offered:
        return IdentityFormat.RAW
    if IdentityFormat.SHA256 in offered and dialect not in RAW_ONLY:
        return IdentityFormat.SHA256
    return None
