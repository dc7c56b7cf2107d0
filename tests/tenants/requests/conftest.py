"""Aino is a customer of Alfa and of Beeta, sister companies of one group; Beata shares an address with somebody."""

from collections.abc import Callable
from functools import partial

import pytest

from infra.embedded.postgres import Postgres
from infra.embedded.postoffice import PostOffice
from infra.embedded.s3 import S3
from tenants.acting import visitor
from tenants.database import walled_session
from tenants.languages.speaking import Language
from tenants.requests import intake
from tenants.requests.intake import Submitted
from tenants.requests.model import Right
from tests import make
from tests.asking import Asked, Sister, new_address, open_sister
from tests.make import MadeGroup
from tests.queue import run_jobs


@pytest.fixture(autouse=True)
def _with_servers(database: Postgres, storage: S3, post_office: PostOffice) -> None:
    pass


@pytest.fixture
def group() -> MadeGroup:
    return make.group()


@pytest.fixture
def sister(group: MadeGroup) -> Callable[..., Sister]:
    return partial(open_sister, group)


@pytest.fixture
def alfa(sister: Callable[..., Sister]) -> Sister:
    return sister("alfa")


@pytest.fixture
def address() -> str:
    return new_address()


@pytest.fixture
def ask(group: MadeGroup, address: str, post_office: PostOffice) -> Callable[..., Asked]:
    def submit(
        *to: Sister,
        email: str | None = None,
        rights: tuple[Right, ...] = (Right.ACCESS,),
        words: str = "",
        language: Language = Language.FI,
        client: str = "192.0.2.1",
    ) -> Asked:
        with walled_session(visitor(group.group_id)) as session:
            outcome = intake.submit(
                session,
                rights=rights,
                company_ids=[sister.company.company_id for sister in to],
                email=email or address,
                words=words,
                language=language,
                client=client,
            )
        assert isinstance(outcome, Submitted)
        return Asked(group, outcome.request_id, email or address, post_office)

    return submit


@pytest.fixture
def waiting(alfa: Sister, ask: Callable[..., Asked], address: str) -> Asked:
    """Aino's case waits for Alfa's decision."""
    alfa.customer(address, "1")
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    return asked
