"""A nonce is of one group, and of the last minutes."""

import pytest

from infra.embedded.postgres import Postgres
from tenants.clients import nonces
from tenants.clients.nonces import WINDOW
from tenants.database import walled_session
from tests import make
from tests.make import MadeGroup

NOON = WINDOW * 6_000_000


@pytest.fixture(scope="module")
def group(database: Postgres) -> MadeGroup:
    return make.group()


@pytest.mark.parametrize(("later", "good"), [(0, True), (WINDOW, True), (2 * WINDOW, False), (-1, False)])
def test_a_nonce_is_taken_for_minutes(group: MadeGroup, later: int, good: bool) -> None:
    with walled_session(group.system()) as session:
        nonce = nonces.current(session, now=NOON)
        assert nonces.is_current(session, nonce, now=NOON + later) is good


def test_a_nonce_of_another_group_is_none(group: MadeGroup) -> None:
    with walled_session(make.group().system()) as other:
        theirs = nonces.current(other)
    with walled_session(group.system()) as session:
        assert not nonces.is_current(session, theirs)
