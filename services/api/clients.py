"""Where a request comes from, for the limits that protect identity. Never logged."""

from typing import Any

from litestar.connection import ASGIConnection

from tenants import settings

Connection = ASGIConnection[Any, Any, Any, Any]


def address(connection: Connection) -> str:
    """The peer, or, behind `forwarded_hops` proxies of ours, the address that the outermost of them saw."""
    hops = settings.current().forwarded_hops
    # Some proxies write a line of their own behind what the client has sent: all of them are one list.
    said = ",".join(connection.headers.getall("x-forwarded-for", []))
    forwarded = [part.strip() for part in said.split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops]
    return connection.client.host if connection.client else ""
