"""The confidentiality commitment: where whoever needs it is led, and led back from."""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, QueryParameter
from litestar.response import Redirect
from msgspec import Struct, field
from sqlalchemy.orm import Session

from services.api.login.attempts import within_office
from services.api.office.desk import COMMITMENT, Desk
from tenants.companies import committing


class Signature(Struct, frozen=True):
    """`version` is the one that was read."""

    version: int
    next_page: str = field(name="next", default="")


@get("/commitment", sync_to_thread=True)
def show(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    next_page: Annotated[str, QueryParameter(name="next")] = "",
) -> Response[str]:
    shown = committing.in_force(session)
    tongue = shown.text.language_for(desk.language)
    return desk.page(
        "office/commitment/commitment.html",
        text=shown.text.in_(tongue),
        tongue=tongue,
        version=shown.version,
        signed_at=shown.signed_at,
        action_url=COMMITMENT,
        next_url=within_office(next_page),
    )


@post("/commitment", sync_to_thread=True)
def sign(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[Signature, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    committing.sign(session, version=data.version, language=desk.language)
    return desk.done(within_office(data.next_page), "committed")
