"""API keys of the member who is signed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.desk import Desk, choice_value
from tenants.acting import PurposeKind
from tenants.companies import api_tokens
from tenants.companies.api_tokens import Issued
from tenants.companies.permissions import NotActingHere, Permission
from tenants.errors import Invalid

TOKENS = "/office/tokens"


class NewToken(Struct, frozen=True):
    """`acts_for` is a value of the switcher."""

    label: str = ""
    days: str = "90"
    acts_for: str = ""


class NotANumberOfDays(Invalid):
    """The number of days is written in digits."""


class ShownToken(Struct, frozen=True):
    label: str
    company: str | None
    purpose: PurposeKind | None
    created_at: datetime
    expires_at: datetime
    revoke_url: str


@get("/tokens", sync_to_thread=True)
def list_tokens(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.USE_API)
    return _page(session, desk, Form())


@post("/tokens", sync_to_thread=True, status_code=200)
def issue(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewToken, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str]:
    """Answers with the key itself, this once; so there is no redirect."""
    desk.require(Permission.USE_API)
    chosen = next((one for one in desk.offered if choice_value(one.company_id, one.purpose) == data.acts_for), None)
    if chosen is None:
        raise NotActingHere
    try:
        issued = api_tokens.issue(
            session, label=data.label, days=_days(data.days), company_id=chosen.company_id, purpose=chosen.purpose
        )
    except Invalid as refusal:
        return _page(session, desk, refused(desk.language, to_builtins(data), refusal), status=422)
    return _page(session, desk, Form(), issued=issued)


@post("/tokens/{token_id:uuid}/revocation", sync_to_thread=True)
def revoke(session: NamedDependency[Session], desk: NamedDependency[Desk], token_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.USE_API)
    api_tokens.revoke(session, token_id)
    return desk.done(TOKENS, "token-revoked")


def _days(given: str) -> int:
    """Raises NotANumberOfDays."""
    try:
        return int(given)
    except ValueError:
        raise NotANumberOfDays(field="days") from None


def _page(
    session: Session, desk: Desk, form: Form, *, issued: Issued | None = None, status: int = 200
) -> Response[str]:
    companies = {one.company_id: one.company for one in desk.offered}
    return desk.page(
        "office/tokens/list.html",
        status=status,
        form=form,
        issued=issued,
        action_url=TOKENS,
        longest_label=api_tokens.LONGEST_LABEL,
        choices=[(one.value, one.name) for one in desk.viewer.choices],
        tokens=[
            ShownToken(
                label=row.label,
                company=companies.get(row.company_id),
                purpose=row.purpose,
                created_at=row.created_at,
                expires_at=row.expires_at,
                revoke_url=f"{TOKENS}/{row.token_id}/revocation",
            )
            for row in api_tokens.listed(session)
        ],
    )
