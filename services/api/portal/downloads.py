"""The archive leaves: a link is made by a click, works once, and is followed at once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from services.api.archive_stream import streamed
from services.api.portal.entrance import AnyRequest, Entrance
from tenants.acting import Acting
from tenants.exports import downloading
from tenants.exports.downloading import ArchiveEnded, LinkExpired, LinkUsed
from tenants.requests import following
from tenants.vault.objects import ObjectMissing, StorageUnavailable

# What the page calls it, and its status.
WHY: Mapping[type[Exception], tuple[str, int]] = {
    LinkUsed: ("used", 410),
    LinkExpired: ("expired", 410),
    ArchiveEnded: ("destroyed", 410),
    ObjectMissing: ("destroyed", 410),
    StorageUnavailable: ("storage", 503),
}


@post("/archives/{export_id:uuid}/links", sync_to_thread=True)
def create_link(
    session: NamedDependency[Session],
    entrance: NamedDependency[Entrance],
    request_id: FromPath[UUID],
    export_id: FromPath[UUID],
) -> Response[str] | Redirect:
    try:
        secret = following.create_link(session, export_id)
    except ArchiveEnded as ended:
        return _not_given(entrance, request_id, ended)
    return Redirect(entrance.url("requests", request_id, "downloads", secret), status_code=303)


@get("/downloads/{secret:str}", sync_to_thread=True)
def download(
    request: AnyRequest, acting: NamedDependency[Acting], request_id: FromPath[UUID], secret: FromPath[str]
) -> Response[Any]:
    """Without the request's own session: no transaction may be open while the store is spoken to."""
    try:
        archive = downloading.open_archive(acting, secret, then=following.note_download)
    except tuple(WHY) as reason:
        return _not_given(request.state["entrance"], request_id, reason)
    return streamed(archive)


def _not_given(entrance: Entrance, request_id: UUID, reason: Exception) -> Response[str]:
    why, status = next(told for kind, told in WHY.items() if isinstance(reason, kind))
    return entrance.page(
        "portal/requests/download.html", status=status, why=why, status_url=entrance.url("requests", request_id)
    )
