"""Companies and their programs and people: old answers forgotten, roles confirmed anew."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from services.worker.handling import Work, handles, handles_outside
from tenants.companies import certification_letters, certifying, given_answers
from tenants.languages.speaking import HELSINKI
from tenants.requests import posting


@handles(given_answers.ForgetAnswers)
def forget_answers(session: Session, job: given_answers.ForgetAnswers) -> None:
    given_answers.forget_old(session)


@handles(certifying.CertifyRoles)
def certify_roles(session: Session, job: certifying.CertifyRoles) -> None:
    certifying.keep_up(session, today=datetime.now(HELSINKI).date())


@handles_outside(certifying.TellOfRoles)
def tell_of_roles(session: Session, job: certifying.TellOfRoles) -> Work | None:
    told = certification_letters.compose(session, job)
    return partial(_post, told) if told else None


def _post(told: certification_letters.Told) -> Callable[[Session], None] | None:
    """Raises NotPosted."""
    message = posting.plain_message(
        told.message_id, told.subject, told.text, language=told.language, sender=told.sender, to=told.to
    )
    posting.post(message, to=told.to)
    return None
