"""What programs were answered, kept for a day under the keys that they chose (the `Idempotency-Key` of /api/v1).

An answer is written in the transaction of the effect that it tells of, so neither is ever there without the other.
What was refused did nothing and is not kept: it may come again with the same key.
"""

import hashlib
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.companies.model import GivenAnswer
from tenants.companies.permissions import NotPermitted, Permission, Standing
from tenants.database import acting_of
from tenants.errors import Conflict, Invalid
from tenants.jobs.model import Job
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

KEPT = timedelta(hours=24)


class ForgetAnswers(Job, frozen=True):
    """Forget answers that nobody may ask for any more."""

    name: ClassVar[str] = "companies.forget_answers"


class KeyOfAnotherRequest(Invalid):
    """This Idempotency-Key came with another request before. Each request needs a key of its own."""


class StillRunning(Conflict):
    """The first request with this Idempotency-Key is still being answered. Send it again in a moment."""


class Asked(Struct, frozen=True):
    """A request with the key that a program gave it; `digest` is the SHA-256 of all that it asks."""

    key: str
    digest: bytes


class Answer(Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes


class _Kept(Struct, frozen=True):
    """What is sealed: of what was asked too only what opens with the group's key."""

    asked: bytes
    needed: frozenset[Permission]
    answer: Answer


def recall(session: Session, standing: Standing, asked: Asked) -> Answer | None:
    """What was answered to this before. None where nothing was; nobody else begins with the key in this transaction.

    Whoever may do less than when they asked is told nothing. Raises StillRunning, KeyOfAnotherRequest, NotPermitted.
    """
    answer_id = _answer_id(acting_of(session), asked.key)
    lock = {"key": int.from_bytes(answer_id.bytes[8:], signed=True)}
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), lock):
        raise StillRunning
    session.execute(delete(GivenAnswer).where(GivenAnswer.answer_id == answer_id, _is_old()))
    row = session.scalar(select(GivenAnswer).where(GivenAnswer.answer_id == answer_id))
    if row is None:
        return None
    kept = msgspec.msgpack.decode(unseal(keyring(session), _place(row), row.sealed_answer), type=_Kept)
    if kept.asked != asked.digest:
        raise KeyOfAnotherRequest
    if not kept.needed <= standing.permissions:
        raise NotPermitted
    return kept.answer


def keep(session: Session, standing: Standing, asked: Asked, answer: Answer) -> None:
    """After `recall` found nothing, in the same transaction."""
    acting = acting_of(session)
    row = GivenAnswer(
        group_id=acting.group_id,
        answer_id=_answer_id(acting, asked.key),
        company_id=acting.company_id,
        actor=acting.actor,
        actor_id=acting.actor_id,
    )
    kept = _Kept(asked.digest, standing.permissions, answer)
    row.sealed_answer = seal(keyring(session), _place(row), msgspec.msgpack.encode(kept))
    session.add(row)
    session.flush()


def forget_old(session: Session) -> None:
    session.execute(delete(GivenAnswer).where(_is_old()))


def _answer_id(acting: Acting, key: str) -> UUID:
    """Keys are the program's own: the same one of another member, company or purpose is another."""
    whose = (acting.actor, acting.actor_id, acting.company_id, acting.purpose, key)
    return UUID(bytes=hashlib.sha256(msgspec.msgpack.encode(whose)).digest()[:16])


def _place(row: GivenAnswer) -> Place:
    return Place("given answer", row.answer_id, "answer", row.company_id)


def _is_old() -> ColumnElement[bool]:
    return GivenAnswer.given_at < func.now() - KEPT
