"""The sign-in of a group's staff."""

import pytest
from sqlalchemy import select

from tenants.companies import providers
from tenants.companies.model import IdentityProvider
from tenants.database import walled_session
from tenants.groups import directory
from tests import make

pytestmark = pytest.mark.usefixtures("database")

ISSUER = "https://op.example"


def test_a_provider_is_kept_with_its_secret_sealed() -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        providers.register(session, issuer=ISSUER, client_id=group.slug, secret="s3cret", acr_values=("mfa",))
    with walled_session(group.system()) as session:
        provider = providers.current(session)
        assert (provider.secret, provider.acr_values) == ("s3cret", ("mfa",))
        assert b"s3cret" not in session.scalars(select(IdentityProvider.sealed_secret)).one()


def test_the_client_finds_its_group() -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        providers.register(session, issuer=ISSUER, client_id=group.slug, secret="s3cret")
    key = directory.openid_client_key(ISSUER, group.slug)
    assert directory.find_group(directory.Kind.OPENID_CLIENT, key) == group.group_id


def test_registering_again_changes_the_values() -> None:
    group = make.group()
    for secret in ("first", "second"):
        with walled_session(group.system()) as session:
            providers.register(session, issuer=ISSUER, client_id=group.slug, secret=secret, required_amr=("otp",))
    with walled_session(group.system()) as session:
        assert providers.find(session, issuer=ISSUER, client_id=group.slug).secret == "second"


def test_a_group_without_a_provider_says_so() -> None:
    with walled_session(make.group().system()) as session, pytest.raises(providers.NoProvider):
        providers.current(session)
