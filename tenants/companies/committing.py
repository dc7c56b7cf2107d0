"""The confidentiality commitment: signed by each member of staff before any personal data opens to them (Art. 32(4)).

PostgreSQL asks the same (`may_open`): a new version closes what the former had opened, until it is signed too.
"""

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.acting import Actor
from tenants.audit import trail
from tenants.companies.model import Commitment, CommitmentSignature
from tenants.companies.permissions import NoLongerMember
from tenants.database import acting_of
from tenants.errors import Conflict
from tenants.languages.speaking import Language, Text

FIRST = 1
USUAL = Path(__file__).parent / "commitment.yaml"


class CommitmentChanged(Conflict):
    """The commitment has changed meanwhile; read it again before signing."""


class InForce(Struct, frozen=True):
    """`signed_at` is empty while the member who acts has not signed this version."""

    version: int
    text: Text
    signed_at: datetime | None


def in_force(session: Session) -> InForce:
    """The newest version; the usual one where the group has written none."""
    newest = _newest(session)
    if newest is None:
        return InForce(FIRST, usual(), None)
    signed = select(CommitmentSignature.signed_at).where(
        CommitmentSignature.member_id == acting_of(session).actor_id, CommitmentSignature.version == newest.version
    )
    return InForce(newest.version, newest.text, session.scalar(signed))


def signatures(session: Session) -> dict[UUID, datetime]:
    """When each member of staff signed the version in force; who has not is left out."""
    newest = select(func.max(Commitment.version)).scalar_subquery()
    rows = session.execute(
        select(CommitmentSignature.member_id, CommitmentSignature.signed_at).where(
            CommitmentSignature.version == newest
        )
    )
    return {member_id: signed_at for member_id, signed_at in rows}  # noqa: C416 (typed rows, not pairs)


def sign(session: Session, *, version: int, language: Language) -> None:
    """In the own name, in the language that was read. Signed twice is signed. Raises CommitmentChanged."""
    acting = acting_of(session)
    if acting.actor is not Actor.MEMBER:
        raise NoLongerMember
    shown = in_force(session)
    if shown.version != version:
        raise CommitmentChanged
    if shown.signed_at is not None:
        return
    if version == FIRST:
        first = {"group_id": acting.group_id, "version": FIRST, "text": shown.text}
        session.execute(insert(Commitment).values(first).on_conflict_do_nothing())
    read = shown.text.language_for(language)
    signature = CommitmentSignature(
        member_id=acting.actor_id, version=version, language=read, digest=digest(shown.text, read)
    )
    session.add(signature)
    session.flush()
    trail.record(session, "commitment.signed", about="member", ids=[signature.member_id], version=version)


def declare(session: Session, text: Text) -> None:
    """A text of the group's own. Said anew with other words, everybody is asked again."""
    newest = _newest(session)
    if newest is not None and newest.text == text:
        return
    version = newest.version + 1 if newest else FIRST
    session.add(Commitment(version=version, text=text))
    session.flush()
    trail.record(session, "commitment.declared", about="commitment", version=version)


def digest(text: Text, language: Language) -> bytes:
    return hashlib.sha256(text.in_(language).encode()).digest()


@cache
def usual() -> Text:
    return msgspec.yaml.decode(USUAL.read_bytes(), type=Text)


def _newest(session: Session) -> Commitment | None:
    return session.scalar(select(Commitment).order_by(Commitment.version.desc()).limit(1))
