"""Who received a person's data, by name (Art. 15(1)(c); C-154/21: the recipients themselves, not their categories)."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    String,
    Uuid,
    bindparam,
    case,
    column,
    exists,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.companies.model import Company
from tenants.database import acting_of
from tenants.languages.speaking import Text
from tenants.ledger import blocks
from tenants.ledger.model import Disclosure, DisclosureBlock, DisclosureScope
from tenants.processors.model import Processor
from tenants.registers import former_ids
from tenants.registers.model import Field, Purpose, Register


class Received(Struct, frozen=True, kw_only=True):
    """One recipient had these fields of one register at hand from `since` until `until`, or still has.

    `outside`: it is no company that shares with the others, but whoever receives under an agreement.
    """

    recipient_id: UUID
    recipient: str
    business_id: str | None
    outside: bool
    register_id: UUID
    register: Text
    fields: tuple[Text, ...]
    purpose: Text
    kind: PurposeKind
    source_id: UUID
    source_version: int
    since: datetime
    until: datetime | None
    secret_until: date | None = None


class ReceivedOfSubject(Struct, frozen=True):
    """What one company gave of whoever stands behind a request.

    `countries` (ISO 3166) are those in which a recipient outside the group has the data, and `agreements` those that
    the company has ever made with it.
    """

    company_id: UUID
    received: Received
    countries: tuple[str, ...]
    agreements: tuple[UUID, ...]


def told_to_person(session: Session, person_id: UUID, *, today: date) -> list[Received]:
    """As `by_person`, without what a law forbids to tell them today (Art. 23)."""
    found = by_person(session, person_id)
    return [one for one in found if one.secret_until is None or one.secret_until < today]


def by_person(session: Session, person_id: UUID) -> list[Received]:
    """Of a person of the acting company, the oldest first; with those who read in this very transaction.

    Under whichever id: whoever was merged is told of what was received of both, and whoever was divided of what was
    received while they were held as one.
    """
    of = {"company_id": acting_of(session).company_id, "person_id": person_id}
    rows = session.execute(_RECEIVED, of).all()
    labels = _labels(session, [field for row in rows for field in row.DisclosureScope.fields])
    return [
        Received(
            recipient_id=scope.recipient_id,
            recipient=recipient,
            business_id=business_id,
            outside=outside,
            register_id=scope.register_id,
            register=register,
            fields=tuple(labels[field] for field in scope.fields),
            purpose=purpose,
            kind=scope.kind,
            source_id=scope.source_id,
            source_version=scope.source_version,
            since=since,
            until=until,
            secret_until=scope.secret_until,
        )
        for since, until, scope, recipient, business_id, outside, register, purpose in rows
    ]


def by_subject(session: Session) -> list[ReceivedOfSubject]:
    """As `told_to_person`, to the person behind the request that is acted for: of all companies that have answered it.

    Through a door: the ledger's rows name others, too. Nothing of registers that ask for a surer identity than was
    shown.
    """
    rows = session.execute(_OF_SUBJECT).all()
    labels = _labels(session, [field for row in rows for field in row.fields])
    return [
        ReceivedOfSubject(
            row.company_id,
            Received(
                recipient_id=row.recipient_id,
                recipient=row.recipient,
                business_id=row.business_id,
                outside=row.outside,
                register_id=row.register_id,
                register=row.register,
                fields=tuple(labels[field] for field in row.fields),
                purpose=row.purpose,
                kind=PurposeKind(row.kind),
                source_id=row.source_id,
                source_version=row.source_version,
                since=row.since,
                until=row.until,
            ),
            countries=tuple(row.countries or ()),
            agreements=tuple(row.agreements),
        )
        for row in rows
    ]


def persons_within(session: Session, source_id: UUID, recipient_id: UUID) -> int:
    """How many persons' data this recipient has ever received under a source: a door that shuts takes nothing back."""
    of_source = DisclosureScope.source_id == source_id
    singly = (
        select(Disclosure.person_id)
        .join(DisclosureScope, DisclosureScope.scope_id == Disclosure.scope_id)
        .where(of_source, Disclosure.recipient_id == recipient_id)
    )
    in_blocks = (
        select(func.unnest(DisclosureBlock.person_ids))
        .join(DisclosureScope, DisclosureScope.scope_id == DisclosureBlock.scope_id)
        .where(of_source, DisclosureBlock.recipient_id == recipient_id)
    )
    return session.scalar(select(func.count()).select_from(singly.union(in_blocks).subquery())) or 0


def _labels(session: Session, wanted: Collection[UUID]) -> dict[UUID, Text]:
    if not wanted:
        return {}
    rows = session.execute(select(Field.field_id, Field.label).where(Field.field_id.in_(set(wanted))))
    return {field_id: label for field_id, label in rows}  # noqa: C416 (typed rows, not pairs)


_SPANS = former_ids.spans(bindparam("person_id", type_=Uuid()))
_COMPANY = bindparam("company_id", type_=Uuid())
# The ids first, as one list: so the index is asked, and not every disclosure of the company.
_IDS = func.array(select(_SPANS.c.person_id).scalar_subquery())
_DISCLOSED = blocks.with_rows(_COMPANY, _IDS)
# What ended first; a scope's end that lies ahead has ended nothing yet.
_END: ColumnElement[datetime | None] = func.least(
    _DISCLOSED.c.until, case((DisclosureScope.closed_at <= func.now(), DisclosureScope.closed_at))
)
# Made once: every archive asks it, and to make it takes longer than to send it.
_RECEIVED = (
    select(
        _DISCLOSED.c.since,
        _END,
        DisclosureScope,
        func.coalesce(Company.name, Processor.name),
        func.coalesce(Company.business_id, Processor.business_id),
        Company.company_id.is_(None),
        Register.name,
        Purpose.label,
    )
    .join(DisclosureScope, DisclosureScope.scope_id == _DISCLOSED.c.scope_id)
    .outerjoin(Company, Company.company_id == _DISCLOSED.c.recipient_id)
    .outerjoin(Processor, Processor.processor_id == _DISCLOSED.c.recipient_id)
    .join(Register, Register.register_id == DisclosureScope.register_id)
    .join(Purpose, Purpose.purpose_id == DisclosureScope.purpose_id)
    .where(
        exists().where(
            _SPANS.c.person_id == _DISCLOSED.c.person_id, _DISCLOSED.c.since.between(_SPANS.c.since, _SPANS.c.until)
        ),
    )
    .order_by(_DISCLOSED.c.since, DisclosureScope.scope_id)
)
_GIVEN = func.received_by_subject().table_valued(
    column("company_id", Uuid()),
    column("since", DateTime(timezone=True)),
    column("until", DateTime(timezone=True)),
    column("recipient_id", Uuid()),
    column("recipient", String()),
    column("business_id", String()),
    column("outside", Boolean()),
    column("register_id", Uuid()),
    column("fields", ARRAY(Uuid())),
    column("purpose_id", Uuid()),
    column("kind", String()),
    column("source_id", Uuid()),
    column("source_version", Integer()),
    column("countries", ARRAY(String())),
    column("agreements", ARRAY(Uuid())),
    name="given",
)
_OF_SUBJECT = (
    select(_GIVEN, Register.name.label("register"), Purpose.label.label("purpose"))
    .join(Register, Register.register_id == _GIVEN.c.register_id)
    .join(Purpose, Purpose.purpose_id == _GIVEN.c.purpose_id)
    .order_by(_GIVEN.c.since, _GIVEN.c.recipient_id, _GIVEN.c.register_id)
)
