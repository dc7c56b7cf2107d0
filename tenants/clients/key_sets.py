"""The keys that a client publishes itself: fetched when asked for, kept for a while, believed as registered ones are.

Whoever fetches them speaks to the network between two transactions: `claim`, then `keep` or `note_problem`.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.clients import public_keys
from tenants.clients.model import AnyClient, ClientKey, ClientKeySet, KeySetProblem, PublicKey
from tenants.clients.refusals import PrivateKeyShown
from tenants.database import acting_of
from tenants.errors import Invalid

# So long they are good without anybody asking again; and so long they stay where asking again came to nothing.
FRESH = timedelta(minutes=10)
KEPT = timedelta(hours=1)
# A name that nobody knows, which anybody can send, makes us ask no more often than this.
AGAIN = timedelta(minutes=1)
MOST = 20


def claim(session: Session, client: AnyClient, kid: str) -> str | None:
    """The address that whoever asks goes to now, if this key is not at hand; of several at once one goes."""
    now = datetime.now(UTC)
    known, again = of_client(session, client.client_id), _since(client, now - AGAIN)
    if client.jwks_uri is None or (known and (_is_fresh(client, known, kid, now) or known.tried_at > again)):
        return None
    row = insert(ClientKeySet).values(
        group_id=acting_of(session).group_id, client_id=client.client_id, company_id=client.company_id, tried_at=now
    )
    claimed = row.on_conflict_do_update(
        index_elements=["group_id", "client_id"],
        set_={"tried_at": now},
        where=ClientKeySet.tried_at <= again,
    )
    went = session.execute(claimed.returning(ClientKeySet.client_id)).first()
    return client.jwks_uri if went else None


def keep(session: Session, client: AnyClient, body: bytes) -> None:
    """What was answered. A set that cannot be used changes nothing but what is told of it."""
    found = _read(body)
    own = [] if isinstance(found, KeySetProblem) else _not_registered(session, found)
    row = of_client(session, client.client_id)
    if row is None:
        return
    if not own:
        note_problem(session, client, found if isinstance(found, KeySetProblem) else KeySetProblem.NO_KEYS)
        return
    changed = {one.thumbprint for one in row.keys} != {one.thumbprint for one in own}
    row.keys, row.fetched_at, row.problem = own, datetime.now(UTC), None
    session.flush()
    if changed:
        trail.record(session, "oauth_client.keys_fetched", about="oauth_client", ids=[client.client_id], keys=len(own))


def note_problem(session: Session, client: AnyClient, problem: KeySetProblem) -> None:
    row = of_client(session, client.client_id)
    if row is not None:
        row.problem = problem
        session.flush()


def usable(session: Session, client: AnyClient) -> list[PublicKey]:
    row = of_client(session, client.client_id)
    if row is None or row.fetched_at is None or row.fetched_at < _since(client, datetime.now(UTC) - KEPT):
        return []
    return row.keys


def of_client(session: Session, client_id: UUID) -> ClientKeySet | None:
    return session.scalar(select(ClientKeySet).where(ClientKeySet.client_id == client_id))


def of_clients(session: Session, client_ids: Sequence[UUID]) -> dict[UUID, ClientKeySet]:
    rows = session.scalars(select(ClientKeySet).where(ClientKeySet.client_id.in_(client_ids)))
    return {one.client_id: one for one in rows}


def _since(client: AnyClient, moment: datetime) -> datetime:
    """This moment, or since when the client publishes its keys where it does now: the former ones are worth nothing."""
    return max(moment, client.jwks_set_at) if client.jwks_set_at else moment


def _is_fresh(client: AnyClient, known: ClientKeySet, kid: str, now: datetime) -> bool:
    if known.fetched_at is None or known.fetched_at <= _since(client, now - FRESH):
        return False
    return any(one.kid == kid for one in known.keys)


def _read(body: bytes) -> list[PublicKey] | KeySetProblem:
    """RFC 7517 §5: keys of kinds that are not for us are passed over. One that should be secret spoils all."""
    try:
        given = msgspec.json.decode(body, type=dict[str, Any]).get("keys")
    except (msgspec.DecodeError, RecursionError):
        return KeySetProblem.NOT_A_SET
    if not isinstance(given, list) or len(given) > MOST or not all(isinstance(one, dict) for one in given):
        return KeySetProblem.NOT_A_SET
    try:
        found = list(_accepted(given))
    except PrivateKeyShown:
        return KeySetProblem.PRIVATE
    if len({one.kid for one in found}) < len(found):
        return KeySetProblem.NOT_A_SET
    return found or KeySetProblem.NO_KEYS


def _accepted(given: list[dict[str, Any]]) -> Iterator[PublicKey]:
    """Raises PrivateKeyShown."""
    for one in given:
        try:
            yield public_keys.key_of(one)
        except PrivateKeyShown:
            raise
        except Invalid:
            continue


def _not_registered(session: Session, found: Sequence[PublicKey]) -> list[PublicKey]:
    """Keys are not shared between clients, and one that was retired here stays so."""
    wanted = [one.thumbprint for one in found]
    known = set(session.scalars(select(ClientKey.thumbprint).where(ClientKey.thumbprint.in_(wanted))))
    return [one for one in found if one.thumbprint not in known]
