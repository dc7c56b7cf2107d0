"""A case and a request as people are told of them."""

from datetime import UTC, date, datetime

from services.api import telling
from tenants.languages.speaking import Language
from tenants.requests import deadlines
from tenants.requests.deadlines import Pause
from tenants.requests.following import Status
from tenants.requests.model import Case, CaseEvent, CaseEventKind, CaseState, LetterKind, Request, RequestState

EVENING = datetime(2026, 3, 5, 18, 3, tzinfo=UTC)


def event(kind: CaseEventKind, **figures: int | str) -> CaseEvent:
    return CaseEvent(at=EVENING, kind=kind, figures=figures)


def case(state: CaseState, *, decided_at: datetime | None = None, closed_at: datetime | None = None) -> Case:
    return Case(
        state=state,
        received_on=date(2026, 3, 5),
        due_on=date(2026, 4, 7),
        latest_on=date(2026, 6, 5),
        identity_asked_on=date(2026, 3, 5),
        verified_at=datetime(2026, 3, 9, 16, 40, tzinfo=UTC),
        decided_at=decided_at,
        closed_at=closed_at,
    )


def test_an_open_case_shows_today_and_the_pause_for_the_code() -> None:
    face = telling.case_face(case(CaseState.AWAITING_DECISION), date(2026, 3, 24))
    assert (face.ended, face.verified, face.paused) == (None, date(2026, 3, 9), (date(2026, 3, 5), date(2026, 3, 9)))


def test_an_answer_just_before_midnight_utc_is_of_the_next_day_in_finland() -> None:
    face = telling.case_face(
        case(CaseState.ANSWERED, decided_at=datetime(2026, 3, 11, 22, 30, tzinfo=UTC)), date(2026, 3, 24)
    )
    assert (face.ended, face.answered) == (date(2026, 3, 12), True)


def test_a_withdrawn_case_has_ended_without_an_answer() -> None:
    face = telling.case_face(case(CaseState.WITHDRAWN, closed_at=EVENING), date(2026, 3, 24))
    assert (face.ended, face.answered) == (date(2026, 3, 5), False)


def test_a_request_that_nobody_verified_is_shown_as_ended_when_it_lapsed() -> None:
    lapsed = Request(state=RequestState.LAPSED, received_at=EVENING, identity_asked_at=EVENING, ended_at=EVENING)
    status = Status(request=lapsed, clock=deadlines.clock(date(2026, 3, 5)), answers=[], events=[], names={})
    face = telling.request_face(status, date(2026, 4, 24))
    assert (face.ended, face.answered, face.due) == (date(2026, 3, 5), False, date(2026, 4, 7))


def test_the_due_date_is_explained_step_by_step() -> None:
    pause = Pause(date(2026, 3, 5), date(2026, 3, 9))
    due = deadlines.clock(date(2026, 3, 5), paused=pause).steering
    assert telling.explained(Language.EN, due) == [
        "One month from 5 Mar 2026 ends on 5 Apr 2026.",
        "5 Apr 2026 is not a working day (Easter Sunday). The next working day is 7 Apr 2026.",
    ]


def test_a_line_names_the_letter_and_counts_the_records() -> None:
    assert telling.told(Language.FI, event(CaseEventKind.GATHERED, records=1)) == (
        "Tiedot koottu rekistereistä: 1 tietue"
    )
    assert telling.told(Language.EN, event(CaseEventKind.LETTER_SENT, letter=LetterKind.NO_DATA.value)) == (
        "Letter sent: no data held"
    )
