"""The tables as the catalogue has them: what a row needs, what points where, and who may touch which column."""

import re
from collections.abc import Mapping
from typing import Any, LiteralString

from msgspec import Struct
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from services.proving.samples import OF_COLUMNS
from tenants import walls


class Column(Struct, frozen=True):
    """`words` are those that a check allows, where it allows some words only."""

    name: str
    type: str
    required: bool
    words: tuple[str, ...]


class Reference(Struct, frozen=True):
    """A foreign key: `columns` of `table` point at `keys` of `parent`."""

    name: str
    table: str
    columns: tuple[str, ...]
    parent: str
    keys: tuple[str, ...]


class Shape(Struct, frozen=True):
    table: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    references: tuple[Reference, ...]

    @property
    def is_personal(self) -> bool:
        """Personal data is kept by company: its key begins with the group and the company."""
        return self.key[:2] == ("group_id", "company_id") and self.table != "companies"


def columns_of_tables(connection: Connection[tuple[Any, ...]]) -> dict[str, list[Column]]:
    """Of every table that has walls."""
    found = connection.execute(
        """
        SELECT c.relname, a.attname, format_type(a.atttypid, NULL),
               a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
               (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
                WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] LIMIT 1)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1, a.attnum
        """
    )
    tables: dict[str, list[Column]] = {}
    for table, name, kind, required, check in found:
        if table not in walls.WITHOUT_WALLS:
            words = tuple(re.findall(r"'([^']*)'::", check or ""))
            tables.setdefault(table, []).append(Column(name, kind, required, words))
    return tables


def shapes(connection: Connection[tuple[Any, ...]]) -> dict[str, Shape]:
    """Parents before their children."""
    columns = columns_of_tables(connection)
    keys, references = _keys(connection), _references(connection)
    made = {
        table: Shape(
            table,
            {column.name: column for column in found},
            keys.get(table, ()),
            tuple(one for one in references if one.table == table),
        )
        for table, found in columns.items()
    }
    return _parents_first(made)


def _keys(connection: Connection[tuple[Any, ...]]) -> dict[str, tuple[str, ...]]:
    found = connection.execute(
        """
        SELECT c.relname, ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY n (number, place)
                                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = n.number ORDER BY n.place)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.contype = 'p' AND c.relnamespace = 'public'::regnamespace
        """
    )
    return {table: tuple(names) for table, names in found}


def _references(connection: Connection[tuple[Any, ...]]) -> list[Reference]:
    found = connection.execute(
        """
        SELECT k.conname, c.relname,
               ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY n (number, place)
                     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.number ORDER BY n.place),
               p.relname,
               ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY n (number, place)
                     JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.number ORDER BY n.place)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
        WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
        """
    )
    return [Reference(name, table, tuple(columns), parent, tuple(keys)) for name, table, columns, parent, keys in found]


def _parents_first(made: Mapping[str, Shape]) -> dict[str, Shape]:
    ordered: dict[str, Shape] = {}

    def place(table: str, below: frozenset[str]) -> None:
        if table in ordered or table in below:
            return
        for one in made[table].references:
            place(one.parent, below | {table})
        ordered[table] = made[table]

    for table in made:
        place(table, frozenset())
    return ordered


def plain(column: Column) -> Any:
    """Some value that the column takes."""
    return column.words[0] if column.words else OF_COLUMNS[column.type]()


def literal(column: Column, value: Any) -> sql.Composable:
    if column.type == "jsonb" and value is not None:
        return sql.Literal(Jsonb(value))
    return sql.Composed([sql.Literal(value), sql.SQL("::"), sql.SQL(column.type)])


def insertion(shape: Shape, values: Mapping[str, Any], after: LiteralString = "") -> sql.Composed:
    return sql.SQL("INSERT INTO {} ({}) VALUES ({}) {}").format(
        sql.Identifier(shape.table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(literal(shape.columns[name], value) for name, value in values.items()),
        sql.SQL(after),
    )
