"""Alfa keeps a customer register of Aino and Beata; its archives live in a real store."""

import pytest

from infra.embedded.postgres import Postgres
from infra.embedded.s3 import S3
from tests import make
from tests.make import MadeCompany, MadeRegister
from tests.tenants.exports.people import AINO, BEATA, Customer, new_customer, write


@pytest.fixture(autouse=True)
def _with_servers(database: Postgres, storage: S3) -> None:
    pass


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group(), "alfa")


@pytest.fixture
def customers(alfa: MadeCompany) -> MadeRegister:
    return make.register(alfa)


@pytest.fixture
def aino(alfa: MadeCompany, customers: MadeRegister) -> Customer:
    write(new_customer(alfa), customers, BEATA)
    aino = new_customer(alfa)
    write(aino, customers, AINO)
    return aino
