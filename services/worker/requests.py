"""Requests: cases opened and closed, letters sent, what nobody verified."""

from sqlalchemy.orm import Session

from services.worker.handling import Work, handles, handles_outside
from tenants.requests import ending, identity, intake, letters, lifting, limits, matching


@handles(matching.OpenCases)
def open_cases(session: Session, job: matching.OpenCases) -> None:
    matching.open_cases(session, job.request_id)


@handles(matching.OpenCase)
def open_case(session: Session, job: matching.OpenCase) -> None:
    matching.open_case(session, job.request_id)


@handles(intake.WriteFirstLetters)
def write_first_letters(session: Session, job: intake.WriteFirstLetters) -> None:
    intake.write_first_letters(session, job.request_id)


@handles(ending.AcceptIdentity)
def accept_identity(session: Session, job: ending.AcceptIdentity) -> None:
    identity.accept(session, job.request_id, by=job.by)


@handles(identity.AskedByPost)
def asked_by_post(session: Session, job: identity.AskedByPost) -> None:
    identity.asked_by_post(session, job.request_id, letter_id=job.letter_id)


@handles(ending.RemindOfCode)
def remind_of_code(session: Session, job: ending.RemindOfCode) -> None:
    ending.remind(session, job.request_id)


@handles(ending.LapseRequest)
def lapse(session: Session, job: ending.LapseRequest) -> None:
    ending.lapse(session, job.request_id)


@handles(ending.CloseCases)
def close_cases(session: Session, job: ending.CloseCases) -> None:
    ending.close_cases(session, job.request_id)


@handles(ending.CloseCase)
def close_case(session: Session, job: ending.CloseCase) -> None:
    ending.close_case(session, job.request_id)


@handles(letters.DiscardReceipt)
def discard_receipt(session: Session, job: letters.DiscardReceipt) -> None:
    letters.discard_receipt(session, job.request_id)


@handles_outside(letters.SendLetter)
def send_letter(session: Session, job: letters.SendLetter) -> Work | None:
    return letters.send(session, job.letter_id)


@handles_outside(lifting.SendLiftingNotice)
def send_lifting_notice(session: Session, job: lifting.SendLiftingNotice) -> Work | None:
    return lifting.send(session, job.restriction_id)


@handles(limits.ForgetOldCounts)
def forget_old_counts(session: Session, job: limits.ForgetOldCounts) -> None:
    limits.forget_old(session)
