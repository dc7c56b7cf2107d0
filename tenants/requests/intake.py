"""A request comes in: at the portal by its person, or by letter, telephone, e-mail or at a counter through staff.

Any wording is accepted; what was written is sealed and nothing in it is obeyed. Neither a signature nor a personal
identity code nor a document is asked for, and there is no place to keep one.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.model import Company
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.registers.model import IdentityLevel
from tenants.requests import ending, letters, limits, opening, timeline, verification
from tenants.requests.asker import Asker, of_request, open_asker, seal_asker, seal_words
from tenants.requests.limits import TooMany
from tenants.requests.matching import OpenCases
from tenants.requests.model import Case, CaseEventKind, CaseState, Channel, Request, RequestState, Right
from tenants.vault import digests
from tenants.vault.digests import IdentifierKind, NotAnEmailAddress
from tenants.vault.keys import keyring

LONGEST = 20_000
LONGEST_IDENTIFIER = 100
LONGEST_ADDRESS = 300


class Checked(StrEnum):
    """How staff made sure who asks. Nothing is copied (EDPB Guidelines 01/2022, paragraph 79)."""

    DOCUMENT_SEEN = "document_seen"
    CALLED_BACK = "called_back"
    KNOWN_IN_PERSON = "known_in_person"


LEVELS = {
    Checked.DOCUMENT_SEEN: IdentityLevel.L3,
    Checked.CALLED_BACK: IdentityLevel.L1,
    Checked.KNOWN_IN_PERSON: IdentityLevel.L1,
}


class WriteFirstLetters(Job, frozen=True):
    """For a request that staff entered."""

    name: ClassVar[str] = "requests.write_first_letters"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    request_id: UUID


class Submitted(Struct, frozen=True):
    request_id: UUID


class ChooseARight(Invalid):
    """Choose at least one of what can be asked."""


class ChooseACompany(Invalid):
    """Choose at least one company."""


class UnknownCompany(Invalid):
    """One of the companies is not known here."""


class TooLong(Invalid):
    """The text is too long; at most %(most)s characters can be sent."""


class NotByThisChannel(Invalid):
    """Choose how the request came: by letter, telephone or e-mail, or at a counter."""


class NotYetReceived(Invalid):
    """The request cannot have been received later than now."""


class ReceivedTooLongAgo(Invalid):
    """A request is entered within a year of its receipt."""


class NeedsIdentifier(Invalid):
    """Give something by which the person can be found: an e-mail address, a telephone number or a customer number."""


def submit(
    session: Session,
    *,
    rights: Iterable[Right],
    company_ids: Iterable[UUID],
    email: str,
    words: str,
    language: Language,
    client: str,
) -> Submitted | TooMany:
    """By a visitor of the portal. A code goes to the address whoever it belongs to. Raises SeveralInvalid."""
    rights, company_ids = sorted(set(rights)), list(dict.fromkeys(company_ids))
    problems = [*_problems(rights, words), *_addressed(session, company_ids)]
    asker = _reachable(Asker(email=email), problems)
    address = digests.normalise(IdentifierKind.EMAIL, asker.email or "")
    by_client = [limits.of_client(limit, client) for limit in (limits.REQUESTS_OF_CLIENT, limits.CODES_OF_CLIENT)]
    if too_many := limits.count(session, *by_client, *limits.of_address(address)):
        return too_many
    now = datetime.now(UTC)
    request = _request(session, asker, words, channel=Channel.PORTAL, rights=rights, language=language)
    request.company_ids = company_ids
    request.received_at = request.identity_asked_at = now
    session.add(request)
    session.flush()
    verification.send_code(session, request.request_id, email=asker.email or "", language=language)
    ending.plan(session, request.request_id, asked_at=now)
    trail.record(session, "request.received", about="request", ids=[request.request_id], channel=Channel.PORTAL)
    return Submitted(request.request_id)


def enter(
    session: Session,
    *,
    channel: Channel,
    received_at: datetime,
    rights: Iterable[Right],
    asker: Asker,
    words: str,
    language: Language,
    checked: Checked | None = None,
) -> Case:
    """By a member of staff, for the company acted for and no other.

    The clock runs from the receipt, not from now. Identity comes by a code to the e-mail address, or was `checked` by
    the member already; whoever has no such address is asked for it in a letter that staff post.

    Raises Forbidden, SeveralInvalid.
    """
    permissions.require(session, Permission.ENTER_REQUESTS)
    rights, now = sorted(set(rights)), datetime.now(UTC)
    problems = [*_problems(rights, words), *_received(channel, received_at, now), *_identifiable(asker)]
    asker = _reachable(asker, problems)
    acting = acting_of(session)
    request = _request(session, asker, words, channel=channel, rights=rights, language=language)
    request.company_ids = [company for company in (acting.company_id,) if company]
    request.received_at, request.entered_by = received_at, acting.actor_id
    if checked is None:
        request.identity_asked_at = now if asker.email else None
    else:
        request.state, request.verified_at, request.verified_by = RequestState.VERIFIED, now, acting.actor_id
        request.level = LEVELS[checked]
    session.add(request)
    case = opening.open_case(session, request, asker=asker, words=words, state=CaseState.AWAITING_IDENTITY)
    _go_on(session, case, request, checked)
    trail.record(session, "request.entered", about="request", ids=[request.request_id], channel=channel)
    return case


def write_first_letters(session: Session, request_id: UUID) -> None:
    """For the job: staff may enter a request, and not read it again."""
    request = session.scalars(select(Request).where(Request.request_id == request_id)).one()
    case = session.scalars(select(Case).where(Case.request_id == request_id)).one()
    asker = open_asker(keyring(session), of_request(request_id, "asker"), request.sealed_asker)
    if request.state not in (RequestState.UNVERIFIED, RequestState.VERIFIED):
        return
    if request.state is RequestState.UNVERIFIED and asker.email is None:
        _ask_by_post(session, case, asker)
        return
    if request.state is RequestState.UNVERIFIED and asker.email:
        verification.send_code(session, request_id, email=asker.email, language=Language(request.language))
        timeline.note(session, case, CaseEventKind.CODE_SENT)
    if case.state is not CaseState.TO_BE_POSTED:  # else its answer tells more
        verification.acknowledge(session, request, asker)


def _ask_by_post(session: Session, case: Case, asker: Asker) -> None:
    """The letter acknowledges the receipt too. The clock pauses no earlier than staff post it."""
    letters.write(
        session,
        case.request_id,
        letters.IdentityAsked(case.number, case.received_on, ending.LAPSES_AFTER.days),
        to=asker,
        language=Language(case.language),
        company_id=case.company_id,
        case_id=case.case_id,
    )


def _go_on(session: Session, case: Case, request: Request, checked: Checked | None) -> None:
    enqueue(session, WriteFirstLetters(request.request_id))
    if request.identity_asked_at is not None:
        ending.plan(session, request.request_id, asked_at=request.identity_asked_at)
    if checked is not None:
        case.level, case.verified_at = request.level, request.verified_at
        timeline.note(session, case, CaseEventKind.IDENTITY_CHECKED, method=checked, level=LEVELS[checked])
        enqueue(session, OpenCases(request.request_id), company_id=None, once=str(request.request_id))


def _request(
    session: Session, asker: Asker, words: str, *, channel: Channel, rights: Sequence[Right], language: Language
) -> Request:
    keys, request_id = keyring(session), new_id()
    return Request(
        request_id=request_id,
        channel=channel,
        rights=[*rights],
        language=language,
        sealed_asker=seal_asker(keys, of_request(request_id, "asker"), asker),
        sealed_words=seal_words(keys, of_request(request_id, "words"), words.strip()),
        state=RequestState.UNVERIFIED,
        level=IdentityLevel.L0,
    )


def _problems(rights: Sequence[Right], words: str) -> list[Invalid]:
    found: list[Invalid] = [] if rights else [ChooseARight(field="rights")]
    if len(words) > LONGEST:
        found.append(TooLong(field="words", most=LONGEST))
    return found


def _addressed(session: Session, company_ids: Sequence[UUID]) -> list[Invalid]:
    if not company_ids:
        return [ChooseACompany(field="companies")]
    known = set(session.scalars(select(Company.company_id).where(Company.retired_at.is_(None))))
    return [] if known.issuperset(company_ids) else [UnknownCompany(field="companies")]


def _received(channel: Channel, received_at: datetime, now: datetime) -> list[Invalid]:
    found: list[Invalid] = [NotByThisChannel(field="channel")] if channel is Channel.PORTAL else []
    if received_at > now:
        found.append(NotYetReceived(field="received_at"))
    if received_at < now - timedelta(days=366):
        found.append(ReceivedTooLongAgo(field="received_at"))
    return found


def _identifiable(asker: Asker) -> list[Invalid]:
    return [] if asker.identifiers() else [NeedsIdentifier(field="email")]


def _reachable(asker: Asker, problems: list[Invalid]) -> Asker:
    """With every identifier as it is kept. Raises all problems there are, as one."""
    email = phone = None
    try:
        email = deliverable(asker.email) if asker.email is not None else None
    except NotAnEmailAddress:
        problems.append(NotAnEmailAddress(field="email"))
    try:
        phone = digests.normalise(IdentifierKind.PHONE, asker.phone) if asker.phone else None
    except Invalid as refusal:
        problems.append(type(refusal)(field="phone"))
    number = (asker.customer_number or "").strip() or None
    if number and len(number) > LONGEST_IDENTIFIER:
        problems.append(TooLong(field="customer_number", most=LONGEST_IDENTIFIER))
    address = (asker.postal_address or "").strip() or None
    if address and len(address) > LONGEST_ADDRESS:
        problems.append(TooLong(field="postal_address", most=LONGEST_ADDRESS))
    if problems:
        raise SeveralInvalid(problems)
    return Asker(email=email, phone=phone, customer_number=number, postal_address=address)


def deliverable(given: str) -> str:
    """The domain in ASCII, the rest as given: only its mail server knows what that means. Raises NotAnEmailAddress."""
    try:
        address = validate_email(given.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise NotAnEmailAddress from None
    if "=?" in address.local_part:  # an encoded word (RFC 2047): the letter's header would show another address
        raise NotAnEmailAddress
    return f"{address.local_part}@{address.ascii_domain}"
