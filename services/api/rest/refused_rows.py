"""The rows of an imported file that were refused, for whoever brought it to mend and send again."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.api.attachments import MEDIA_TYPES, attached
from services.api.rest.bearer import must_use_api
from services.api.rest.describing import problems
from tenants.acting import Acting
from tenants.exports import refused_rows
from tenants.languages.speaking import Language


@get(
    "/imports/{import_id:uuid}/refused-rows",
    sync_to_thread=True,
    summary="Download the refused rows of an import",
    tags=["imports"],
    responses=problems(404, 409),
    media_type="text/csv",
)
def download_refused_rows(
    acting: NamedDependency[Acting], spoken: NamedDependency[Language], import_id: FromPath[UUID]
) -> Response[Any]:
    """In the columns of the file, behind `_line` and `_why`, which are left out when it is sent again.

    CSV, or NDJSON for a file of NDJSON. Only for whoever sent the file, and only while the import is open.
    """
    must_use_api(acting)
    rows = refused_rows.open_refused(acting, import_id, spoken)
    return attached(rows.pieces, rows.file_name, MEDIA_TYPES[rows.kind])
