"""A page of a feed as a table: RFC 4180, UTF-8, commas, what a spreadsheet takes for a formula made harmless.

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


def table(page: Page) -> bytes:
    """Begins with the names of its columns, also where nothing follows."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow((*OURS, *page.keys))
    rows.writerows(_rows(page))
    return text.getvalue().encode()


def _rows(page: Page) -> Iterator[list[str]]:
    nothing = [""] * len(page.keys)
    for line in page.lines:
        match line:
            case Upsert():
                values: dict[str, Value | None] = _VALUES.decode(line.data)
                cells = [in_csv(values.get(key)) for key in page.keys]
                about = [str(line.record_id), str(line.person_id), "", line.updated_at.isoformat()]
                yield ["upsert", *about, *cells]
            case Tombstone():
                yield ["tombstone", str(line.record_id), str(line.person_id), line.reason.value, "", *nothing]


# Decimals as they were written.
_VALUES = msgspec.json.Decoder(float_hook=Decimal)
