"""The tables of a group as the catalogue lists them, so that a new one is never left out."""

from graphlib import TopologicalSorter

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Session

_TABLES = text("""
    SELECT c.relname AS name,
           (SELECT array_agg(a.attname::text ORDER BY place)
              FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS part (number, place)
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = part.number
             WHERE i.indrelid = c.oid AND i.indisprimary) AS key
      FROM pg_class c
      JOIN pg_attribute g ON g.attrelid = c.oid AND g.attname = 'group_id' AND NOT g.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
     ORDER BY c.relname
""")
_REFERENCES = text("""
    SELECT k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent FROM pg_constraint k
     WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND k.conrelid <> k.confrelid
""")


_OWN_REFERENCES = text("""
    SELECT k.conrelid::regclass::text AS name,
           (SELECT string_agg(format('child.%I = own.%I', child.attname, parent.attname), ' AND ')
              FROM unnest(k.conkey, k.confkey) AS pair (from_number, to_number)
              JOIN pg_attribute child ON child.attrelid = k.conrelid AND child.attnum = pair.from_number
              JOIN pg_attribute parent ON parent.attrelid = k.conrelid AND parent.attnum = pair.to_number) AS joined
      FROM pg_constraint k
     WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND k.conrelid = k.confrelid
""")


class GroupTable(Struct, frozen=True):
    """`key` are the columns of the primary key; `own` say how rows `child` refer to rows `own` of the same table."""

    name: str
    key: tuple[str, ...]
    own: tuple[str, ...] = ()


def listed(session: Session) -> list[GroupTable]:
    """By name."""
    own: dict[str, list[str]] = {}
    for name, joined in session.execute(_OWN_REFERENCES):
        own.setdefault(name, []).append(joined)
    return [GroupTable(row.name, tuple(row.key), tuple(own.get(row.name, ()))) for row in session.execute(_TABLES)]


def children_first(session: Session) -> list[GroupTable]:
    """So that what refers to a row goes before it. Raises graphlib.CycleError where tables refer to each other."""
    tables = {table.name: table for table in listed(session)}
    order = TopologicalSorter[str]({name: set() for name in tables})
    for child, parent in session.execute(_REFERENCES):
        order.add(parent, child)
    return [tables[name] for name in order.static_order() if name in tables]
