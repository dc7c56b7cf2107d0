"""The public keys with which anybody checks a group's audit and its archives."""

from uuid import UUID

from litestar import get
from litestar.params import FromPath
from msgspec import Struct

from tenants.acting import visitor
from tenants.database import walled_session
from tenants.groups.directory import Kind, find_group
from tenants.vault.signing import Use, public_keys


class PublishedKey(Struct, frozen=True):
    """An Ed25519 key (RFC 8032); `public` is its 32 bytes in hexadecimal, `use` is "audit" or "archive"."""

    key_id: UUID
    use: Use
    public: str


@get("/g/{slug:str}/keys.json", sync_to_thread=True, summary="Keys that verify audits and archives", tags=["portal"])
def published_keys(slug: FromPath[str]) -> list[PublishedKey]:
    """Retired keys stay listed: what they signed stays checkable. Newest first."""
    with walled_session(visitor(find_group(Kind.SLUG, slug))) as session:
        keys = [key for use in (Use.AUDIT, Use.ARCHIVE) for key in public_keys(session, use)]
    return [PublishedKey(key.key_id, key.use, key.public.hex()) for key in keys]
