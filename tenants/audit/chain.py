"""Seals committed entries: a chain for each company and one for the group, link by link, with signed checkpoints.

The runtime role can neither seal nor sign, so whoever changes an entry afterwards cannot hide it.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from tenants.audit.model import AuditEntry, Checkpoint, Seal
from tenants.database import acting_of

AT_ONCE = 1000
_canonical = msgspec.json.Encoder(order="sorted")


class Signer(Protocol):
    @property
    def key_id(self) -> UUID: ...

    def sign(self, message: bytes, /) -> bytes: ...


class Entry(Struct, frozen=True):
    """An entry as it is chained and exported. `at` is UTC with microseconds."""

    entry_id: UUID
    group_id: UUID
    company_id: UUID | None
    at: datetime
    actor: str
    actor_id: UUID | None
    purpose: str | None
    action: str
    about: str
    about_ids: list[UUID]
    figures: dict[str, int | str]

    @property
    def chain_id(self) -> UUID:
        return self.company_id or self.group_id


def anything_to_seal(session: Session) -> bool:
    return session.scalar(select(AuditEntry.entry_id).where(~AuditEntry.sealed).limit(1)) is not None


def seal(session: Session, signer: Signer) -> int:
    """Seals what was committed and not yet sealed, oldest first, at most 1,000; returns how many.

    Entries commit in any order; the chain's order is that in which they were found, so none is ever left out.
    """
    _one_sealer_at_a_time(session)
    rows = session.scalars(
        select(AuditEntry).where(~AuditEntry.sealed).order_by(AuditEntry.entry_id).limit(AT_ONCE)
    ).all()
    by_chain: dict[UUID, list[Entry]] = {}
    for row in rows:
        entry = entry_of(row)
        by_chain.setdefault(entry.chain_id, []).append(entry)
    for chain_id, entries in by_chain.items():
        _link(session, signer, chain_id, entries)
    _mark_sealed(session, [row.entry_id for row in rows])
    return len(rows)


def entry_of(row: AuditEntry) -> Entry:
    return Entry(
        entry_id=row.entry_id,
        group_id=row.group_id,
        company_id=row.company_id,
        at=row.at.astimezone(UTC),
        actor=row.actor,
        actor_id=row.actor_id,
        purpose=row.purpose,
        action=row.action,
        about=row.about,
        about_ids=row.about_ids,
        figures=row.figures,
    )


def first_digest(chain_id: UUID) -> bytes:
    """What stands before the first link, so that no two chains begin alike."""
    return hashlib.sha256(b"seloste audit chain 1\n" + chain_id.bytes).digest()


def next_digest(previous: bytes, entry: Entry) -> bytes:
    return hashlib.sha256(previous + _canonical.encode(entry)).digest()


def signed_statement(chain_id: UUID, position: int, digest: bytes, at: datetime) -> bytes:
    """What a checkpoint's signature covers."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return b"\n".join((b"seloste audit checkpoint 1", chain_id.bytes, str(position).encode(), digest, moment.encode()))


def _one_sealer_at_a_time(session: Session) -> None:
    key = int.from_bytes(acting_of(session).group_id.bytes[-8:], "big", signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _link(session: Session, signer: Signer, chain_id: UUID, entries: Sequence[Entry]) -> None:
    position, digest = _end_of(session, chain_id)
    for entry in entries:
        position, digest = position + 1, next_digest(digest, entry)
        session.add(Seal(chain_id=chain_id, position=position, entry_id=entry.entry_id, digest=digest))
    at = datetime.now(UTC)
    signature = signer.sign(signed_statement(chain_id, position, digest, at))
    session.add(
        Checkpoint(
            chain_id=chain_id, position=position, digest=digest, at=at, key_id=signer.key_id, signature=signature
        )
    )
    session.flush()


def _end_of(session: Session, chain_id: UUID) -> tuple[int, bytes]:
    last = session.execute(
        select(Seal.position, Seal.digest).where(Seal.chain_id == chain_id).order_by(Seal.position.desc()).limit(1)
    ).one_or_none()
    return (last.position, last.digest) if last else (0, first_digest(chain_id))


def _mark_sealed(session: Session, entry_ids: Sequence[UUID]) -> None:
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.entry_id.in_(entry_ids))
        .values(sealed=True)
        .execution_options(synchronize_session=False)
    )
