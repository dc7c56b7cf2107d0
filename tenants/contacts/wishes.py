"""What contacts ask for: that a feed gives other fields. Granted it is a draft, which goes the way of all drafts."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.permissions import Permission, require
from tenants.contacts import refusals, seeing
from tenants.contacts.keys import why
from tenants.contacts.model import ScopeWish
from tenants.contacts.people import Here
from tenants.database import acting_of
from tenants.feeds import reading, scopes
from tenants.feeds.terms import Terms, terms_of
from tenants.registers.model import Field

# Of one processor at one company.
MOST_WAITING = 20


def ask(session: Session, here: Here, feed_id: UUID, *, fields: Sequence[str], reason: str) -> UUID:
    """By a contact: all fields that are wanted from then on.

    Raises NoSuchFeed, NoFieldsWanted, NothingElseWanted, WhyMissing, TooLong, TooManyWishes.
    """
    seen = seeing.feed(session, here, feed_id)
    offered = {one.key for one in choices(session, seen.given.shown.register_id)}
    wanted = [key for key in dict.fromkeys(fields) if key in offered]
    if not wanted:
        raise refusals.NoFieldsWanted(field="fields")
    if {*wanted} == {one.key for one in seen.fields}:
        raise refusals.NothingElseWanted(field="fields")
    if len(waiting(session)) >= MOST_WAITING:
        raise refusals.TooManyWishes(field="fields", most=MOST_WAITING)
    wish_id = new_id()
    session.add(
        ScopeWish(
            wish_id=wish_id,
            company_id=here.contact.company_id,
            processor_id=here.contact.processor_id,
            contact_id=here.contact.contact_id,
            feed_id=feed_id,
            fields=wanted,
            why=why(reason, field="reason"),
        )
    )
    session.flush()
    _note(session, "contact.wish_made", wish_id, company_id=here.contact.company_id)
    return wish_id


def choices(session: Session, register_id: UUID) -> Sequence[Field]:
    """The fields of the register, which its notice tells anybody."""
    return session.scalars(
        select(Field)
        .where(Field.register_id == register_id, Field.retired_at.is_(None))
        .order_by(Field.position, Field.key)
    ).all()


def listed(session: Session, *, feed_id: UUID | None = None, processor_id: UUID | None = None) -> Sequence[ScopeWish]:
    """The newest first."""
    wanted = select(ScopeWish).order_by(ScopeWish.wish_id.desc())
    wanted = wanted.where(ScopeWish.feed_id == feed_id) if feed_id else wanted
    return session.scalars(wanted.where(ScopeWish.processor_id == processor_id) if processor_id else wanted).all()


def waiting(session: Session) -> Sequence[ScopeWish]:
    """Of the company that is acted for, or the contact's processor: undecided, the oldest first."""
    undecided = ScopeWish.granted_at.is_(None), ScopeWish.declined_at.is_(None)
    return session.scalars(select(ScopeWish).where(*undecided).order_by(ScopeWish.wish_id)).all()


def grant(session: Session, wish_id: UUID) -> None:
    """By the company: the feed gets a draft with these fields, to be approved as any draft is, or its draft says so.

    Raises NoSuchWish, SeveralInvalid, NotThisFeedStep, NoSuchFeed, Forbidden.
    """
    found = _waiting(session, wish_id)
    given = reading.feed(session, found.feed_id)
    terms = _with_fields(session, terms_of(given.newest), found.fields)
    scope = scopes.change(session, found.feed_id, terms, seen=reading.looked_at(given.newest))
    found.granted_at, found.decided_by, found.version = func.now(), acting_of(session).actor_id, scope.version
    session.flush()
    _note(session, "contact.wish_granted", wish_id)


def decline(session: Session, wish_id: UUID, *, reason: str) -> None:
    """Raises NoSuchWish, WhyMissing, TooLong, Forbidden."""
    found = _waiting(session, wish_id)
    found.reason = why(reason, field="reason")
    found.declined_at, found.decided_by = func.now(), acting_of(session).actor_id
    session.flush()
    _note(session, "contact.wish_declined", wish_id)


def _with_fields(session: Session, terms: Terms, fields: Sequence[str]) -> Terms:
    """What is sealed in the register is named as such."""
    sealed = {one.key for one in choices(session, terms.register_id) if one.sealed}
    return replace(
        terms,
        fields=tuple(key for key in fields if key not in sealed),
        sealed_fields=tuple(key for key in fields if key in sealed),
    )


def _waiting(session: Session, wish_id: UUID) -> ScopeWish:
    require(session, Permission.DRAFT_FEEDS)
    found = session.scalar(
        select(ScopeWish)
        .where(ScopeWish.wish_id == wish_id, ScopeWish.granted_at.is_(None), ScopeWish.declined_at.is_(None))
        .with_for_update()
    )
    if found is None:
        raise refusals.NoSuchWish
    return found


def _note(session: Session, action: str, wish_id: UUID, *, company_id: UUID | None = None) -> None:
    trail.record(session, action, about="scope_wish", ids=[wish_id], company_id=company_id)
