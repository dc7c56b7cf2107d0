"""A person's records, read in pages that are bounded in number and in size, whatever there is of them."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.database import acting_of, run, walled_session
from tenants.languages.speaking import HELSINKI
from tenants.registers.model import Provenance, Record
from tenants.registers.sealed import Data, RecordSeal

# What is in memory at once, in records and in characters: all there is, for nearly everybody.
PAGE = 500
PAGE_SIZE = 4_000_000
FIRST = UUID(int=0)


class HeldRecord(Struct, frozen=True):
    """A record with its sealed values opened. `values` is keyed by field id."""

    record_id: UUID
    values: Data
    provenance: Provenance
    restricted: bool
    created_at: datetime
    updated_at: datetime


class Records:
    """The person's records in some registers, in the order of their ids; `counts` tells how many are in each.

    One page is read within the session that makes this. More than that is read as it is asked for, each page in a
    short transaction of its own, so that none is open while what was read is sent away.
    """

    def __init__(self, session: Session, person_id: UUID, register_ids: Sequence[UUID], seal: RecordSeal) -> None:
        self._acting, self._person_id, self._seal = acting_of(session), person_id, seal
        self._held: dict[UUID, list[HeldRecord]] = {}
        page = _read_page(session, person_id, register_ids)
        self.large = not page.whole
        if self.large:
            self.counts = _counts(session, person_id, register_ids)
            return
        for row in page.rows:
            self._held.setdefault(row.register_id, []).append(_opened(seal, row))
        self.counts = Counter({register_id: len(records) for register_id, records in self._held.items()})

    def of(self, register_id: UUID) -> Iterator[HeldRecord]:
        return self._paged(register_id) if self.large else iter(self._held.get(register_id, ()))

    def _paged(self, register_id: UUID) -> Iterator[HeldRecord]:
        after = FIRST
        whole = False
        while not whole:
            with walled_session(self._acting) as session:
                rows, whole = _read_page(session, self._person_id, [register_id], after=after)
            while rows:
                row = rows.popleft()
                after = row.record_id
                yield _opened(self._seal, row)


class Kept(NamedTuple):
    """A row as it is kept."""

    record_id: UUID
    register_id: UUID
    data: str
    provenance: str
    restricted: bool
    created_at: datetime
    updated_at: datetime


class Page(NamedTuple):
    """`whole` if nothing comes after it."""

    rows: deque[Kept]
    whole: bool


# At most PAGE records; at least one, but no further one once PAGE_SIZE is reached. JSON as text: no number is rounded.
_PAGE: LiteralString = """
    SELECT record_id, register_id, data, provenance, restricted, created_at, updated_at, found
      FROM (SELECT *,
                   sum(length(data)) OVER (ORDER BY register_id, record_id) - length(data) AS size_before,
                   count(*) OVER () AS found
              FROM (SELECT record_id, register_id, CAST(data AS text) AS data, CAST(provenance AS text) AS provenance,
                           restricted, created_at, updated_at
                      FROM records
                     WHERE person_id = %(person_id)s AND register_id = ANY (%(register_ids)s) AND record_id > %(after)s
                     ORDER BY register_id, record_id
                     LIMIT %(page)s + 1) AS next) AS measured
     WHERE size_before < %(page_size)s
     ORDER BY register_id, record_id
     LIMIT %(page)s
"""


def _read_page(session: Session, person_id: UUID, register_ids: Sequence[UUID], *, after: UUID = FIRST) -> Page:
    rows = run(
        session,
        _PAGE,
        {
            "person_id": person_id,
            "register_ids": list(register_ids),
            "after": after,
            "page": PAGE,
            "page_size": PAGE_SIZE,
        },
    ).fetchall()
    return Page(deque(Kept(*row[:-1]) for row in rows), not rows or len(rows) == rows[0][-1])


def _counts(session: Session, person_id: UUID, register_ids: Sequence[UUID]) -> Counter[UUID]:
    counted = (
        select(Record.register_id, func.count())
        .where(Record.person_id == person_id, Record.register_id.in_(register_ids))
        .group_by(Record.register_id)
    )
    counts: Counter[UUID] = Counter()
    for register_id, count in session.execute(counted):
        counts[register_id] = count
    return counts


def _opened(seal: RecordSeal, row: Kept) -> HeldRecord:
    return HeldRecord(
        record_id=row.record_id,
        values=seal.open(row.record_id, row.data),
        provenance=_PROVENANCE.decode(row.provenance),
        restricted=row.restricted,
        created_at=row.created_at.astimezone(HELSINKI),
        updated_at=row.updated_at.astimezone(HELSINKI),
    )


_PROVENANCE = msgspec.json.Decoder(Provenance)
