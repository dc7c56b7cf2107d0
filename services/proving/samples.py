"""Values of every type that a column, a form or a body may ask for. Each text is new: nothing equals by chance."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec import inspect

MARK = "seloste-canary"


def text() -> str:
    return f"{MARK}-{secrets.token_hex(6)}"


OF_COLUMNS: dict[str, Callable[[], Any]] = {
    "uuid": uuid4,
    "text": text,
    "character varying": text,
    "bytea": lambda: secrets.token_bytes(16),
    "boolean": lambda: False,
    "smallint": lambda: secrets.randbelow(30_000) + 1,
    "integer": lambda: secrets.randbelow(2_000_000_000) + 1,
    "bigint": lambda: secrets.randbelow(2_000_000_000) + 1,
    "numeric": lambda: secrets.randbelow(2_000_000_000) + 1,
    "jsonb": dict,
    "timestamp with time zone": lambda: datetime.now(UTC),
    "date": lambda: datetime.now(UTC).date(),
    "text[]": list,
    "character varying[]": list,
    "uuid[]": lambda: [uuid4()],
    "integer[]": list,
}


def of_type(kind: Any, named: Callable[[str], UUID | None] = lambda _: None) -> Any:
    """Plain data that `msgspec.convert` takes for `kind`; `named` gives the ids that a field's name asks for."""
    return _plain(inspect.type_info(kind), "", named)


def _plain(kind: inspect.Type, name: str, named: Callable[[str], UUID | None]) -> Any:
    """A list that may be empty is empty; of a union the first that is something."""
    made: Any
    match kind:
        case inspect.StructType():
            made = {one.encode_name: _plain(one.type, one.name, named) for one in kind.fields if one.required}
            made |= {kind.tag_field: kind.tag} if kind.tag_field else {}
        case inspect.UnionType():
            somethings = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            made = _plain(somethings[0], name, named) if somethings else None
        case inspect.UUIDType() | inspect.StrType():
            made = str(named(name) or (text() if isinstance(kind, inspect.StrType) else uuid4()))
        case inspect.EnumType():
            made = next(iter(kind.cls)).value
        case inspect.LiteralType():
            made = kind.values[0]
        case inspect.TupleType():
            made = [_plain(one, name, named) for one in kind.item_types]
        case inspect.CollectionType():
            made = []
        case _:
            made = _SCALARS.get(type(kind), dict)()
    return made


_SCALARS: dict[type[inspect.Type], Callable[[], Any]] = {
    inspect.BoolType: bool,
    inspect.IntType: lambda: 1,
    inspect.FloatType: lambda: 1.0,
    inspect.DecimalType: lambda: "1",
    inspect.BytesType: str,
    inspect.DateType: lambda: date(2090, 1, 31).isoformat(),
    inspect.DateTimeType: lambda: datetime.now(UTC).isoformat(),
    inspect.NoneType: lambda: None,
}
