"""How the staff sign in: the identity providers of the group, and which roles their claims give.

To read and to try out. Rules come from the operator: a member could give themselves what a claim of theirs says.
"""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.desk import Desk
from tenants.companies import claiming, companies, providers
from tenants.companies.claiming import Place
from tenants.companies.model import Role
from tenants.companies.permissions import Permission
from tenants.errors import Invalid

SIGN_IN = "/office/members/sign-in"


class Tried(Struct, frozen=True):
    """`provider` is the id of one; empty where the group has one alone."""

    provider: str = ""
    claim: str = ""
    value: str = ""


class UnknownProvider(Invalid):
    """The group has no such sign-in."""


@get("/members/sign-in", sync_to_thread=True)
def show_rules(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_MEMBERS)
    return _page(session, desk, Form())


@post("/members/sign-in", status_code=200, sync_to_thread=True)
def try_rules(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[Tried, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str]:
    """What such a claim would give. By POST, so that no address says what is in anybody's claims."""
    desk.require(Permission.SEE_MEMBERS)
    try:
        claiming.check_claim(data.claim, data.value)
        places = claiming.would_give(session, chosen(session, data.provider).provider_id, {data.claim: [data.value]})
    except Invalid as refusal:
        return _page(session, desk, refused(desk.language, to_builtins(data), refusal), status=422)
    return _page(session, desk, Form(values=to_builtins(data)), places)


def _page(
    session: Session, desk: Desk, form: Form, places: list[Place] | None = None, *, status: int = 200
) -> Response[str]:
    known = providers.listed(session)
    return desk.page(
        "office/members/sign_in.html",
        status=status,
        form=form,
        providers=known,
        rules=claiming.listed(session),
        choices=[(str(one.provider_id), one.name) for one in known],
        tried=places if places is None else _named(session, places),
        try_url=SIGN_IN,
        longest=claiming.LONGEST,
    )


def _named(session: Session, places: list[Place]) -> list[tuple[Role, str | None]]:
    names = companies.names(session)
    return [(one.role, names[one.company_id] if one.company_id else None) for one in places]


def chosen(session: Session, provider: str) -> providers.Offered:
    """Raises UnknownProvider."""
    known = providers.listed(session)
    found = [one for one in known if str(one.provider_id) == provider or (len(known) == 1 and not provider)]
    if not found:
        raise UnknownProvider(field="provider")
    return found[0]
