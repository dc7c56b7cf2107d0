"""What the companies of the group share with each other: all policies, and one of them with what can be done next."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.odrl_exports import Linked, exported
from services.api.office import policies_told
from services.api.office.desk import Desk
from services.api.office.policies_told import SHARING
from services.api.office.sharing_missing import Missing, told_missing
from tenants.audit import reading as audit
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.languages.speaking import sentence, translate
from tenants.sharing import checking, naming, reading
from tenants.sharing.model import PolicyState
from tenants.sharing.naming import Names
from tenants.sharing.reading import Policy, Version
from tenants.sharing.refusals import NoSuchPolicy

HISTORY = 200


class Step(Struct, frozen=True):
    """A way on from here; the page behind `url` says what will happen and asks once more."""

    label: str
    url: str
    primary: bool = False


class Happened(Struct, frozen=True):
    at: datetime
    sentence: str
    who: str


class OtherVersion(Struct, frozen=True):
    number: int
    state: PolicyState
    at: datetime
    url: str
    current: bool


@get("/sharing", sync_to_thread=True)
def list_policies(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_SHARING)
    company_id = desk.here.acting.company_id
    found = reading.listed(session)
    names = naming.names(session, {one.shown.policy.company_id for one in found})
    shown = [(one.shown.policy, policies_told.listed(one, names, company_id=company_id)) for one in found]
    given = [told for row, told in shown if row.company_id == company_id]
    received = [told for row, told in shown if company_id in row.recipients and row.company_id != company_id]
    others = [told for row, told in shown if row.company_id != company_id and company_id not in row.recipients]
    return desk.page(
        "office/sharing/list.html",
        given=given,
        received=received,
        others=others,
        acts_for_company=company_id is not None,
        overdue=sum(one.overdue for one in given),
        offered=sum(one.offered for one in received),
        matrix_url=f"{SHARING}/matrix",
        new_url=f"{SHARING}/new" if company_id and desk.here.may(Permission.DRAFT_SHARING) else None,
    )


@get("/sharing/{policy_id:uuid}", sync_to_thread=True)
def show_policy(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    policy_id: FromPath[UUID],
    *,
    version: FromQuery[int | None] = None,
) -> Response[str]:
    """The version by which the policy is known, or the one that is asked for."""
    desk.require(Permission.SEE_SHARING)
    policy = reading.policy(session, policy_id)
    chosen = policy.shown if version is None else _version(policy, version)
    names = naming.names(session, [chosen.policy.company_id])
    return desk.page(
        "office/sharing/policy.html",
        giver=names.companies[chosen.policy.company_id],
        receivers=policies_told.receivers(chosen, names),
        terms=policies_told.terms(desk.language, chosen, names),
        offered=policies_told.is_offered(chosen, desk.here.acting.company_id),
        missing=_missing(session, desk, chosen) if chosen.state is PolicyState.DRAFT else None,
        steps=_steps(desk, policy, chosen),
        versions=[_other(one, chosen) for one in policy.versions],
        drafted=_drafted_url(policy, chosen),
        history=_history(session, desk, policy, names),
        list_url=SHARING,
        policy_id=policy_id,
        odrl_url=f"{SHARING}/{policy_id}/odrl",
    )


@get("/sharing/{policy_id:uuid}/odrl", sync_to_thread=True)
def download_odrl(
    session: NamedDependency[Session], desk: NamedDependency[Desk], policy_id: FromPath[UUID]
) -> Response[Linked]:
    desk.require(Permission.SEE_SHARING)
    return exported(session, policy_id)


def _version(policy: Policy, number: int) -> Version:
    found = next((one for one in policy.versions if one.policy.version == number), None)
    if found is None:
        raise NoSuchPolicy
    return found


def _missing(session: Session, desk: Desk, version: Version) -> list[Missing]:
    terms_url = f"{policies_told.url_of(version.policy.policy_id)}/terms"
    may_mend = is_own(desk, version) and desk.here.may(Permission.DRAFT_SHARING)
    return told_missing(desk.language, checking.missing(session, version.policy), terms_url if may_mend else None)


def is_own(desk: Desk, version: Version) -> bool:
    return version.policy.company_id == desk.here.acting.company_id


def _steps(desk: Desk, policy: Policy, chosen: Version) -> list[Step]:
    """Of an earlier version there is nothing to do."""
    if chosen not in (policy.shown, policy.newest):
        return []
    url = policies_told.url_of(chosen.policy.policy_id)
    steps = _of_owner(desk, policy, chosen) if is_own(desk, chosen) else _of_receiver(desk, chosen)
    return [Step(translate(desk.language, label), f"{url}/{path}", primary) for label, path, primary in steps]


def _of_owner(desk: Desk, policy: Policy, chosen: Version) -> Iterator[tuple[str, str, bool]]:
    state, may_grant = chosen.state, desk.here.may(Permission.GRANT_SHARING)
    if may_grant and state is PolicyState.DRAFT:
        yield sentence("Grant …"), "grant", True
    if state is PolicyState.DRAFT:
        yield sentence("Try it out"), "simulation", False
    if may_grant and state is PolicyState.SUSPENDED:
        yield sentence("Resume …"), "resumption", True
    # While a next version is drafted, it is that one which is changed.
    if desk.here.may(Permission.DRAFT_SHARING) and chosen is policy.newest:
        label = sentence("Change the draft …") if state is PolicyState.DRAFT else sentence("Draft a change …")
        yield label, "terms", False
    if may_grant and state in (PolicyState.GRANTED, PolicyState.ACTIVE):
        yield sentence("Suspend …"), "suspension", False
    if may_grant and state not in (PolicyState.REVOKED, PolicyState.EXPIRED, PolicyState.REPLACED):
        yield sentence("Revoke …"), "revocation", False


def _of_receiver(desk: Desk, chosen: Version) -> Iterator[tuple[str, str, bool]]:
    offered = policies_told.is_offered(chosen, desk.here.acting.company_id)
    if offered and desk.here.may(Permission.ACCEPT_SHARING):
        yield sentence("Accept …"), "acceptance", True


def _other(one: Version, chosen: Version) -> OtherVersion:
    row = one.policy
    return OtherVersion(
        number=row.version,
        state=one.state,
        at=row.granted_at or row.drafted_at,
        url=f"{policies_told.url_of(row.policy_id)}?version={row.version}",
        current=one is chosen,
    )


def _drafted_url(policy: Policy, chosen: Version) -> str | None:
    """Where the next version is, for whoever looks at the one in force."""
    draft = policy.next_draft
    return _other(draft, chosen).url if draft and draft is not chosen else None


def _history(session: Session, desk: Desk, policy: Policy, names: Names) -> list[Happened]:
    """What the versions tell to everybody, and to the owner what its audit knows beside; the newest first."""
    told = [*_told_by_rows(desk, policy, names), *_told_by_audit(session, desk, policy)]
    who = members.names(session, {member_id for _, _, member_id in told if isinstance(member_id, UUID)})
    found = [Happened(at, words, who.get(by, "") if isinstance(by, UUID) else by or "") for at, words, by in told]
    return sorted(found, key=lambda one: one.at, reverse=True)


Moment = tuple[datetime, str, UUID | str | None]


def _told_by_rows(desk: Desk, policy: Policy, names: Names) -> Iterator[Moment]:
    for one in policy.versions:
        row, own = one.policy, is_own(desk, one)
        steps: Sequence[tuple[datetime | None, str, UUID | None]] = (
            (row.drafted_at, sentence("Version %(number)s drafted"), row.drafted_by),
            (row.granted_at, sentence("Version %(number)s granted"), row.granted_by),
            (None if own else row.suspended_at, sentence("Version %(number)s suspended"), None),
            (row.replaced_at, sentence("Version %(number)s replaced"), None),
            (row.revoked_at, sentence("Version %(number)s revoked"), None),
        )
        for at, words, by in steps:
            if at:
                yield at, translate(desk.language, words, number=row.version), by if own else None
        for recipient_id, at in one.accepted.items():
            yield (
                at,
                translate(desk.language, "Version %(number)s accepted", number=row.version),
                names.companies[recipient_id],
            )


def _told_by_audit(session: Session, desk: Desk, policy: Policy) -> Iterator[Moment]:
    words = {
        "sharing.suspended": sentence("Version %(number)s suspended"),
        "sharing.resumed": sentence("Version %(number)s resumed"),
    }
    if not is_own(desk, policy.newest):
        return
    for one in audit.entries(session, about_id=policy.newest.policy.policy_id, limit=HISTORY):
        if one.action in words:
            number = one.figures.get("version", "")
            yield one.at, translate(desk.language, words[one.action], number=number), one.actor_id
