"""The rows of an imported file that were refused, for whoever brought it to mend and bring again."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.api import languages
from services.api.attachments import MEDIA_TYPES, attached
from tenants.acting import Acting
from tenants.exports import refused_rows

AnyRequest = Request[Any, Any, Any]


@get("/imports/{import_id:uuid}/refused-rows", sync_to_thread=True)
def download_refused_rows(
    request: AnyRequest, acting: NamedDependency[Acting], import_id: FromPath[UUID]
) -> Response[Any]:
    """Without the request's own session: no transaction may be open while the store is spoken to."""
    rows = refused_rows.open_refused(acting, import_id, languages.chosen(request))
    return attached(rows.pieces, rows.file_name, MEDIA_TYPES[rows.kind])
