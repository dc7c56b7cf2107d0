"""What a snapshot gave is noted by blocks of people: exactly who, and found by the range that a block spans."""

from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Subquery, Uuid, any_, cast, column, func, insert, literal, null, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from tenants.database import acting_of, run
from tenants.ledger.model import Disclosure, DisclosureScope


def said_of(company_id: ColumnElement[UUID], people: ColumnElement[list[UUID]]) -> TableValuedAlias:
    """Of these people of a company what no row of `disclosures` says: `scope_id, person_id, since, recipient_id`."""
    scopes = func.array(
        select(DisclosureScope.scope_id).where(DisclosureScope.company_id == company_id).scalar_subquery()
    )
    return func.disclosed_in_blocks(company_id, scopes, people).table_valued(
        column("scope_id", Uuid()),
        column("person_id", Uuid()),
        column("since", DateTime(timezone=True)),
        column("recipient_id", Uuid()),
        name="in_blocks",
    )


def with_rows(company_id: ColumnElement[UUID], people: ColumnElement[list[UUID]]) -> Subquery:
    """All that the ledger says of these people of a company, as rows of `disclosures`."""
    rows, said = Disclosure, said_of(company_id, people)
    of_rows = select(rows.scope_id, rows.person_id, rows.since, rows.until, rows.recipient_id)
    going_on = cast(null(), DateTime(timezone=True))
    in_blocks = select(said.c.scope_id, said.c.person_id, said.c.since, going_on, said.c.recipient_id)
    own = of_rows.where(rows.company_id == company_id, rows.person_id == any_(people))
    return own.union_all(in_blocks).subquery("disclosed")


def records_of(session: Session, source_id: UUID, person_ids: Collection[UUID]) -> set[UUID]:
    """The records of these people of the acting company that blocks under this source name."""
    of = {"source": source_id, "people": list(person_ids)}
    return {row[0] for row in run(session, _RECORDS, of)}


def single_out(session: Session, person_ids: Collection[UUID]) -> None:
    """Gives people of the acting company rows of their own, which say the same and from then on stand in its place."""
    acting = acting_of(session)
    said = said_of(literal(acting.company_id, Uuid()), literal(list(person_ids), ARRAY(Uuid())))
    own = (literal(acting.group_id, Uuid()), literal(acting.company_id, Uuid()))
    rows = select(*own, said.c.scope_id, said.c.person_id, said.c.since, said.c.recipient_id)
    names = ["group_id", "company_id", "scope_id", "person_id", "since", "recipient_id"]
    session.execute(insert(Disclosure).from_select(names, rows))


_RECORDS: LiteralString = """
    SELECT b.record_ids[place]
    FROM disclosure_scopes s
    CROSS JOIN unnest(%(people)s::uuid[]) one (person_id)
    CROSS JOIN LATERAL (
        SELECT k.person_ids, k.record_ids FROM disclosure_blocks k
        WHERE k.group_id = s.group_id AND k.company_id = s.company_id AND k.scope_id = s.scope_id
          AND k.last_person_id >= one.person_id
        ORDER BY k.last_person_id LIMIT 1) b
    CROSS JOIN LATERAL unnest(array_positions(b.person_ids, one.person_id)) place
    WHERE s.source_id = %(source)s
"""
