"""Processors and agreements of a manifest, and feeds, into the catalogue, which the office changes too.

Three ways, field by field: what was declared before, what is declared now, and what the catalogue says. What a manifest
does not change stays as the office has it; what both changed is refused. Nothing is approved here, and nothing ended.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.acting import Actor
from tenants.companies.model import Company
from tenants.database import acting_of
from tenants.errors import SeveralInvalid
from tenants.manifests import bringing_feeds, catalogued
from tenants.manifests.catalogued import Catalogue, Ground
from tenants.manifests.faults import (
    AgreementEnded,
    ChangedInTheOffice,
    Fault,
    FaultyManifest,
    FixedOnceDeclared,
    KnownOtherwise,
    SubProcessorOfItself,
)
from tenants.manifests.merging import merged
from tenants.manifests.model import DeclaredAgreement, DeclaredProcessor, Manifest
from tenants.manifests.planning import said_now, spelt_out
from tenants.manifests.reading import ReadManifest
from tenants.processors import agreements, cataloguing, engaging, refusals
from tenants.processors.model import Processor
from tenants.processors.reading import Agreed
from tenants.processors.terms import Terms, terms_of

# What of the terms each declared field stands for, where it is not one of the same name.
STANDS_FOR = {"covers": ("registers", "purposes")}


class Rows(msgspec.Struct):
    """How many companies, departments, registers, purposes, fields, places of paper, processors, sub-processors,
    agreements and feeds came, changed and went.
    """

    added: int = 0
    changed: int = 0
    retired: int = 0

    def touched(self) -> bool:
        return bool(self.added or self.changed or self.retired)


class Bringing(msgspec.Struct, frozen=True):
    """One manifest on its way; `before` is the one in force until now."""

    session: Session
    read: ReadManifest
    before: Manifest | None
    rows: Rows
    faults: list[Fault]

    def fault(self, kind: type[Fault], place: str, **values: str) -> None:
        self.faults.append(kind(self.read.tree.nearest(place).line, place, **values))


def bring(session: Session, read: ReadManifest, before: Manifest | None, rows: Rows) -> None:
    """After the companies, registers and purposes are there. Raises FaultyManifest."""
    brought = Bringing(session, read, before, rows, [])
    _processors(brought)
    session.flush()
    for company in session.scalars(select(Company).where(Company.retired_at.is_(None)).order_by(Company.position)):
        if _may_bring(session, company.company_id):
            _agreements(brought, company)
            _feeds(brought, company)
    if brought.faults:
        raise FaultyManifest(read.file, brought.faults)


def _may_bring(session: Session, company_id: UUID) -> bool:
    """Seloste itself those of all companies; whoever acts for one company only those of that company."""
    acting = acting_of(session)
    return acting.company_id == company_id or (acting.actor is Actor.SYSTEM and acting.company_id is None)


def _processors(brought: Bringing) -> None:
    session, known = brought.session, catalogued.catalogue(brought.session)
    companies = {one.key: one.company_id for one in session.scalars(select(Company))}
    before = {one.key: one for one in brought.before.processors} if brought.before else {}
    wanted = {
        one.key: _merged_processor(brought, before.get(one.key), one, known.said.get(one.key))
        for one in brought.read.manifest.processors
    }
    if brought.faults:
        return
    for declared in wanted.values():
        _bring_processor(brought, known, declared, companies, comes_back=declared.key not in before)
    session.flush()
    known = catalogued.catalogue(session)
    for declared in wanted.values():
        _engage(brought, known, declared)
    for key in before.keys() - wanted.keys():
        row = known.kept.get(key)
        if row is not None and row.retired_at is None:
            row.retired_at = func.now()
            brought.rows.retired += 1


def _merged_processor(
    brought: Bringing, before: DeclaredProcessor | None, declared: DeclaredProcessor, now: DeclaredProcessor | None
) -> DeclaredProcessor:
    if now is None:
        return declared
    both, clashes = merged(spelt_out(before) if before else {}, spelt_out(declared), spelt_out(now))
    for one in clashes:
        brought.fault(ChangedInTheOffice, f"processors.{declared.key}.{one.place}", now=said_now(one.theirs))
    return declared if clashes else msgspec.convert(both, DeclaredProcessor)


def _bring_processor(
    brought: Bringing,
    known: Catalogue,
    declared: DeclaredProcessor,
    companies: dict[str, UUID],
    *,
    comes_back: bool,
) -> None:
    row = known.kept.get(declared.key)
    said = catalogued.description(declared, companies)
    new = row is None
    row = row or Processor(retired_at=None)
    returns = comes_back and row.retired_at is not None
    if returns:
        row.retired_at = None
    if not new and said == cataloguing.description_of(row):
        brought.rows.changed += returns
        return
    try:
        cataloguing.write(brought.session, row, said)
    except refusals.KnownOrganisation as refused:
        brought.fault(KnownOtherwise, f"processors.{declared.key}.{refused.field}")
        return
    brought.session.add(row)
    brought.session.flush()
    brought.rows.added += new
    brought.rows.changed += not new


def _engage(brought: Bringing, known: Catalogue, declared: DeclaredProcessor) -> None:
    if declared.key not in known.kept:
        return
    processor_id = known.kept[declared.key].processor_id
    now = {one.key: one for one in known.said[declared.key].sub_processors}
    for link in declared.sub_processors:
        said = catalogued.engagement(link)
        if link.key in now and said == catalogued.engagement(now[link.key]):
            continue
        try:
            engaging.write(brought.session, processor_id, known.kept[link.key].processor_id, said)
        except SeveralInvalid:
            # What the manifest alone could know was looked at before: here those that the office engaged count too.
            brought.fault(SubProcessorOfItself, f"processors.{declared.key}.sub_processors.{link.key}.key")
            continue
        brought.rows.added += link.key not in now
        brought.rows.changed += link.key in now
    for key in now.keys() - {one.key for one in declared.sub_processors}:
        engaging.get(brought.session, processor_id, known.kept[key].processor_id).ended_at = func.now()
        brought.rows.retired += 1


def _agreements(brought: Bringing, company: Company) -> None:
    known = catalogued.ground(brought.session)
    processors = {key: processor_id for processor_id, key in known.processors.items()}
    found = catalogued.agreed(brought.session, company.company_id)
    before = {one.key: one for one in _declared(brought.before, company.key)}
    for declared in _declared(brought.read.manifest, company.key):
        place = f"companies.{company.key}.agreements.{declared.key}"
        if declared.key in found:
            _redraft(brought, known, found[declared.key], before.get(declared.key), declared, place=place)
        elif declared.processor in processors:
            said = catalogued.terms(known, company.company_id, declared)
            processor_id = processors[declared.processor]
            agreements.begin(brought.session, company.company_id, processor_id, declared.key, said, declared=True)
            brought.rows.added += 1


def _redraft(
    brought: Bringing,
    known: Ground,
    found: Agreed,
    before: DeclaredAgreement | None,
    declared: DeclaredAgreement,
    *,
    place: str,
) -> None:
    """The draft is written anew, or of what was approved a next version is drafted."""
    now = catalogued.agreement(known, found)
    if declared.processor != now.processor:
        brought.fault(FixedOnceDeclared, f"{place}.processor")
        return
    terms_alone = replace(declared, feeds=())
    both, clashes = merged(
        spelt_out(replace(before, feeds=())) if before else {}, spelt_out(terms_alone), spelt_out(now)
    )
    for one in clashes:
        brought.fault(ChangedInTheOffice, f"{place}.{one.place}", now=said_now(one.theirs))
    if clashes:
        return
    kept = terms_of(found.newest)
    becomes = msgspec.convert(both, DeclaredAgreement)
    said = _with_changes(kept, now, becomes, catalogued.terms(known, found.agreement.company_id, becomes))
    if said == kept:
        return
    if found.agreement.ended_at is not None:
        brought.fault(AgreementEnded, place)
        return
    agreements.draft_anew(brought.session, found, said)
    brought.rows.changed += 1


def _with_changes(kept: Terms, now: DeclaredAgreement, becomes: DeclaredAgreement, said: Terms) -> Terms:
    """Only what is declared otherwise changes: the office may have left more unfinished than can be declared."""
    names = [name for name in now.__struct_fields__ if getattr(now, name) != getattr(becomes, name)]
    names = [each for name in names for each in STANDS_FOR.get(name, (name,))]
    return replace(kept, **{name: getattr(said, name) for name in names})


def _feeds(brought: Bringing, company: Company) -> None:
    agreements, before = _declared(brought.read.manifest, company.key), _declared(brought.before, company.key)
    found = bringing_feeds.bring(brought.session, brought.read.tree, company, agreements, before)
    brought.rows.added += found.added
    brought.rows.changed += found.changed
    brought.faults.extend(found.faults)


def _declared(manifest: Manifest | None, company_key: str) -> Sequence[DeclaredAgreement]:
    if manifest is None:
        return ()
    return next((one.agreements for one in manifest.companies if one.key == company_key), ())
