"""A CSV file of a million rows: how much memory its import takes, and how long beside a bare COPY of what it wrote.

With e-mail addresses, which a library has to look at, and without.
"""

import csv
import multiprocessing
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
from msgspec import Struct

from tenants.acting import Acting
from tenants.database import walled_session
from tenants.registers import checking, imports, writing
from tenants.registers.model import ImportState
from tests import make
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack
from tests.make import MadeRegister

ROWS = 1_000_000
FEWEST = 10_000
NEEDED = {"customer_number", "name", "segment", "iban"}
TABLES = ("persons", "records", "identifiers")
MIB = 1024 * 1024


class Spent(Struct, frozen=True):
    """What a fresh process spent: seconds of the wall and of its CPU, and by how much its highest memory rose.

    `resident`: its memory at the beginning, half way through and at the end of the rows that it writes, in MiB.
    """

    checking: float
    writing: float
    cpu: float
    added: float
    resident: tuple[float, float, float]


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    rows = max(FEWEST, round(ROWS * scale))
    yield from _measure(
        stack, rows, f"an import of {rows:,} rows with e-mail addresses", NEEDED | {"email"}, least=0.05
    )
    yield from _measure(stack, rows, f"an import of {rows:,} rows without", NEEDED, least=0.25)


def _measure(stack: Stack, rows: int, name: str, columns: set[str], *, least: float) -> Iterator[Figure]:
    files = [_file(stack.folder / f"{number}.csv", number, columns) for number in (100, rows)]
    registers = [make.register(make.company(make.group())) for _ in files]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
        spent = fresh.apply(_import, tuple(zip(registers, files, strict=True)))
    floor = _copy_floor(stack, registers[1])
    thousand = rows / 1000
    yield Figure(name=f"{name}: memory added", value=spent.added, unit="MiB", aim="at most 128")
    yield Figure(
        name="... time of both phases",
        value=(spent.checking + spent.writing) / thousand * 1000,
        unit="ms a thousand",
        floor=floor / thousand * 1000,
        floor_is="ms: COPY of the same rows into the same tables",
        aim=f"at most {1 / least:.0f} times",
    )
    yield Figure(name="... of these to write", value=spent.writing / thousand * 1000, unit="ms a thousand")
    yield Figure(name="... CPU of the importer, both phases", value=spent.cpu / thousand * 1000, unit="ms a thousand")
    beginning, half_way, end = spent.resident
    for moment, resident in (("half way through", half_way), ("at the end", end)):
        yield Figure(
            name=f"... memory {moment}, writing",
            value=resident,
            unit="MiB",
            floor=beginning,
            floor_is="MiB: at the beginning",
            aim="at most 1.1",
        )


def _file(path: Path, rows: int, columns: set[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, sorted(columns), delimiter=";", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(_row(number) for number in range(rows))
    return path


def _row(number: int) -> dict[str, str]:
    account = f"99{number:012}"
    check = 98 - int(f"{account}151800") % 97
    return {
        "customer_number": f"K-{number}",
        "name": f"Nimi {number} Sukunimi",
        "email": f"etu.suku{number}@firma{number % 5000}.example",
        "segment": "ABC"[number % 3],
        "iban": f"FI{check:02}{account}",
    }


def _import(small: tuple[MadeRegister, Path], large: tuple[MadeRegister, Path]) -> Spent:
    _both_phases(*small)
    before, cpu = _memory("VmHWM"), time.process_time()
    checked, written, resident = _both_phases(*large)
    moments = (resident[0], resident[len(resident) // 2], resident[-1])
    return Spent(checked, written, time.process_time() - cpu, _memory("VmHWM") - before, moments)


def _both_phases(register: MadeRegister, path: Path) -> tuple[float, float, list[float]]:
    acting, import_id = _received(register)
    began = time.monotonic()
    checking.check(acting, import_id, partial(_pieces, path))
    checked = time.monotonic()
    with walled_session(acting) as session:
        imports.approve(session, import_id)
    resident: list[float] = []
    writing.write(acting, import_id, partial(_watched_pieces, path, resident))
    written = time.monotonic()
    with walled_session(acting) as session:
        assert imports.get(session, import_id).state is ImportState.DONE
    return checked - began, written - checked, resident


def _received(register: MadeRegister) -> tuple[Acting, UUID]:
    acting = register.company.system()
    with walled_session(acting) as session:
        return acting, imports.receive(session, register.register_id, source="Mittaus").import_id


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(partial(file.read, MIB // 4), b"")


def _watched_pieces(path: Path, resident: list[float]) -> Iterator[bytes]:
    """How much memory there is when each of them is asked for."""
    for piece in _pieces(path):
        resident.append(_memory("VmRSS"))
        yield piece


def _copy_floor(stack: Stack, register: MadeRegister) -> float:
    """The rows are taken out as the administrator, deleted, and copied in again with all indexes and keys."""
    company_id = register.company.company_id
    with psycopg.connect(stack.admin_url, dbname="seloste") as admin:
        kept = {table: _taken_out(admin, table, company_id, stack.folder) for table in TABLES}
        # They all go: nobody need look, a million times, who refers to whom. Coming in again, they are looked at.
        admin.execute("SET LOCAL session_replication_role = replica")
        for table in reversed(TABLES):
            admin.execute(f"DELETE FROM {table} WHERE company_id = %s", [company_id])
    began = time.monotonic()
    with psycopg.connect(stack.admin_url, dbname="seloste") as admin:
        for table, path in kept.items():
            with admin.cursor().copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                for piece in _pieces(path):
                    copy.write(piece)
    return time.monotonic() - began


def _taken_out(admin: "psycopg.Connection[tuple[object, ...]]", table: str, company_id: UUID, folder: Path) -> Path:
    path = folder / f"{table}.copy"
    query = f"COPY (SELECT * FROM {table} WHERE company_id = '{company_id}') TO STDOUT (FORMAT BINARY)"
    with path.open("wb") as file, admin.cursor().copy(query) as copy:
        for piece in copy:
            file.write(piece)
    return path


def _memory(kind: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(kind))) / 1024
