"""One large archive: how much memory it adds to a process that builds it, and to one that hands it out."""

import multiprocessing
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text

from tenants.acting import PurposeKind, subject, system
from tenants.base import new_id
from tenants.database import walled_session
from tenants.exports import building, downloading, ordering
from tenants.exports.dossier import Part
from tenants.languages.speaking import Language
from tenants.registers import persons
from tenants.registers.model import Cardinality, IdentityLevel
from tenants.vault import objects, streams
from tests import make
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack

ARCHIVE = 1_000_000_000
# A record of about 9.6 kB of hexadecimal digits, told twice, in JSON and in CSV; deflate leaves a little over half.
RECORD_IN_ARCHIVE = 11_000
NOISE = 300
MIB = 1024 * 1024


class Ordered(Struct, frozen=True):
    """One archive that waits to be built."""

    group_id: UUID
    company_id: UUID
    request_id: UUID
    export_id: UUID


class Done(Struct, frozen=True):
    """What a fresh process spent. `added` is by how much its highest memory rose over that of a small archive."""

    size: int
    seconds: float
    added: float


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    small, large = _order(records=20), _order(records=max(600, round(ARCHIVE / RECORD_IN_ARCHIVE * scale)))
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
        built = fresh.apply(_build, (small, large))
        handed = fresh.apply(_hand_out, (small, large))
        floor = fresh.apply(_floor, (built.size,))
    megabytes = built.size / 1e6
    yield Figure(
        name=f"an archive of {megabytes:,.0f} MB: memory added by building",
        value=built.added,
        unit="MiB",
        aim="at most 64",
    )
    yield Figure(name="... memory added by handing it out", value=handed.added, unit="MiB", aim="at most 64")
    yield Figure(
        name="... time to build",
        value=built.seconds / megabytes * 1000,
        unit="ms each MB",
        floor=floor.seconds / megabytes * 1000,
        floor_is="ms: as many bytes deflated, sealed, put",
    )


def _order(*, records: int) -> Ordered:
    company = make.company(make.group())
    register = make.register(company, cardinality=Cardinality.MANY)
    with walled_session(company.system(PurposeKind.RIGHTS_REQUEST)) as session:
        person_id, request_id = persons.create(session), new_id()
        session.execute(
            text("""
                INSERT INTO records (group_id, company_id, record_id, register_id, person_id, data, provenance)
                SELECT group_id, company_id, uuidv7(), :register, person_id,
                       jsonb_build_object(CAST(:field AS text), (
                           SELECT string_agg(md5(n || ' ' || m), '') FROM generate_series(1, :noise) AS m
                       )),
                       jsonb_build_object('source', 'benchmark', 'at', now())
                FROM persons CROSS JOIN generate_series(1, :records) AS n WHERE person_id = :person
            """),
            {
                "register": register.register_id,
                "field": str(register.fields["name"]),
                "noise": NOISE,
                "records": records,
                "person": person_id,
            },
        )
        export = ordering.order(
            session,
            request_id=request_id,
            case_id=new_id(),
            person_id=person_id,
            parts=[Part.ACCESS],
            language=Language.FI,
            level=IdentityLevel.L1,
        )
    return Ordered(company.group.group_id, company.company_id, request_id, export.export_id)


def _build(small: Ordered, large: Ordered) -> Done:
    _built(small)
    before, began = _peak(), time.monotonic()
    size = _built(large)
    return Done(size, time.monotonic() - began, _peak() - before)


def _built(wanted: Ordered) -> int:
    acting = system(wanted.group_id, company_id=wanted.company_id, purpose=PurposeKind.RIGHTS_REQUEST)
    with walled_session(acting) as session:
        dossier = building.read(session, wanted.export_id)
    assert dossier is not None
    built = building.store(dossier)
    with walled_session(acting) as session:
        assert building.keep(session, built)
    return built.size


def _hand_out(small: Ordered, large: Ordered) -> Done:
    _handed_out(small)
    before, began = _peak(), time.monotonic()
    size = _handed_out(large)
    return Done(size, time.monotonic() - began, _peak() - before)


def _handed_out(wanted: Ordered) -> int:
    acting = subject(wanted.group_id, wanted.request_id)
    with walled_session(acting) as session:
        link = downloading.create_link(session, wanted.export_id)
    return sum(map(len, downloading.open_archive(acting, link, lambda session, export: None).pieces))


def _floor(size: int) -> Done:
    noise = os.urandom(MIB // 2).hex().encode()
    deflate = zlib.compressobj(1)
    began = time.monotonic()
    pieces = (deflate.compress(noise) for _ in range(size * 2 // (MIB * 11 // 10)))
    stored = objects.put(f"floor/{new_id()}", streams.encrypt(streams.new_key(), pieces))
    return Done(stored.size, time.monotonic() - began, 0)


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024
