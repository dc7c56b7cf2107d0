"""Loopback ports: free ones, and the ones a data folder remembers."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from infra.embedded.refusals import Refused

HOST = "127.0.0.1"
TRIES = 100


class PortTaken(Refused):
    """The port that was asked for is used by another program."""


def free() -> int:
    """A port nobody listens on, chosen by the kernel."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Without it, connections of a server that just ended would keep its port for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def demand(port: int) -> int:
    if not is_free(port):
        raise PortTaken(f"Port {port} is taken by another program: choose another one, or end that program first.")
    return port


def remembered(
    file: Path, wanted: Mapping[str, int], demanded: Mapping[str, int], *, say: Callable[[str], None]
) -> dict[str, int]:
    """Those demanded; the others as at the last start where still free, else the next free ones above those wanted."""
    known = msgspec.json.decode(file.read_bytes(), type=dict[str, int]) if file.exists() else {}
    chosen = {name: demand(port) for name, port in demanded.items()}
    for name in [name for name in wanted if name not in demanded]:
        candidates = [known.get(name, wanted[name]), *range(wanted[name], wanted[name] + TRIES)]
        chosen[name] = _first_free(name, [port for port in candidates if port not in chosen.values()])
        if chosen[name] != candidates[0]:
            say(f"Port {candidates[0]} is taken by another program: {name} is at {chosen[name]} this time.")
    file.write_bytes(msgspec.json.format(msgspec.json.encode(chosen)))
    return chosen


def _first_free(name: str, candidates: list[int]) -> int:
    for port in candidates:
        if is_free(port):
            return port
    raise PortTaken(f"No free port for {name}: {candidates[0]} to {candidates[-1]} are all taken.")
