"""An archive for whoever gave no e-mail address: a member of staff downloads it, and says how it was handed over.

It leaves by the same links as to its person: once each, within five minutes, for that member alone, with a receipt.
"""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.errors import Conflict
from tenants.exports import downloading, expiring
from tenants.exports.model import Download, Export
from tenants.requests import paper, timeline, workflow
from tenants.requests.model import Case, CaseEventKind, CaseState
from tenants.requests.workflow import NotInThisState


class How(StrEnum):
    POST = "post"
    COUNTER = "counter"


class NotDownloaded(Conflict):
    """The archive has not been downloaded yet: download it, hand it over, and then say how."""


def create_link(session: Session, case_id: UUID) -> str:
    """The secret of a link that opens the archive once, for this member. Raises Forbidden, NoSuchCase, NotInThisState,
    ArchiveEnded."""
    case = _at_hand(session, case_id)
    export_id = session.scalars(select(Export.export_id).where(Export.case_id == case.case_id)).one()
    return downloading.create_link(session, export_id)


def note_download(session: Session, export: Export) -> None:
    """What belongs to the transaction that uses the link up: whether it still may, and that the data was read.

    Raises Forbidden, NotInThisState.
    """
    case = _at_hand(session, export.case_id)
    timeline.note(session, case, CaseEventKind.DOWNLOADED)
    trail.record(session, "person.read", about="person", ids=[export.person_id], case=str(case.case_id))


def hand_over(session: Session, case_id: UUID, *, how: How) -> None:
    """The case is answered, and the archive destroyed: nobody is to fetch it any more.

    Raises Forbidden, NoSuchCase, NotInThisState, NotDownloaded.
    """
    case = _at_hand(session, case_id)
    export = session.scalars(select(Export).where(Export.case_id == case_id)).one()
    whole = select(Download.download_id).where(
        Download.export_id == export.export_id, Download.completed_at >= export.built_at
    )
    if session.scalars(whole.limit(1)).first() is None:
        raise NotDownloaded
    workflow.move(session, case, CaseState.ANSWERED)
    timeline.note(session, case, CaseEventKind.HANDED_OVER, how=how)
    trail.record(session, "export.handed_over", about="export", ids=[export.export_id], how=how)
    paper.hand_out(session, case, by=permissions.standing(session).member_id)
    if expiring.expire(session, export.export_id):
        workflow.archive_expired(session, case_id)


def _at_hand(session: Session, case_id: UUID) -> Case:
    permissions.require(session, Permission.HAND_OVER)
    case = workflow.claim(session, case_id)
    if case.state is not CaseState.HANDING_OVER:
        raise NotInThisState
    return case
