"""What a snapshot gave is noted by blocks of people: exactly who, and found by the range that a block spans."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Uuid, column, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from tenants.database import acting_of
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


def single_out(session: Session, person_ids: Collection[UUID]) -> None:
    """Gives people of the acting company rows of their own, which say the same and from then on stand in its place."""
    acting = acting_of(session)
    said = said_of(literal(acting.company_id, Uuid()), literal(list(person_ids), ARRAY(Uuid())))
    own = (literal(acting.group_id, Uuid()), literal(acting.company_id, Uuid()))
    rows = select(*own, said.c.scope_id, said.c.person_id, said.c.since, said.c.recipient_id)
    names = ["group_id", "company_id", "scope_id", "person_id", "since", "recipient_id"]
    session.execute(insert(Disclosure).from_select(names, rows))
