"""The cases of the company that is acted for."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery, QueryParameter
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import telling, wording
from services.api.cursors import Pages
from services.api.forms import Form, refused
from services.api.office.agenda import agenda_of
from services.api.office.desk import Desk
from services.api.pictures import deadlines
from services.api.pictures.clock import ClockFace
from tenants.companies import companies, members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import translate_plural
from tenants.opendsr import controllers
from tenants.requests import reading, workflow
from tenants.requests.deadlines import received_on
from tenants.requests.handing_over import How
from tenants.requests.intake import Checked
from tenants.requests.law import grounds
from tenants.requests.model import Case, CaseState, Channel
from tenants.requests.reading import CaseFile, Cursor, Page, Shown
from tenants.vault.digests import IdentifierKind

CASES = "/office/cases"
NEW = "/office/requests/new"
# While a worker is busy with a case, its page looks again by itself.
WORKING = frozenset({CaseState.BUILDING})
EMPTY = Form()
OPENDSR = "/office/opendsr"


class ShownCase(Struct, frozen=True):
    """A row of the list."""

    url: str
    number: str
    rights: list[str]
    channel: Channel
    state: CaseState
    face: ClockFace


class Telling(Struct, frozen=True):
    """A second identifier, by which one of several persons is told from the others."""

    kind: IdentifierKind
    value: str = ""


@get("/cases", sync_to_thread=True)
def list_cases(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    *,
    shown: FromQuery[Shown] = Shown.OPEN,
    chosen_state: Annotated[CaseState | None, QueryParameter(name="state")] = None,
    cursor: FromQuery[str] = "",
) -> Response[str]:
    desk.require(Permission.SEE_CASES)
    today = received_on(datetime.now(UTC))
    found = reading.list_cases(session, shown, state=chosen_state, after=Cursor.read(cursor) if cursor else None)
    return desk.page(
        "office/cases/list.html",
        agenda=None if cursor else agenda_of(session, desk),
        ahead=deadlines.counted(today, reading.due_dates(session)),
        shown=shown.value,
        show_urls={one.value: f"{CASES}?shown={one}" for one in Shown},
        action_url=CASES,
        states=[(one.value, wording.said(desk.language, one)) for one in CaseState],
        form=Form({"shown": shown.value, "state": chosen_state.value if chosen_state else ""}),
        cases=[_shown(case, today) for case in found.cases],
        pages=_pages(desk, found, shown, chosen_state),
        opendsr_url=OPENDSR if controllers.listed(session) else None,
        new_url=NEW if desk.here.may(Permission.ENTER_REQUESTS) else None,
    )


@get("/cases/{case_id:uuid}", sync_to_thread=True)
def show_case(session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]) -> Response[str]:
    desk.require(Permission.SEE_CASES)
    return page(session, desk, case_id)


@post("/cases/{case_id:uuid}/approval", sync_to_thread=True)
def approve(session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.DECIDE_CASES)
    workflow.approve(session, case_id)
    return desk.done(f"{CASES}/{case_id}", "approved")


@post("/cases/{case_id:uuid}/person", sync_to_thread=True)
def choose_person(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    case_id: FromPath[UUID],
    data: Annotated[Telling, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DECIDE_CASES)
    try:
        workflow.choose_person(session, case_id, kind=data.kind, value=data.value)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return page(session, desk, case_id, status=422, telling_apart=form)
    return desk.done(f"{CASES}/{case_id}", "person-chosen")


def page(
    session: Session,
    desk: Desk,
    case_id: UUID,
    *,
    status: int = 200,
    telling_apart: Form = EMPTY,
    returning: Form = EMPTY,
) -> Response[str]:
    """With the form that comes back for mending, if one does."""
    file = reading.get_case(session, case_id)
    case = file.case
    acted = (case.decided_by, case.proposed_by, *(letter.sent_by for letter in file.on_paper))
    names = members.names(session, {one for one in acted if one})
    return desk.page(
        "office/cases/case.html",
        status=status,
        file=file,
        face=telling.case_face(case, received_on(datetime.now(UTC))),
        explanation=telling.explained(desk.language, reading.counted(case).steering),
        events=telling.timeline(desk.language, file.events),
        company=companies.get(session, case.company_id),
        decided_by=names.get(case.decided_by) if case.decided_by else None,
        proposed_by=names.get(case.proposed_by) if case.proposed_by else None,
        names=names,
        own_proposal=case.proposed_by == desk.here.member_id,
        ground=_ground(desk, case),
        checks=[(one.value, wording.said(desk.language, one)) for one in Checked],
        ways=[(one.value, wording.said(desk.language, one), "") for one in How],
        telling=telling_apart,
        returning=returning,
        kinds=[(kind.value, wording.said(desk.language, kind)) for kind in workflow.TELLING],
        list_url=CASES,
        refresh_url=f"{CASES}/{case_id}",
        working=case.state in WORKING or (case.state is CaseState.AWAITING_IDENTITY and case.verified_at is not None),
        **_possible(desk, file),
    )


def _possible(desk: Desk, file: CaseFile) -> dict[str, str | None]:
    url = f"{CASES}/{file.case.case_id}"
    decides = desk.here.may(Permission.DECIDE_CASES)
    proposed = decides and file.case.state is CaseState.REFUSAL_PROPOSED
    enters, hands_over = desk.here.may(Permission.ENTER_REQUESTS), desk.here.may(Permission.HAND_OVER)
    at_hand = hands_over and file.case.state is CaseState.HANDING_OVER
    return {
        "identity_url": f"{url}/identity" if enters and _awaits_identity(file.case) else None,
        "download_url": f"{url}/archive/links" if at_hand else None,
        "hand_over_url": f"{url}/handover" if at_hand else None,
        "letters_url": f"{url}/letters" if hands_over else None,
        "approve_url": f"{url}/approval" if decides and file.may_become(CaseState.BUILDING) else None,
        "refuse_url": f"{url}/refusal" if decides and file.may_become(CaseState.REFUSAL_PROPOSED) else None,
        "confirm_url": f"{url}/refusal/confirmation" if proposed else None,
        "return_url": f"{url}/refusal/return" if proposed else None,
        "choose_url": f"{url}/person" if decides and file.case.state is CaseState.NEEDS_STAFF else None,
    }


def _awaits_identity(case: Case) -> bool:
    """What staff have confirmed is accepted by a job a moment later."""
    return case.state is CaseState.AWAITING_IDENTITY and case.verified_at is None


def _ground(desk: Desk, case: Case) -> str | None:
    return grounds.every_ground()[case.refusal_ground].says.in_(desk.language) if case.refusal_ground else None


def _shown(case: Case, today: date) -> ShownCase:
    return ShownCase(
        url=f"{CASES}/{case.case_id}",
        number=case.number,
        rights=case.rights,
        channel=case.channel,
        state=case.state,
        face=telling.case_face(case, today),
    )


def _pages(desk: Desk, found: Page, shown: Shown, state: CaseState | None) -> Pages:
    words = translate_plural(
        desk.language, "%(count)s case on this page", "%(count)s cases on this page", len(found.cases)
    )
    chosen = f"&state={state}" if state else ""
    following = f"{CASES}?shown={shown}{chosen}&cursor={found.following}" if found.following else None
    return Pages(words, next_url=following)
