"""Who is asking: a code to the address that the person gave, and the short session that follows it.

A code goes to every address alike; no register is looked at before it comes back. A wrong code and a limit are
outcomes and not refusals, so that what was counted is committed. No setting switches any of this off.
"""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Company
from tenants.database import acting_of
from tenants.errors import Conflict
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.registers.model import IdentityLevel
from tenants.requests import deadlines, letters, limits, subjects
from tenants.requests.asker import Asker, of_request, open_asker
from tenants.requests.limits import TooMany
from tenants.requests.matching import OpenCases
from tenants.requests.model import Request, RequestState, Verification
from tenants.vault import digests
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring

DIGITS = 8
LASTS = timedelta(minutes=10)
ATTEMPTS = 5
SESSION_LASTS = timedelta(minutes=30)


class RequestLapsed(Conflict):
    """The request has lapsed. A new one can be made at any time."""


class Sent(Struct, frozen=True):
    """A code is on its way."""


class Right(Struct, frozen=True):
    """`secret` opens the person's page until the session ends; only its digest is kept."""

    secret: str


class Wrong(Struct, frozen=True):
    attempts_left: int


class Unusable(Struct, frozen=True):
    """There is no code that could be right: it was used, is too old, or was guessed at too often."""


Checked = Right | Wrong | Unusable | TooMany


def send_code(session: Session, request_id: UUID, *, email: str, language: Language) -> None:
    """Makes the request's older codes worthless. Counting is for the caller, who knows whom to count."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    now = datetime.now(UTC)
    session.add(
        Verification(
            verification_id=new_id(),
            request_id=request_id,
            code_digest=digests.keyed(keyring(session), _use(request_id), code.encode()),
            sent_at=now,
            expires_at=now + LASTS,
        )
    )
    minutes = int(LASTS.total_seconds() // 60)
    letters.write(session, request_id, letters.Code(code, minutes), to=Asker(email=email), language=language)
    trail.record(session, "code.sent", about="request", ids=[request_id])


def ask_again(session: Session, *, client: str) -> Sent | TooMany:
    """Another code to the same address, for the request whose subject the session acts for.

    Raises NoSuchRequest, RequestLapsed.
    """
    request = subjects.own_request(session)
    asker = open_asker(keyring(session), of_request(request.request_id, "asker"), request.sealed_asker)
    if asker.email is None or request.state is RequestState.LAPSED:
        raise RequestLapsed
    address = digests.normalise(IdentifierKind.EMAIL, asker.email)
    if too_many := limits.count(session, limits.of_client(limits.CODES_OF_CLIENT, client), *limits.of_address(address)):
        return too_many
    send_code(session, request.request_id, email=asker.email, language=Language(request.language))
    return Sent()


def check_code(session: Session, given: str, *, client: str) -> Checked:
    """Each call uses up one attempt, so that guessing in parallel gains nothing. Raises NoSuchRequest."""
    request = subjects.own_request(session)
    if too_many := limits.count(session, limits.of_client(limits.ATTEMPTS_OF_CLIENT, client)):
        return too_many
    claimed = session.execute(
        update(Verification)
        .where(Verification.verification_id == _newest(request.request_id).scalar_subquery(), *_usable())
        .values(attempts=Verification.attempts + 1)
        .returning(Verification.verification_id, Verification.code_digest, Verification.attempts)
    ).one_or_none()
    if claimed is None:
        return Unusable()
    digits = "".join(character for character in given if character.isdecimal()).encode()
    if not digests.is_keyed(keyring(session), _use(request.request_id), digits, claimed.code_digest):
        trail.record(session, "code.wrong", about="request", ids=[request.request_id], attempts=claimed.attempts)
        return Wrong(ATTEMPTS - claimed.attempts)
    return Right(_open_session(session, request, claimed.verification_id))


def is_open(session: Session, secret: str) -> bool:
    """Whether this is the secret of a session of the request whose subject the session acts for."""
    request_id = acting_of(session).request_id
    if request_id is None:
        return False
    kept = session.scalars(
        select(Verification.session_digest).where(
            Verification.request_id == request_id,
            Verification.session_digest.is_not(None),
            Verification.session_expires_at > datetime.now(UTC),
        )
    )
    keys = keyring(session)
    return any(digests.is_keyed(keys, _session(request_id), secret.encode(), digest) for digest in kept if digest)


def is_expecting(session: Session) -> bool:
    """Whether there is a code that could still be entered."""
    newest = _newest(acting_of(session).request_id).subquery()
    usable = select(Verification.verification_id).join(newest, newest.c.verification_id == Verification.verification_id)
    return session.scalar(usable.where(*_usable())) is not None


def close_sessions(session: Session) -> None:
    """Closes the person's page on every device."""
    request_id = acting_of(session).request_id
    session.execute(
        update(Verification)
        .where(Verification.request_id == request_id, Verification.session_digest.is_not(None))
        .values(session_digest=None, session_expires_at=None)
    )
    if request_id is not None:
        trail.record(session, "session.closed", about="request", ids=[request_id])


def _usable() -> tuple[ColumnElement[bool], ...]:
    return (
        Verification.used_at.is_(None),
        Verification.attempts < ATTEMPTS,
        Verification.expires_at > datetime.now(UTC),
    )


def _newest(request_id: UUID | None) -> Select[UUID]:
    return (
        select(Verification.verification_id)
        .where(Verification.request_id == request_id)
        .order_by(Verification.sent_at.desc(), Verification.verification_id.desc())
        .limit(1)
    )


def _open_session(session: Session, request: Request, verification_id: UUID) -> str:
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    session.execute(
        update(Verification)
        .where(Verification.verification_id == verification_id)
        .values(
            used_at=now,
            session_digest=digests.keyed(keyring(session), _session(request.request_id), secret.encode()),
            session_expires_at=now + SESSION_LASTS,
        )
    )
    trail.record(session, "code.right", about="request", ids=[request.request_id])
    _verify(session, request, now)
    return secret


def _verify(session: Session, request: Request, now: datetime) -> None:
    """The first right code sets the companies to work; later ones only open the page."""
    verified = session.execute(
        update(Request)
        .where(Request.request_id == request.request_id, Request.state == RequestState.UNVERIFIED)
        .values(state=RequestState.VERIFIED, verified_at=now, level=IdentityLevel.L1)
        .returning(Request.request_id)
    ).one_or_none()
    if verified is None:
        return
    enqueue(session, OpenCases(request.request_id), company_id=None, once=str(request.request_id))
    asker = open_asker(keyring(session), of_request(request.request_id, "asker"), request.sealed_asker)
    acknowledge(session, request, asker)
    trail.record(session, "request.verified", about="request", ids=[request.request_id], level=IdentityLevel.L1)


def acknowledge(session: Session, request: Request, asker: Asker) -> None:
    """Not a duty, but good practice (EDPB Guidelines 01/2022, paragraph 57): from when to when."""
    received = deadlines.received_on(request.received_at)
    addressed = select(Company.name).where(Company.company_id.in_(request.company_ids))
    names = list(session.scalars(addressed.order_by(Company.position, Company.name)))
    letters.write(
        session,
        request.request_id,
        letters.Acknowledgement(received, deadlines.clock(received).steering.on, names),
        to=asker,
        language=Language(request.language),
        company_id=letters.sender(request, asker),
    )


def _use(request_id: UUID) -> str:
    return f"code of {request_id}"


def _session(request_id: UUID) -> str:
    return f"session of {request_id}"
