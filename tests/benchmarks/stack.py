"""The servers that benchmarks run against, and the processes that they watch."""

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from msgspec import Struct

from infra.embedded import ports, postgres, postoffice, s3, valkey
from tenants import settings
from tenants.acting import DatabaseRole
from tenants.migrations import roles, running
from tests.waiting import until


class Stack(Struct, frozen=True):
    """Everything durable, as in production; the settings are in this process's environment."""

    folder: Path
    admin_url: str


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    folder.chmod(0o755)
    with (
        postgres.running(folder / "postgres") as database,
        valkey.running(folder / "valkey") as redis,
        s3.running(folder / "s3") as storage,
        postoffice.running(folder / "post") as mail,
    ):
        os.environ |= {
            f"{settings.PREFIX}{name}": value
            for name, value in {
                **{
                    f"DATABASE_{role.upper()}": (
                        f"postgresql://seloste_{role}:{secrets.token_hex(8)}@127.0.0.1:{database.port}/seloste"
                    )
                    for role in DatabaseRole
                },
                "DATABASE_ADMIN": database.admin_url,
                "REDIS_URL": redis.url,
                "S3_ENDPOINT": storage.endpoint,
                "S3_ACCESS_KEY": storage.access_key,
                "S3_SECRET_KEY": storage.secret_key,
                "S3_BUCKET": s3.BUCKET,
                "SMTP_PORT": str(mail.smtp_port),
                "MAIL_FROM": "tietosuoja@seloste.example",
                "MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
                "LISTEN_PORT": str(ports.free()),
                "BASE_URL": "https://testserver.example",
            }.items()
        }
        roles.create_database(settings.read(os.environ))
        running.migrate()
        yield Stack(folder, database.admin_url)


class Watched:
    """A process of ours, its CPU seconds and its highest memory."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._log = log.open("wb")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "services.cli", *arguments], stdout=self._log, stderr=self._log
        )
        self._process = psutil.Process(self._child.pid)
        self._said = log

    def wait_for(self, words: str) -> None:
        try:
            until(lambda: words in self._said.read_text(errors="replace"), seconds=60)
        except AssertionError as error:
            error.add_note(self._said.read_text(errors="replace")[-2000:])
            raise

    def cpu_seconds(self) -> float:
        spent = self._process.cpu_times()
        return float(spent.user + spent.system)

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kilobytes) / 1024

    def stop(self) -> None:
        self._child.terminate()
        self._child.wait(timeout=30)
        self._log.close()


@contextmanager
def watched(stack: Stack, name: str, *arguments: str) -> Iterator[Watched]:
    process = Watched(stack.folder / f"{name}.log", *arguments)
    try:
        yield process
    finally:
        process.stop()
