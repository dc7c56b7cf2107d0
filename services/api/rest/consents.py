"""Consents, objections and disclosures of a person of the key's company, and who may see what of them, and why."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.acting import PurposeKind
from tenants.companies.permissions import Permission, Standing
from tenants.consents import consenting, objecting
from tenants.languages.speaking import Text
from tenants.ledger import received
from tenants.ledger.received import Received
from tenants.registers import viewing
from tenants.sharing import explaining
from tenants.sharing.conditions import Condition
from tenants.sharing.explaining import Why

Note = Callable[[Session, UUID, PurposeKind], None]


class GivingConsent(Struct, frozen=True, forbid_unknown_fields=True):
    kind: PurposeKind
    source: Annotated[
        str,
        Meta(min_length=1, max_length=consenting.LONGEST_SOURCE, description="Where it is shown", examples=["Lomake"]),
    ]


class OfKind(Struct, frozen=True, forbid_unknown_fields=True):
    kind: PurposeKind


class ConsentOfPerson(Struct, frozen=True):
    kind: PurposeKind
    since: datetime
    until: datetime | None
    source: str


class ObjectionOfPerson(Struct, frozen=True):
    kind: PurposeKind
    since: datetime
    until: datetime | None


class Choices(Struct, frozen=True):
    """Those in force, which have no end, and those that were; the newest first."""

    consents: list[ConsentOfPerson]
    objections: list[ObjectionOfPerson]


class DisclosureOfPerson(Struct, frozen=True, kw_only=True):
    """From when until when a recipient had these fields at hand; `until` is null while nothing has ended it.

    `outside`: it received them under an agreement with a processor or another outside the group, and the ids of the
    company and the policy are those of the recipient and the feed.
    """

    company_id: UUID
    company: str
    outside: bool
    register: Text
    fields: list[Text]
    purpose: Text
    kind: PurposeKind
    policy_id: UUID
    version: int
    since: datetime
    until: datetime | None


class VerdictOnField(Struct, frozen=True, kw_only=True):
    """Of one policy. `clause` is the condition that a record met, or the part that it did not, by ids."""

    why: Why
    shared: bool
    kind: PurposeKind | None
    policy_id: UUID | None
    version: int | None
    clause: Condition | None


@get(
    "/persons/{person_id:uuid}/choices",
    sync_to_thread=True,
    summary="List consents and objections",
    tags=["persons"],
    responses=problems(404),
)
def list_choices(
    session: NamedDependency[Session], standing: NamedDependency[Standing], person_id: FromPath[UUID]
) -> Choices:
    standing.require(Permission.SEE_PERSONS)
    return _choices(session, person_id)


@changing(
    "/persons/{person_id:uuid}/consents",
    status_code=200,
    summary="Note a consent",
    tags=["persons"],
    responses=problems(404),
)
def give_consent(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    data: JSONBody[GivingConsent],
) -> Choices:
    """In force from now on."""
    standing.require(Permission.CORRECT_RECORDS)
    consenting.give(session, person_id, data.kind, source=data.source)
    return _choices(session, person_id)


def _noting(path: str, note: Note, *, summary: str, description: str) -> HTTPRouteHandler:
    """What a person says of one kind of purpose from now on."""

    @changing(
        f"/persons/{{person_id:uuid}}/{path}",
        status_code=200,
        summary=summary,
        description=description,
        tags=["persons"],
        responses=problems(404),
    )
    def noted(
        session: NamedDependency[Session],
        standing: NamedDependency[Standing],
        person_id: FromPath[UUID],
        data: JSONBody[OfKind],
    ) -> Choices:
        standing.require(Permission.CORRECT_RECORDS)
        note(session, person_id, data.kind)
        return _choices(session, person_id)

    return noted


withdraw_consent = _noting(
    "consents/withdrawal",
    consenting.withdraw,
    summary="Note that a consent was withdrawn",
    description="With effect at once (Art. 7(3)).",
)
make_objection = _noting(
    "objections",
    objecting.object_to,
    summary="Note an objection",
    description=(
        "Nothing is shared for this kind of purpose from the next statement on, whatever a policy says (Art. 21)."
    ),
)
lift_objection = _noting(
    "objections/lifting",
    objecting.lift,
    summary="Note that an objection was taken back",
    description="By the person.",
)


@get(
    "/persons/{person_id:uuid}/disclosures",
    sync_to_thread=True,
    summary="List who received a person's data",
    tags=["persons"],
    responses=problems(404),
)
def list_disclosures(
    session: NamedDependency[Session], standing: NamedDependency[Standing], person_id: FromPath[UUID]
) -> list[DisclosureOfPerson]:
    """By name, with fields, time, purpose and version of the policy (Art. 15(1)(c)); the oldest first."""
    standing.require(Permission.SEE_PERSONS)
    viewing.exists(session, person_id)
    return [_disclosure(one) for one in received.by_person(session, person_id)]


@get(
    "/persons/{person_id:uuid}/explanation",
    sync_to_thread=True,
    summary="Explain who may see a field",
    tags=["persons"],
    responses=problems(404),
)
def explain_field(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    company_id: Annotated[UUID, QueryParameter(description="The company that would see it")],
    field_id: Annotated[UUID, QueryParameter(description="A field of a register of the key's company")],
) -> list[VerdictOnField]:
    """One verdict for each policy towards that company, those that share first; never empty. An entry of the audit."""
    standing.require(Permission.SEE_PERSONS)
    found = explaining.explain(session, person_id, recipient_id=company_id, field_id=field_id)
    return [
        VerdictOnField(
            why=one.why,
            shared=one.shared,
            kind=one.kind,
            policy_id=one.policy_id,
            version=one.version,
            clause=one.clause,
        )
        for one in found
    ]


def _choices(session: Session, person_id: UUID) -> Choices:
    viewing.exists(session, person_id)
    return Choices(
        [ConsentOfPerson(one.kind, one.since, one.until, one.source) for one in consenting.history(session, person_id)],
        [ObjectionOfPerson(one.kind, one.since, one.until) for one in objecting.history(session, person_id)],
    )


def _disclosure(one: Received) -> DisclosureOfPerson:
    return DisclosureOfPerson(
        company_id=one.recipient_id,
        company=one.recipient,
        outside=one.outside,
        register=one.register,
        fields=list(one.fields),
        purpose=one.purpose,
        kind=one.kind,
        policy_id=one.source_id,
        version=one.source_version,
        since=one.since,
        until=one.until,
    )
