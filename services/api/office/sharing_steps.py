"""The steps of a policy. Each has a page that says what will happen, and what opens or closes, before it is done."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Protocol
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.office import policies_told, sharing
from services.api.office.desk import Desk
from services.api.office.persons import PERSONS
from services.api.office.policies_told import SHARING
from services.api.office.sharing_missing import Missing, told_missing
from services.api.problems import said
from tenants.companies.permissions import Permission
from tenants.errors import Forbidden, Invalid, SeveralInvalid
from tenants.languages.speaking import Text, sentence
from tenants.sharing import checking, naming, policies, reading, simulating
from tenants.sharing.model import PolicyState
from tenants.sharing.naming import Names
from tenants.sharing.reading import Version
from tenants.sharing.refusals import NotAReceiver, NotTheOwner, NotThisStep, OwnDraft
from tenants.sharing.simulating import Effect, People


class Decided(Struct, frozen=True):
    """What was looked at by whoever decides."""

    looked_at: str = ""


class Asking(Struct, frozen=True, kw_only=True):
    """The words of one step; `of` are the states in which it can be taken. Without a button it is only looked at."""

    permission: Permission
    path: str
    title: str
    happens: str
    button: str
    of: tuple[PolicyState, ...]


Look = Callable[[Session, Desk, UUID], Version]
Step = Callable[[Session, UUID], None]


class Decision(Protocol):
    def __call__(self, session: Session, policy_id: UUID, *, looked_at: str | None) -> object: ...


class ShownPeople(Struct, frozen=True):
    """Examples are ids, cut short; `url` only for whoever may look at people now."""

    count: int
    examples: list[tuple[str, str | None]]


class ShownEffect(Struct, frozen=True, kw_only=True):
    receiver: str
    opening: ShownPeople
    closing: ShownPeople
    staying: int
    fields_opening: list[Text]
    fields_closing: list[Text]
    has_received: int


TRY = Asking(
    permission=Permission.SEE_SHARING,
    path="simulation",
    title=sentence("Try the draft out"),
    happens=sentence("What the draft would open and close if it were granted and accepted now. Nothing is changed."),
    button="",
    of=(PolicyState.DRAFT,),
)
GRANT = Asking(
    permission=Permission.GRANT_SHARING,
    path="grant",
    title=sentence("Grant the policy"),
    happens=sentence(
        "The terms are compiled and offered to the receivers; a former version of the policy ends at once. "
        "Nothing opens before a receiver has accepted it."
    ),
    button=sentence("Grant the policy"),
    of=(PolicyState.DRAFT,),
)
ACCEPT = Asking(
    permission=Permission.ACCEPT_SHARING,
    path="acceptance",
    title=sentence("Accept the policy"),
    happens=sentence(
        "This company may then read the data for the purpose of the policy, and for nothing else. Whatever is read is "
        "noted in the ledger of disclosures, and the person can ask who has received it."
    ),
    button=sentence("Accept the policy"),
    of=(PolicyState.GRANTED, PolicyState.ACTIVE),
)
SUSPEND = Asking(
    permission=Permission.GRANT_SHARING,
    path="suspension",
    title=sentence("Suspend the policy"),
    happens=sentence("Nobody reads the data from the next moment on. It can be resumed."),
    button=sentence("Suspend the policy"),
    of=(PolicyState.GRANTED, PolicyState.ACTIVE),
)
RESUME = Asking(
    permission=Permission.GRANT_SHARING,
    path="resumption",
    title=sentence("Resume the policy"),
    happens=sentence("The receivers that have accepted it read the data again, if the notice still covers all of it."),
    button=sentence("Resume the policy"),
    of=(PolicyState.SUSPENDED,),
)
REVOKE = Asking(
    permission=Permission.GRANT_SHARING,
    path="revocation",
    title=sentence("Revoke the policy"),
    happens=sentence("Nobody reads the data under it from the next moment on, and it cannot be taken up again."),
    button=sentence("Revoke the policy"),
    of=(PolicyState.DRAFT, PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED),
)


def asked(asking: Asking, look: Look) -> HTTPRouteHandler:
    """The page before a step. What would open or close is counted for it, and that is an entry of the audit."""

    @get(f"/sharing/{{policy_id:uuid}}/{asking.path}", sync_to_thread=True)
    def ask(session: NamedDependency[Session], desk: NamedDependency[Desk], policy_id: FromPath[UUID]) -> Response[str]:
        desk.require(asking.permission)
        return _page(session, desk, asking, look(session, desk, policy_id))

    return ask


def decided(asking: Asking, look: Look, step: Decision, done: str) -> HTTPRouteHandler:
    """A step about terms that were looked at: refused where they changed meanwhile."""

    @post(f"/sharing/{{policy_id:uuid}}/{asking.path}", sync_to_thread=True)
    def decide(
        session: NamedDependency[Session],
        desk: NamedDependency[Desk],
        policy_id: FromPath[UUID],
        data: Annotated[Decided, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Response[str] | Redirect:
        desk.require(asking.permission)
        try:
            step(session, policy_id, looked_at=data.looked_at or None)
        except (Invalid, OwnDraft) as refusal:
            return _page(session, desk, asking, look(session, desk, policy_id), refusal)
        return desk.done(policies_told.url_of(policy_id), done)

    return decide


def taken(asking: Asking, step: Step, done: str) -> HTTPRouteHandler:
    @post(f"/sharing/{{policy_id:uuid}}/{asking.path}", sync_to_thread=True)
    def take(
        session: NamedDependency[Session], desk: NamedDependency[Desk], policy_id: FromPath[UUID]
    ) -> Response[str] | Redirect:
        desk.require(asking.permission)
        try:
            step(session, policy_id)
        except Invalid as refusal:
            return _page(session, desk, asking, _shown(session, desk, policy_id), refusal)
        return desk.done(policies_told.url_of(policy_id), done)

    return take


def _newest(session: Session, desk: Desk, policy_id: UUID) -> Version:
    """Raises NoSuchPolicy, NotTheOwner."""
    return _own(desk, reading.policy(session, policy_id).newest)


def _shown(session: Session, desk: Desk, policy_id: UUID) -> Version:
    """Raises NoSuchPolicy, NotTheOwner."""
    return _own(desk, reading.policy(session, policy_id).shown)


def _own(desk: Desk, found: Version) -> Version:
    if not sharing.is_own(desk, found):
        raise NotTheOwner
    return found


def _offered(session: Session, desk: Desk, policy_id: UUID) -> Version:
    """Raises NoSuchPolicy, NotAReceiver, NotThisStep."""
    found = reading.policy(session, policy_id).shown
    if desk.here.acting.company_id not in {one.recipient_id for one in found.grants}:
        raise NotAReceiver
    if not policies_told.is_offered(found, desk.here.acting.company_id):
        raise NotThisStep
    return found


def _page(
    session: Session, desk: Desk, asking: Asking, version: Version, refusal: Invalid | Forbidden | None = None
) -> Response[str]:
    """Asked before the step, and again where it was refused."""
    if version.state not in asking.of:
        raise NotThisStep
    url, names = policies_told.url_of(version.policy.policy_id), naming.names(session, [version.policy.company_id])
    return desk.page(
        "office/sharing/step.html",
        status=422 if isinstance(refusal, Invalid) else 403 if refusal else 200,
        asking=asking,
        refusal=said(desk.language, refusal) if refusal and not isinstance(refusal, SeveralInvalid) else None,
        missing=_missing(session, desk, asking, version, f"{url}/terms"),
        effects=[_effect(desk, one, version, names) for one in _effects(session, asking, version)],
        compares=asking in (TRY, GRANT, REVOKE),
        terms=policies_told.terms(desk.language, version, names),
        giver=names.companies[version.policy.company_id],
        receivers=policies_told.receivers(version, names),
        looked_at=version.looked_at,
        action_url=f"{url}/{asking.path}",
        policy_url=f"{url}?version={version.policy.version}",
        list_url=SHARING,
    )


def _missing(session: Session, desk: Desk, asking: Asking, version: Version, terms_url: str) -> list[Missing]:
    if asking not in (TRY, GRANT, ACCEPT, RESUME):
        return []
    may_mend = sharing.is_own(desk, version) and desk.here.may(Permission.DRAFT_SHARING)
    return told_missing(desk.language, checking.missing(session, version.policy), terms_url if may_mend else None)


def _effects(session: Session, asking: Asking, version: Version) -> list[Effect]:
    """What names something that is not there cannot be tried out; the page says what that is."""
    if asking is REVOKE:
        return simulating.losses(session, version.policy.policy_id)
    if asking not in (TRY, GRANT):
        return []
    try:
        return simulating.simulate(session, version.policy.policy_id)
    except SeveralInvalid:
        return []


def _effect(desk: Desk, one: Effect, version: Version, names: Names) -> ShownEffect:
    def labels(keys: Sequence[str]) -> list[Text]:
        fields: Mapping[str, Text] = {
            key: field.label for key in keys if (field := names.field(version.policy.register_id, key))
        }
        return [fields.get(key, Text(fi=key)) for key in keys]

    return ShownEffect(
        receiver=names.companies[one.recipient_id],
        opening=_people(desk, one.opening),
        closing=_people(desk, one.closing),
        staying=one.staying,
        fields_opening=labels(one.fields_opening),
        fields_closing=labels(one.fields_closing),
        has_received=one.has_received,
    )


def _people(desk: Desk, people: People) -> ShownPeople:
    may_look = desk.here.may(Permission.SEE_PERSONS)
    examples = [(str(one)[-8:], f"{PERSONS}/{one}" if may_look else None) for one in people.examples]
    return ShownPeople(people.count, examples)


HANDLERS = (
    asked(TRY, _newest),
    asked(GRANT, _newest),
    decided(GRANT, _newest, policies.grant, "sharing-granted"),
    asked(ACCEPT, _offered),
    decided(ACCEPT, _offered, policies.accept, "sharing-accepted"),
    asked(SUSPEND, _shown),
    taken(SUSPEND, policies.suspend, "sharing-suspended"),
    asked(RESUME, _shown),
    taken(RESUME, policies.resume, "sharing-resumed"),
    asked(REVOKE, _shown),
    taken(REVOKE, policies.revoke, "sharing-revoked"),
)
