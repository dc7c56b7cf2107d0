"""The OpenID provider at which a group's staff sign in."""

from urllib.parse import urlsplit

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

    issuer: str
    client_id: str
    secret: str
    acr_values: tuple[str, ...]
    required_amr: tuple[str, ...]


def register(
    session: Session,
    *,
    issuer: str,
    client_id: str,
    secret: str,
    acr_values: tuple[str, ...] = (),
    required_amr: tuple[str, ...] = (),
) -> None:
    """Adds the provider, or gives a known one new values. The newest one is where the staff sign in.

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
    row.acr_values = list(acr_values)
    row.required_amr = list(required_amr)
    session.flush()
    trail.record(session, "provider.registered", about="identity_provider", ids=[row.provider_id])


def current(session: Session) -> Provider:
    """Raises NoProvider."""
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
        issuer=row.issuer,
        client_id=row.client_id,
        secret=unseal(keyring(session), _place(row), row.sealed_secret).decode(),
        acr_values=tuple(row.acr_values),
        required_amr=tuple(row.required_amr),
    )


def _place(row: IdentityProvider) -> Place:
    return Place("identity_provider", row.provider_id, "sealed_secret")
