"""Identities at rest: sealed with the request they came or go with, and opened for matching or sending alone."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from tenants.opendsr import wire
from tenants.opendsr.wire import Identity, IdentityFormat, IdentityType, Supported
from tenants.registers.known_by import KnownBy
from tenants.vault import sealing
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place

RECEIVED, SENT = "opendsr received", "opendsr sent"
# By what a processor of ours finds a person. Digests of others find nothing: ours are keyed.
KINDS = {
    IdentityType.EMAIL: IdentifierKind.EMAIL,
    IdentityType.CONTROLLER_CUSTOMER_ID: IdentifierKind.CUSTOMER_NUMBER,
}
SUPPORTED = tuple(Supported(kind, IdentityFormat.RAW) for kind in KINDS)


def of(known: Iterable[KnownBy]) -> list[Identity]:
    """Of the kinds that the standard has a word for; each once."""
    words = {kind: word for word, kind in KINDS.items()}
    named = (Identity(words[one.kind], one.value, IdentityFormat.RAW) for one in known if one.kind in words)
    return list(dict.fromkeys(named))[: wire.MOST_IDENTITIES]


def close(
    session: Session,
    context: str,
    row_id: UUID,
    company_id: UUID,
    given: Sequence[Identity],
    *,
    field: str = "identities",
) -> bytes:
    place = Place(context, row_id, field, company_id)
    return sealing.seal(keyring(session), place, msgspec.json.encode(given))


def opened(
    session: Session, context: str, row_id: UUID, company_id: UUID, sealed: bytes, *, field: str = "identities"
) -> list[Identity]:
    """Raises Tampered."""
    place = Place(context, row_id, field, company_id)
    return msgspec.json.decode(sealing.unseal(keyring(session), place, sealed), type=list[Identity])
