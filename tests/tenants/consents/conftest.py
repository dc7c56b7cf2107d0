from uuid import UUID

import pytest

from infra.embedded.postgres import Postgres
from tenants.database import walled_session
from tenants.registers import persons
from tests import make
from tests.make import MadeCompany


@pytest.fixture
def alfa(database: Postgres) -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def ada(alfa: MadeCompany) -> UUID:
    with walled_session(alfa.system()) as session:
        return persons.create(session)
