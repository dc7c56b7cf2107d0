"""The declarative base, and the column kinds that every model uses."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import DateTime, Enum, ForeignKeyConstraint, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: ordered by time, telling nothing else."""
    return uuid7()


class Base(DeclarativeBase):
    """No relationships anywhere: what a page shows is loaded by its query."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Text(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
    }
    # No RETURNING of server defaults: the portal may insert rows that it may not read.
    __mapper_args__ = {"eager_defaults": False}


def say(row: Base, terms: Struct) -> None:
    """Makes a row say what these terms say, each in the column of its name."""
    for name in terms.__struct_fields__:
        value = getattr(terms, name)
        setattr(row, name, list(value) if isinstance(value, tuple) else value)


class OfGroup:
    """A table of a tenant: `group_id` leads its primary key. Filled from who acts when left out."""

    group_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-20)


class OfCompany(OfGroup):
    """A table with personal data: seen only by sessions that act for its company."""

    company_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-19)


def refers_to(table: str, *columns: str, targets: tuple[str, ...] = ()) -> ForeignKeyConstraint:
    """A foreign key with `group_id` first: the check bypasses RLS; a plain one could point at another tenant's row.

    `targets` are what the columns are called there, where it is something else.
    """
    return ForeignKeyConstraint(
        ("group_id", *columns), [f"{table}.{key}" for key in ("group_id", *(targets or columns))]
    )


def words(kind: type[StrEnum]) -> Enum:
    """A state as text with a CHECK. Never a PostgreSQL enum: its `=` is not leakproof and finds no index under RLS."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=kind.__name__.lower(),
        values_callable=lambda members: [str(member) for member in members],
    )


class Typed(TypeDecorator[Any]):
    """A msgspec type kept as JSONB."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.to_builtins(value, str_keys=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.convert(value, self.kind)
