"""Who outside may be called at all, and why somebody was not reached. Nothing here speaks to the network.

What strangers give as an address (of a webhook, of keys, of a bucket) is judged here when it is given, and the numeric
addresses behind its name each time before it is called (`services.outgoing`).
"""

from collections.abc import Collection
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from tenants import settings
from tenants.errors import Invalid

LONGEST = 2_000

# IANA's special-purpose registry, multicast and the reserved rest; and one public address that a cloud gave a meaning
# inside (168.63.129.16). Of the others' metadata services each stands in one of these already.
_NOT_PUBLIC = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "168.63.129.16/32",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Of IPv6 only what is given to the public Internet; and of that not what stands for an IPv4 address (6to4, Teredo) or
# for examples. Mapped addresses, NAT64, unique local, link-local, site-local and multicast lie outside of it.
_GLOBAL = IPv6Network("2000::/3")
_NOT_GLOBAL = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


class Unreached(StrEnum):
    """Why a call came to nothing. Of all but `redirect` it is not known whether the other side did something."""

    REFUSED_ADDRESS = "refused_address"
    NOT_RESOLVED = "not_resolved"
    TLS = "tls"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    CONNECTION = "connection"


class NotAnAddress(Invalid):
    """This is not a full web address, such as https://example.fi/path."""


class NotHttps(Invalid):
    """Only addresses that begin with https:// are called."""


class SignInInAddress(Invalid):
    """An address that is called must hold no user name and no password."""


class PortNotAllowed(Invalid):
    """Addresses are called at these ports only: %(ports)s"""


class NotPublic(Invalid):
    """This address lies in a private or reserved network, and such are not called."""


class AddressTooLong(Invalid):
    """The address is too long: at most %(most)s characters fit."""


class Rules(Struct, frozen=True):
    """`loopback` lets this machine itself be called, at any port and without TLS: for tests and showing only.

    `authorities` is the path of a file with certificate authorities to be believed besides the system's.
    """

    loopback: bool = False
    ports: frozenset[int] = frozenset({443, 8443})
    authorities: str = ""


class Destination(Struct, frozen=True):
    """A judged URL. `host` is in lower case, without brackets."""

    scheme: str
    host: str
    port: int
    target: str


def rules() -> Rules:
    """As the settings say. Raises SettingsError."""
    now = settings.current()
    return Rules(now.outgoing_loopback, settings.ports(now.outgoing_ports), now.outgoing_authorities)


def destination(url: str, by: Rules | None = None, *, field: str | None = None) -> Destination:
    """What can be said of an address before its name is resolved.

    Raises NotAnAddress, NotHttps, SignInInAddress, PortNotAllowed, NotPublic, AddressTooLong, each with `field`.
    """
    by = by or rules()
    if len(url) > LONGEST:
        raise AddressTooLong(field=field, most=LONGEST)
    parts, host, port = _split(url, field)
    if "@" in parts.netloc:
        raise SignInInAddress(field=field)
    local = by.loopback and (host == "localhost" or host.endswith(".localhost") or _is_loopback(host))
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise NotHttps(field=field)
    port = port or {"https": 443, "http": 80}[parts.scheme]
    if port not in by.ports and not local:
        raise PortNotAllowed(field=field, ports=", ".join(map(str, sorted(by.ports))))
    if (number := _number(host)) is not None and not may_be_called(number, by):
        raise NotPublic(field=field)
    return Destination(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def may_be_called(address: IPv4Address | IPv6Address, by: Rules) -> bool:
    if address.is_loopback:
        return by.loopback
    if isinstance(address, IPv4Address):
        return not _within(address, _NOT_PUBLIC)
    return address in _GLOBAL and not _within(address, _NOT_GLOBAL)


def _split(url: str, field: str | None) -> tuple[SplitResult, str, int | None]:
    """urllib drops tabs and line breaks that others would send; whatever is not plain is refused before."""
    try:
        if not url.isascii() or not url.isprintable() or {" ", "\\", "#"} & set(url):
            raise ValueError
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        if not parts.scheme or not host or "%" in host or port == 0:
            raise ValueError
    except ValueError:
        raise NotAnAddress(field=field) from None
    return parts, host, port


def _is_loopback(host: str) -> bool:
    number = _number(host)
    return number is not None and number.is_loopback


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _within(address: IPv4Address | IPv6Address, networks: Collection[IPv4Network] | Collection[IPv6Network]) -> bool:
    return any(address in network for network in networks)
