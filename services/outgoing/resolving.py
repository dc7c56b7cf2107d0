"""From a name to numeric addresses, all of which must be allowed."""

import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from queue import Empty, SimpleQueue

from tenants.outside import Rules, may_be_called

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, float], list[Address]]


class NotResolved(Exception):
    """The name has no address, or nobody said so in time."""


class RefusedAddress(Exception):
    """An address behind the name is not to be called."""


def resolve(host: str, seconds: float) -> list[Address]:
    """By the system's resolver, which knows no time limit of its own. Raises NotResolved, TimeoutError."""
    answers: SimpleQueue[list[Address] | None] = SimpleQueue()
    threading.Thread(target=_look_up, args=(host, answers), daemon=True).start()
    try:
        found = answers.get(timeout=max(seconds, 0))
    except Empty:
        raise TimeoutError from None
    if not found:
        raise NotResolved
    return found


def checked(found: list[Address], rules: Rules) -> list[Address]:
    """One bad address among good ones spoils all: somebody means it. Raises RefusedAddress."""
    if not all(may_be_called(address, rules) for address in found):
        raise RefusedAddress
    return found


def _look_up(host: str, answers: SimpleQueue[list[Address] | None]) -> None:
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        answers.put(list(dict.fromkeys(ip_address(row[4][0]) for row in rows)))
    except (OSError, ValueError):  # ValueError: what no name can be (UnicodeError), or an address with a zone
        answers.put(None)
