"""Companies and their programs: answers that nobody may ask for any more."""

from sqlalchemy.orm import Session

from services.worker.handling import handles
from tenants.companies import given_answers


@handles(given_answers.ForgetAnswers)
def forget_answers(session: Session, job: given_answers.ForgetAnswers) -> None:
    given_answers.forget_old(session)
