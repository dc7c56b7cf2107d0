"""The forms in which a feed is given, as an answer and as files: what takes its pages makes the bytes."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib import import_module
from typing import Protocol

from tenants.deliveries.tables import Table
from tenants.feeds.columns import Column
from tenants.feeds.delivering import Page

# The columns of the version of the scope by which a page was read.
ColumnsOf = Callable[[Page], Sequence[Column]]


class Format(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


class Writer(Protocol):
    """What one file, or one answer, is written with."""

    def add(self, page: Page) -> bytes:
        """What may be sent now."""
        ...

    def end(self) -> bytes:
        """What comes behind the last page."""
        ...


class Lines:
    """As pages come."""

    def add(self, page: Page) -> bytes:
        return page.text

    def end(self) -> bytes:
        return b""


def writer(format: Format, columns: ColumnsOf) -> Writer:
    if format is Format.PARQUET:
        return parquet(columns)
    return Table() if format is Format.CSV else Lines()


def parquet(columns: ColumnsOf) -> Writer:
    """Its library takes 70 MiB: whoever writes the first such file loads it."""
    made: Callable[[ColumnsOf], Writer] = import_module("tenants.deliveries.parquet").ParquetFile
    return made(columns)
