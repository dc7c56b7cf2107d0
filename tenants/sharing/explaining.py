"""Why a company may see a field of a person, or why not: asked by the company whose person it is.

Whether a grant is open the database says, by the function that the door itself asks; the rest is judged here by the
same rules, and a test compares the verdicts with what the door lets through.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.consents import consenting, objecting
from tenants.database import acting_of
from tenants.registers import model as registers
from tenants.registers.viewing import NoSuchPerson
from tenants.sharing.conditions import Condition
from tenants.sharing.judging import Person, Record, failing
from tenants.sharing.model import SharingAcceptance, SharingGrant
from tenants.sharing.refusals import NoSuchField


class Why(StrEnum):
    SHARED = "shared"
    NOTHING_GRANTED = "nothing_granted"
    NOT_ACCEPTED = "not_accepted"
    NOT_YET = "not_yet"
    ENDED = "ended"
    NOT_IN_NOTICE = "not_in_notice"
    FIELD_NOT_GRANTED = "field_not_granted"
    PERSON_RESTRICTED = "person_restricted"
    OBJECTED = "objected"
    NO_RECORD = "no_record"
    RECORD_RESTRICTED = "record_restricted"
    CONDITION_NOT_MET = "condition_not_met"


class Verdict(Struct, frozen=True, kw_only=True):
    """Of one policy version for one kind of purpose. `clause` is what a record met or the part it did not, by ids."""

    why: Why
    kind: PurposeKind | None = None
    policy_id: UUID | None = None
    version: int | None = None
    clause: Condition | None = None
    record_id: UUID | None = None

    @property
    def shared(self) -> bool:
        return self.why is Why.SHARED


class Share(Struct, frozen=True, kw_only=True):
    """Somebody's data that a recipient may read at this moment, with the fields in the order of the register."""

    recipient_id: UUID
    register_id: UUID
    policy_id: UUID
    version: int
    purpose_id: UUID
    kind: PurposeKind
    fields: tuple[UUID, ...]


def shares_now(session: Session, person_id: UUID) -> list[Share]:
    """All that a person of the acting company is in. For whoever sees the person; raises NoSuchPerson."""
    person = _person(session, person_id)
    wanted = select(SharingGrant).where(
        SharingGrant.company_id == acting_of(session).company_id,
        SharingGrant.register_id.in_({one.register_id for one in person.records}),
        or_(SharingGrant.closes_at.is_(None), SharingGrant.closes_at > func.now()),
    )
    found = []
    for grant in session.scalars(wanted.order_by(SharingGrant.register_id, SharingGrant.grant_id)):
        opened = _open(session, grant)
        if opened and _judged(grant, person)[0] is Why.SHARED:
            found.append(
                Share(
                    recipient_id=grant.recipient_id,
                    register_id=grant.register_id,
                    policy_id=grant.policy_id,
                    version=grant.version,
                    purpose_id=grant.purpose_id,
                    kind=grant.kind,
                    fields=tuple(UUID(one) for one in opened),
                )
            )
    return found


def explain(session: Session, person_id: UUID, *, recipient_id: UUID, field_id: UUID) -> list[Verdict]:
    """One verdict for each policy towards this recipient, those that share first; never empty.

    For a person of the acting company, for a purpose that sees restricted rows. Raises NoSuchPerson, NoSuchField,
    Forbidden.
    """
    require(session, Permission.SEE_SHARING)
    register_id = session.scalar(
        select(registers.Field.register_id).where(
            registers.Field.field_id == field_id, registers.Field.company_id == acting_of(session).company_id
        )
    )
    if register_id is None:
        raise NoSuchField
    person = _person(session, person_id)
    grants = _newest_grants(session, recipient_id, register_id)
    trail.record(session, "sharing.explained", about="person", ids=[person_id], recipient=str(recipient_id))
    verdicts = [_verdict(session, grant, person, field_id) for grant in grants]
    return sorted(verdicts, key=lambda one: not one.shared) or [Verdict(why=Why.NOTHING_GRANTED)]


def _person(session: Session, person_id: UUID) -> Person:
    restricted = session.scalar(
        select(registers.Person.restricted).where(registers.Person.person_id == person_id)
    )  # fmt: skip
    if restricted is None:
        raise NoSuchPerson
    rows = session.scalars(
        select(registers.Record)
        .where(registers.Record.person_id == person_id)
        .order_by(registers.Record.register_id, registers.Record.record_id)
    )
    return Person(
        restricted=restricted,
        objected=objecting.in_force(session, person_id),
        consented=consenting.in_force(session, person_id),
        records=tuple(
            Record(record_id=one.record_id, register_id=one.register_id, restricted=one.restricted, data=one.data)
            for one in rows
        ),
    )


def _newest_grants(session: Session, recipient_id: UUID, register_id: UUID) -> Sequence[SharingGrant]:
    """The newest of each policy."""
    found = session.scalars(
        select(SharingGrant)
        .where(SharingGrant.recipient_id == recipient_id, SharingGrant.register_id == register_id)
        .order_by(SharingGrant.policy_id, SharingGrant.version)
    )
    return list({grant.policy_id: grant for grant in found}.values())


def _verdict(session: Session, grant: SharingGrant, person: Person, field_id: UUID) -> Verdict:
    why, record, clause = _closed(session, grant, field_id), None, None
    if why is None:
        why, record, clause = _judged(grant, person)
    return Verdict(
        why=why,
        kind=grant.kind,
        policy_id=grant.policy_id,
        version=grant.version,
        clause=clause,
        record_id=record.record_id if record else None,
    )


def _closed(session: Session, grant: SharingGrant, field_id: UUID) -> Why | None:
    """Why the grant opens this field to nobody's data; None where it does open it."""
    granted = _open(session, grant)
    if field_id not in grant.fields:
        return Why.FIELD_NOT_GRANTED
    if granted is not None:
        return None if str(field_id) in granted else Why.NOT_IN_NOTICE
    now = datetime.now(UTC)
    if grant.closes_at and grant.closes_at <= now:
        return Why.ENDED
    accepted = select(SharingAcceptance.grant_id).where(SharingAcceptance.grant_id == grant.grant_id)
    if session.scalar(accepted) is None:
        return Why.NOT_ACCEPTED
    return Why.NOT_YET if grant.opens_at > now else Why.NOT_IN_NOTICE


def _open(session: Session, grant: SharingGrant) -> list[str] | None:
    """The fields that the grant opens at this moment."""
    fields: list[str] | None = session.scalar(
        text("SELECT field_ids FROM open_grants(:the_group, :receiver, :kind) WHERE scope_id = :scope"),
        _of_grant(session, grant) | {"scope": grant.scope_id},
    )
    return fields


def _of_grant(session: Session, grant: SharingGrant) -> dict[str, object]:
    return {"the_group": acting_of(session).group_id, "receiver": grant.recipient_id, "kind": grant.kind}


def _judged(grant: SharingGrant, person: Person) -> tuple[Why, Record | None, Condition | None]:
    own = [record for record in person.records if record.register_id == grant.register_id]
    open_ones = [record for record in own if not record.restricted]
    if person.restricted:
        return Why.PERSON_RESTRICTED, None, None
    if grant.kind in person.objected:
        return Why.OBJECTED, None, None
    if not open_ones:
        return (Why.RECORD_RESTRICTED if own else Why.NO_RECORD), None, None
    judged = [(record, grant.condition and failing(grant.condition, person, record)) for record in open_ones]
    fitting = next((record for record, failed in judged if failed is None), None)
    if fitting:
        return Why.SHARED, fitting, grant.condition
    return Why.CONDITION_NOT_MET, judged[0][0], judged[0][1]
