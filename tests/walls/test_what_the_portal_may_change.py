"""A portal that was taken over changes no code and no time, revives nothing, and takes no count back to nothing.

It could take a count back to one or two: what a row was before its update PostgreSQL compares in triggers only.
"""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from infra.embedded.postgres import Postgres
from tenants.acting import Acting, subject, visitor
from tenants.base import new_id
from tenants.database import walled_session
from tenants.registers.model import IdentityLevel
from tenants.requests.model import Channel, RateCount, Request, RequestState, Verification
from tests import make
from tests.make import MadeGroup

HOUR = timedelta(hours=1)


@pytest.fixture
def group(database: Postgres) -> MadeGroup:
    return make.group()


def asker(group: MadeGroup, **code: object) -> Acting:
    """Somebody who was sent a code."""
    request_id, now = new_id(), datetime.now(UTC)
    with walled_session(visitor(group.group_id)) as session:
        session.add(
            Request(
                request_id=request_id,
                channel=Channel.PORTAL,
                rights=["access"],
                language="fi",
                company_ids=[],
                state=RequestState.UNVERIFIED,
                received_at=now,
                level=IdentityLevel.L0,
            )
        )
        session.flush()
        given = {"expires_at": now + HOUR, "code_digest": secrets.token_bytes(32), **code}
        session.add(Verification(verification_id=new_id(), request_id=request_id, **given))
    return subject(group.group_id, request_id)


def change(acting: Acting, statement: str) -> int:
    """How many rows it changed; refused where a column is not granted or a check does not hold."""
    with walled_session(acting) as session:
        return len(session.execute(text(f"{statement} RETURNING 1")).all())


def test_an_attempt_is_counted(group: MadeGroup) -> None:
    assert change(asker(group), "UPDATE verifications SET attempts = attempts + 1") == 1


@pytest.mark.parametrize(
    "what",
    [
        "attempts = 0",
        "attempts = -1",
        "code_digest = uuid_send(gen_random_uuid())",
        "expires_at = now() + interval '1 year'",
        "sent_at = now()",
        "request_id = gen_random_uuid()",
        # a page without a right code, and one that stays open
        "attempts = 1, session_digest = uuid_send(gen_random_uuid()), session_expires_at = now()",
        "attempts = 1, used_at = now(), session_digest = uuid_send(gen_random_uuid())",
        "attempts = 1, used_at = now(), session_digest = uuid_send(gen_random_uuid()),"
        " session_expires_at = now() + interval '1 day'",
    ],
)
def test_a_code_is_made_no_easier_to_guess(group: MadeGroup, what: str) -> None:
    with pytest.raises(DBAPIError):
        change(asker(group), f"UPDATE verifications SET {what}")


@pytest.mark.parametrize("over", [{"used_at": datetime.now(UTC)}, {"expires_at": datetime.now(UTC) - HOUR}])
def test_a_code_whose_time_is_over_is_out_of_reach(group: MadeGroup, over: dict[str, object]) -> None:
    assert change(asker(group, **over), "UPDATE verifications SET attempts = 1") == 0


def test_an_open_page_is_closed(group: MadeGroup) -> None:
    acting = asker(group)
    opened = "used_at = now(), session_digest = '\\x00', session_expires_at = now() + interval '30 minutes'"
    assert change(acting, f"UPDATE verifications SET attempts = 1, {opened}") == 1
    assert change(acting, "UPDATE verifications SET session_digest = NULL, session_expires_at = NULL") == 1


def counted(group: MadeGroup, count: int) -> UUID:
    with walled_session(visitor(group.group_id)) as session:
        session.add(RateCount(key_digest=secrets.token_bytes(32), window_start=datetime.now(UTC), count=count))
    return group.group_id


def test_what_is_counted_goes_up(group: MadeGroup) -> None:
    counted(group, 1)
    assert change(visitor(group.group_id), "UPDATE rate_counts SET count = count + 1") == 1


@pytest.mark.parametrize(
    "what",
    ["count = 1", "count = 0", "count = -1000", "window_start = now() - interval '1 year'", "key_digest = '\\x00'"],
)
def test_what_is_counted_is_not_forgotten(group: MadeGroup, what: str) -> None:
    counted(group, 1)
    with pytest.raises(DBAPIError):
        change(visitor(group.group_id), f"UPDATE rate_counts SET {what}")


def test_nobody_begins_below_nothing(group: MadeGroup) -> None:
    with pytest.raises(DBAPIError):
        counted(group, -1000)
