"""As a controller: a processor is asked about one person, until it has taken it in, and how it stands until it ends.

A request is a row first; jobs speak to the processor with no transaction open, and write what came of it in their last
one. Attempts and questions have times of their own, so that each leaves its line in the trace.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.database import acting_of
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.opendsr import (
    dialects,
    discovering,
    endpoints,
    identities,
    own,
    refusals,
    settling,
    tracing,
    verifying,
    wire,
)
from tenants.opendsr.dialects import Asked, Problem, ReadStatus, Told
from tenants.opendsr.discovering import Found, Reached
from tenants.opendsr.model import STANDARD, DsrEndpoint, SentRequest, Step, Wanted
from tenants.opendsr.telling import PATH, Call
from tenants.opendsr.verifying import Outcome
from tenants.opendsr.wire import Discovery, Identity, IdentityFormat, IdentityType, RequestStatus
from tenants.processors import stopping
from tenants.registers import identifiers, known_by
from tenants.registers.model import Record
from tenants.vault import sealing
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place

CALLBACKS = f"{PATH}/callbacks"
# After an attempt that came to nothing; then it is given up, and told.
ATTEMPTS = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440, 1440, 1440))
# Without a callback: how long until it is asked how the request stands.
POLLS = tuple(timedelta(hours=hours) for hours in (6, 12)) + (timedelta(days=1),) * 40
LONGEST_WAIT = timedelta(days=2)
# How often it is looked whether what the company has stopped may leave again.
WHILE_STOPPED = timedelta(minutes=15)


class SendAsk(Job, frozen=True):
    name: ClassVar[str] = "opendsr.ask"
    queue: ClassVar[Queue] = Queue.CALLS
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    sent_id: UUID


class PollStatus(Job, frozen=True):
    name: ClassVar[str] = "opendsr.poll"
    queue: ClassVar[Queue] = Queue.CALLS
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    sent_id: UUID


class SendCancel(Job, frozen=True):
    name: ClassVar[str] = "opendsr.cancel"
    queue: ClassVar[Queue] = Queue.CALLS
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    sent_id: UUID


class TellInstead(Job, frozen=True):
    """What was taken back before it was sent told somebody something."""

    name: ClassVar[str] = "opendsr.tell_instead"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    sent_id: UUID


class Plan(Struct, frozen=True):
    """What a job needs to ask, read while its transaction was open. `discovery` is empty where it has to be made."""

    sent_id: UUID
    reached: Reached
    discovery: Discovery | None
    asked: Asked

    def __repr__(self) -> str:
        return f"Plan({self.sent_id!r}, …)"


class Answer(Struct, frozen=True):
    """`unreached` is why there is none; then the others are empty. `domain` says who claims to have signed it."""

    status: int = 0
    body: bytes = b""
    unreached: str = ""
    retry_after: str = ""
    domain: str | None = None
    signature: str | None = None

    def __repr__(self) -> str:
        return f"Answer({self.status})"


def ask(
    session: Session,
    endpoint_id: UUID,
    person_id: UUID | None,
    wanted: Wanted,
    *,
    submitted_at: datetime,
    known: Sequence[Identity] | None = None,
    corrected: Sequence[Identity] = (),
    tells: Sequence[UUID] = (),
) -> UUID:
    """The id of the request. For whoever acts for the company, with a purpose that opens the person's records.

    `known` are the identities where the records do not say them, as after an erasure; raw, of the kinds that we know.
    `corrected` is what those of them are now that were corrected.
    `tells` are the notifications that go with it.
    Raises NoSuchEndpoint, EndpointStopped, NotSupported, NoIdentity.
    """
    endpoint = endpoints.get(session, endpoint_id)
    if endpoint.stopped_at is not None:
        raise refusals.EndpointStopped
    if wanted not in STANDARD and wanted not in endpoint.declares:
        raise refusals.NotSupported(wanted=wanted)
    named = list(known) if known is not None else identities_of(session, person_id)
    if not named:
        raise refusals.NoIdentity
    row = _row(session, endpoint, person_id, wanted, submitted_at=submitted_at, named=named)
    row.notification_ids = list(tells)
    if corrected:
        row.sealed_corrected = identities.close(
            session, identities.SENT, row.sent_id, row.company_id, corrected, field="corrected"
        )
    session.add(row)
    session.flush()
    trail.record(session, "opendsr_request.asked", about="opendsr_request", ids=[row.sent_id], wanted=wanted)
    enqueue(session, SendAsk(row.sent_id))
    return row.sent_id


def ask_about_customer(session: Session, processor_id: UUID, customer_number: str, wanted: Wanted) -> UUID:
    """As `ask`, of the endpoint in use. Raises NotOnePerson, too."""
    endpoint = endpoints.of_processor(session, processor_id)
    if endpoint is None:
        raise refusals.NoSuchEndpoint
    fitting = identifiers.find(session, IdentifierKind.CUSTOMER_NUMBER, customer_number)
    if len(fitting) != 1:
        raise refusals.NotOnePerson(field="customer_number")
    return ask(session, endpoint.endpoint_id, fitting[0], wanted, submitted_at=wire.now())


def cancel(session: Session, sent_id: UUID) -> None:
    """Where it has not been sent, at once. Raises NoSuchSent, NotPendingThere."""
    row = locked(session, sent_id)
    if row.ended_at is not None or row.status not in (None, RequestStatus.PENDING):
        raise refusals.NotPendingThere
    trail.record(session, "opendsr_request.cancel_asked", about="opendsr_request", ids=[sent_id])
    if row.status is None:
        end(row, RequestStatus.CANCELLED)
        tracing.note(session, row.company_id, sent_id, Step.CANCELLED)
        enqueue(session, TellInstead(sent_id))
        return
    enqueue(session, SendCancel(sent_id))


def identities_of(session: Session, person_id: UUID | None) -> list[Identity]:
    """By what this company's registers know a person, of the kinds that the standard has a word for."""
    by_register = known_by.in_records(session, Record.person_id == person_id)
    return identities.of(one for of_register in by_register.values() for one in of_register)


def prepare(session: Session, sent_id: UUID) -> Plan | None:
    """None where it has ended, or was taken in, meanwhile; and where nothing may leave, until it may."""
    row = session.scalar(select(SentRequest).where(SentRequest.sent_id == sent_id))
    if row is None or row.ended_at is not None or row.status is not None:
        return None
    endpoint = _usable(session, row)
    if endpoint is None:
        return None
    if stopping.is_stopped(session, row.company_id, processor_id=endpoint.processor_id):
        _wait(session, row)
        return None
    asked = Asked(
        subject_request_id=row.subject_request_id,
        type=row.wanted,
        identities=_named(session, row),
        corrected=_corrected(session, row),
        submitted_at=row.submitted_at,
        callback_url=callback_url(_secret_of(session, row)),
        property_id=endpoint.property_id,
    )
    return Plan(sent_id, discovering.reach(session, endpoint), discovering.kept(endpoint), asked)


def call_of(plan: Plan, told: Discovery) -> Call | None:
    """What is sent to a processor that offers this; None where it does not offer it."""
    asked, wanted = plan.asked, Wanted(plan.asked.type)
    if wanted in STANDARD and wanted not in told.supported_subject_request_types:
        return None
    named = [one for each in asked.identities if (one := _as_offered(plan.reached, told, each)) is not None]
    if not named:
        return None
    body = dialects.body_of(
        plan.reached.dialect,
        Asked(
            subject_request_id=asked.subject_request_id,
            type=wanted if wanted in STANDARD else Wanted.ACCESS,
            identities=named,
            submitted_at=asked.submitted_at,
            callback_url=asked.callback_url,
            property_id=asked.property_id,
            extensions={} if wanted in STANDARD else {own.domain(): _extension(plan, told)},
        ),
    )
    return Call("POST", plan.reached.requests_url, {"Content-Type": "application/json"}, body)


def not_offered(session: Session, plan: Plan, found: Found) -> None:
    """Discovery failed, or the processor does not offer it: nothing was sent."""
    row = locked(session, plan.sent_id)
    if found.discovery is None:
        _try_again(session, row, Step.ASKED, found.outcome, None)
        return
    _give_up(session, row, Step.ASKED, "not_offered", None)


def answered(session: Session, plan: Plan, answer: Answer) -> None:
    """What the processor said to the request."""
    row = locked(session, plan.sent_id)
    if row.ended_at is not None or row.status is not None:
        return
    if answer.unreached:
        _try_again(session, row, Step.ASKED, answer.unreached, None)
    elif answer.status not in (200, 201, 202):
        _refused(session, row, answer)
    elif (doubt := _doubted(session, row, answer)) is not None:
        _try_again(session, row, Step.ASKED, doubt, answer.status)
    else:
        _taken(session, row, answer)


def question(session: Session, sent_id: UUID, method: str) -> tuple[Reached, Call] | None:
    """How it stands, or that it be cancelled; None where it has ended meanwhile."""
    row = session.scalar(select(SentRequest).where(SentRequest.sent_id == sent_id))
    if row is None or row.ended_at is not None:
        return None
    endpoint = _usable(session, row)
    if endpoint is None:
        return None
    reached = discovering.reach(session, endpoint)
    return reached, Call(method, f"{reached.requests_url}/{row.subject_request_id}", {})


def polled(session: Session, sent_id: UUID, answer: Answer) -> None:
    row = locked(session, sent_id)
    if row.ended_at is not None:
        return
    doubt = _doubted(session, row, answer) if answer.status == 200 else None
    told = _read(answer, row) if answer.status == 200 and doubt is None else None
    if told is not None:
        row.taken_at = row.taken_at or wire.now()
        progress(session, row, told, dialects.read_status(told.request_status), step=Step.POLLED, http_status=200)
    elif answer.status == 404 and row.taken_at is None:
        _give_up(session, row, Step.POLLED, Problem.UNKNOWN_THERE, 404)
    else:
        said = doubt or answer.unreached or dialects.problem_of(answer.status)
        tracing.note(session, row.company_id, sent_id, Step.POLLED, said, http_status=answer.status or None)
    if row.ended_at is None:
        poll_later(session, row)


def cancelled(session: Session, sent_id: UUID, answer: Answer) -> None:
    row = locked(session, sent_id)
    is_good = answer.status in (200, 202)
    doubt = _doubted(session, row, answer) if is_good else None
    if row.ended_at is None and is_good and doubt is None:
        end(row, RequestStatus.CANCELLED)
        tracing.note(session, row.company_id, sent_id, Step.CANCELLED, http_status=answer.status)
        settling.came_to_nothing(session, row)
    else:
        said = doubt or answer.unreached or dialects.problem_of(answer.status)
        tracing.note(session, row.company_id, sent_id, Step.CANCEL_ASKED, said, http_status=answer.status or None)


def progress(
    session: Session, row: SentRequest, told: Told, status: ReadStatus, *, step: Step, http_status: int | None
) -> None:
    """To a state that may follow; of one that stands nothing changes. Whether it may is for the caller to know."""
    outcome = status.status if status.known else "status_unknown"
    tracing.note(session, row.company_id, row.sent_id, step, outcome, http_status=http_status)
    row.raw_status = None if status.known else status.raw
    if row.status is not None and not wire.follows(status.status, row.status):
        return
    row.status = status.status
    row.results_count = told.results_count if told.results_count is not None else row.results_count
    if told.results_url:
        row.sealed_results_url = sealing.seal(
            keyring(session), _place(row, "results_url"), told.results_url[: wire.LONGEST_URL].encode()
        )
    if status.status.is_final:
        end(row, status.status)
        settling.ended(session, row)


def tell_instead(session: Session, sent_id: UUID) -> None:
    settling.came_to_nothing(session, locked(session, sent_id))


def end(row: SentRequest, status: RequestStatus) -> None:
    """What named the person is forgotten. The digest of the address stays, so that what comes late is told apart."""
    row.status, row.ended_at = status, wire.now()
    row.sealed_identities = row.sealed_corrected = row.sealed_callback = None


def poll_later(session: Session, row: SentRequest) -> None:
    if row.polls < len(POLLS):
        enqueue(session, PollStatus(row.sent_id), due_at=datetime.now(UTC) + POLLS[row.polls])
        row.polls += 1


def locked(session: Session, sent_id: UUID) -> SentRequest:
    """Raises NoSuchSent."""
    found = session.scalar(select(SentRequest).where(SentRequest.sent_id == sent_id).with_for_update())
    if found is None:
        raise refusals.NoSuchSent
    return found


def listed(session: Session, endpoint_ids: Collection[UUID], *, limit: int = 50) -> Sequence[SentRequest]:
    """The newest first."""
    wanted = select(SentRequest).where(SentRequest.endpoint_id.in_(endpoint_ids))
    return session.scalars(wanted.order_by(SentRequest.sent_id.desc()).limit(limit)).all()


def telling(session: Session, notification_id: UUID) -> UUID | None:
    """The request that tells a recipient of this."""
    found = select(SentRequest.sent_id).where(SentRequest.notification_ids.contains([notification_id]))
    return session.scalar(found.limit(1))


def not_heard(session: Session, endpoint_id: UUID, person_id: UUID) -> tuple[list[Identity], list[Identity]]:
    """Of corrections of a person that this endpoint has not taken in: the identities as they were, and as they were
    corrected."""
    rows = session.scalars(
        select(SentRequest)
        .where(
            SentRequest.endpoint_id == endpoint_id,
            SentRequest.person_id == person_id,
            SentRequest.status.is_(None),
            SentRequest.ended_at.is_(None),
            SentRequest.sealed_corrected.is_not(None),
        )
        .order_by(SentRequest.sent_id)
    ).all()
    former = [one for row in rows for one in _named(session, row)]
    corrected = [one for row in rows for one in _corrected_then(session, row)]
    return list(dict.fromkeys(former)), corrected


def results_url(session: Session, row: SentRequest) -> str | None:
    """Where the processor says that the results are."""
    if row.sealed_results_url is None:
        return None
    return sealing.unseal(keyring(session), _place(row, "results_url"), row.sealed_results_url).decode()


def callback_url(secret: str) -> str:
    return f"{settings.current().base_url}{CALLBACKS}/{secret}"


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _row(
    session: Session,
    endpoint: DsrEndpoint,
    person_id: UUID | None,
    wanted: Wanted,
    *,
    submitted_at: datetime,
    named: Sequence[Identity],
) -> SentRequest:
    acting, sent_id = acting_of(session), new_id()
    secret = f"{acting.group_id.hex}_{secrets.token_urlsafe(32)}"
    row = SentRequest(
        sent_id=sent_id,
        company_id=endpoint.company_id,
        endpoint_id=endpoint.endpoint_id,
        subject_request_id=uuid4(),
        wanted=wanted,
        person_id=person_id,
        callback_digest=digest(secret),
        submitted_at=submitted_at,
        asked_by=acting.actor_id,
        polls=0,
        sealed_identities=identities.close(session, identities.SENT, sent_id, endpoint.company_id, named),
    )
    row.sealed_callback = sealing.seal(keyring(session), _place(row, "callback"), secret.encode())
    return row


def _taken(session: Session, row: SentRequest, answer: Answer) -> None:
    told = _read(answer, row)
    row.status, row.taken_at, row.polls = RequestStatus.PENDING, wire.now(), 0
    row.expected_at = _instant(told.expected_completion_time) if told else None
    tracing.note(session, row.company_id, row.sent_id, Step.ASKED, "taken", http_status=answer.status)
    settling.taken(session, row)
    poll_later(session, row)


def _doubted(session: Session, row: SentRequest, answer: Answer) -> Outcome | None:
    """Why what was answered well is not believed: it is signed as callbacks are. A refusal needs no signature."""
    endpoint = endpoints.get(session, row.endpoint_id)
    if answer.signature is None and endpoint.dialect not in dialects.SIGNING_ANSWERS:
        return None
    doubt = verifying.doubted(answer.domain, answer.signature, answer.body, endpoints.signer(endpoint))
    if doubt is not None and doubt.may_be_mended:
        endpoints.look_again(session, endpoint)
    return doubt


def _refused(session: Session, row: SentRequest, answer: Answer) -> None:
    problem = dialects.problem_of(answer.status)
    outcome = f"{problem}" + (f" {code}" if (code := dialects.code_of(answer.body)) else "")
    if problem is Problem.LATER or problem is Problem.SAME_IN_PROGRESS:
        _try_again(session, row, Step.ASKED, outcome, answer.status, after=_asked_to_wait(answer.retry_after))
    elif problem is Problem.REFUSED and row.polls:
        # An attempt before this one may have been taken in, and its answer lost: the id is known there then.
        tracing.note(session, row.company_id, row.sent_id, Step.ASKED, outcome, http_status=answer.status)
        enqueue(session, PollStatus(row.sent_id))
    else:
        _give_up(session, row, Step.ASKED, outcome, answer.status)


def _try_again(
    session: Session,
    row: SentRequest,
    step: Step,
    outcome: str,
    http_status: int | None,
    *,
    after: timedelta = timedelta(0),
) -> None:
    if row.polls >= len(ATTEMPTS):
        _give_up(session, row, step, outcome, http_status)
        return
    tracing.note(session, row.company_id, row.sent_id, step, outcome, http_status=http_status)
    enqueue(session, SendAsk(row.sent_id), due_at=datetime.now(UTC) + max(ATTEMPTS[row.polls], after))
    row.polls += 1


def _give_up(session: Session, row: SentRequest, step: Step, outcome: str, http_status: int | None) -> None:
    """Staff is told, and may ask anew; what named the person is not kept for that."""
    tracing.note(session, row.company_id, row.sent_id, step, outcome, http_status=http_status)
    row.failure, row.ended_at = outcome, wire.now()
    row.sealed_identities = row.sealed_corrected = row.sealed_callback = None
    settling.came_to_nothing(session, row)


def _usable(session: Session, row: SentRequest) -> DsrEndpoint | None:
    """Nobody is asked any more where the office has stopped it."""
    endpoint = endpoints.get(session, row.endpoint_id)
    if endpoint.stopped_at is None:
        return endpoint
    _give_up(session, row, Step.ASKED, "endpoint_stopped", None)
    return None


def _wait(session: Session, row: SentRequest) -> None:
    """The company has stopped what flows out: it counts as no attempt, and stands once in the trace."""
    said = tracing.of(session, row.sent_id)
    if not said or said[0].outcome != "flow_stopped":
        tracing.note(session, row.company_id, row.sent_id, Step.ASKED, "flow_stopped")
    enqueue(session, SendAsk(row.sent_id), due_at=datetime.now(UTC) + WHILE_STOPPED)


def _as_offered(reached: Reached, told: Discovery, one: Identity) -> Identity | None:
    kind = IdentityType(one.identity_type)
    match discovering.format_for(reached.dialect, told, kind):
        case IdentityFormat.RAW:
            return one
        case IdentityFormat.SHA256:
            spelled = (
                one.identity_value.lower() if identities.KINDS[kind] is IdentifierKind.EMAIL else one.identity_value
            )
            digested = hashlib.sha256(spelled.encode()).hexdigest()
            return Identity(one.identity_type, digested, IdentityFormat.SHA256)
    return None


def _extension(plan: Plan, told: Discovery) -> dict[str, object]:
    """The standard has no such type: who overlooks our extension is asked what harms nobody."""
    right: dict[str, object] = {"right": plan.asked.type}
    now = [one for each in plan.asked.corrected if (one := _as_offered(plan.reached, told, each)) is not None]
    return right | {"corrected_identities": [msgspec.structs.asdict(one) for one in now]} if now else right


def _corrected(session: Session, row: SentRequest) -> list[Identity]:
    """What still stands of it: what was corrected again, or erased, while this waited, nobody hears any more."""
    known = set(identities_of(session, row.person_id)) if row.sealed_corrected else set()
    return [one for one in _corrected_then(session, row) if one in known]


def _corrected_then(session: Session, row: SentRequest) -> list[Identity]:
    if row.sealed_corrected is None:
        return []
    kept, where = row.sealed_corrected, (identities.SENT, row.sent_id, row.company_id)
    return identities.opened(session, *where, kept, field="corrected")


def _named(session: Session, row: SentRequest) -> list[Identity]:
    kept = row.sealed_identities or b""
    return identities.opened(session, identities.SENT, row.sent_id, row.company_id, kept)


def _secret_of(session: Session, row: SentRequest) -> str:
    return sealing.unseal(keyring(session), _place(row, "callback"), row.sealed_callback or b"").decode()


def _place(row: SentRequest, field: str) -> Place:
    return Place(identities.SENT, row.sent_id, field, row.company_id)


def _read(answer: Answer, row: SentRequest) -> Told | None:
    """What a status or a confirmation says, if it is one about this request."""
    try:
        told = wire.read(answer.body, _Said)
    except wire.Unreadable:
        return None
    if told.subject_request_id.lower() != str(row.subject_request_id):
        return None
    return Told(
        told.subject_request_id,
        told.request_status,
        expected_completion_time=told.expected_completion_time,
        results_url=told.results_url,
        results_count=told.results_count,
    )


class _Said(Struct, frozen=True):
    subject_request_id: str
    request_status: str = RequestStatus.PENDING
    expected_completion_time: str = ""
    results_url: str | None = None
    results_count: int | None = None


def _instant(said: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        return None
    return read if read.tzinfo is not None else None


def _asked_to_wait(retry_after: str) -> timedelta:
    return min(timedelta(seconds=int(retry_after)), LONGEST_WAIT) if retry_after.isdecimal() else timedelta(0)
