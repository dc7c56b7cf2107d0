"""Feeds both ways: as they are declared, and as the company keeps them."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.deliveries import targets
from tenants.deliveries.formats import Format
from tenants.deliveries.model import FileTarget, Place
from tenants.deliveries.targets import TheirBucket, Wanted
from tenants.errors import Invalid
from tenants.feeds import reading
from tenants.feeds.reading import Given
from tenants.feeds.refusals import NotSealed
from tenants.feeds.terms import Terms, terms_of
from tenants.manifests.model import (
    DeclaredBucket,
    DeclaredCondition,
    DeclaredEvent,
    DeclaredFeed,
    DeclaredFiles,
    DeclaredPart,
    Joined,
)
from tenants.registers.model import Purpose, Register
from tenants.sharing.conditions import All, Any, Condition, Consented, FieldIs, HasRecord, NotObjected

# What of the terms each declared field stands for, where it is not one of the same name.
STANDS_FOR = {
    "register": ("register_id",),
    "purpose": ("purpose_id",),
    "event": ("bound_to_event", "event_register_id", "event_days"),
}
# Where a manifest says what the domain refuses, where it is not a field of the same name.
PLACES = {
    "bound_to_event": "event",
    "event_register": "event.register",
    "event_days": "event.days",
    **{name: f"files.bucket.{name}" for name in ("endpoint", "region", "bucket", "prefix")},
}


class Ground(Struct, frozen=True):
    """What a company's feeds name: registers and purposes by key, and keys by id. Also what is retired: what is
    refused is said by whoever looks at a draft. `files`: where the files of each feed go.
    """

    registers: Mapping[str, UUID]
    purposes: Mapping[tuple[str, str], UUID]
    keys: Mapping[UUID, str]
    files: Mapping[UUID, FileTarget]


def ground(session: Session, company_id: UUID) -> Ground:
    registers = session.scalars(select(Register).where(Register.company_id == company_id)).all()
    purposes = session.scalars(select(Purpose).where(Purpose.company_id == company_id)).all()
    keys = {one.register_id: one.key for one in registers}
    return Ground(
        registers={one.key: one.register_id for one in registers},
        purposes={(keys[one.register_id], one.key): one.purpose_id for one in purposes},
        keys=keys | {one.purpose_id: one.key for one in purposes},
        files=targets.of_company(session, company_id),
    )


def given(session: Session, company_id: UUID) -> dict[str, Given]:
    """The company's feeds by key, as far as they are seen by who acts."""
    return {one.feed.key: one for one in reading.listed(session) if one.feed.company_id == company_id}


def declared(known: Ground, found: Given) -> DeclaredFeed:
    """As its newest version says."""
    terms = terms_of(found.newest)
    return DeclaredFeed(
        key=found.feed.key,
        name=found.feed.name,
        register=known.keys[terms.register_id],
        purpose=known.keys[terms.purpose_id],
        fields=terms.fields,
        sealed_fields=terms.sealed_fields,
        condition=_condition(terms.condition),
        consent_required=terms.consent_required,
        event=_event(known, terms),
        legal_basis=terms.legal_basis,
        balancing=terms.balancing,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        files=_files(known.files.get(found.feed.feed_id)),
    )


def terms(known: Ground, feed: DeclaredFeed) -> Terms:
    return Terms(
        register_id=known.registers[feed.register],
        purpose_id=known.purposes[feed.register, feed.purpose],
        fields=feed.fields,
        sealed_fields=feed.sealed_fields,
        condition=kept(feed.condition),
        consent_required=feed.consent_required,
        bound_to_event=feed.event is not None,
        event_register_id=known.registers[feed.event.register] if feed.event else None,
        event_days=feed.event.days if feed.event else None,
        legal_basis=feed.legal_basis,
        balancing=feed.balancing,
        valid_from=feed.valid_from,
        valid_until=feed.valid_until,
    )


def wanted(files: DeclaredFiles) -> Wanted:
    said = files.bucket
    bucket = TheirBucket(said.endpoint, said.region, said.bucket, prefix=said.prefix) if said else None
    return Wanted(files.every, files.hour, files.weekday, files.gzip, files.format, bucket)


def standing(known: Ground, found: Mapping[str, Given], said: Sequence[DeclaredFeed]) -> tuple[DeclaredFeed, ...]:
    """What is said, with what the office has changed since."""
    return tuple(declared(known, found[one.key]) if one.key in found else one for one in said)


def place_of(refusal: Invalid) -> str:
    """Where in a declared feed the domain's refusal belongs."""
    if isinstance(refusal, NotSealed):
        return "sealed_fields"
    name = (refusal.field or "").partition(".")[0]
    return PLACES.get(name, name)


def kept(condition: DeclaredCondition | None) -> Condition | None:
    return _joined(condition) if condition else None


def asked(condition: DeclaredCondition | None) -> Iterator[DeclaredPart]:
    """All parts of it, from the outside in."""
    waiting = list(condition.parts) if condition else []
    while waiting:
        part = waiting.pop(0)
        yield part
        waiting += part.parts


def _files(target: FileTarget | None) -> DeclaredFiles | None:
    """What is disabled is not declared. A form that was announced is the one that is wanted."""
    if target is None or target.disabled_at is not None:
        return None
    bucket = DeclaredBucket(
        endpoint=target.endpoint or "",
        region=target.region or "",
        bucket=target.bucket or "",
        prefix=target.prefix or "",
    )
    form = target.coming.form if target.coming else target.form
    return DeclaredFiles(
        every=target.every,
        hour=target.hour,
        weekday=target.weekday,
        format=form.format,
        gzip=form.gzip or form.format is Format.PARQUET,
        bucket=bucket if target.place is Place.THEIRS else None,
    )


def _event(known: Ground, terms: Terms) -> DeclaredEvent | None:
    """One that the office has begun only cannot be declared yet."""
    if terms.event_register_id is None or terms.event_days is None:
        return None
    return DeclaredEvent(register=known.keys[terms.event_register_id], days=terms.event_days)


def _condition(condition: Condition | None) -> DeclaredCondition | None:
    match condition:
        case None:
            return None
        case All(of) | Any(of) if of:
            return DeclaredCondition(joined=_how(condition), parts=tuple(_part(one) for one in of))
        case _:
            return DeclaredCondition(parts=(_part(condition),))


def _part(condition: Condition) -> DeclaredPart:
    match condition:
        case FieldIs(field, values):
            return DeclaredPart(field=field, values=values)
        case HasRecord(register, field, values):
            return DeclaredPart(has_record=register, field=field, values=values)
        case Consented(kind):
            return DeclaredPart(consented=kind)
        case NotObjected(kind):
            return DeclaredPart(not_objected=kind)
        case All(of) | Any(of):
            return DeclaredPart(joined=_how(condition), parts=tuple(_part(one) for one in of))


def _how(condition: Condition) -> Joined:
    return Joined.ANY if isinstance(condition, Any) else Joined.ALL


def _joined(said: DeclaredCondition | DeclaredPart) -> Condition:
    parts = tuple(_asking(one) for one in said.parts)
    if len(parts) == 1:
        return parts[0]
    return Any(parts) if said.joined is Joined.ANY else All(parts)


def _asking(part: DeclaredPart) -> Condition:
    if part.consented is not None:
        return Consented(part.consented)
    if part.not_objected is not None:
        return NotObjected(part.not_objected)
    if part.field is None:
        return _joined(part)
    if part.has_record is not None:
        return HasRecord(part.has_record, part.field, part.values)
    return FieldIs(part.field, part.values)
