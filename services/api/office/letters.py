"""Letters on paper: printed from a page, posted, and marked as that."""

from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import wording
from services.api.office.cases import CASES
from services.api.office.desk import Desk
from tenants.companies import companies
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.languages.speaking import long_date
from tenants.requests import paper
from tenants.requests.model import LetterKind
from tenants.requests.paper import PaperLetter

LETTERS = "/office/letters"


class Waiting(Struct, frozen=True):
    """A row of the list."""

    letter: PaperLetter
    print_url: str
    case_url: str


@get("/letters", sync_to_thread=True)
def list_letters(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.HAND_OVER)
    return desk.page(
        "office/letters/list.html",
        letters=[Waiting(one, sheet_url(one), f"{CASES}/{one.case_id}") for one in paper.waiting(session)],
    )


@get("/cases/{case_id:uuid}/letters/{letter_id:uuid}", sync_to_thread=True)
def show_letter(
    session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID], letter_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.HAND_OVER)
    letter, sheet = paper.open_sheet(session, case_id, letter_id)
    company_id = acting_of(session).company_id
    return desk.page(
        "office/letters/letter.html",
        letter=letter,
        sheet=sheet,
        title=wording.said(desk.language, letter.kind),
        dated=long_date(sheet.language, sheet.dated),
        company=companies.get(session, company_id) if company_id else None,
        with_archive=letter.kind is LetterKind.ARCHIVE_READY,
        post_url=f"{sheet_url(letter)}/posting",
        case_url=f"{CASES}/{case_id}",
        list_url=LETTERS,
    )


@post("/cases/{case_id:uuid}/letters/{letter_id:uuid}/posting", sync_to_thread=True)
def mark_posted(
    session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID], letter_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.HAND_OVER)
    paper.posted(session, case_id, letter_id)
    return desk.done(f"{CASES}/{case_id}", "letter-posted")


def sheet_url(letter: PaperLetter) -> str:
    return f"{CASES}/{letter.case_id}/letters/{letter.letter_id}"
