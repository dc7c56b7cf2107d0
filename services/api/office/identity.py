"""Who asks is made sure of by a member of staff, of a case that awaits it."""

from typing import Annotated
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.office.cases import CASES
from services.api.office.desk import Desk
from tenants.companies.permissions import Permission
from tenants.requests import identity
from tenants.requests.intake import Checked


class Confirming(Struct, frozen=True):
    checked: Checked


@post("/cases/{case_id:uuid}/identity", sync_to_thread=True)
def confirm_identity(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    case_id: FromPath[UUID],
    data: Annotated[Confirming, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.ENTER_REQUESTS)
    identity.confirm(session, case_id, checked=data.checked)
    return desk.done(f"{CASES}/{case_id}", "identity-confirmed")
