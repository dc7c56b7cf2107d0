"""Who received a person's data, by name (Art. 15(1)(c); C-154/21: the recipients themselves, not their categories)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Uuid, bindparam, case, exists, func, select
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
    register: Text
    fields: tuple[Text, ...]
    purpose: Text
    kind: PurposeKind
    source_id: UUID
    source_version: int
    since: datetime
    until: datetime | None
    secret_until: date | None = None


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
    labels = _labels(session, [row.DisclosureScope for row in rows]) if rows else {}
    return [
        Received(
            recipient_id=scope.recipient_id,
            recipient=recipient,
            business_id=business_id,
            outside=outside,
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


def _labels(session: Session, scopes: Sequence[DisclosureScope]) -> dict[UUID, Text]:
    wanted = {field for scope in scopes for field in scope.fields}
    rows = session.execute(select(Field.field_id, Field.label).where(Field.field_id.in_(wanted)))
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
