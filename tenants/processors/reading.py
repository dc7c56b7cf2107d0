"""The agreements of the acting company, version by version. No other company sees them."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.languages.speaking import HELSINKI
from tenants.processors.model import Agreement, AgreementState, AgreementVersion
from tenants.processors.refusals import NoSuchAgreement
from tenants.processors.terms import terms_of


class Agreed(Struct, frozen=True):
    """All versions of one agreement, the newest first."""

    agreement: Agreement
    versions: tuple[AgreementVersion, ...]

    @property
    def newest(self) -> AgreementVersion:
        return self.versions[0]

    def on(self, today: date) -> AgreementVersion:
        """The version by which it is known on a day: of the approved ones the first that none has replaced by then.

        Before any is approved it is the draft. Every moment has one, and a next draft changes nothing about it.
        """
        holding = [one for one in self.versions if one.approved_at and (not one.replaced_on or one.replaced_on > today)]
        return holding[-1] if holding else self.newest

    def next_draft(self, today: date) -> AgreementVersion | None:
        return self.newest if self.newest.approved_at is None and self.newest is not self.on(today) else None

    def state(self, version: AgreementVersion, today: date) -> AgreementState:
        return state_of(self.agreement, version, today)

    @property
    def draft_looked_at(self) -> str:
        return looked_at(self.newest)


def state_of(agreement: Agreement, version: AgreementVersion, today: date) -> AgreementState:
    """What the steps amount to. Coming into force, expiry and replacement are no steps: the day decides."""
    if agreement.ended_at is not None:
        return AgreementState.ENDED
    if version.approved_at is None:
        return AgreementState.DRAFT
    if version.replaced_on is not None and version.replaced_on <= today:
        return AgreementState.REPLACED
    if version.valid_until is not None and version.valid_until < today:
        return AgreementState.EXPIRED
    return AgreementState.APPROVED if version.valid_from > today else AgreementState.IN_FORCE


def looked_at(version: AgreementVersion) -> str:
    """What the version says, in short: who decides about it says with this what they have seen."""
    said = msgspec.json.encode((version.version, terms_of(version)))
    return hashlib.sha256(said).hexdigest()[:32]


def agreement(session: Session, agreement_id: UUID) -> Agreed:
    """Raises NoSuchAgreement."""
    found = list(_read(session, [agreement_id]))
    if not found:
        raise NoSuchAgreement
    return found[0]


def listed(session: Session, *, processor_id: UUID | None = None) -> list[Agreed]:
    """The oldest first."""
    wanted = select(Agreement.agreement_id)
    if processor_id is not None:
        wanted = wanted.where(Agreement.processor_id == processor_id)
    return list(_read(session, session.scalars(wanted).all()))


def today() -> date:
    """An agreement holds until the end of its last day, in Finland."""
    return datetime.now(HELSINKI).date()


def _read(session: Session, ids: Sequence[UUID]) -> Iterator[Agreed]:
    versions = session.scalars(
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id.in_(ids))
        .order_by(AgreementVersion.agreement_id, AgreementVersion.version.desc())
    ).all()
    agreements = select(Agreement).where(Agreement.agreement_id.in_(ids)).order_by(Agreement.agreement_id)
    for one in session.scalars(agreements):
        yield Agreed(one, tuple(version for version in versions if version.agreement_id == one.agreement_id))
