"""A feed as a table: RFC 4180, UTF-8, commas, what a spreadsheet takes for a formula made harmless.

Columns that begin with `_` are ours, not the register's: no field's key does.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO

import msgspec

from tenants.exports.formulas import in_csv
from tenants.feeds.delivering import Page, Tombstone, Upsert
from tenants.registers.values import Value

OURS = ("_op", "_record_id", "_person_id", "_reason", "_updated_at")


class Table:
    """Begins with the names of its columns, those of its first page, also where nothing follows."""

    def __init__(self) -> None:
        self._keys: tuple[str, ...] | None = None

    def add(self, page: Page) -> bytes:
        text = StringIO()
        rows = csv.writer(text)
        if self._keys is None:
            self._keys = page.keys
            rows.writerow((*OURS, *page.keys))
        rows.writerows(_rows(page, self._keys))
        return text.getvalue().encode()

    def end(self) -> bytes:
        return b""


def _rows(page: Page, keys: tuple[str, ...]) -> Iterator[list[str]]:
    nothing = [""] * len(keys)
    for line in page.lines:
        match line:
            case Upsert():
                values: dict[str, Value | None] = _VALUES.decode(line.data)
                cells = [in_csv(values.get(key)) for key in keys]
                about = [str(line.record_id), str(line.person_id), "", line.updated_at.isoformat()]
                yield ["upsert", *about, *cells]
            case Tombstone():
                yield ["tombstone", str(line.record_id), str(line.person_id), line.reason.value, "", *nothing]


# Decimals as they were written.
_VALUES = msgspec.json.Decoder(float_hook=Decimal)
