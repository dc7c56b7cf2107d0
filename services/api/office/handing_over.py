"""The archive of whoever gave no e-mail address: downloaded once for handing over, and how it was handed over."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.archive_stream import streamed
from services.api.office.cases import CASES
from services.api.office.desk import Desk, told
from tenants.acting import Acting
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import walled_session
from tenants.exports import downloading
from tenants.exports.downloading import ArchiveEnded, LinkExpired, LinkUsed
from tenants.requests import handing_over
from tenants.requests.handing_over import How
from tenants.vault.objects import ObjectMissing


class HandedOver(Struct, frozen=True):
    how: How


@post("/cases/{case_id:uuid}/archive/links", sync_to_thread=True)
def create_link(session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.HAND_OVER)
    secret = handing_over.create_link(session, case_id)
    return Redirect(f"{CASES}/{case_id}/archive/downloads/{secret}", status_code=303)


@get("/cases/{case_id:uuid}/archive/downloads/{secret:str}", sync_to_thread=True)
def download(acting: NamedDependency[Acting], case_id: FromPath[UUID], secret: FromPath[str]) -> Response[Any]:
    """Without the request's own session: no transaction may be open while the store is spoken to."""
    with walled_session(acting) as session:
        permissions.require(session, Permission.HAND_OVER)
    try:
        archive = downloading.open_archive(acting, secret, then=handing_over.note_download)
    except (LinkUsed, LinkExpired, ArchiveEnded, ObjectMissing):
        return told(f"{CASES}/{case_id}", "archive-not-given")
    return streamed(archive)


@post("/cases/{case_id:uuid}/handover", sync_to_thread=True)
def hand_over(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    case_id: FromPath[UUID],
    data: Annotated[HandedOver, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.HAND_OVER)
    handing_over.hand_over(session, case_id, how=data.how)
    return desk.done(f"{CASES}/{case_id}", "handed-over")
