"""People of processors: their letters, and what is forgotten of them."""

from sqlalchemy.orm import Session

from services.worker.handling import Work, handles, handles_outside
from tenants.acting import PurposeKind, system
from tenants.contacts import forgetting, keys, letters, sending, signing_in
from tenants.database import acting_of, narrow
from tenants.deliveries import changing_forms
from tenants.feeds import noticing, scopes
from tenants.reminding import reminders


@handles_outside(letters.SendInvitation)
def send_invitation(session: Session, job: letters.SendInvitation) -> Work | None:
    return sending.send_invitation(session, job)


@handles_outside(letters.SendSignInCode)
def send_code(session: Session, job: letters.SendSignInCode) -> Work | None:
    return sending.send_code(session, job)


@handles_outside(letters.SendFeedChange)
def send_feed_change(session: Session, job: letters.SendFeedChange) -> Work | None:
    return sending.send_feed_change(session, job)


@handles_outside(letters.SendFormChange)
def send_form_change(session: Session, job: letters.SendFormChange) -> Work | None:
    return sending.send_form_change(session, job)


@handles(noticing.TellReaders)
def tell_readers(session: Session, job: noticing.TellReaders) -> None:
    sending.tell_readers(session, job)


@handles(changing_forms.TellReadersOfForm)
def tell_readers_of_form(session: Session, job: changing_forms.TellReadersOfForm) -> None:
    sending.tell_readers_of_form(session, job)


@handles(noticing.TakeEffect)
def take_effect(session: Session, job: noticing.TakeEffect) -> None:
    scopes.take_effect(session, job.feed_id, job.version)


@handles(keys.TellOfLostKey)
def tell_of_lost_key(session: Session, job: keys.TellOfLostKey) -> None:
    """What is looked for once a day anyway, is looked for now."""
    group_id = acting_of(session).group_id
    narrow(session, system(group_id, company_id=job.lost_for, purpose=PurposeKind.RIGHTS_REQUEST))
    reminders.look(session)


@handles(signing_in.ForgetSignIns)
def forget_sign_ins(session: Session, job: signing_in.ForgetSignIns) -> None:
    signing_in.forget(session)


@handles(forgetting.ForgetContacts)
def forget(session: Session, job: forgetting.ForgetContacts) -> None:
    forgetting.forget(session)
