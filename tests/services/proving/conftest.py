"""The proof is made as an operator makes it: with the administrator's connection."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from infra.embedded.postgres import Postgres
from tenants import settings


@pytest.fixture
def administrator(database: Postgres) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SELOSTE_DATABASE_ADMIN", database.admin_url)
        settings.current.cache_clear()
        yield
    settings.current.cache_clear()


@pytest.fixture
def admin(database: Postgres) -> Iterator[Connection[Any]]:
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste"), autocommit=True) as connection:
        yield connection
