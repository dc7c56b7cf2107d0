"""The OpenID providers at which a group's staff sign in."""

from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import IdentityProvider
from tenants.errors import Invalid, NotFound
from tenants.groups import directory
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NoProvider(NotFound):
    """This group has no sign-in for its staff yet."""


class InsecureIssuer(Invalid):
    """The address of an identity provider begins with https."""


class Provider(Struct, frozen=True, kw_only=True):
    """What the sign-in needs, the secret opened. `acr_values` are asked for, and one of them must come back."""

    provider_id: UUID
    issuer: str
    client_id: str
    secret: str
    acr_values: tuple[str, ...]
    required_amr: tuple[str, ...]


class Offered(Struct, frozen=True, kw_only=True):
    """`label` tells several apart at the sign-in."""

    provider_id: UUID
    issuer: str
    client_id: str
    label: str | None
    acr_values: tuple[str, ...]
    required_amr: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.label or self.issuer.removeprefix("https://")


def register(
    session: Session,
    *,
    issuer: str,
    client_id: str,
    secret: str,
    label: str | None = None,
    acr_values: tuple[str, ...] = (),
    required_amr: tuple[str, ...] = (),
) -> UUID:
    """Adds the provider, or gives a known one new values; says its id.

    Raises InsecureIssuer: only on this machine itself may sign-ins travel without encryption.
    """
    if not issuer.startswith("https://") and urlsplit(issuer).hostname not in LOOPBACK:
        raise InsecureIssuer(field="issuer")
    keys = keyring(session)
    row = session.scalar(
        select(IdentityProvider).where(IdentityProvider.issuer == issuer, IdentityProvider.client_id == client_id)
    )
    if row is None:
        row = IdentityProvider(provider_id=new_id(), issuer=issuer, client_id=client_id)
        directory.enter(session, directory.Kind.OPENID_CLIENT, directory.openid_client_key(issuer, client_id))
        session.add(row)
    row.sealed_secret = seal(keys, _place(row), secret.encode())
    row.label = label
    row.acr_values = list(acr_values)
    row.required_amr = list(required_amr)
    session.flush()
    trail.record(session, "provider.registered", about="identity_provider", ids=[row.provider_id])
    return row.provider_id


def listed(session: Session) -> list[Offered]:
    """In the order in which they were added."""
    rows = session.scalars(select(IdentityProvider).order_by(IdentityProvider.provider_id))
    return [
        Offered(
            provider_id=one.provider_id,
            issuer=one.issuer,
            client_id=one.client_id,
            label=one.label,
            acr_values=tuple(one.acr_values),
            required_amr=tuple(one.required_amr),
        )
        for one in rows
    ]


def get(session: Session, provider_id: UUID) -> Provider:
    """Raises NoProvider."""
    return _opened(session, session.scalar(select(IdentityProvider).where(IdentityProvider.provider_id == provider_id)))


def current(session: Session) -> Provider:
    """The newest. Raises NoProvider."""
    newest = session.scalar(select(IdentityProvider).order_by(IdentityProvider.provider_id.desc()).limit(1))
    return _opened(session, newest)


def find(session: Session, *, issuer: str, client_id: str) -> Provider:
    """Raises NoProvider."""
    row = session.scalar(
        select(IdentityProvider).where(IdentityProvider.issuer == issuer, IdentityProvider.client_id == client_id)
    )
    return _opened(session, row)


def _opened(session: Session, row: IdentityProvider | None) -> Provider:
    if row is None:
        raise NoProvider
    return Provider(
        provider_id=row.provider_id,
        issuer=row.issuer,
        client_id=row.client_id,
        secret=unseal(keyring(session), _place(row), row.sealed_secret).decode(),
        acr_values=tuple(row.acr_values),
        required_amr=tuple(row.required_amr),
    )


def _place(row: IdentityProvider) -> Place:
    return Place("identity_provider", row.provider_id, "sealed_secret")
