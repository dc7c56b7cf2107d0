"""Real servers, one set for each pytest worker, started when the first test asks for them.

Everything commits for real. Tests do not clean up after each other: each makes a group of its own, and the walls
keep the groups apart.
"""

import base64
import gc
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from infra.embedded import ports, postgres, postoffice, s3, valkey
from infra.embedded.postoffice import PostOffice
from services import logs
from tenants import database as walled
from tenants import settings
from tenants.acting import DatabaseRole
from tenants.migrations import roles, running
from tests.scheduling import JourneysTogether

# Next to nothing of what is imported and collected is ever garbage: to look through it is half of the time that takes.
gc.disable()

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> JourneysTogether | None:
    return JourneysTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_finish() -> None:
    """From here on garbage is looked for again, but not in what is there to stay, and not after each 700 objects."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of this worker, decided before anything reads them; the servers start later, if at all."""
    variables = _variables(tmp_path_factory.mktemp("keys"))
    os.environ.update(variables)
    settings.current.cache_clear()
    logs.write_lines("tests")
    yield variables
    for name in variables:
        del os.environ[name]


def _variables(folder: Path) -> dict[str, str]:
    database, redis, storage, mail = (ports.free() for _ in range(4))
    roles_by_url = {
        f"DATABASE_{role.upper()}": f"postgresql://seloste_{role}:{secrets.token_hex(8)}@127.0.0.1:{database}/seloste"
        for role in DatabaseRole
    }
    values = {
        **roles_by_url,
        "BASE_URL": "https://testserver.example",
        "REDIS_URL": valkey.url(redis, valkey.password(folder)),
        "S3_ENDPOINT": f"http://127.0.0.1:{storage}",
        "S3_ACCESS_KEY": s3.access_key(folder),
        "S3_SECRET_KEY": s3.secret_key(folder),
        "S3_BUCKET": s3.BUCKET,
        "SMTP_PORT": str(mail),
        "MAIL_FROM": "tietosuoja@seloste.example",
        "MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "CERTIFICATE_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "POOL_SIZE": "5",
        "ACCEPT_TEST_IDENTITY_CODES": "true",
        "OUTGOING_LOOPBACK": "true",
    }
    return {f"{settings.PREFIX}{name}": value for name, value in values.items()} | {"SELOSTE_TEST_KEYS": str(folder)}


@pytest.fixture(scope="session")
def database(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Postgres]:
    """PostgreSQL with the schema, entered as the runtime roles only; `admin_url` is for tests about the roles."""
    port = int(environment["SELOSTE_DATABASE_APP"].rsplit(":", 1)[1].split("/")[0])
    with postgres.running(tmp_path_factory.mktemp("postgres"), port=port, durable=False) as server:
        os.environ["SELOSTE_DATABASE_ADMIN"] = server.admin_url
        roles.create_database(settings.read(os.environ))
        del os.environ["SELOSTE_DATABASE_ADMIN"]
        running.migrate()
        yield server
        _let_go_of_pools()


def _let_go_of_pools() -> None:
    for role in DatabaseRole:
        walled.engine(role).dispose()


@pytest.fixture(scope="session")
def redis_server(environment: dict[str, str]) -> Iterator[valkey.Valkey]:
    folder = Path(environment["SELOSTE_TEST_KEYS"])
    port = int(environment["SELOSTE_REDIS_URL"].rsplit(":", 1)[1].split("/")[0])
    with valkey.running(folder, port=port) as server:
        yield server


@pytest.fixture(scope="session")
def storage(environment: dict[str, str]) -> Iterator[s3.S3]:
    folder = Path(environment["SELOSTE_TEST_KEYS"])
    port = int(environment["SELOSTE_S3_ENDPOINT"].rsplit(":", 1)[1])
    with s3.running(folder, port=port) as server:
        yield server


@pytest.fixture(scope="session")
def post_office(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    smtp_port = int(environment["SELOSTE_SMTP_PORT"])
    with postoffice.running(tmp_path_factory.mktemp("post"), smtp_port=smtp_port) as office:
        yield office
