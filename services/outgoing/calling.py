"""One HTTP call to an address that somebody else gave: a webhook, a bucket, keys, another's API.

The address is judged, its name resolved, every numeric address behind it checked, and the connection made to a checked
one, so that a name which changes its mind in between changes nothing. No redirect is followed, no cookie kept, no proxy
of the environment used, no body decompressed, and there are limits to the time and to the size of the answer.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import lru_cache

import httpcore2
from msgspec import Struct

from services.outgoing import resolving
from services.outgoing.pinning import Deadline, Pinned
from services.outgoing.resolving import NotResolved, RefusedAddress, Resolve
from tenants import outside
from tenants.errors import Invalid
from tenants.outside import Destination, Rules, Unreached

# What the call itself decides.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent"})


class NotReached(Exception):
    """The call came to nothing. `status` is that of the redirect. Says no more: what strangers answer is not logged."""

    def __init__(self, reason: Unreached, status: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.status = reason, status


class Limits(Struct, frozen=True):
    """Seconds to connect, of silence, and altogether; and the most bytes of a body that is read."""

    connect: float = 5
    silence: float = 15
    total: float = 25
    most: int = 64 * 1024


class Answer(Struct, frozen=True):
    """`headers` by their names in lower case; of several the last. `body` as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Guard(Struct, frozen=True):
    """`send` by given rules and with a given resolver; all but tests use the module's own `send`."""

    rules: Rules
    resolve: Resolve = resolving.resolve

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", limits: Limits) -> Answer:
        deadline = Deadline(limits.total)
        with _reasons():
            to = outside.destination(url, self.rules)
            found = self.resolve(to.host, deadline.left(limits.connect))
            with _pool(to, Pinned(resolving.checked(found, self.rules), deadline), self.rules) as pool:
                return _exchange(pool, _request(to, method, headers=headers, body=body, limits=limits), limits.most)


def send(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", limits: Limits | None = None
) -> Answer:
    """Calls `url` once and returns what was answered, whatever its status, unless that is a redirect.

    Raises NotReached, whose `reason` may be stored and shown. Except where it is `redirect`, `refused_address` or
    `not_resolved`, the other side may have acted: send only what bears a key that makes a second time harmless.

    Never with a transaction open. In a job: `@handles_outside(Job)` in the worker; what it registers reads and returns
    the work; the work calls `send` and returns the finish, which writes what became of it in the job's last
    transaction. NotReached is no Refusal: left to itself it makes the job be tried again after
    `jobs.settling.PATIENCE`. Where attempts are rows with times of their own (webhooks), the work catches it and the
    finish queues the next.

    `headers` must not hold Host, Content-Length or what else the call itself decides. A body above `limits.most` is
    `too_large` and is not returned.
    """
    return Guard(outside.rules()).send(method, url, headers=headers or {}, body=body, limits=limits or Limits())


def _request(
    to: Destination, method: str, *, headers: Mapping[str, str], body: bytes, limits: Limits
) -> httpcore2.Request:
    timeouts = {"connect": limits.connect, "read": limits.silence, "write": limits.silence, "pool": limits.connect}
    return httpcore2.Request(
        method,
        httpcore2.URL(scheme=to.scheme, host=to.host, port=to.port, target=to.target),
        headers=_headers(to, headers, body),
        content=body,
        extensions={"timeout": timeouts},
    )


def _exchange(pool: httpcore2.ConnectionPool, request: httpcore2.Request, most: int) -> Answer:
    with closing(pool.handle_request(request)) as answered:
        if 300 <= answered.status < 400:
            raise NotReached(Unreached.REDIRECT, answered.status)
        said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answered.headers}
        return Answer(answered.status, said, _body(answered, most))


def _headers(to: Destination, given: Mapping[str, str], body: bytes) -> list[tuple[str, str]]:
    if ours := _OURS & {name.lower() for name in given}:
        raise ValueError(f"the call itself says {', '.join(sorted(ours))}")
    host = f"[{to.host}]" if ":" in to.host else to.host
    plain = to.port == {"https": 443, "http": 80}[to.scheme]
    return [
        ("Host", host if plain else f"{host}:{to.port}"),
        ("User-Agent", "Seloste"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        ("Content-Length", str(len(body))),
        *given.items(),
    ]


def _body(answered: httpcore2.Response, most: int) -> bytes:
    body = bytearray()
    for piece in answered.iter_stream():
        body += piece
        if len(body) > most:
            raise NotReached(Unreached.TOO_LARGE, answered.status)
    return bytes(body)


@contextmanager
def _pool(to: Destination, network: Pinned, rules: Rules) -> Iterator[httpcore2.ConnectionPool]:
    """For one call: a connection that is kept would outlive the check of its address."""
    context = _context(rules.authorities) if to.scheme == "https" else None
    with httpcore2.ConnectionPool(ssl_context=context, network_backend=network, max_connections=1) as pool:
        yield pool


@lru_cache(maxsize=8)
def _context(authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities:
        context.load_verify_locations(cafile=authorities)
    return context


@contextmanager
def _reasons() -> Iterator[None]:
    """What others' libraries raise, in our words; without a chain, as their messages quote addresses and answers."""
    try:
        yield
    except (Invalid, RefusedAddress):
        raise NotReached(Unreached.REFUSED_ADDRESS) from None
    except NotResolved:
        raise NotReached(Unreached.NOT_RESOLVED) from None
    except (httpcore2.TimeoutException, TimeoutError):
        raise NotReached(Unreached.TIMED_OUT) from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise NotReached(Unreached.TLS if _is_tls(error) else Unreached.CONNECTION) from None


def _is_tls(error: BaseException | None) -> bool:
    return error is not None and (isinstance(error, ssl.SSLError) or _is_tls(error.__cause__ or error.__context__))
