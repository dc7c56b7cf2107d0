"""A group that is asked by OpenDSR: Pilvi's program asks Alfa, which keeps its customers on Pilvi's behalf."""

import os
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tenants import settings
from tenants.opendsr import authority
from tenants.opendsr.authority import Signing
from tests.services.opendsr.asking import Asker, Kept, kept

DOMAIN = "testserver.example"


@pytest.fixture(scope="session")
def test_root() -> Signing:
    return authority.root()


@pytest.fixture(scope="session")
def signing(environment: dict[str, str], test_root: Signing) -> Iterator[Signing]:
    """The installation has a certificate of the test authority, from now on."""
    made = authority.issue(test_root, DOMAIN)
    given = {"OPENDSR_KEY": made.key_pem.decode(), "OPENDSR_CERTIFICATE": made.pem.decode()}
    os.environ.update({f"{settings.PREFIX}{name}": value for name, value in given.items()})
    settings.current.cache_clear()
    yield made
    for name in given:
        del os.environ[f"{settings.PREFIX}{name}"]
    settings.current.cache_clear()


@pytest.fixture(scope="module")
def house(client: TestClient[Litestar], signing: Signing) -> Kept:
    return kept()


@pytest.fixture
def asker(client: TestClient[Litestar], house: Kept) -> Asker:
    return house.asker(client)
