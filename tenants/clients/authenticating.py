"""What is known of a client that says who it is. Its signatures are verified where requests come in."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.acting import system
from tenants.clients import key_sets, registering
from tenants.clients.model import NOBODY, AnyClient, ClientInUse, Jwk
from tenants.database import acting_of, narrow, run

# A moment that is only shown need not be written at every request.
USED_AGAIN_AFTER = timedelta(minutes=1)
# No secret has it. Whoever has fewer secrets than there may be is compared with this instead.
_NO_DIGEST = bytes(32)

# As they go to the driver: every token pays for them, and through the mapped classes they take several times as long.
COLUMNS: LiteralString = """
    c.client_id, c.company_id, c.processor_id, c.method, c.dpop, c.jwks_uri, c.jwks_set_at, c.last_used_at, c.locked_at
"""
IN_USE: LiteralString = """
    oauth_clients c JOIN processors p ON p.group_id = c.group_id AND p.processor_id = c.processor_id
    AND c.disabled_at IS NULL AND p.retired_at IS NULL
"""
_CLIENT: LiteralString = f"SELECT {COLUMNS} FROM {IN_USE} WHERE c.client_id = %(client)s"
_KEY: LiteralString = """
    SELECT jwk FROM oauth_client_keys WHERE client_id = %(client)s AND kid = %(kid)s AND retired_at IS NULL
"""
_DIGESTS: LiteralString = """
    SELECT digest FROM oauth_client_secrets WHERE client_id = %(client)s AND retired_at IS NULL
"""
_FIRST_USES: LiteralString = """
    INSERT INTO oauth_used_once (group_id, digest, expires_at)
    SELECT %(group)s, * FROM unnest(%(digests)s::bytea[], %(until)s::timestamptz[])
    ON CONFLICT (group_id, digest) DO NOTHING
    RETURNING digest
"""
# Who takes something away from a client locks its row FOR UPDATE (registering), or changes the key itself (contacts).
_HELD: LiteralString = """
    SELECT group_id, client_id FROM oauth_clients
     WHERE client_id = %(client)s AND disabled_at IS NULL AND locked_at IS NULL
       AND jwks_set_at IS NOT DISTINCT FROM %(jwks_set_at)s::timestamptz
       FOR KEY SHARE
"""
_HELD_WITH_KEY: LiteralString = f"""
    WITH held AS MATERIALIZED ({_HELD})
    SELECT 1 FROM held JOIN oauth_client_keys k ON k.group_id = held.group_id AND k.client_id = held.client_id
     WHERE k.kid = %(kid)s AND k.retired_at IS NULL
       FOR SHARE OF k
"""
_HELD_WITH_SECRET: LiteralString = f"""
    WITH held AS MATERIALIZED ({_HELD})
    SELECT 1 FROM held JOIN oauth_client_secrets s ON s.group_id = held.group_id AND s.client_id = held.client_id
     WHERE s.digest = %(digest)s AND s.retired_at IS NULL
       FOR SHARE OF s
"""
# Nobody waits for it: a moment that another writes just now is as good.
_USED: LiteralString = """
    UPDATE oauth_clients SET last_used_at = now() WHERE client_id = (
      SELECT client_id FROM oauth_clients WHERE client_id = %(client)s FOR NO KEY UPDATE SKIP LOCKED)
"""


class ByKey(Struct, frozen=True):
    """It signed with this key of its own."""

    kid: str


class BySecret(Struct, frozen=True):
    digest: bytes


Credential = ByKey | BySecret


def find(session: Session, client_id: str) -> ClientInUse | None:
    """A client in use, of a processor in use. The session goes on for the client's company.

    Where there is no such client it goes on for a company that there is not: then it takes as much to find nothing.
    """
    try:
        wanted = UUID(client_id)
    except ValueError:
        wanted = NOBODY
    row = run(session, _CLIENT, {"client": wanted}).fetchone()
    if row is not None:
        return going_on(session, *row)
    narrow(session, system(acting_of(session).group_id, company_id=NOBODY))
    return None


def going_on(session: Session, *columns: Any) -> ClientInUse:
    """What was read of a client, as `COLUMNS`. The session goes on for its company."""
    found = msgspec.convert(columns, ClientInUse)
    narrow(session, system(acting_of(session).group_id, company_id=found.company_id))
    return found


def key(session: Session, client: ClientInUse, kid: str) -> Jwk | None:
    """One that is registered here, or one that the client publishes."""
    if client.jwks_uri is not None:
        return next((one.jwk for one in key_sets.usable(session, client) if one.kid == kid), None)
    row = run(session, _KEY, {"client": client.client_id, "kid": kid}).fetchone()
    return None if row is None else msgspec.convert(row[0], Jwk)


def has_secret(session: Session, client: ClientInUse | None, secret: str) -> bool:
    """How long it takes says nothing of the secret, nor of whether there is such a client: both are compared alike."""
    given = registering.digest(secret)
    rows = run(session, _DIGESTS, {"client": client.client_id if client else NOBODY}).fetchall()
    kept = [*(bytes(digest) for (digest,) in rows), *[_NO_DIGEST] * registering.MOST_SECRETS]
    return True in [hmac.compare_digest(given, one) for one in kept[: registering.MOST_SECRETS]]


def is_still_good(session: Session, client: ClientInUse, shown: Credential) -> bool:
    """Whether what it proved itself with was not taken away meanwhile. From here on nobody takes it away before this
    transaction ends; and whoever does so then sees what it left.

    The last that is asked before something is given: who waits for this lock must not be waited for.
    """
    given = {"client": client.client_id, "jwks_set_at": client.jwks_set_at}
    if isinstance(shown, BySecret):
        held = run(session, _HELD_WITH_SECRET, {**given, "digest": shown.digest})
    elif client.jwks_uri is None:
        held = run(session, _HELD_WITH_KEY, {**given, "kid": shown.kid})
    else:
        held = run(session, _HELD, given)
    return held.fetchone() is not None


class Once(Struct, frozen=True):
    """What is good for one time, and until when it could be shown again."""

    digest: bytes
    until: datetime


def once(kind: str, *parts: str, until: datetime) -> Once:
    return Once(hashlib.sha256("\0".join((kind, *parts)).encode()).digest(), until)


def first_uses(session: Session, *shown: Once) -> list[bool]:
    """Of each, whether it was never seen before. Of two at once one waits for the other's transaction, and one wins."""
    # In one order everywhere, so that two requests at once cannot wait for each other in a circle.
    ordered = sorted(shown, key=lambda one: one.digest)
    given = {
        "group": acting_of(session).group_id,
        "digests": [one.digest for one in ordered],
        "until": [one.until for one in ordered],
    }
    new = {bytes(digest) for (digest,) in run(session, _FIRST_USES, given)}
    return [one.digest in new for one in shown]


def first_use(session: Session, shown: Once) -> bool:
    return first_uses(session, shown)[0]


def note_use(session: Session, client: AnyClient) -> None:
    """What was read of the client a moment ago says whether there is anything to write."""
    if client.last_used_at is None or client.last_used_at <= datetime.now(UTC) - USED_AGAIN_AFTER:
        run(session, _USED, {"client": client.client_id})
