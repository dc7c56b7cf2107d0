"""Companies and their programs and people: old answers forgotten, roles confirmed anew."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.worker import staff_letters
from services.worker.handling import Work, handles, handles_outside
from tenants.companies import certification_letters, certifying, given_answers
from tenants.languages.speaking import HELSINKI


@handles(given_answers.ForgetAnswers)
def forget_answers(session: Session, job: given_answers.ForgetAnswers) -> None:
    given_answers.forget_old(session)


@handles(certifying.CertifyRoles)
def certify_roles(session: Session, job: certifying.CertifyRoles) -> None:
    certifying.keep_up(session, today=datetime.now(HELSINKI).date())


@handles_outside(certifying.TellOfRoles)
def tell_of_roles(session: Session, job: certifying.TellOfRoles) -> Work | None:
    return staff_letters.posted(certification_letters.compose(session, job))
