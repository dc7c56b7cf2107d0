"""Processors and agreements both ways: as they are declared, and as the catalogue keeps them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Company, Contact
from tenants.manifests import declared_feeds
from tenants.manifests.compiling import contact_of
from tenants.manifests.model import (
    CoveredRegister,
    DeclaredAgreement,
    DeclaredArrangement,
    DeclaredContact,
    DeclaredDocument,
    DeclaredPoint,
    DeclaredProcessor,
    DeclaredQuestionnaire,
    DeclaredSubProcessor,
    DeclaredTransfer,
    Manifest,
)
from tenants.processors import cataloguing, engaging, reading
from tenants.processors.describing import in_one_spelling
from tenants.processors.engaging import Engagement
from tenants.processors.model import (
    AgreementVersion,
    Arrangement,
    Checked,
    Description,
    Document,
    Point,
    Processor,
    Questionnaire,
    SubProcessor,
    Transfer,
)
from tenants.processors.reading import Agreed
from tenants.processors.terms import Terms
from tenants.registers.model import Purpose, Register


class Catalogue(Struct, frozen=True):
    """What the office knows, by key, and as it would be declared."""

    kept: dict[str, Processor]
    said: dict[str, DeclaredProcessor]


class Ground(Struct, frozen=True):
    """What agreements name: keys by ids. `purposes`: the register and the key."""

    processors: Mapping[UUID, str]
    registers: Mapping[UUID, Register]
    purposes: Mapping[UUID, Purpose]


def standing(session: Session, manifest: Manifest) -> Manifest:
    """The manifest with what the office has changed since of what it declares, and with the processors it added.

    An agreement or a feed that only the office has stays its company's own: a manifest is read by all companies.
    """
    known, said = ground(session), catalogue(session)
    declared = [one.key for one in manifest.processors]
    added = [key for key, row in said.kept.items() if key not in declared and row.retired_at is None]
    ids = {one.key: one.company_id for one in session.scalars(select(Company))}
    companies = []
    for company in manifest.companies:
        found = agreed(session, ids[company.key])
        feeds, named = declared_feeds.given(session, ids[company.key]), declared_feeds.ground(session, ids[company.key])
        agreements = tuple(
            replace(
                agreement(known, found[one.key]) if one.key in found else one,
                feeds=declared_feeds.standing(named, feeds, one.feeds),
            )
            for one in company.agreements
        )
        companies.append(replace(company, agreements=agreements))
    processors = tuple(said.said[key] for key in (*declared, *added))
    return replace(manifest, companies=tuple(companies), processors=processors)


def catalogue(session: Session) -> Catalogue:
    kept = cataloguing.listed(session)
    keys = {one.processor_id: one.key for one in kept}
    companies = {one.company_id: one.key for one in session.scalars(select(Company))}
    engaged = engaging.engaged(session)
    said = {one.key: _processor(one, companies, engaged.get(one.processor_id, ()), keys) for one in kept}
    return Catalogue({one.key: one for one in kept}, said)


def ground(session: Session) -> Ground:
    return Ground(
        processors={one.processor_id: one.key for one in cataloguing.listed(session)},
        registers={one.register_id: one for one in session.scalars(select(Register).order_by(Register.position))},
        purposes={one.purpose_id: one for one in session.scalars(select(Purpose).order_by(Purpose.position))},
    )


def agreed(session: Session, company_id: UUID) -> dict[str, Agreed]:
    """The company's agreements by key, as far as they are seen by who acts."""
    return {one.agreement.key: one for one in reading.listed(session) if one.agreement.company_id == company_id}


def agreement(known: Ground, found: Agreed) -> DeclaredAgreement:
    """As its newest version says, without its feeds."""
    version = found.newest
    return DeclaredAgreement(
        key=found.agreement.key,
        processor=known.processors[found.agreement.processor_id],
        relation=version.relation,
        covers=_covered(known, version),
        checklist=tuple(_point(one) for point in Point for one in version.checklist if one.met and one.point is point),
        document=_document(version.document),
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        verify_again_on=version.verify_again_on,
        at_end=version.at_end,
        transfers=tuple(
            DeclaredTransfer(country=one.country, kind=one.kind, assessment=_document(one.assessment))
            for one in version.transfers
        ),
        questionnaire=_questionnaire(version.questionnaire),
        arrangement=_arrangement(version.arrangement),
        objection_stops=version.objection_stops,
    )


def description(declared: DeclaredProcessor, companies: Mapping[str, UUID]) -> Description:
    said = Description(
        key=declared.key,
        name=declared.name,
        kind=declared.kind,
        country=declared.country,
        countries=declared.countries,
        business_id=declared.business_id,
        vat_number=declared.vat_number,
        contact=contact_of(declared.contact) if declared.contact else Contact(),
        domain=declared.domain,
        company_id=companies[declared.company] if declared.company else None,
        recipients=declared.recipients,
    )
    return in_one_spelling(said)


def engagement(declared: DeclaredSubProcessor) -> Engagement:
    return Engagement(
        service=declared.service,
        countries=tuple(sorted(declared.countries)),
        since=declared.since,
        announced_on=declared.announced_on,
        objections_until=declared.objections_until,
    )


def terms(known: Ground, company_id: UUID, declared: DeclaredAgreement) -> Terms:
    keys = {one.register: one.purposes for one in declared.covers}
    covered = {
        one.register_id: one.key
        for one in known.registers.values()
        if one.company_id == company_id and one.key in keys and one.retired_at is None
    }
    served = [
        one
        for one in known.purposes.values()
        if one.register_id in covered and one.key in keys[covered[one.register_id]] and one.retired_at is None
    ]
    checklist = {one.point: one.where for one in declared.checklist}
    return Terms(
        relation=declared.relation,
        registers=tuple(covered),
        purposes=tuple(one.purpose_id for one in served),
        checklist=tuple(Checked(point, met=True, where=checklist[point]) for point in Point if point in checklist),
        document=_kept_document(declared.document),
        valid_from=declared.valid_from,
        valid_until=declared.valid_until,
        verify_again_on=declared.verify_again_on,
        at_end=declared.at_end,
        transfers=tuple(Transfer(one.country, one.kind, _kept_document(one.assessment)) for one in declared.transfers),
        questionnaire=_kept_questionnaire(declared.questionnaire),
        arrangement=_kept_arrangement(declared.arrangement),
        objection_stops=declared.objection_stops,
    )


def _processor(
    row: Processor, companies: Mapping[UUID, str], engaged: Sequence[SubProcessor], keys: Mapping[UUID, str]
) -> DeclaredProcessor:
    contact = DeclaredContact(**asdict(row.contact))
    return DeclaredProcessor(
        key=row.key,
        name=row.name,
        kind=row.kind,
        country=row.country,
        countries=tuple(row.countries),
        business_id=row.business_id,
        vat_number=row.vat_number,
        contact=contact if contact != DeclaredContact() else None,
        domain=row.domain,
        company=companies[row.company_id] if row.company_id else None,
        recipients=tuple(row.recipients),
        sub_processors=tuple(_engaged(link, keys[link.sub_processor_id]) for link in engaged),
    )


def _engaged(link: SubProcessor, key: str) -> DeclaredSubProcessor:
    return DeclaredSubProcessor(
        key=key,
        service=link.service,
        countries=tuple(link.countries),
        since=link.since,
        announced_on=link.announced_on,
        objections_until=link.objections_until,
    )


def _covered(known: Ground, version: AgreementVersion) -> tuple[CoveredRegister, ...]:
    """A register of which no purpose is covered yet is left out: a draft of the office may be unfinished."""
    found = []
    for register in sorted((known.registers[one] for one in version.registers), key=lambda one: one.position):
        purposes = [known.purposes[one] for one in version.purposes]
        own = sorted((one for one in purposes if one.register_id == register.register_id), key=lambda one: one.position)
        if own:
            found.append(CoveredRegister(register=register.key, purposes=tuple(one.key for one in own)))
    return tuple(found)


def _point(one: Checked) -> DeclaredPoint:
    return DeclaredPoint(point=one.point, where=one.where)


def _document(kept: Document | None) -> DeclaredDocument | None:
    return DeclaredDocument(name=kept.name, sha256=kept.sha256) if kept else None


def _kept_document(declared: DeclaredDocument | None) -> Document | None:
    return Document(declared.name, declared.sha256) if declared else None


def _questionnaire(kept: Questionnaire | None) -> DeclaredQuestionnaire | None:
    if kept is None:
        return None
    document = DeclaredDocument(name=kept.document.name, sha256=kept.document.sha256)
    return DeclaredQuestionnaire(document=document, answered_on=kept.answered_on)


def _arrangement(kept: Arrangement | None) -> DeclaredArrangement | None:
    """One that the office has begun only cannot be declared yet."""
    if kept is None or not kept.essence.fi.strip() or not kept.contact.strip():
        return None
    return DeclaredArrangement(essence=kept.essence, contact=kept.contact)


def _kept_arrangement(declared: DeclaredArrangement | None) -> Arrangement | None:
    return Arrangement(declared.essence, declared.contact) if declared else None


def _kept_questionnaire(declared: DeclaredQuestionnaire | None) -> Questionnaire | None:
    if declared is None:
        return None
    return Questionnaire(Document(declared.document.name, declared.document.sha256), declared.answered_on)
