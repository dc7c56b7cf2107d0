"""The audit of one chain as lines of JSON, for whoever wants to check it without us."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit.chain import Entry, entry_of
from tenants.audit.model import AuditEntry, Checkpoint, Seal
from tenants.database import acting_of

PAGE = 500
_encode = msgspec.json.Encoder().encode


class Head(Struct, frozen=True, tag_field="line", tag="head"):
    """The first line. `chain_id` is the company's id, or the group's for its own entries."""

    group_id: UUID
    chain_id: UUID
    exported_at: datetime
    format: Literal["seloste audit 1"] = "seloste audit 1"


class Link(Struct, frozen=True, tag_field="line", tag="entry"):
    """`digest` is hexadecimal SHA-256."""

    position: int
    digest: str
    entry: Entry


class SignedState(Struct, frozen=True, tag_field="line", tag="checkpoint"):
    """`digest` and `signature` (Ed25519) are hexadecimal; the signature covers `chain.signed_statement`."""

    position: int
    digest: str
    at: datetime
    key_id: UUID
    signature: str


Line = Head | Link | SignedState


def lines(session: Session, *, chain: UUID | None = None) -> Iterator[bytes]:
    """The chain of the company that is acted for, or of the group. A checkpoint follows the entry that it covers.

    `chain` names another, for a role that sees all of them.
    """
    acting = acting_of(session)
    chain_id = chain or acting.company_id or acting.group_id
    yield _line(Head(group_id=acting.group_id, chain_id=chain_id, exported_at=datetime.now(UTC)))
    position = 0
    while page := _page(session, chain_id, position):
        for link, checkpoint in page:
            yield _line(link)
            if checkpoint:
                yield _line(checkpoint)
            position = link.position


def _page(session: Session, chain_id: UUID, after: int) -> list[tuple[Link, SignedState | None]]:
    rows = session.execute(
        select(Seal, AuditEntry, Checkpoint)
        .join(AuditEntry, (AuditEntry.group_id == Seal.group_id) & (AuditEntry.entry_id == Seal.entry_id))
        .outerjoin(
            Checkpoint,
            (Checkpoint.group_id == Seal.group_id)
            & (Checkpoint.chain_id == Seal.chain_id)
            & (Checkpoint.position == Seal.position),
        )
        .where(Seal.chain_id == chain_id, Seal.position > after)
        .order_by(Seal.position)
        .limit(PAGE)
    ).all()
    session.expunge_all()
    return [(_link(seal, entry), _state(checkpoint) if checkpoint else None) for seal, entry, checkpoint in rows]


def _link(seal: Seal, entry: AuditEntry) -> Link:
    return Link(position=seal.position, digest=seal.digest.hex(), entry=entry_of(entry))


def _state(checkpoint: Checkpoint) -> SignedState:
    return SignedState(
        position=checkpoint.position,
        digest=checkpoint.digest.hex(),
        at=checkpoint.at.astimezone(UTC),
        key_id=checkpoint.key_id,
        signature=checkpoint.signature.hex(),
    )


def _line(line: Line) -> bytes:
    return _encode(line) + b"\n"
