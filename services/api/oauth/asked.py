"""What is posted to the OAuth server, as read by nobody else: every header and every parameter, also those twice."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from anyio import to_thread
from litestar import Request
from litestar.params import FromPath
from msgspec import Struct

from services.api import clients
from services.api.oauth import addresses
from tenants.acting import Acting, DatabaseRole, system
from tenants.groups.directory import Kind, find_group

FORM = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 40


class Asked(Struct, frozen=True):
    """`given` are the parameters in their order; `basic` what Authorization: Basic says, if it says anything."""

    issuer: str
    url: str
    method: str
    given: Sequence[tuple[str, str]] | None
    basic: tuple[str, str] | None
    proofs: Sequence[str]
    address: str
    accept: str = ""

    @property
    def form(self) -> dict[str, str]:
        return dict(self.given or ())

    @property
    def well_formed(self) -> bool:
        return self.given is not None and len(self.form) == len(self.given)


async def read(request: Request[Any, Any, Any], slug: FromPath[str]) -> Asked:
    body = await request.body()
    return Asked(
        issuer=addresses.issuer(slug),
        url=addresses.external(request.scope["path"]),
        method=request.method,
        given=_parameters(request.headers.get("content-type", ""), body),
        basic=_basic(request.headers.getall("authorization", [])),
        proofs=request.headers.getall("dpop", []),
        address=clients.address(request),
        accept=request.headers.get("accept", ""),
    )


async def acting_for_group(slug: FromPath[str]) -> Acting:
    """The system, until it is known for which company. Raises NoSuchGroup."""
    return system(await to_thread.run_sync(_group, slug))


def _group(slug: str) -> UUID:
    return find_group(Kind.SLUG, slug, role=DatabaseRole.APP)


def _parameters(content_type: str, body: bytes) -> list[tuple[str, str]] | None:
    if content_type.partition(";")[0].strip().lower() != FORM:
        return None
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_PARAMETERS
        )
    except (UnicodeDecodeError, ValueError):
        return None


def _basic(given: Sequence[str]) -> tuple[str, str] | None:
    """RFC 6749 §2.3.1: both are form-encoded before they are joined. What is no such header says nothing of anybody."""
    if not given:
        return None
    scheme, _, encoded = given[0].partition(" ")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    client_id, _, secret = pair.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
