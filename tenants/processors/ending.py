"""What comes to its end under the acting company's agreements: they themselves, and the evidence that they stand on."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.processors import reading, standing
from tenants.processors.model import AgreementState, AgreementVersion
from tenants.processors.reading import Agreed
from tenants.processors.standing import Ground

GOING_ON = (AgreementState.APPROVED, AgreementState.IN_FORCE)


def agreements(session: Session, *, since: date, until: date) -> list[tuple[date, UUID]]:
    """Last days of agreements with no later version that goes on, and which agreement it is."""
    return [
        (last.valid_until, one.agreement.agreement_id)
        for one, _ in _going_on(session, since)
        if (last := _last(one)).valid_until and since <= last.valid_until <= until
    ]


def evidence(session: Session, *, until: date, today: date) -> list[tuple[date, UUID]]:
    """Until when the evidence about the processors of agreements holds, and which processor it is; also what lapsed."""
    known = standing.ground(session)
    days: dict[UUID, date] = {}
    for one, version in _going_on(session, today):
        processor_id, day = one.agreement.processor_id, _holds_until(known, one, version, today)
        if day is not None and day <= until:
            days[processor_id] = min(day, days.get(processor_id, day))
    return [(day, processor_id) for processor_id, day in days.items()]


def drafts(session: Session) -> list[tuple[AgreementVersion, UUID]]:
    """Those that wait to be approved."""
    return [
        (one.newest, one.agreement.agreement_id)
        for one in reading.listed(session)
        if one.newest.approved_at is None and one.agreement.ended_at is None
    ]


def _going_on(session: Session, today: date) -> Iterator[tuple[Agreed, AgreementVersion]]:
    for one in reading.listed(session):
        version = one.on(today)
        if one.state(version, today) in GOING_ON:
            yield one, version


def _last(agreed: Agreed) -> AgreementVersion:
    """The version that holds in the end."""
    return next(one for one in agreed.versions if one.approved_at)


def _holds_until(known: Ground, agreed: Agreed, version: AgreementVersion, today: date) -> date | None:
    """None where nobody has ever verified it: that stops it at once, and is no end."""
    made = [one for one in standing.evidence(known, agreed) if one.verified_on <= today]
    if not made:
        return None
    day, again = max(one.valid_until for one in made), version.verify_again_on
    if again is not None and all(one.verified_on < again for one in made):
        return min(day, again)
    return day
