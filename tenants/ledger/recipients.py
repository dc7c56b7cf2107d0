"""Who ever received a person's data: those who are told when it is corrected, restricted or erased (Art. 19)."""

from collections.abc import Collection
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Uuid, bindparam, exists, func, select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.database import acting_of
from tenants.ledger import blocks
from tenants.ledger.model import DisclosureScope
from tenants.registers import former_ids


class Recipient(Struct, frozen=True):
    """`source_id` is the sharing policy or the feed under which it was received, for what kind of purpose."""

    recipient_id: UUID
    source_id: UUID
    register_id: UUID
    kind: PurposeKind


def of_person(session: Session, person_id: UUID, register_ids: Collection[UUID] = ()) -> list[Recipient]:
    """Of a person of the acting company; from these registers, or from any. Under whichever id it was received.

    Without what an authority asked for in secret: it is no recipient (Art. 4(9)), and to tell it would tell of it.
    """
    of = {"company_id": acting_of(session).company_id, "person_id": person_id}
    found = [Recipient(*row) for row in session.execute(_EVER, of)]
    return [one for one in found if not register_ids or one.register_id in register_ids]


def fields_given(session: Session, person_id: UUID, recipient_id: UUID) -> set[UUID]:
    """What of a person of the acting company this recipient has ever received."""
    of = {"company_id": acting_of(session).company_id, "person_id": person_id}
    return {field for fields in session.scalars(_FIELDS.where(_TO.in_([recipient_id])), of) for field in fields}


_SPANS = former_ids.spans(bindparam("person_id", type_=Uuid()))
_DISCLOSED = blocks.with_rows(
    bindparam("company_id", type_=Uuid()), func.array(select(_SPANS.c.person_id).scalar_subquery())
)
_TO = _DISCLOSED.c.recipient_id
_UNDER = DisclosureScope.scope_id == _DISCLOSED.c.scope_id
_OPENLY = (
    DisclosureScope.secret_until.is_(None),
    exists().where(
        _SPANS.c.person_id == _DISCLOSED.c.person_id, _DISCLOSED.c.since.between(_SPANS.c.since, _SPANS.c.until)
    ),
)
_EVER = (
    select(_TO, DisclosureScope.source_id, DisclosureScope.register_id, DisclosureScope.kind)
    .distinct()
    .join(DisclosureScope, _UNDER)
    .where(*_OPENLY)
    .order_by(_TO, DisclosureScope.source_id)
)
_FIELDS = (
    select(DisclosureScope.fields).distinct().select_from(_DISCLOSED).join(DisclosureScope, _UNDER).where(*_OPENLY)
)
