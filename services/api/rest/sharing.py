"""Sharing inside the group, for programs: policies and their steps, and what would open or close."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Protocol
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.cursors import PAGE, GivenCursor, GivenLimit, decode, encode
from services.api.odrl_exports import JSON_LD, Linked, all_exported, exported
from services.api.problems import FieldProblem, said
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.errors import Invalid
from tenants.languages.speaking import Language
from tenants.registers.model import LegalBasis
from tenants.sharing import checking, policies, reading, simulating
from tenants.sharing.conditions import Condition
from tenants.sharing.model import Agreement, PolicyState
from tenants.sharing.reading import Policy, Version
from tenants.sharing.simulating import Effect, People
from tenants.sharing.terms import Terms

Key = Annotated[str, Meta(min_length=1, max_length=100)]


class GivenAgreement(Struct, frozen=True, forbid_unknown_fields=True):
    """The document that the companies agreed on."""

    name: Annotated[str, Meta(max_length=1000, examples=["Sopimus tietojen luovuttamisesta"])]
    sha256: Annotated[str, Meta(max_length=64, examples=["ab" * 32])]


class GivenTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields, and what the condition asks, by key. `valid_until` is the last day; without one, until further notice.

    A draft may be unfinished: what it lacks to be granted stands in `missing` of the policy.
    """

    register_id: UUID
    purpose_id: UUID
    recipients: Annotated[list[UUID], Meta(max_length=1000)]
    fields: Annotated[list[Key], Meta(max_length=1000, examples=[["first_name", "segment"]])]
    condition: Annotated[
        Condition | None, Meta(examples=[{"type": "field_is", "field": "segment", "values": ["A"]}])
    ] = None
    legal_basis: LegalBasis
    balancing: Annotated[str, Meta(max_length=20_000)] | None = None
    agreement: GivenAgreement | None = None
    valid_from: date
    valid_until: date | None = None
    review_on: date | None = None

    def terms(self) -> Terms:
        return Terms(
            register_id=self.register_id,
            purpose_id=self.purpose_id,
            recipients=tuple(self.recipients),
            fields=tuple(self.fields),
            condition=self.condition,
            legal_basis=self.legal_basis,
            balancing=self.balancing,
            agreement=Agreement(self.agreement.name, self.agreement.sha256) if self.agreement else None,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            review_on=self.review_on,
        )


class Changing(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the newest version as it was seen: if it was changed since, nothing is done (409)."""

    terms: GivenTerms
    looked_at: Annotated[str, Meta(max_length=64)] | None = None


class Deciding(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the version that was seen: if it was changed since, nothing is done (409)."""

    looked_at: Annotated[str, Meta(max_length=64)] | None = None


class Receiver(Struct, frozen=True):
    """`accepted_at` is null while the receiver is waited for, or was not asked yet."""

    company_id: UUID
    accepted_at: datetime | None


class VersionOfPolicy(Struct, frozen=True, kw_only=True):
    version: int
    state: PolicyState
    looked_at: str
    purpose_id: UUID
    fields: list[str]
    condition: Condition | None
    legal_basis: LegalBasis
    balancing: str | None
    agreement: Agreement | None
    valid_from: date
    valid_until: date | None
    review_on: date | None
    receivers: list[Receiver]
    drafted_at: datetime
    drafted_by: UUID | None
    granted_at: datetime | None
    granted_by: UUID | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    replaced_at: datetime | None


class PolicySummary(Struct, frozen=True, kw_only=True):
    """`version` is the one in force, or the first draft; `drafted` the number of a next one that is on the way."""

    policy_id: UUID
    company_id: UUID
    register_id: UUID
    purpose_id: UUID
    recipients: list[UUID]
    version: int
    state: PolicyState
    drafted: int | None
    valid_until: date | None
    review_on: date | None


class PoliciesPage(Struct, frozen=True):
    policies: list[PolicySummary]
    next: str | None


class PolicyWhole(Struct, frozen=True):
    """The newest version first. `missing` is all that stands between it and its being granted, or in force."""

    summary: PolicySummary
    versions: list[VersionOfPolicy]
    missing: list[FieldProblem]


class PeopleConcerned(Struct, frozen=True):
    """How many, and the ids of some."""

    count: int
    examples: list[UUID]


class EffectOnReceiver(Struct, frozen=True, kw_only=True):
    """`has_received`: of how many persons the receiver has read data under this policy and may still have it."""

    company_id: UUID
    opening: PeopleConcerned
    closing: PeopleConcerned
    staying: int
    fields_opening: list[str]
    fields_closing: list[str]
    has_received: int


@get("/sharing/policies", sync_to_thread=True, summary="List the policies", tags=["sharing"], responses=problems(422))
def list_policies(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    *,
    cursor: GivenCursor = None,
    limit: GivenLimit = PAGE,
) -> PoliciesPage:
    """Of the whole group, the oldest first: they name registers and companies, and nobody's data."""
    standing.require(Permission.SEE_SHARING)
    after = decode(cursor, UUID) if cursor else None
    found = [_summary(one) for one in reading.listed(session, after=after, most=limit + 1)]
    following = encode(found[limit - 1].policy_id) if len(found) > limit else None
    return PoliciesPage(found[:limit], following)


@get(
    "/sharing/policies/{policy_id:uuid}",
    sync_to_thread=True,
    summary="Show a policy",
    tags=["sharing"],
    responses=problems(404),
)
def show_policy(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    policy_id: FromPath[UUID],
    spoken: NamedDependency[Language],
) -> PolicyWhole:
    """With all its versions, and what is missing."""
    standing.require(Permission.SEE_SHARING)
    return _whole(session, policy_id, spoken)


@changing("/sharing/policies", status_code=201, summary="Draft a policy", tags=["sharing"], responses=problems(404))
def draft_policy(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    data: JSONBody[GivenTerms],
    spoken: NamedDependency[Language],
) -> Response[PolicyWhole]:
    """Of the key's company. It opens nothing before it is granted and accepted."""
    standing.require(Permission.DRAFT_SHARING)
    policy_id = policies.draft(session, data.terms()).policy_id
    headers = {"Location": f"/api/v1/sharing/policies/{policy_id}"}
    return Response(_whole(session, policy_id, spoken), status_code=201, headers=headers)


@changing(
    "/sharing/policies/{policy_id:uuid}/terms",
    status_code=200,
    summary="Change the terms",
    tags=["sharing"],
    responses=problems(404),
)
def change_terms(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    policy_id: FromPath[UUID],
    data: JSONBody[Changing],
    spoken: NamedDependency[Language],
) -> PolicyWhole:
    """A draft is written anew; of what was granted a next version is drafted, and what is in force stays so."""
    standing.require(Permission.DRAFT_SHARING)
    policies.change(session, policy_id, data.terms.terms(), looked_at=data.looked_at)
    return _whole(session, policy_id, spoken)


class Decision(Protocol):
    def __call__(self, session: Session, policy_id: UUID, *, looked_at: str | None) -> object: ...


def decided(path: str, summary: str, says: str, permission: Permission, step: Decision) -> HTTPRouteHandler:
    """A step about terms that were looked at."""

    @changing(
        f"/sharing/policies/{{policy_id:uuid}}/{path}",
        status_code=200,
        summary=summary,
        description=says,
        tags=["sharing"],
        responses=problems(404),
    )
    def decide(
        session: NamedDependency[Session],
        standing: NamedDependency[Standing],
        policy_id: FromPath[UUID],
        data: JSONBody[Deciding],
        spoken: NamedDependency[Language],
    ) -> PolicyWhole:
        standing.require(permission)
        step(session, policy_id, looked_at=data.looked_at)
        return _whole(session, policy_id, spoken)

    return decide


def taken(path: str, summary: str, says: str, step: Callable[[Session, UUID], None]) -> HTTPRouteHandler:
    """A step of the company that owns the data."""

    @changing(
        f"/sharing/policies/{{policy_id:uuid}}/{path}",
        status_code=200,
        summary=summary,
        description=says,
        tags=["sharing"],
        responses=problems(404),
    )
    def take(
        session: NamedDependency[Session],
        standing: NamedDependency[Standing],
        policy_id: FromPath[UUID],
        spoken: NamedDependency[Language],
    ) -> PolicyWhole:
        standing.require(Permission.GRANT_SHARING)
        step(session, policy_id)
        return _whole(session, policy_id, spoken)

    return take


@get(
    "/sharing/policies/{policy_id:uuid}/simulation",
    sync_to_thread=True,
    summary="Try a draft out",
    tags=["sharing"],
    responses=problems(404, 409, 422),
)
def simulate_policy(
    session: NamedDependency[Session], standing: NamedDependency[Standing], policy_id: FromPath[UUID]
) -> list[EffectOnReceiver]:
    """How many people and which fields it would open and close for each receiver. An entry of the audit."""
    standing.require(Permission.SEE_SHARING)
    return [_effect(one) for one in simulating.simulate(session, policy_id)]


@get(
    "/sharing/policies/{policy_id:uuid}/losses",
    sync_to_thread=True,
    summary="Show what a revocation closes",
    tags=["sharing"],
    responses=problems(404),
)
def show_losses(
    session: NamedDependency[Session], standing: NamedDependency[Standing], policy_id: FromPath[UUID]
) -> list[EffectOnReceiver]:
    """What each receiver reads now and could not after a revocation. An entry of the audit."""
    standing.require(Permission.SEE_SHARING)
    return [_effect(one) for one in simulating.losses(session, policy_id)]


@get(
    "/sharing/policies/{policy_id:uuid}/odrl",
    sync_to_thread=True,
    summary="Take a policy along as ODRL",
    tags=["sharing"],
    responses=problems(404, 422),
    media_type=JSON_LD,
)
def policy_as_odrl(
    session: NamedDependency[Session], standing: NamedDependency[Standing], policy_id: FromPath[UUID]
) -> Response[Linked]:
    """ODRL 2.2 with terms of DPV, as JSON-LD; the profile that it names explains ours. An entry of the audit."""
    standing.require(Permission.SEE_SHARING)
    return exported(session, policy_id)


@get(
    "/sharing/odrl",
    sync_to_thread=True,
    summary="Take all granted policies along as ODRL",
    tags=["sharing"],
    responses=problems(),
    media_type=JSON_LD,
)
def policies_as_odrl(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> Response[Linked]:
    """Of the whole group, in one document. An entry of the audit."""
    standing.require(Permission.SEE_SHARING)
    return all_exported(session)


def _whole(session: Session, policy_id: UUID, spoken: Language) -> PolicyWhole:
    session.flush()
    session.expire_all()
    found = reading.policy(session, policy_id)
    missing = checking.missing(session, found.newest.policy)
    return PolicyWhole(_summary(found), [_version(one) for one in found.versions], _problems(spoken, missing))


def _problems(spoken: Language, missing: Sequence[Invalid]) -> list[FieldProblem]:
    return [FieldProblem(one.field, said(spoken, one)) for one in missing]


def _summary(policy: Policy) -> PolicySummary:
    row, draft = policy.shown.policy, policy.next_draft
    return PolicySummary(
        policy_id=row.policy_id,
        company_id=row.company_id,
        register_id=row.register_id,
        purpose_id=row.purpose_id,
        recipients=list(row.recipients),
        version=row.version,
        state=policy.shown.state,
        drafted=draft.policy.version if draft else None,
        valid_until=row.valid_until,
        review_on=row.review_on,
    )


def _version(one: Version) -> VersionOfPolicy:
    row = one.policy
    return VersionOfPolicy(
        version=row.version,
        state=one.state,
        looked_at=one.looked_at,
        purpose_id=row.purpose_id,
        fields=list(row.fields),
        condition=row.condition,
        legal_basis=row.legal_basis,
        balancing=row.balancing,
        agreement=row.agreement,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        review_on=row.review_on,
        receivers=[Receiver(company_id, one.accepted.get(company_id)) for company_id in row.recipients],
        drafted_at=row.drafted_at,
        drafted_by=row.drafted_by,
        granted_at=row.granted_at,
        granted_by=row.granted_by,
        suspended_at=row.suspended_at,
        revoked_at=row.revoked_at,
        replaced_at=row.replaced_at,
    )


def _effect(one: Effect) -> EffectOnReceiver:
    return EffectOnReceiver(
        company_id=one.recipient_id,
        opening=_people(one.opening),
        closing=_people(one.closing),
        staying=one.staying,
        fields_opening=list(one.fields_opening),
        fields_closing=list(one.fields_closing),
        has_received=one.has_received,
    )


def _people(people: People) -> PeopleConcerned:
    return PeopleConcerned(people.count, list(people.examples))


STEPS = (
    decided(
        "grant",
        "Grant a policy",
        "By the company that owns the data. What is missing is named all at once (422).",
        Permission.GRANT_SHARING,
        policies.grant,
    ),
    decided(
        "acceptance",
        "Accept a policy",
        "By a company that it is granted to; for that company it is active from now on.",
        Permission.ACCEPT_SHARING,
        policies.accept,
    ),
    taken(
        "suspension",
        "Suspend a policy",
        "Nobody reads under it from the next statement on, until it is resumed.",
        policies.suspend,
    ),
    taken(
        "resumption",
        "Resume a policy",
        "If it could be granted today; what is missing is named all at once (422).",
        policies.resume,
    ),
    taken(
        "revocation",
        "Revoke a policy",
        "For good, with effect at the next statement of whoever reads under it.",
        policies.revoke,
    ),
)
