"""A sharing policy is drafted, and its terms are changed: on one page, with everything that is wrong at its place."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from services.api import form_tokens, wording
from services.api.forms import Form, refused
from services.api.office import condition_form, policies_told, terms_form
from services.api.office.condition_form import Box
from services.api.office.desk import Desk, signed_in
from services.api.office.policies_told import SHARING
from services.api.office.sharing_missing import field_of
from services.api.office.terms_form import GivenTerms
from services.api.uploads import UploadRequest
from tenants.companies import companies
from tenants.companies.permissions import Permission
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import translate
from tenants.registers import registers
from tenants.registers.model import LegalBasis
from tenants.sharing import checking, naming, policies, reading
from tenants.sharing.conditions import Condition
from tenants.sharing.naming import Names
from tenants.sharing.reading import Version
from tenants.sharing.refusals import NotTheOwner, NotThisStep
from tenants.sharing.terms import terms_of

AnyRequest = Request[Any, Any, Any]

# Room for the agreement that is digested; longer texts than the form takes come back with a sentence.
LARGEST = 32 * 1024 * 1024
REVIEW_AFTER = timedelta(days=365)


class TermsRequest(UploadRequest):
    longest_field = 100_000
    most_fields = 1_000


@get("/sharing/new", sync_to_thread=True)
def new_policy(
    session: NamedDependency[Session], desk: NamedDependency[Desk], *, register: FromQuery[UUID | None] = None
) -> Response[str]:
    """The register first: what can be said of it follows from it."""
    desk.require(Permission.DRAFT_SHARING)
    if register is None:
        return desk.page(
            "office/sharing/register.html",
            form=Form(),
            registers=[(str(one.register_id), one.name.in_(desk.language)) for one in registers.listed(session)],
            action_url=f"{SHARING}/new",
            list_url=SHARING,
        )
    registers.get(session, register)
    today = policies_told.today()
    first = {"valid_from": today.isoformat(), "review_on": (today + REVIEW_AFTER).isoformat()}
    return _page(session, desk, register, Form(first), action_url=SHARING, back_url=SHARING)


@post(
    "/sharing",
    sync_to_thread=True,
    request_max_body_size=LARGEST,
    request_class=TermsRequest,
    guards=[signed_in],
    exclude_from_csrf=True,
)
def draft_policy(
    request: AnyRequest,
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[GivenTerms, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    form_tokens.check(request, data.form_token)
    desk.require(Permission.DRAFT_SHARING)
    registers.get(session, data.register)
    if data.more:
        return _more(session, desk, data, action_url=SHARING, back_url=SHARING)
    try:
        terms = terms_form.read(data, _own_names(session, desk), company_id=_company(desk))
        policy = policies.draft(session, terms)
    except Invalid as refusal:
        form = _refused(desk, data, refusal)
        return _page(session, desk, data.register, form, action_url=SHARING, back_url=SHARING, status=422)
    return desk.done(policies_told.url_of(policy.policy_id), "sharing-drafted")


@get("/sharing/{policy_id:uuid}/terms", sync_to_thread=True)
def ask_terms(
    session: NamedDependency[Session], desk: NamedDependency[Desk], policy_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.DRAFT_SHARING)
    found = _own(session, desk, policy_id)
    form = Form(terms_form.as_form(terms_of(found.policy), found.looked_at))
    return _changing_page(session, desk, found, form)


@post(
    "/sharing/{policy_id:uuid}/terms",
    sync_to_thread=True,
    request_max_body_size=LARGEST,
    request_class=TermsRequest,
    guards=[signed_in],
    exclude_from_csrf=True,
)
def change_terms(
    request: AnyRequest,
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    policy_id: FromPath[UUID],
    data: Annotated[GivenTerms, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    form_tokens.check(request, data.form_token)
    desk.require(Permission.DRAFT_SHARING)
    found = _own(session, desk, policy_id)
    if data.register != found.policy.register_id:
        raise NotThisStep
    if data.more:
        form = Form(terms_form.shown_again(data))
        return _changing_page(session, desk, found, form, more=True)
    try:
        kept = found.policy.condition
        terms = terms_form.read(data, _own_names(session, desk), company_id=found.policy.company_id, kept=kept)
        changed = policies.change(session, policy_id, terms, looked_at=data.looked_at or None)
    except Invalid as refusal:
        return _changing_page(session, desk, found, _refused(desk, data, refusal), status=422)
    return desk.done(f"{policies_told.url_of(policy_id)}?version={changed.version}", "sharing-drafted")


def _own(session: Session, desk: Desk, policy_id: UUID) -> Version:
    """The newest version. Raises NoSuchPolicy, NotTheOwner."""
    found = reading.newest(session, policy_id)
    if found.policy.company_id != desk.here.acting.company_id:
        raise NotTheOwner
    return found


def _company(desk: Desk) -> UUID:
    company_id = desk.here.acting.company_id
    if company_id is None:
        raise NotTheOwner
    return company_id


def _own_names(session: Session, desk: Desk) -> Names:
    return naming.names(session, [_company(desk)])


def _refused(desk: Desk, data: GivenTerms, refusal: Invalid) -> Form:
    """What the domain says of terms stands where the form asks for it."""
    for each in refusal.problems if isinstance(refusal, SeveralInvalid) else (refusal,):
        each.field = each.field if each.field and each.field.startswith("part-") else field_of(each) or each.field
    return refused(desk.language, terms_form.shown_again(data), refusal)


def _more(session: Session, desk: Desk, data: GivenTerms, *, action_url: str, back_url: str) -> Response[str]:
    form = Form(terms_form.shown_again(data))
    return _page(session, desk, data.register, form, action_url=action_url, back_url=back_url, more=True)


def _changing_page(
    session: Session, desk: Desk, found: Version, form: Form, *, more: bool = False, status: int = 200
) -> Response[str]:
    url = policies_told.url_of(found.policy.policy_id)
    return _page(
        session,
        desk,
        found.policy.register_id,
        form,
        action_url=f"{url}/terms",
        back_url=url,
        kept=found.policy.condition,
        changes=found.policy.version,
        more=more,
        status=status,
    )


def _page(
    session: Session,
    desk: Desk,
    register_id: UUID,
    form: Form,
    *,
    action_url: str,
    back_url: str,
    kept: Condition | None = None,
    changes: int | None = None,
    more: bool = False,
    status: int = 200,
) -> Response[str]:
    names = _own_names(session, desk)
    register = names.registers[register_id]
    return desk.page(
        "office/sharing/terms.html",
        status=status,
        form=form,
        register=register.name,
        register_id=register_id,
        purposes=_purposes(desk, names, register_id),
        recipients=_recipients(session, desk, names, register_id),
        fields=condition_form.fields(desk.language, names, register_id, sealed=False),
        sealed=[one.label for one in names.fields_of(register_id) if one.sealed],
        asked=condition_form.asked(desk.language, names, register_id),
        parts=range(condition_form.count_of(form.values, more)),
        room_for_more=condition_form.count_of(form.values, more) < condition_form.MOST_PARTS,
        kept=condition_form.kept(desk.language, kept, names, company_id=_company(desk), register_id=register_id),
        bases=[(one.value, wording.said(desk.language, one)) for one in LegalBasis],
        changes=changes,
        longest_balancing=checking.LONGEST["balancing"],
        longest_name=checking.LONGEST["agreement"],
        action_url=action_url,
        back_url=back_url,
        list_url=SHARING,
    )


def _purposes(desk: Desk, names: Names, register_id: UUID) -> list[tuple[str, str]]:
    return [
        (str(one.purpose_id), f"{one.label.in_(desk.language)} ({wording.said(desk.language, one.kind)})")
        for one in names.purposes_of(register_id)
    ]


def _recipients(session: Session, desk: Desk, names: Names, register_id: UUID) -> list[Box]:
    named = names.registers[register_id].recipients
    found = []
    for one in companies.listed(session):
        told_of = any(each.in_group or each.name == one.name for each in named)
        hint = "" if told_of else translate(desk.language, "The notice in force does not name it as a recipient.")
        if one.company_id != desk.here.acting.company_id:
            found.append(Box(str(one.company_id), one.name, hint, not told_of))
    return found
