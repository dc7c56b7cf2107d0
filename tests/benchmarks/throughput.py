"""From verified to archive in the store: many access requests at once, one worker process a core."""

import multiprocessing
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from uuid import UUID

import boto3
import httpx
import msgspec
import psycopg
from botocore.config import Config
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct
from psycopg.conninfo import make_conninfo
from sqlalchemy import func, select, text

from tenants import settings
from tenants.acting import PurposeKind, subject, visitor
from tenants.base import new_id
from tenants.companies.model import Approval
from tenants.database import walled_session
from tenants.exports.model import Export, ExportState
from tenants.languages.speaking import Language
from tenants.registers.model import Cardinality, Identifier, Person
from tenants.requests import intake, letters, verification
from tenants.requests.model import Letter, LetterKind, Right
from tenants.vault import digests
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring
from tenants.vault.sealing import unseal
from tests import make
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack, Watched, watched
from tests.waiting import until

REQUESTS, PERSONS, RECORDS_EACH, WORKERS = 200, 10_000, 12, 2
WARMING = 40
WORKER = ("work", "--queues", "default,bulk,documents")
CLIENTS = 10


class Prepared(Struct, frozen=True):
    company: make.MadeCompany
    persons: dict[str, UUID]
    requests: list[UUID]


class Spent(Struct, frozen=True):
    seconds: float
    cpu: float


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    count = max(40, round(REQUESTS * scale))
    prepared = _prepare(WARMING + count, persons=max(400, round(PERSONS * scale)))
    with ExitStack() as running:
        workers = [running.enter_context(watched(stack, f"worker-{number}", *WORKER)) for number in range(WORKERS)]
        api = running.enter_context(watched(stack, "api", "serve"))
        for worker in workers:
            worker.wait_for("worker started")
        # As the floor's: what a process loads at its first request is no part of what each takes.
        _until_built(stack, workers, prepared, prepared.requests[:WARMING])
        spent = _until_built(stack, workers, prepared, prepared.requests[WARMING:])
        _visit(prepared.company.group.slug)
        peaks = max(worker.peak_mib() for worker in workers), api.peak_mib()
    floor = _floor(stack, prepared, count)
    yield Figure(
        name=f"access requests together ({count}), from verified to archive",
        value=spent.seconds / count * 1000,
        unit="ms each",
        floor=floor.seconds / count * 1000,
        floor_is="ms: rows by bare SQL, sealed, put",
        aim="at most 3 times the floor",
    )
    yield Figure(
        name="... worker CPU",
        value=spent.cpu / count * 1000,
        unit="ms each",
        floor=floor.cpu / count * 1000,
        floor_is="ms of CPU",
        aim="at most 3 times the floor; 13 ms",
    )
    yield Figure(name="... a second", value=count / spent.seconds, unit="requests", aim="a peer does 1.5")
    yield Figure(name="... peak memory of a worker", value=peaks[0], unit="MiB", aim="under 150")
    yield Figure(name="... peak memory of the api", value=peaks[1], unit="MiB", aim="under 150")


def _prepare(count: int, *, persons: int) -> Prepared:
    """A company with five registers and about twelve records a person; requests whose codes were not given yet."""
    company = make.company(make.group(), approval=Approval.AUTOMATIC)
    customers = make.register(company)
    others = [make.register(company, f"register-{n}", cardinality=Cardinality.MANY) for n in range(4)]
    addresses = [f"henkilo.{n}@asiakas.example" for n in range(persons)]
    known = dict(zip(addresses, _persons(company, addresses), strict=True))
    _records(customers, "1", 1)
    for register in others:
        _records(register, "3", (RECORDS_EACH - 1) // len(others) + 1)
    return Prepared(company, known, [_submit(company, address) for address in addresses[:count]])


def _persons(company: make.MadeCompany, addresses: Sequence[str]) -> list[UUID]:
    made = [new_id() for _ in addresses]
    with walled_session(company.system()) as session:
        keys = keyring(session)
        session.add_all(Person(person_id=person) for person in made)
        session.flush()
        session.add_all(
            Identifier(
                kind=IdentifierKind.EMAIL,
                digest=digests.digest(keys, IdentifierKind.EMAIL, address),
                person_id=person,
                key_version=keys.current,
            )
            for person, address in zip(made, addresses, strict=True)
        )
    return made


def _records(register: make.MadeRegister, word: str, each: int) -> None:
    number, name, email, segment = (register.fields[key] for key in ("customer_number", "name", "email", "segment"))
    with walled_session(register.company.system()) as session:
        session.execute(
            text("""
                INSERT INTO records (group_id, company_id, record_id, register_id, person_id, data, provenance)
                SELECT group_id, company_id, uuidv7(), CAST(:register AS uuid), person_id,
                       jsonb_build_object(CAST(:number AS text), person_id::text,
                                          CAST(:name AS text), 'Henkilö ' || person_id,
                                          CAST(:email AS text), person_id || '@asiakas.example',
                                          CAST(:segment AS text), CAST(:word AS text)),
                       jsonb_build_object('source', 'benchmark', 'at', now())
                FROM persons CROSS JOIN generate_series(1, CAST(:each AS int))
            """),
            {
                "register": register.register_id,
                "number": str(number),
                "name": str(name),
                "email": str(email),
                "segment": str(segment),
                "word": word,
                "each": each,
            },
        )


def _submit(company: make.MadeCompany, address: str) -> UUID:
    with walled_session(visitor(company.group.group_id)) as session:
        submitted = intake.submit(
            session,
            rights=[Right.ACCESS],
            company_ids=[company.company_id],
            email=address,
            words="",
            language=Language.FI,
            client=secrets.token_hex(8),
        )
    assert isinstance(submitted, intake.Submitted)
    return submitted.request_id


def _verify(prepared: Prepared, requests: Sequence[UUID]) -> None:
    """Gives every code; the jobs wait until the relay starts."""
    for request_id in requests:
        code = _code_of(prepared.company.group, request_id)
        with walled_session(subject(prepared.company.group.group_id, request_id)) as session:
            assert isinstance(verification.check_code(session, code, client=str(request_id)), verification.Right)


def _code_of(group: make.MadeGroup, request_id: UUID) -> str:
    with walled_session(group.system()) as session:
        wanted = select(Letter).where(Letter.request_id == request_id, Letter.kind == LetterKind.CODE)
        letter = session.scalars(wanted).one()
        assert letter.sealed_content
        clear = unseal(keyring(session), letters._place(letter.letter_id), letter.sealed_content)
        content = msgspec.json.decode(clear, type=letters.Addressed).content
    assert isinstance(content, letters.Code)
    return content.code


def _until_built(stack: Stack, workers: Sequence[Watched], prepared: Prepared, requests: Sequence[UUID]) -> Spent:
    """From the relay's first look at the jobs of these requests to the last archive."""
    _verify(prepared, requests)
    wanted = _built(prepared.company) + len(requests)
    before, began = sum(worker.cpu_seconds() for worker in workers), time.monotonic()
    with watched(stack, "relay", "relay"):
        until(lambda: _built(prepared.company) == wanted, seconds=600)
        seconds = time.monotonic() - began
        return Spent(seconds, sum(worker.cpu_seconds() for worker in workers) - before)


def _built(company: make.MadeCompany) -> int:
    with walled_session(company.system(PurposeKind.RIGHTS_REQUEST)) as session:
        ready = select(func.count()).select_from(Export).where(Export.state == ExportState.READY)
        return session.scalars(ready).one()


def _visit(slug: str) -> None:
    """What the api's memory is after some use."""
    base = f"http://127.0.0.1:{os.environ['SELOSTE_LISTEN_PORT']}"
    with httpx.Client(transport=httpx.HTTPTransport(retries=20), base_url=base) as client:
        for _ in range(100):
            assert client.get(f"/g/{slug}").status_code == 200


def _floor(stack: Stack, prepared: Prepared, count: int) -> Spent:
    """The same rows by bare SQL past all walls, the same bytes sealed and put, in as many processes; nothing else."""
    with walled_session(prepared.company.system(PurposeKind.RIGHTS_REQUEST)) as session:
        exports = session.execute(select(Export.person_id, Export.size).limit(count)).all()
    work = [(stack.admin_url, [(person, size or 0) for person, size in exports[n::WORKERS]]) for n in range(WORKERS)]
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        pool.map(_bare, [(stack.admin_url, []) for _ in range(WORKERS)])  # imports and connections are no part of it
        began = time.monotonic()
        cpu = sum(pool.map(_bare, work, chunksize=1))
        return Spent(time.monotonic() - began, cpu)


def _bare(work: tuple[str, Sequence[tuple[UUID, int]]]) -> float:
    admin_url, exports = work
    configured = settings.current()
    client = boto3.client(
        "s3",
        endpoint_url=configured.s3_endpoint,
        region_name=configured.s3_region,
        aws_access_key_id=configured.s3_access_key,
        aws_secret_access_key=configured.s3_secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    with psycopg.connect(make_conninfo(admin_url, dbname="seloste")) as connection:
        began = time.process_time()
        for person_id, size in exports:
            rows = connection.execute("SELECT data, provenance FROM records WHERE person_id = %s", [person_id])
            body = b"".join(msgspec.json.encode(row) for row in rows.fetchall())
            sealed = AESGCM(secrets.token_bytes(32)).encrypt(secrets.token_bytes(12), body.ljust(size)[:size], None)
            client.put_object(Bucket=configured.s3_bucket, Key=f"floor/{person_id}", Body=sealed)
        return time.process_time() - began
