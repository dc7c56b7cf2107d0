"""A group whose staff sign in at the certified provider of the embedded stack."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from joserfc.jwk import RSAKey
from msgspec import Struct

from infra.embedded import identity
from infra.embedded.identity import Identity
from infra.embedded.postgres import Postgres
from tenants import settings
from tenants.companies import members, providers
from tenants.companies.model import Role
from tenants.database import walled_session
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember


class Staffed(Struct, frozen=True):
    """Members are named by their subject at the provider; `outsider` has an account there and is no member."""

    group: MadeGroup
    alfa: MadeCompany
    handler: MadeMember
    officer: MadeMember


@pytest.fixture(scope="session")
def provider_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("identity")


@pytest.fixture(scope="session")
def provider(provider_folder: Path) -> Iterator[Identity]:
    with identity.running(provider_folder, base_url=settings.current().base_url) as running:
        yield running


@pytest.fixture(scope="session")
def key(provider: Identity, provider_folder: Path) -> RSAKey:
    """With which the provider signs, so that a test can say what it would not."""
    kept = msgspec.json.decode((provider_folder / "keys.json").read_bytes())
    return RSAKey.import_key(kept["jwks"]["keys"][0])


@pytest.fixture(scope="session")
def staffed(provider: Identity, database: Postgres) -> Staffed:
    """The provider knows one client, so this group is the one that signs in there."""
    group = make.group("kirjautuva")
    with walled_session(group.system()) as session:
        providers.register(
            session,
            issuer=provider.issuer,
            client_id=provider.client_id,
            secret=provider.client_secret,
            acr_values=(identity.TWO_FACTORS,),
            required_amr=("otp",),
        )
    alfa = make.company(group, "alfa")
    handler = _member(provider, alfa, "ideafix-handler", Role.REQUEST_HANDLER)
    officer = _member(provider, alfa, "ideafix-dpo", Role.DATA_PROTECTION_OFFICER)
    _member(provider, alfa, "ideafix-password-only", Role.REQUEST_HANDLER)
    return Staffed(group, alfa, handler, officer)


def _member(provider: Identity, company: MadeCompany, subject: str, role: Role) -> MadeMember:
    with walled_session(company.group.system()) as session:
        added = members.add(
            session, issuer=provider.issuer, subject=subject, name=subject, email=f"{subject}@alfa.example"
        )
        members.assign(session, added.member_id, role, company_id=company.company_id)
    made = MadeMember(company.group, added.member_id, provider.issuer, subject)
    make.sign(made)
    return made
