"""A group that is asked by OpenDSR: Pilvi's program asks Alfa, which keeps its customers on Pilvi's behalf."""

import os
from collections.abc import Iterator
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tenants import settings
from tenants.opendsr import authority
from tenants.opendsr.authority import Signing
from tests.services.opendsr import processors
from tests.services.opendsr.asking import Asker, Kept, kept, new_email
from tests.services.opendsr.processors import Other

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


# A processor of somebody else, which Alfa asks.


@pytest.fixture(scope="session")
def root() -> Signing:
    return authority.root("Processors' authority")


@pytest.fixture(scope="session")
def theirs(root: Signing) -> Signing:
    return authority.issue(root, processors.DOMAIN)


@pytest.fixture
def there(theirs: Signing) -> Iterator[Other]:
    with processors.other(theirs) as running:
        yield running


@pytest.fixture
def endpoint_id(house: Kept, there: Other, root: Signing) -> UUID:
    return processors.register(house, there, root)


@pytest.fixture
def person(house: Kept) -> UUID:
    return house.person(new_email(), number="12345")
