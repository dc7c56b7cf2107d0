"""The way to a sister company's records: through the functions of the database's own role, and by no other.

What comes out is what the grants of this very statement allow, and it is noted in the ledger by the same statement.
Who acts reads for the purpose acted for; a grant for another kind of purpose opens nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Row, TextClause, select, text
from sqlalchemy.orm import Session

from tenants.acting import Actor
from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid
from tenants.registers.model import Field

MOST = 1000
BEGINNING = UUID(int=0)


class PageTooLong(Invalid):
    """A page has from one to %(most)s records."""


class Offer(Struct, frozen=True, kw_only=True):
    """What the acting company may read now for the purpose acted for: whose, which fields, under what, until when."""

    company_id: UUID
    register_id: UUID
    policy_id: UUID
    version: int
    purpose_id: UUID
    fields: tuple[Field, ...]
    closes_at: datetime | None


class Shared(Struct, frozen=True, kw_only=True):
    """A sister company's record as far as it is granted. `data` is by field id."""

    company_id: UUID
    register_id: UUID
    person_id: UUID
    record_id: UUID
    data: Mapping[str, object]
    updated_at: datetime
    policy_id: UUID
    version: int


class Cursor(Struct, frozen=True):
    person_id: UUID = BEGINNING
    record_id: UUID = BEGINNING


def offers(session: Session) -> list[Offer]:
    """In the order of the registers' owners. Raises Forbidden."""
    _must_read(session)
    acting = acting_of(session)
    rows = session.execute(
        text("""
            SELECT g.company_id, g.register_id, g.policy_id, g.version, s.purpose_id, g.field_ids, g.closes_at
            FROM open_grants(:the_group, :receiver, :kind) g JOIN disclosure_scopes s ON s.scope_id = g.scope_id
            ORDER BY g.company_id, g.register_id
        """),
        {"the_group": acting.group_id, "receiver": acting.company_id, "kind": acting.purpose},
    ).all()
    fields = _fields(session, rows)
    return [
        Offer(
            company_id=row.company_id,
            register_id=row.register_id,
            policy_id=row.policy_id,
            version=row.version,
            purpose_id=row.purpose_id,
            fields=tuple(fields[field_id] for field_id in row.field_ids),
            closes_at=row.closes_at,
        )
        for row in rows
    ]


def reach(session: Session) -> dict[tuple[UUID, UUID], frozenset[UUID]]:
    """By policy and receiver, the fields that the door hands out at this statement. Nobody's data is looked at."""
    rows = session.execute(
        text("""
            SELECT g.policy_id, g.recipient_id, o.field_ids
            FROM sharing_grants g CROSS JOIN LATERAL open_grants(g.group_id, g.recipient_id, g.kind::text) o
            WHERE o.policy_id = g.policy_id AND o.version = g.version
        """)
    )
    return {(row.policy_id, row.recipient_id): frozenset(UUID(one) for one in row.field_ids) for row in rows}


def of_person(session: Session, company_id: UUID, person_id: UUID) -> list[Shared]:
    """All that this company shares of one of its persons, perhaps nothing. Raises Forbidden.

    Nothing is an answer and no refusal: that the person is not shared any more is noted with it.
    """
    return _read(session, _PERSON, {"company": company_id, "person": person_id})


def page(session: Session, register_id: UUID, *, after: Cursor | None = None, most: int = MOST) -> list[Shared]:
    """Records of one register, person by person; fewer than `most` are the last. Raises PageTooLong, Forbidden."""
    if not 1 <= most <= MOST:
        raise PageTooLong(field="most", most=MOST)
    after = after or Cursor()
    wanted = {"register": register_id, "person": after.person_id, "record": after.record_id, "most": most}
    return _read(session, _PAGE, wanted)


_COLUMNS = "company_id, register_id, person_id, record_id, CAST(data AS text) AS data, updated_at, policy_id, version"
_PERSON = text(f"SELECT {_COLUMNS} FROM shared_person(:company, :person)")
_PAGE = text(f"SELECT {_COLUMNS} FROM shared_page(:register, :person, :record, :most)")
# Numbers stay as exact as they are kept.
_DATA = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)


def _read(session: Session, statement: TextClause, wanted: Mapping[str, object]) -> list[Shared]:
    _must_read(session)
    found = [
        Shared(
            company_id=row.company_id,
            register_id=row.register_id,
            person_id=row.person_id,
            record_id=row.record_id,
            data=_DATA.decode(row.data),
            updated_at=row.updated_at,
            policy_id=row.policy_id,
            version=row.version,
        )
        for row in session.execute(statement, wanted)
    ]
    by_policy: dict[tuple[UUID, int], set[UUID]] = {}
    for one in found:
        by_policy.setdefault((one.policy_id, one.version), set()).add(one.person_id)
    for (policy_id, version), persons in by_policy.items():
        trail.record(
            session, "shared.read", about="person", ids=sorted(persons), policy=str(policy_id), version=version
        )
    return found


def _must_read(session: Session) -> None:
    if acting_of(session).actor is not Actor.SYSTEM:
        require(session, Permission.READ_SHARED)


def _fields(session: Session, rows: Sequence[Row[tuple[object, ...]]]) -> dict[str, Field]:
    wanted = {UUID(field_id) for row in rows for field_id in row.field_ids}
    return {str(one.field_id): one for one in session.scalars(select(Field).where(Field.field_id.in_(wanted)))}
