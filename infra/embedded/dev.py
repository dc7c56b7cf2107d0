"""`seloste dev`: the whole stack on this machine, from nothing to the office's first page."""

import fcntl
import hashlib
import http.client
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from infra.embedded import environment, identity, ports, postgres, postoffice, s3, valkey
from infra.embedded.children import Program
from infra.embedded.refusals import Refused
from infra.embedded.supervisor import Supervisor, Unit

PROJECT = Path(__file__).parents[2]
MANIFESTS = PROJECT / "tenants" / "manifests" / "groups"

# Below the range from which outgoing connections take their ports, so that the next start finds them free.
WANTED_PORTS = {
    "api": 8000,
    "post office": 8025,
    "identity": 8090,
    "postgres": 15432,
    "valkey": 16379,
    "s3": 19000,
    "smtp": 11025,
    "metrics": 9100,
}

DEMO_GROUP = "ideafix"

# In the line that every background process logs once it has read its settings.
STARTED = " started"


class FolderTaken(Refused):
    """Another supervisor runs on this data folder, or it cannot be used."""


class Urls(msgspec.Struct, frozen=True):
    """Where a running stack is found; kept in its data folder as urls.json."""

    base_url: str
    post_office: str
    issuer: str


class Stack(msgspec.Struct, frozen=True):
    """What is known before anything runs."""

    data: Path
    ports: dict[str, int]
    urls: Urls
    environment: dict[str, str]


def run(data: Path, *, port: int | None) -> int:
    """Until Ctrl-C. The exit code: 0 after a stop that was asked for, 1 after one sentence that says why not."""
    began = time.monotonic()
    try:
        with _claimed(data.resolve()) as folder:
            stack = _planned(folder, port)
            _say(f"Seloste on this machine, its data in {folder}. Ctrl-C stops it.")
            Supervisor(_units(stack), say=_say, when_up=lambda: _greet(stack, began)).run()
            _say("Stopped.")
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


def urls(data: Path) -> Urls:
    return msgspec.json.decode((data / "urls.json").read_bytes(), type=Urls)


@contextmanager
def _claimed(data: Path) -> Iterator[Path]:
    """The folder is this process's for as long as it lives: the lock ends with it, however it ends."""
    try:
        if not data.exists():
            data.mkdir(parents=True)
            # Others may pass, not look: PostgreSQL's folder is inside, and root may have to lend it to an account.
            data.chmod(0o711)
        lock = (data / "lock").open("a+")
    except OSError as error:
        raise FolderTaken(f"The data folder {data} cannot be used: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise FolderTaken(
                f"The data folder {data} is in use by another seloste dev (process {lock.read().strip()}): "
                "end that one first, or choose another folder with --data."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield data


def _planned(data: Path, port: int | None) -> Stack:
    """Chooses the ports, makes the secrets and writes down where everything will be."""
    chosen = ports.remembered(data / "ports.json", WANTED_PORTS, {} if port is None else {"api": port}, say=_say)
    urls = Urls(
        base_url=f"http://localhost:{chosen['api']}",
        post_office=f"http://{ports.HOST}:{chosen['post office']}",
        issuer=identity.issuer(chosen["identity"]),
    )
    values = environment.made(data, chosen, urls.base_url)
    environment.write_down(data / "environment", values)
    (data / "urls.json").write_bytes(msgspec.json.format(msgspec.json.encode(urls)))
    for log in (data / "logs").glob("*.log"):
        log.unlink()
    return Stack(data, chosen, urls, values)


def _units(stack: Stack) -> list[Unit]:
    database = _database(stack)
    schema = database[-1].name if database else "postgres"
    return [*_servers(stack), *database, *_services(stack, schema), *_demo(stack, schema)]


def _servers(stack: Stack) -> list[Unit]:
    data, port = stack.data, stack.ports
    programs: dict[str, Callable[[], Program]] = {
        "postgres": lambda: postgres.program(data / "postgres", port=port["postgres"]),
        "valkey": lambda: valkey.program(data / "valkey", port=port["valkey"]),
        "s3": lambda: s3.program(data / "s3", port=port["s3"]),
        "post office": lambda: postoffice.program(
            data / "postoffice", smtp_port=port["smtp"], port=port["post office"]
        ),
        "identity": lambda: identity.program(data / "identity", base_url=stack.urls.base_url, port=port["identity"]),
    }
    return [
        Unit(name=name, program=_logging_to(stack, name, program), where=f"{ports.HOST}:{port[name]}")
        for name, program in programs.items()
    ]


def _database(stack: Stack) -> list[Unit]:
    """Skipped, and with it some seconds of every start, where the domain is what it was."""
    admin = environment.admin(stack.data, stack.ports)
    domain = b"".join(file.read_bytes() for file in sorted((PROJECT / "tenants").rglob("*.py")))
    create = _step(stack, "create-database", ("create-database",), after=("postgres",), more=admin)
    migrate = _step(stack, "migrate", ("migrate",), after=("create-database",))
    return _unless_done(stack, [create, migrate], domain)


def _services(stack: Stack, schema: str) -> list[Unit]:
    """The api first: whoever waits, waits for its pages, and on few cores the others would be in its way."""
    port = stack.ports["api"]
    api = _seloste(stack, "api", ("serve",), ready=lambda: _is_ready(port))
    others = {
        "relay": ("relay",),
        "schedule": ("schedule",),
        "seal": ("seal",),
        # Imports and large archives are for the next one: this one has time for everybody's requests.
        "worker": ("work", "--queues", "default"),
        # No process of its own for calls, which would take 130 MiB: one slow receiver has two
        # of these threads at most (services.worker.receivers).
        "worker with documents": ("work", "--queues", "bulk,documents,calls", "--threads", "6"),
        # Apart: a code must reach its person also while a store that does not answer holds everything else up.
        "worker for letters": ("work", "--queues", "outbound"),
    }
    return [
        Unit(name="api", program=lambda: api, after=(schema, "valkey", "s3"), where=stack.urls.base_url),
        *(_background(stack, name, arguments) for name, arguments in others.items()),
    ]


def _background(stack: Stack, name: str, arguments: tuple[str, ...]) -> Unit:
    """One that nobody can ask: it serves when its log says that it has started."""

    def program() -> Program:
        log = _log(stack, name)
        before = log.read_text().count(STARTED) if log.exists() else 0
        return _seloste(stack, name, arguments, ready=lambda: log.read_text().count(STARTED) > before)

    return Unit(name=name, program=program, after=("api",))


def _demo(stack: Stack, schema: str) -> list[Unit]:
    """The demo's group with its people and staff, then the other groups. Without one of them the rest goes on."""
    steps: list[Unit] = []

    def add(name: str, arguments: tuple[str, ...], content: bytes) -> None:
        after = (steps[-1].name if steps else schema,)
        steps.extend(_unless_done(stack, [_step(stack, name, arguments, after=after, essential=False)], content))

    secret = identity.client_secret_file(stack.data / "identity")
    known = stack.urls.issuer + identity.client_secret(stack.data / "identity") + identity.STAFF.read_text()
    arguments = (
        "--issuer",
        stack.urls.issuer,
        "--client-id",
        identity.CLIENT_ID,
        "--client-secret-file",
        str(secret),
        "--feed-client-file",
        str(_feed_client(stack)),
    )
    for manifest in sorted(MANIFESTS.glob("*.yaml"), key=lambda file: (file.stem != DEMO_GROUP, file.stem)):
        add(f"apply {manifest.stem}", ("apply", str(manifest)), manifest.read_bytes())
        if manifest.stem == DEMO_GROUP:
            add("demo-data", ("demo-data", *arguments), known.encode())
    return steps


def _feed_client(stack: Stack) -> Path:
    return stack.data / "fetch-a-feed.sh"


def _unless_done(stack: Stack, steps: list[Unit], content: bytes) -> list[Unit]:
    """The steps, or none if they were done with this very content: noted beside the cluster, and gone with it."""
    last = steps[-1]
    note = stack.data / "postgres" / "done" / last.name.replace(" ", "-")
    digest = hashlib.sha256(content).hexdigest()
    if note.exists() and note.read_text() == digest:
        return []

    def write_note() -> None:
        note.parent.mkdir(exist_ok=True)
        note.write_text(digest)

    return [*steps[:-1], msgspec.structs.replace(last, when_done=write_note)]


def _step(
    stack: Stack,
    name: str,
    arguments: tuple[str, ...],
    *,
    after: tuple[str, ...],
    more: Mapping[str, str] | None = None,
    essential: bool = True,
) -> Unit:
    program = _seloste(stack, name, arguments, ready=lambda: False, more=more)
    return Unit(name=name, program=lambda: program, after=after, once=True, essential=essential)


def _seloste(
    stack: Stack,
    name: str,
    arguments: tuple[str, ...],
    *,
    ready: Callable[[], bool],
    more: Mapping[str, str] | None = None,
) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", "services.cli", *arguments),
        folder=PROJECT,
        log=_log(stack, name),
        environment={**stack.environment, **(more or {}), "PYTHONUNBUFFERED": "1"},
        ready=ready,
    )


def _logging_to(stack: Stack, name: str, program: Callable[[], Program]) -> Callable[[], Program]:
    """All logs side by side, not each with its server's data."""
    return lambda: msgspec.structs.replace(program(), log=_log(stack, name))


def _log(stack: Stack, name: str) -> Path:
    return stack.data / "logs" / f"{name.replace(' ', '-')}.log"


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greet(stack: Stack, began: float) -> None:
    _say(f"\nUp after {time.monotonic() - began:.1f} s.\n")
    _say(f"  Portal of the Ideafix group   {stack.urls.base_url}/g/{DEMO_GROUP}")
    _say(f"  Office                        {stack.urls.base_url}/office?group={DEMO_GROUP}")
    _say(f"  Post office, for every letter {stack.urls.post_office}\n")
    _say("  Sign in to the office as one of the demo staff; choosing is enough, there are no passwords:")
    for person in identity.staff():
        if person.roles and person.second_factor:  # the others are there to be refused
            _say(f"    {person.name:48} {person.email}")
    _say(f"\n  Other commands: set -a; . {stack.data}/environment; set +a; then seloste --help")
    _say(f"  A processor's feed, fetched: sh {_feed_client(stack)}")
    _say(f"  Logs: {stack.data}/logs\n")


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # The terminal is gone; the children must be stopped all the same.
        return


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), port=None))
