"""A processor pulls all of a register, pulls it again, and follows what changes, beside a COPY of the same lines.

Over HTTP, from an api process as in production: the client's token is looked at, the walls stand, the ledger and the
audit are written. The floor is COPY with the settings that the door has for that client, so that the walls of the
records stand there too, and a second one as the administrator, whom none concerns. All are the best of as many rounds,
one of each in turn. Beside the time that passed stands what it took of the processors: that does not change with what
else the machine has to do.
"""

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection
from typing import Any, NamedTuple

import msgspec
import psutil
import psycopg
from msgspec import Struct
from psycopg import Connection
from sqlalchemy import select

from services.api.oauth import addresses
from tenants import settings
from tenants.acting import client
from tenants.clients import registering, tokens
from tenants.clients.model import Method, OAuthClient
from tenants.clients.scopes import PREFIX
from tenants.database import context_of, walled_session
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack, Watched, watched
from tests.tenants.feeds.scene import Scene, scene
from tests.waiting import until

RECORDS, FEWEST = 1_000_000, 100_000
CHANGES = 1_000
ROUNDS = 3
MICRO = 1_000_000
# Whoever pulls one of them for the first time is noted in the ledger, row by row; the last one is pulled again.
FEEDS = tuple(f"alfa.customers{number}" for number in range(ROUNDS))
FEED = FEEDS[-1]
AGAIN = (FEED,) * ROUNDS
AIM = "at least 0.6"


class End(Struct):
    cursor: str


class Beside(NamedTuple):
    """What a round is measured with."""

    admin: Connection[Any]
    house: Scene
    api: Watched


class Round(Struct, frozen=True):
    """Seconds: that passed, and of processors."""

    lines: int
    copied: float
    bare: float
    pulled: float
    of_copy: float
    of_database: float
    of_api: float


class Pulled(Struct, frozen=True):
    lines: int
    cursor: str
    seconds: float


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    records = max(FEWEST, round(RECORDS * scale))
    house = scene()
    for feed in FEEDS:
        house.approved(feed.removeprefix("alfa."))
    _register(house)
    with (
        psycopg.connect(stack.admin_url, dbname="seloste", autocommit=True) as admin,
        watched(stack, "api", "serve") as api,
    ):
        _until_it_answers(_token(house))
        _fill(admin, house, records)
        token = _token(house)
        yield from _snapshots(admin, house, api, token, records)
        yield _following(admin, house, token)
        yield Figure(name="... peak memory of the api", value=api.peak_mib(), unit="MiB", aim="flat")


def _snapshots(admin: Connection[Any], house: Scene, api: Watched, token: str, records: int) -> Iterator[Figure]:
    before = api.peak_mib()
    for name, encoding, feeds in (("first", "", FEEDS), ("again", "", AGAIN), ("again, gzip", "gzip", AGAIN)):
        rounds = [
            _round(Beside(admin, house, api), partial(_pull, token, feed=one, encoding=encoding)) for one in feeds
        ]
        if any(one.lines != records for one in rounds):
            raise AssertionError(f"{[one.lines for one in rounds]} lines of {records} records")
        yield Figure(
            name=f"a feed of {records:,} records, {name}",
            value=records / min(one.pulled for one in rounds),
            unit="rows a second",
            floor=records / min(one.copied for one in rounds),
            floor_is="COPY of the same lines through the walls",
            aim=AIM,
        )
        yield Figure(
            name="... beside the administrator's",
            value=records / min(one.pulled for one in rounds),
            unit="rows a second",
            floor=records / min(one.bare for one in rounds),
            floor_is="COPY of the same lines past the walls",
        )
        yield Figure(
            name="... CPU of the database",
            value=min(one.of_database for one in rounds) / records * MICRO,
            unit="µs a row",
            floor=min(one.of_copy for one in rounds) / records * MICRO,
            floor_is="COPY through the walls",
        )
        of_api = min(one.of_api for one in rounds) / records * MICRO
        yield Figure(name="... CPU of the api", value=of_api, unit="µs a row")
    yield Figure(name="... memory it took on top", value=api.peak_mib() - before, unit="MiB", aim="at most 64")


def _round(beside: Beside, pull: Callable[[], Pulled]) -> Round:
    bare = _copy(beside.admin, _lines(beside.admin, beside.house))
    began = _cpu_of_database(beside.admin)
    copied = _copy_as_the_door(beside.admin, beside.house)
    of_copy = _cpu_of_database(beside.admin) - began
    of_api, of_database = beside.api.cpu_seconds(), _cpu_of_database(beside.admin)
    pulled = pull()
    return Round(
        lines=pulled.lines,
        copied=copied,
        bare=bare,
        pulled=pulled.seconds,
        of_copy=of_copy,
        of_database=_cpu_of_database(beside.admin) - of_database,
        of_api=beside.api.cpu_seconds() - of_api,
    )


def _cpu_of_database(admin: Connection[Any]) -> float:
    """Seconds, of all connections that there are."""
    spent = 0.0
    for (pid,) in admin.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'").fetchall():
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            spent += times.user + times.system
    return spent


def _following(admin: Connection[Any], house: Scene, token: str) -> Figure:
    """A thousand changes all over the register, read as one page; the floor reads the same records by the index."""
    spent: list[tuple[float, float]] = []
    cursor = _pull(token).cursor
    for _ in range(ROUNDS):
        changed = _change(admin, house)
        pulled = _pull(token, cursor=cursor, limit=CHANGES)
        if pulled.lines != CHANGES:
            raise AssertionError(f"{pulled.lines} lines of {CHANGES} changes")
        cursor = pulled.cursor
        spent.append((pulled.seconds, _bare(admin, house, changed)))
    return Figure(
        name=f"... a page of {CHANGES:,} changes",
        value=min(page for page, _ in spent) * 1000,
        unit="ms",
        floor=min(bare for _, bare in spent) * 1000,
        floor_is="ms: the records by their index",
        aim="below 3",
    )


def _register(house: Scene) -> None:
    with walled_session(house.house.approver.acting(house.house.alfa)) as session:
        registering.register(session, house.house.pilvi, name="Hakija", method=Method.CLIENT_SECRET_BASIC, dpop=False)


def _token(house: Scene) -> str:
    """Of ten minutes: for what is measured next."""
    with walled_session(house.house.alfa.system()) as session:
        registered = session.scalars(select(OAuthClient)).one()
        return tokens.issue(session, registered, scopes=[PREFIX + feed for feed in FEEDS], jkt=None)


def _fill(admin: Connection[Any], house: Scene, records: int) -> None:
    """Written past the domain: how they came is not measured."""
    ids = {"group": house.house.group.group_id, "company": house.house.alfa.company_id, "records": records}
    fields = {key: str(field_id) for key, field_id in house.house.customers.fields.items()}
    admin.execute(
        "INSERT INTO persons (group_id, company_id, person_id)"
        " SELECT %(group)s, %(company)s, uuidv7() FROM generate_series(1, %(records)s)",
        ids,
    )
    admin.execute(
        "INSERT INTO records (group_id, company_id, record_id, register_id, person_id, data, provenance)"
        " SELECT group_id, company_id, uuidv7(), %(register)s, person_id, jsonb_build_object("
        " %(customer_number)s::text, right(person_id::text, 12), %(name)s::text, 'Nimi ' || right(person_id::text, 6),"
        " %(segment)s::text, 'vip'), '{}' FROM persons WHERE group_id = %(group)s AND company_id = %(company)s",
        ids | fields | {"register": house.house.customers.register_id},
    )
    admin.execute("VACUUM ANALYZE persons, records")


def _of_register(house: Scene) -> str:
    own = house.house
    return (
        f"group_id = '{own.group.group_id}' AND company_id = '{own.alfa.company_id}'"
        f" AND register_id = '{own.customers.register_id}'"
    )


def _projection(house: Scene) -> str:
    fields = house.house.customers.fields
    given = ", ".join(f"'{key}', data->'{fields[key]}'" for key in ("name", "segment"))
    return f"person_id, record_id, updated_at, jsonb_build_object({given})"


def _lines(admin: Connection[Any], house: Scene) -> str:
    """What a page is made of, by the same expression; in whatever order."""
    given = {key: str(house.house.customers.fields[key]) for key in ("name", "segment")}
    line = admin.execute("SELECT feed_line(%s::text[], %s::text[])", [list(given), list(given.values())]).fetchone()
    return f"SELECT {line[0] if line else ''} FROM records r WHERE {_of_register(house)}"


def _copy(connection: Connection[Any], lines: str) -> float:
    began = time.perf_counter()
    with connection.cursor().copy(f"COPY ({lines}) TO STDOUT".encode()) as rows:
        for _ in rows:
            pass
    return time.perf_counter() - began


def _copy_as_the_door(admin: Connection[Any], house: Scene) -> float:
    """With the role and the settings with which the functions of the door read for this client."""
    lines = _lines(admin, house)
    with admin.transaction():
        admin.execute(context_of(client(house.house.group.group_id, house.agreement)))
        admin.execute("SET LOCAL timezone = 'UTC'; SET LOCAL jit = off; SET LOCAL ROLE seloste_door")
        return _copy(admin, lines)


def _change(admin: Connection[Any], house: Scene) -> list[Any]:
    """One change row, as a batch makes it."""
    own = house.house
    some = admin.execute(
        f"SELECT person_id, record_id FROM records WHERE {_of_register(house)} ORDER BY random() LIMIT %s".encode(),
        [CHANGES],
    ).fetchall()
    people, records = [person for person, _ in some], [record for _, record in some]
    admin.execute(
        "INSERT INTO changes (group_id, company_id, change_id, cause, register_id, person_ids, record_ids)"
        " VALUES (%s, %s, uuidv7(), 'written', %s, %s, %s)",
        [own.group.group_id, own.alfa.company_id, own.customers.register_id, people, records],
    )
    return records


def _bare(admin: Connection[Any], house: Scene, records: list[Any]) -> float:
    own = house.house
    began = time.perf_counter()
    admin.execute(
        f"SELECT {_projection(house)} FROM records"
        " WHERE group_id = %s AND company_id = %s AND record_id = ANY (%s)".encode(),
        [own.group.group_id, own.alfa.company_id, records],
    ).fetchall()
    return time.perf_counter() - began


def _pull(token: str, *, feed: str = FEED, cursor: str = "", limit: int = 0, encoding: str = "") -> Pulled:
    """As a client does it that keeps nothing."""
    configured = settings.current()
    asked = "&".join([*([f"cursor={cursor}"] if cursor else []), *([f"limit={limit}"] if limit else [])])
    connection = HTTPConnection("127.0.0.1", configured.listen_port)
    began = time.perf_counter()
    headers = {"Authorization": f"Bearer {token}"} | ({"Accept-Encoding": encoding} if encoding else {})
    connection.request("GET", f"{addresses.FEEDS}/{feed}?{asked}", headers=headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise AssertionError(f"{answer.status} {answer.read()[:500]!r}")
    rows = gzip.GzipFile(fileobj=answer) if answer.headers.get("Content-Encoding") == "gzip" else answer
    lines, begun, last = 0, b"", b""
    while part := rows.read(1 << 20):
        whole, _, begun = (begun + part).rpartition(b"\n")
        lines += whole.count(b'{"op":"upsert"')
        last = whole[-4096:] or last
    seconds = time.perf_counter() - began
    connection.close()
    return Pulled(lines, msgspec.json.decode(last.splitlines()[-1], type=End).cursor, seconds)


def _until_it_answers(token: str) -> None:
    """Loads what it needs for its first answers."""

    def answers() -> bool:
        with suppress(ConnectionError):
            return bool(_pull(token).cursor)
        return False

    until(answers, seconds=60)
