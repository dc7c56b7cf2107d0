"""The audit as people look at it: newest first, and how far it is sealed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session

from tenants.audit.model import ABOUT_A_PERSON, ABOUT_SEVERAL, AuditEntry, Checkpoint, Seal
from tenants.database import acting_of


class ChainFigures(Struct, frozen=True):
    """Of the chain of the company that is acted for, or of the group's own."""

    sealed: int
    waiting: int
    checkpoint_at: datetime | None


def entries(
    session: Session, *, about_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> Sequence[AuditEntry]:
    """`about_id` finds what concerns one person, case or other thing; `before` goes on after an earlier page."""
    chosen = select(AuditEntry).where(_own_chain(session))
    if about_id is not None:
        chosen = chosen.where(AuditEntry.about_ids.contains([about_id]))
    if before is not None:
        chosen = chosen.where(AuditEntry.entry_id < before)
    return session.scalars(chosen.order_by(AuditEntry.entry_id.desc()).limit(limit)).all()


def looks_at(session: Session, person_ids: Collection[UUID], *, limit: int) -> Sequence[AuditEntry]:
    """What staff and Seloste did with one person under all ids, newest first. Of imports the values themselves tell."""
    first = _newest(session, ABOUT_A_PERSON, AuditEntry.about_ids[1].in_(person_ids), limit)
    among = _newest(session, ABOUT_SEVERAL, AuditEntry.about_ids.overlap(person_ids), limit)
    chosen = select(AuditEntry).where(AuditEntry.entry_id.in_(first.union_all(among)))
    return session.scalars(chosen.order_by(AuditEntry.entry_id.desc()).limit(limit)).all()


def _newest(session: Session, indexed: str, named: ColumnElement[bool], limit: int) -> Select[UUID]:
    """`indexed` in the very words of the index, which no parameter would be."""
    chosen = select(AuditEntry.entry_id).where(_own_chain(session), text(indexed), named)
    return chosen.order_by(AuditEntry.entry_id.desc()).limit(limit)


def figures(session: Session) -> ChainFigures:
    acting = acting_of(session)
    chain_id = acting.company_id or acting.group_id
    sealed = session.scalar(select(func.max(Seal.position)).where(Seal.chain_id == chain_id))
    waiting = session.scalar(select(func.count()).where(~AuditEntry.sealed, _own_chain(session)))
    signed = select(Checkpoint.at).where(Checkpoint.chain_id == chain_id)
    return ChainFigures(
        sealed=sealed or 0,
        waiting=waiting or 0,
        checkpoint_at=session.scalar(signed.order_by(Checkpoint.position.desc()).limit(1)),
    )


def _own_chain(session: Session) -> ColumnElement[bool]:
    """What the policy says too; said again in the plain form that finds the index in its order."""
    company_id = acting_of(session).company_id
    return AuditEntry.company_id.is_(None) if company_id is None else AuditEntry.company_id == company_id
