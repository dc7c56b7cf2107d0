"""A feed as Parquet: a row group for each page, columns typed by their fields, the place to go on from at the end.

Columns that begin with `_` are ours, not the register's, as in CSV. A tombstone has nothing in the columns of fields.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec
import pyarrow as pa
from pyarrow import parquet as pq

from tenants.deliveries.formats import ColumnsOf
from tenants.feeds.columns import Column
from tenants.feeds.delivering import Page, Tombstone, Upsert
from tenants.registers.model import FieldType
from tenants.registers.values import Value

# As many digits as a number of a register may have: 18 before the decimal sign, 12 behind it.
NUMBER = pa.decimal128(30, 12)
TYPES: Mapping[FieldType, pa.DataType] = {
    FieldType.DATE: pa.date32(),
    FieldType.NUMBER: NUMBER,
    FieldType.BOOLEAN: pa.bool_(),
}
READ: Mapping[FieldType, Callable[[Value], object]] = {
    FieldType.DATE: lambda value: date.fromisoformat(str(value)),
    FieldType.NUMBER: lambda value: value,
    FieldType.BOOLEAN: lambda value: value,
}
OURS = (
    pa.field("_op", pa.string(), nullable=False),
    pa.field("_record_id", pa.string(), nullable=False),
    pa.field("_person_id", pa.string(), nullable=False),
    pa.field("_reason", pa.string()),
    pa.field("_updated_at", pa.timestamp("us", tz="UTC")),
)
# Of no use where every value is another.
DICTIONARIES = ["_op", "_reason"]


class ParquetFile:
    """Without a page there is no file. A page of a narrower scope leaves the columns empty that it has no more."""

    def __init__(self, columns: ColumnsOf) -> None:
        self._columns_of = columns
        self._sink = _Sink()
        self._columns: Sequence[Column] = ()
        self._writer: pq.ParquetWriter | None = None
        self._last: Page | None = None

    def add(self, page: Page) -> bytes:
        if self._writer is None:
            self._columns = self._columns_of(page)
            self._writer = _writer(self._sink, self._columns)
        if page.text:
            self._writer.write_table(_table(page, self._columns, self._writer.schema))
        self._last = page
        return self._sink.taken()

    def end(self) -> bytes:
        if self._writer is None or self._last is None:
            return b""
        last = self._last
        place = {"cursor": last.cursor, "epoch": str(last.epoch), "more": str(last.more).lower()}
        self._writer.add_key_value_metadata({f"seloste.{name}": value for name, value in place.items()})
        self._writer.close()
        return self._sink.taken()


class _Sink:
    """What was written and has not been taken yet."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _writer(sink: _Sink, columns: Sequence[Column]) -> pq.ParquetWriter:
    fields = [pa.field(one.key, TYPES.get(one.type, pa.string())) for one in columns]
    schema = pa.schema([*OURS, *fields])
    return pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=DICTIONARIES, store_schema=False)


def _table(page: Page, columns: Sequence[Column], schema: pa.Schema) -> pa.Table:
    lines = page.lines
    data = [_VALUES.decode(line.data) if isinstance(line, Upsert) else _NOTHING for line in lines]
    ours = [
        ["upsert" if isinstance(line, Upsert) else "tombstone" for line in lines],
        [str(line.record_id) for line in lines],
        [str(line.person_id) for line in lines],
        [line.reason.value if isinstance(line, Tombstone) else None for line in lines],
        [line.updated_at if isinstance(line, Upsert) else None for line in lines],
    ]
    theirs = [_read(one, [values.get(one.key) for values in data]) for one in columns]
    arrays = [pa.array(values, field.type) for values, field in zip([*ours, *theirs], schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _read(column: Column, values: Sequence[Value | None]) -> list[object]:
    read = READ.get(column.type, str)
    return [None if value is None else read(value) for value in values]


# Decimals as they were written.
_VALUES: msgspec.json.Decoder[dict[str, Value | None]] = msgspec.json.Decoder(float_hook=Decimal)
_NOTHING: dict[str, Value | None] = {}
