"""OpenDSR: what controllers asked is looked into and told; processors are discovered, asked and asked again."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from services.outgoing import calling
from services.outgoing.calling import NotReached
from services.worker import opendsr_access
from services.worker.handling import Finish, Work, handles, handles_outside
from services.worker.receivers import in_turn
from tenants.opendsr import asking, carrying_out, discovering, telling, wire
from tenants.opendsr.asking import Answer, Plan, PollStatus, SendAsk, SendCancel, TellInstead
from tenants.opendsr.carrying_out import EndResults, LookInto
from tenants.opendsr.discovering import Found, Reached
from tenants.opendsr.endpoints import Discover
from tenants.opendsr.telling import Call, NotHeard, TellController


@handles(LookInto)
def look_into(session: Session, job: LookInto) -> None:
    carrying_out.look_into(session, job.received_id)


@handles(EndResults)
def end_results(session: Session, job: EndResults) -> None:
    carrying_out.end_results(session, job.received_id)


@handles_outside(TellController)
def tell_controller(session: Session, job: TellController) -> Work | None:
    told = telling.prepare(session, job)
    return in_turn(told[0], partial(_tell, told[1], job)) if told else None


def _tell(call: Call, job: TellController) -> Finish:
    answer = calling.send(call.method, call.url, headers=call.headers, body=call.body)
    if not 200 <= answer.status < 300:
        raise NotHeard
    return partial(telling.heard, job=job, status=answer.status)


@handles_outside(Discover)
def discover(session: Session, job: Discover) -> Work | None:
    reached = discovering.prepare(session, job.endpoint_id)
    return in_turn(reached.processor_id, partial(_discover, reached)) if reached else None


def _discover(reached: Reached) -> Finish:
    return partial(discovering.keep, of=reached, found=_found(reached))


@handles_outside(SendAsk)
def send_ask(session: Session, job: SendAsk) -> Work | None:
    plan = asking.prepare(session, job.sent_id)
    return in_turn(plan.reached.processor_id, partial(_ask, plan)) if plan else None


def _ask(plan: Plan) -> Finish:
    """Discovery first, unless it was made within a day."""
    found = Found("discovered", plan.discovery) if plan.discovery else _found(plan.reached)
    call = asking.call_of(plan, found.discovery) if found.discovery else None
    answer = _answer(plan.reached, call) if call else None

    def finish(session: Session) -> None:
        if plan.discovery is None:
            discovering.keep(session, plan.reached, found)
        if answer is None:
            asking.not_offered(session, plan, found)
        else:
            asking.answered(session, plan, answer)

    return finish


@handles(TellInstead)
def tell_instead(session: Session, job: TellInstead) -> None:
    asking.tell_instead(session, job.sent_id)


@handles_outside(PollStatus)
def poll(session: Session, job: PollStatus) -> Work | None:
    asked = asking.question(session, job.sent_id, "GET")
    return in_turn(asked[0].processor_id, partial(_poll, *asked, job.sent_id)) if asked else None


def _poll(reached: Reached, call: Call, sent_id: UUID) -> Finish:
    return partial(asking.polled, sent_id=sent_id, answer=_answer(reached, call))


@handles_outside(SendCancel)
def cancel(session: Session, job: SendCancel) -> Work | None:
    asked = asking.question(session, job.sent_id, "DELETE")
    return in_turn(asked[0].processor_id, partial(_cancel, *asked, job.sent_id)) if asked else None


def _cancel(reached: Reached, call: Call, sent_id: UUID) -> Finish:
    return partial(asking.cancelled, sent_id=sent_id, answer=_answer(reached, call))


def _found(reached: Reached) -> Found:
    answer = _answer(reached, Call("GET", reached.discovery_url, {}))
    if answer.status != 200:
        return Found(answer.unreached or "no_discovery", http_status=answer.status or None)
    told = discovering.certificate_url(reached, answer.body)
    if told is None:
        return Found("no_discovery", http_status=200)
    discovery, url = told
    try:
        served = calling.send("GET", url)
    except NotReached as reason:
        return Found(reason.reason)
    if served.status != 200:
        return Found("no_certificate", http_status=served.status)
    return discovering.judged(reached, discovery, served.body)


def _answer(reached: Reached, call: Call) -> Answer:
    """Why nobody was reached is an answer, too: it has its line in the trace."""
    try:
        access = opendsr_access.headers(reached)
        answer = calling.send(call.method, call.url, headers={**call.headers, **access}, body=call.body)
    except NotReached as reason:
        return Answer(unreached=reason.reason)
    except opendsr_access.NoToken:
        return Answer(unreached="no_token")
    return Answer(
        answer.status,
        answer.body,
        retry_after=answer.headers.get("retry-after", ""),
        domain=wire.header(answer.headers, wire.DOMAINS),
        signature=wire.header(answer.headers, wire.SIGNATURES),
    )
