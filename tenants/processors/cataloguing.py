"""The catalogue of processors and other recipients. It is the group's: all its companies read it.

`looked_at` is `looked_at(processor)` of what was decided about; what has changed since is not decided about.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.model import Company
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid
from tenants.processors import describing, refusals, relying
from tenants.processors.model import Description, Processor


def add(session: Session, said: Description) -> Processor:
    """Raises SeveralInvalid, KnownKey, KnownOrganisation, Forbidden."""
    require(session, Permission.MANAGE_PROCESSORS)
    processor = Processor(retired_at=None)
    write(session, processor, said)
    session.add(processor)
    session.flush()
    trail.record(session, "processor.added", about="processor", ids=[processor.processor_id])
    return processor


def change(session: Session, processor_id: UUID, said: Description, *, seen: str | None = None) -> Processor:
    """Its key stays.

    Raises SeveralInvalid, KnownOrganisation, ProcessorChangedMeanwhile, NoSuchProcessor, OthersRely, Forbidden.
    """
    relying.require_free(session, processor_id)
    processor = locked(session, processor_id)
    if seen not in (None, looked_at(processor)):
        raise refusals.ProcessorChangedMeanwhile
    write(session, processor, msgspec.structs.replace(said, key=processor.key))
    session.flush()
    trail.record(session, "processor.changed", about="processor", ids=[processor_id])
    return processor


def retire(session: Session, processor_id: UUID) -> None:
    """Stops what flows to it from every company. Raises GroupDecides, NoSuchProcessor, Forbidden."""
    processor = _for_the_group(session, processor_id)
    if processor.retired_at is None:
        processor.retired_at = func.now()
        trail.record(session, "processor.retired", about="processor", ids=[processor_id])


def take_back(session: Session, processor_id: UUID) -> None:
    """Into use again. Raises GroupDecides, NoSuchProcessor, Forbidden."""
    processor = _for_the_group(session, processor_id)
    if processor.retired_at is not None:
        processor.retired_at = None
        trail.record(session, "processor.taken_back", about="processor", ids=[processor_id])


def write(session: Session, processor: Processor, said: Description) -> None:
    """Makes the row say this. Raises SeveralInvalid, KnownKey, KnownOrganisation."""
    said = checked(session, processor.processor_id, said)
    for name in said.__struct_fields__:
        value = getattr(said, name)
        setattr(processor, name, list(value) if isinstance(value, tuple) else value)


def checked(session: Session, processor_id: UUID | None, said: Description) -> Description:
    """In one spelling; of a new one without its id. Raises SeveralInvalid, KnownKey, KnownOrganisation."""
    said = describing.in_one_spelling(said)
    found: list[Invalid] = list(describing.faults(said))
    if said.company_id is not None and not _is_company(session, said.company_id):
        found.append(refusals.NotACompanyOfTheGroup(field="company"))
    if found:
        raise SeveralInvalid(found)
    _refuse_known(session, processor_id, said)
    return said


def get(session: Session, processor_id: UUID) -> Processor:
    """Raises NoSuchProcessor."""
    found = session.scalar(select(Processor).where(Processor.processor_id == processor_id))
    if found is None:
        raise refusals.NoSuchProcessor
    return found


def locked(session: Session, processor_id: UUID) -> Processor:
    """Which nobody else changes meanwhile, as it stands then. Raises NoSuchProcessor."""
    found = session.scalar(select(Processor).where(Processor.processor_id == processor_id).with_for_update())
    if found is None:
        raise refusals.NoSuchProcessor
    return found


def listed(session: Session) -> Sequence[Processor]:
    """Those in use first, each by its key."""
    return session.scalars(select(Processor).order_by(Processor.retired_at.is_not(None), Processor.key)).all()


def description_of(processor: Processor) -> Description:
    return Description(
        key=processor.key,
        name=processor.name,
        kind=processor.kind,
        country=processor.country,
        countries=tuple(processor.countries),
        business_id=processor.business_id,
        vat_number=processor.vat_number,
        contact=processor.contact,
        domain=processor.domain,
        company_id=processor.company_id,
        recipients=tuple(processor.recipients),
    )


def looked_at(processor: Processor) -> str:
    """What is known of it, in short: who decides about it says with this what they have seen."""
    return hashlib.sha256(msgspec.json.encode(description_of(processor))).hexdigest()[:32]


def _for_the_group(session: Session, processor_id: UUID) -> Processor:
    require(session, Permission.MANAGE_PROCESSORS)
    if acting_of(session).company_id is not None:
        get(session, processor_id)
        raise refusals.GroupDecides
    return locked(session, processor_id)


def _is_company(session: Session, company_id: UUID) -> bool:
    own = select(Company.company_id).where(Company.company_id == company_id, Company.retired_at.is_(None))
    return session.scalar(own) is not None


def _refuse_known(session: Session, own_id: UUID | None, said: Description) -> None:
    same = [Processor.key == said.key]
    for column, value in (
        (Processor.business_id, said.business_id),
        (Processor.vat_number, said.vat_number),
        (Processor.company_id, said.company_id),
    ):
        if value is not None:
            same.append(column == value)
    for other in session.scalars(select(Processor).where(or_(*same))):
        if other.processor_id == own_id:
            continue
        if other.key == said.key:
            raise refusals.KnownKey(field="key")
        raise refusals.KnownOrganisation(field=_where_known(other, said))


def _where_known(other: Processor, said: Description) -> str:
    if said.business_id is not None and other.business_id == said.business_id:
        return "business_id"
    return "vat_number" if said.vat_number and other.vat_number == said.vat_number else "company"
