"""The life of an agreement: drafted and approved by the company whose it is, in force by the clock, ended by hand.

A next version of an approved agreement is drafted beside it, and takes its place when it is approved or, where that is
later, on its first day. `seen` is `reading.looked_at` of the version that was decided about.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id, say
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.groups.model import Group
from tenants.processors import arranging, cataloguing, publishing, reading, refusals, transferring
from tenants.processors.checking import refuse_impossible, refuse_incomplete
from tenants.processors.describing import KEY
from tenants.processors.model import Agreement, AgreementVersion
from tenants.processors.reading import Agreed
from tenants.processors.terms import Terms


def draft(session: Session, processor_id: UUID, key: str, terms: Terms) -> AgreementVersion:
    """Of the acting company. Raises NotAKey, KnownAgreement, OutOfUse, NoSuchProcessor, SeveralInvalid, Forbidden."""
    require(session, Permission.DRAFT_AGREEMENTS)
    company_id = acting_of(session).company_id
    if company_id is None:
        raise refusals.CompanyDecides
    processor = cataloguing.get(session, processor_id)
    if processor.retired_at is not None:
        raise refusals.OutOfUse(field="processor")
    return begin(session, company_id, processor_id, key.strip(), terms, declared=False)


def begin(
    session: Session, company_id: UUID, processor_id: UUID, key: str, terms: Terms, *, declared: bool
) -> AgreementVersion:
    """A new agreement with its first draft. Raises NotAKey, KnownAgreement, SeveralInvalid."""
    if not KEY.fullmatch(key):
        raise refusals.NotAKey(field="key")
    known = select(Agreement.agreement_id).where(Agreement.company_id == company_id, Agreement.key == key)
    if session.scalar(known) is not None:
        raise refusals.KnownAgreement(field="key")
    refuse_impossible(session, company_id, terms)
    agreement = Agreement(
        agreement_id=new_id(), company_id=company_id, processor_id=processor_id, key=key, declared=declared
    )
    session.add(agreement)
    session.flush()
    return _write(session, agreement, 1, terms)


def change(session: Session, agreement_id: UUID, terms: Terms, *, seen: str | None = None) -> AgreementVersion:
    """A draft is written anew; of what was approved a next version is drafted.

    Raises SeveralInvalid, AgreementChangedMeanwhile, NotThisAgreementStep, NoSuchAgreement, Forbidden.
    """
    found = _own(session, agreement_id, Permission.DRAFT_AGREEMENTS, seen)
    return draft_anew(session, found, terms)


def draft_anew(session: Session, found: Agreed, terms: Terms) -> AgreementVersion:
    """Raises SeveralInvalid, NotThisAgreementStep."""
    if found.agreement.ended_at is not None:
        raise refusals.NotThisAgreementStep
    refuse_impossible(session, found.agreement.company_id, terms)
    newest = found.newest
    if newest.approved_at is not None:
        return _write(session, found.agreement, newest.version + 1, terms)
    say(newest, terms)
    _sign(newest, acting_of(session).actor_id)
    session.flush()
    _note(session, "agreement.drafted", found.agreement, newest.version)
    return newest


def approve(session: Session, agreement_id: UUID, *, seen: str | None = None) -> AgreementVersion:
    """Raises SeveralInvalid with all that is missing, OwnAgreementDraft, NotThisAgreementStep,
    AgreementChangedMeanwhile, NoSuchAgreement, Forbidden.
    """
    found = _own(session, agreement_id, Permission.APPROVE_AGREEMENTS, seen)
    version, acting = found.newest, acting_of(session)
    if version.approved_at is not None or found.agreement.ended_at is not None:
        raise refusals.NotThisAgreementStep
    if session.scalar(select(Group.four_eyes)) and acting.actor_id in {version.drafted_by, *version.editors}:
        raise refusals.OwnAgreementDraft
    refuse_incomplete(session, found, version)
    from_day = max(version.valid_from, reading.today())
    _end_former(found, from_day=from_day)
    publishing.hide(session, agreement_id, from_day=from_day)
    version.approved_at, version.approved_by = func.now(), acting.actor_id
    session.flush()
    session.refresh(version)
    arranging.show(session, found.agreement.processor_id, version)
    transferring.show(session, version)
    _note(session, "agreement.approved", found.agreement, version.version)
    return version


def end(session: Session, agreement_id: UUID) -> None:
    """At once and for good. Raises NotThisAgreementStep, NoSuchAgreement, Forbidden."""
    found = _own(session, agreement_id, Permission.APPROVE_AGREEMENTS, None)
    if found.agreement.ended_at is not None:
        raise refusals.NotThisAgreementStep
    found.agreement.ended_at, found.agreement.ended_by = func.now(), acting_of(session).actor_id
    publishing.hide(session, agreement_id, from_day=reading.today())
    session.flush()
    session.refresh(found.agreement)
    _note(session, "agreement.ended", found.agreement, found.on(reading.today()).version)


def _own(session: Session, agreement_id: UUID, permission: Permission, seen: str | None) -> Agreed:
    """An agreement of the acting company, which nobody else changes meanwhile."""
    require(session, permission)
    session.execute(select(Agreement.agreement_id).where(Agreement.agreement_id == agreement_id).with_for_update())
    found = reading.agreement(session, agreement_id)
    if seen not in (None, reading.looked_at(found.newest)):
        raise refusals.AgreementChangedMeanwhile
    return found


def _write(session: Session, agreement: Agreement, number: int, terms: Terms) -> AgreementVersion:
    by = acting_of(session).actor_id
    version = AgreementVersion(
        agreement_id=agreement.agreement_id,
        version=number,
        company_id=agreement.company_id,
        editors=[],
        drafted_by=by,
    )
    _sign(version, by)
    say(version, terms)
    session.add(version)
    session.flush()
    _note(session, "agreement.drafted", agreement, number)
    return version


def _sign(version: AgreementVersion, by: UUID | None) -> None:
    """Whoever had a hand in a draft keeps it: somebody else's small change makes nobody's own terms another's."""
    hands = dict.fromkeys((*version.editors, version.drafted_by, by))
    version.editors, version.drafted_by = [one for one in hands if one], by


def _end_former(found: Agreed, *, from_day: date) -> None:
    for one in found.versions[1:]:
        one.replaced_on = min(one.replaced_on or from_day, from_day)


def _note(session: Session, action: str, agreement: Agreement, version: int) -> None:
    trail.record(
        session,
        action,
        about="agreement",
        ids=[agreement.agreement_id],
        company_id=agreement.company_id,
        processor=str(agreement.processor_id),
        version=version,
    )
