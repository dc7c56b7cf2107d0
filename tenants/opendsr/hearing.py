"""As a controller: what a processor calls back is judged (`verifying`), noted in any case, and in force if good."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind, system
from tenants.audit import trail
from tenants.database import acting_of, narrow
from tenants.opendsr import asking, endpoints, refusals, tracing, verifying, wire
from tenants.opendsr.model import SentRequest, Step
from tenants.opendsr.verifying import GOOD, Callback, Expected, Judged, Outcome


def group_of(opaque: str) -> UUID:
    """The group that an address was given out by. Raises NoSuchSent."""
    group, _, secret = opaque.partition("_")
    try:
        if secret:
            return UUID(hex=group)
    except ValueError:
        pass
    raise refusals.NoSuchSent


def hear(session: Session, opaque: str, *, domain: str | None, signature: str | None, body: bytes) -> Judged:
    """The session, which is the system's for no company, goes on for that of the request.

    What is refused is an outcome and no exception: its trace is committed. Raises NoSuchSent.
    """
    found = session.scalar(select(SentRequest).where(SentRequest.callback_digest == asking.digest(opaque)))
    if found is None:
        raise refusals.NoSuchSent
    group_id = acting_of(session).group_id
    narrow(session, system(group_id, company_id=found.company_id, purpose=PurposeKind.RIGHTS_REQUEST))
    row = asking.locked(session, found.sent_id)
    session.refresh(row)
    endpoint = endpoints.get(session, row.endpoint_id)
    expected = Expected(signer=endpoints.signer(endpoint), subject_request_id=row.subject_request_id, status=row.status)
    judged = verifying.judge(Callback(domain, signature, body, asking.callback_url(opaque)), expected)
    if judged.outcome.may_be_mended:
        endpoints.look_again(session, endpoint)
    _note(session, row, judged)
    return judged


def _note(session: Session, row: SentRequest, judged: Judged) -> None:
    if judged.outcome not in GOOD or judged.told is None or judged.status is None:
        tracing.note(session, row.company_id, row.sent_id, Step.CALLED_BACK, judged.outcome, http_status=judged.answer)
        _record(session, "opendsr_request.callback_refused", row, judged)
        return
    if judged.outcome is Outcome.TOLD_BEFORE or row.ended_at is not None:
        tracing.note(session, row.company_id, row.sent_id, Step.CALLED_BACK, Outcome.TOLD_BEFORE, http_status=202)
        return
    row.taken_at = row.taken_at or wire.now()
    asking.progress(session, row, judged.told, judged.status, step=Step.CALLED_BACK, http_status=judged.answer)
    _record(session, "opendsr_request.callback_believed", row, judged)


def _record(session: Session, action: str, row: SentRequest, judged: Judged) -> None:
    trail.record(session, action, about="opendsr_request", ids=[row.sent_id], outcome=judged.outcome)
