"""Staff among the canaries: each with a key for the API and a session in the office, and one reason to be refused."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from redis.exceptions import RedisError

from services.api.login import sessions
from services.api.login.sessions import OfficeSession
from services.proving.canaries import AT_A_COMPANY, Canaries, Owner, enlist, insert
from tenants.acting import PurposeKind
from tenants.companies.api_tokens import PREFIX
from tenants.companies.model import Role

PURPOSES = (PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE, PurposeKind.CUSTOMER_CARE)


class Seat(Struct, frozen=True):
    """`keys` and `cookies` by the purpose acted for; without a company there is one purpose, none."""

    name: str
    keys: dict[PurposeKind | None, str]
    cookies: dict[PurposeKind | None, str]


class Seats(Struct, frozen=True):
    owner: Seat
    elsewhere: Seat
    sister: Seat
    without_role: Seat
    by_rank: Seat


@contextmanager
def taken(made: Canaries) -> Iterator[Seats]:
    """Sessions of the office are in Redis: they are ended at the end, by themselves after half an hour, and without
    their members, who are rolled back, they open nothing.
    """
    seats = Seats(
        owner=_sit(made, "the company's own administrator", Owner(made.ours, made.alfa), AT_A_COMPANY),
        elsewhere=_sit(made, "another group", Owner(made.theirs, made.foreign), AT_A_COMPANY),
        sister=_sit(made, "a sister company", Owner(made.ours, made.beta), AT_A_COMPANY),
        without_role=_sit(made, "staff without a role", Owner(made.ours, made.alfa), ()),
        by_rank=_sit(made, "the group's administrator", Owner(made.ours), (Role.GROUP_ADMIN,)),
    )
    try:
        yield seats
    finally:
        for seat in (seats.owner, seats.elsewhere, seats.sister, seats.without_role, seats.by_rank):
            for cookie in seat.cookies.values():
                sessions.end(cookie)


def _sit(made: Canaries, name: str, at: Owner, roles: tuple[Role, ...]) -> Seat:
    member_id = enlist(made, at, roles)
    purposes = PURPOSES if at.company_id else (None,)
    return Seat(
        name,
        {purpose: _key(made, at, member_id, purpose) for purpose in purposes},
        {purpose: cookie for purpose in purposes if (cookie := _session(at, member_id, purpose))},
    )


def _key(made: Canaries, at: Owner, member_id: UUID, purpose: PurposeKind | None) -> str:
    key = f"{PREFIX}{at.group_id.hex}_{secrets.token_urlsafe(32)}"
    insert(
        made,
        "api_tokens",
        at,
        member_id=member_id,
        purpose=purpose and purpose.value,
        digest=hashlib.sha256(key.encode()).digest(),
        expires_at=datetime.now(UTC) + timedelta(hours=2),
    )
    return key


def _session(at: Owner, member_id: UUID, purpose: PurposeKind | None) -> str | None:
    """None where Redis does not answer."""
    session = OfficeSession(
        group_id=at.group_id,
        member_id=member_id,
        issuer="https://canary.invalid",
        client_id="canary",
        subject=member_id.hex,
        sid=None,
        signed_in_at=datetime.now(UTC),
        company_id=at.company_id,
        purpose=purpose,
    )
    try:
        return sessions.start(session)
    except RedisError:
        return None
