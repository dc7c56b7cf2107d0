"""A case and a request as people are told of them: the clock, how its date was counted, and what happened."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct, structs

from services.api import wording
from services.api.pictures.clock import ClockFace
from tenants.languages.speaking import Language, short_date, translate, translate_plural
from tenants.requests.deadlines import DueDate, MonthsCounted, Step, received_on
from tenants.requests.following import Status
from tenants.requests.handing_over import How
from tenants.requests.law.working_days import DayOff
from tenants.requests.model import OPEN_STATES, Case, CaseEvent, CaseEventKind, CaseState, LetterKind, RequestState

UNANSWERED = frozenset({CaseState.WITHDRAWN, CaseState.LAPSED})


class Told(Struct, frozen=True):
    """One line of a timeline, in the reader's language."""

    at: datetime
    sentence: str


def case_face(case: Case, today: date) -> ClockFace:
    # What was handed over was answered then, not when it was decided.
    ended = None if case.state in OPEN_STATES else case.closed_at or case.decided_at
    verified = _day(case.verified_at)
    return ClockFace(
        received=case.received_on,
        today=today,
        due=case.due_on,
        latest=case.latest_on,
        verified=verified,
        paused=_paused(case.identity_asked_on, verified, today),
        ended=_day(ended),
        answered=case.state not in UNANSWERED,
    )


def request_face(status: Status, today: date) -> ClockFace:
    request, clock = status.request, status.clock
    answered = request.state not in (RequestState.WITHDRAWN, RequestState.LAPSED)
    verified = _day(request.verified_at)
    return ClockFace(
        received=clock.received_on,
        today=today,
        due=clock.steering.on,
        latest=clock.extended_by.on,
        verified=verified,
        paused=_paused(_day(request.identity_asked_at), verified, today),
        ended=status.answered_on if answered else _day(request.ended_at),
        answered=answered,
    )


def explained(language: Language, due: DueDate) -> list[str]:
    """How a due date was counted, a sentence a step."""
    return [
        translate(
            language, _wording(step), **{name: _figure(language, value) for name, value in structs.asdict(step).items()}
        )
        for step in due.steps
    ]


def timeline(language: Language, events: Sequence[CaseEvent]) -> list[Told]:
    return [Told(event.at, told(language, event)) for event in events]


def told(language: Language, event: CaseEvent) -> str:
    records, letter = event.figures.get("records"), event.figures.get("letter")
    if event.kind is CaseEventKind.GATHERED and isinstance(records, int):
        return translate_plural(
            language,
            "Data gathered from the registers: %(count)s record",
            "Data gathered from the registers: %(count)s records",
            records,
        )
    if event.kind is CaseEventKind.LETTER_SENT and isinstance(letter, str):
        kind = wording.said(language, LetterKind(letter))
        return translate(language, "Letter sent: %(letter)s", letter=kind[:1].lower() + kind[1:])
    if event.kind is CaseEventKind.LETTER_POSTED and isinstance(letter, str):
        kind = wording.said(language, LetterKind(letter))
        return translate(language, "Letter posted: %(letter)s", letter=kind[:1].lower() + kind[1:])
    if event.kind is CaseEventKind.HANDED_OVER and isinstance(event.figures.get("how"), str):
        how = wording.said(language, How(str(event.figures["how"])))
        return translate(language, "Archive handed over %(how)s", how=how)
    return wording.said(language, event.kind)


def _wording(step: Step) -> str:
    if isinstance(step, MonthsCounted) and step.months == 1:
        return step.wording_for_one
    return step.wording


def _figure(language: Language, value: object) -> object:
    if isinstance(value, date):
        return short_date(language, value)
    return translate(language, value.value) if isinstance(value, DayOff) else value


def _paused(asked: date | None, verified: date | None, today: date) -> tuple[date, date] | None:
    return (asked, verified or today) if asked is not None else None


def _day(moment: datetime | None) -> date | None:
    return received_on(moment) if moment else None
