"""OpenDSR: what controllers asked is looked into, and they are told."""

from functools import partial

from sqlalchemy.orm import Session

from services.outgoing import calling
from services.worker.handling import Finish, Work, handles, handles_outside
from tenants.opendsr import carrying_out, telling
from tenants.opendsr.carrying_out import EndResults, LookInto
from tenants.opendsr.telling import Call, NotHeard, TellController


@handles(LookInto)
def look_into(session: Session, job: LookInto) -> None:
    carrying_out.look_into(session, job.received_id)


@handles(EndResults)
def end_results(session: Session, job: EndResults) -> None:
    carrying_out.end_results(session, job.received_id)


@handles_outside(TellController)
def tell_controller(session: Session, job: TellController) -> Work | None:
    call = telling.prepare(session, job)
    return partial(_tell, call, job) if call else None


def _tell(call: Call, job: TellController) -> Finish:
    answer = calling.send(call.method, call.url, headers=call.headers, body=call.body)
    if not 200 <= answer.status < 300:
        raise NotHeard
    return partial(telling.heard, job=job, status=answer.status)
