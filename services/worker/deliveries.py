"""Feeds as files: begun when their hour has come, put into a bucket, removed from ours when their days are over."""

from functools import partial

from sqlalchemy.orm import Session

from services.outgoing import calling
from services.outgoing.calling import Limits, NotReached
from services.worker import receivers
from services.worker.handling import Finish, Work, handles, handles_outside
from services.worker.receivers import FILES, in_turn
from tenants.deliveries import changing_forms, delivering, ordering, removing
from tenants.deliveries.changing_forms import TakeForm
from tenants.deliveries.delivering import Failure, Plan, Put
from tenants.deliveries.ordering import BeginDeliveries, DeliverFiles
from tenants.deliveries.removing import RemoveFiles
from tenants.errors import GroupSuspended, Refusal
from tenants.outside import Unreached
from tenants.vault import objects
from tenants.vault.objects import Bucket, StorageUnavailable

# A file has some ten megabytes. What is answered is not read for anything but its status.
LIMITS = Limits(connect=5, silence=30, total=120, most=64 * 1024)
URL_SECONDS = 300


class NotTaken(Exception):
    """The bucket answered, and did not take the file."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@handles(BeginDeliveries)
def begin_deliveries(session: Session, job: BeginDeliveries) -> None:
    ordering.begin_due(session)


@handles(TakeForm)
def take_form(session: Session, job: TakeForm) -> None:
    changing_forms.take_effect(session, job.feed_id)


@handles_outside(DeliverFiles)
def deliver_files(session: Session, job: DeliverFiles) -> Work | None:
    plan = delivering.prepare(session, job.delivery_id)
    if plan is None:
        return None
    deliver = partial(_deliver, plan)
    if plan.bucket is None:
        return deliver
    return in_turn(receivers.of_agreement(session, plan.agreement_id), deliver, FILES)


@handles_outside(RemoveFiles)
def remove_files(session: Session, job: RemoveFiles) -> Work | None:
    prefix = removing.begin(session, job.delivery_id)
    return partial(_remove, prefix) if prefix else None


def _deliver(plan: Plan) -> Finish:
    put: Put = partial(_put_into, plan.bucket) if plan.bucket else _put_into_ours
    try:
        delivering.deliver(plan, put)
    except GroupSuspended:
        raise
    except NotReached as failure:
        return _failed(plan, Failure(failure.status, failure.reason))
    except NotTaken as failure:
        return _failed(plan, Failure(failure.status))
    except StorageUnavailable:
        return _failed(plan, Failure(reason=Unreached.CONNECTION))
    except Refusal:
        return partial(delivering.stopped, delivery_id=plan.delivery_id)
    return partial(delivering.ready, delivery_id=plan.delivery_id)


def _failed(plan: Plan, failure: Failure) -> Finish:
    return partial(delivering.failed, delivery_id=plan.delivery_id, failure=failure)


def _put_into(bucket: Bucket, key: str, body: bytes) -> None:
    """Through the guard. The same key a second time is harmless."""
    url = objects.putting_url(bucket, key, seconds=URL_SECONDS)
    answer = calling.send("PUT", url, body=body, limits=LIMITS)
    if not 200 <= answer.status < 300:
        raise NotTaken(answer.status)


def _put_into_ours(key: str, body: bytes) -> None:
    objects.put(key, [body])


def _remove(prefix: str) -> None:
    for key in objects.keys(prefix):
        objects.delete(key)
