"""A manifest into the database: all of it, or nothing. Applied twice in a row, the second time changes nothing.

What a manifest no longer declares is retired and keeps what it holds; declared again, it comes back.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from tenants.acting import DatabaseRole, PurposeKind, system
from tenants.audit.trail import record
from tenants.base import new_id
from tenants.companies import committing
from tenants.companies.model import Company, Department
from tenants.database import acting_of, walled_session
from tenants.groups import directory
from tenants.groups.model import Group
from tenants.jobs.outbox import enqueue
from tenants.manifests import bringing, compiling, versions
from tenants.manifests.bringing import Rows
from tenants.manifests.faults import (
    ChangedSince,
    Fault,
    FaultyManifest,
    FixedOnceDeclared,
    HoldsData,
    NoSuchVersion,
    PrefixWasUsed,
    StaleManifest,
)
from tenants.manifests.model import DeclaredField, DeclaredGroup, DeclaredRegister, Manifest
from tenants.manifests.planning import Change, differences, document, said_now
from tenants.manifests.reading import ReadManifest
from tenants.manifests.versions import ManifestVersion
from tenants.registers import binding, holding
from tenants.registers.identifiers import RenewElsewhere, RenewIdentifiers
from tenants.registers.model import Field, PaperPlace, Purpose, Register
from tenants.registers.registers import fields
from tenants.vault.digests import IdentifierKind
from tenants.vault.founding import found

Row = TypeVar("Row", Company, Department, Register, Purpose, Field, PaperPlace)

FIXED_FIELDS = ("type", "identifier", "sealed", "record_key")


class Outcome(msgspec.Struct, frozen=True):
    """From version `before` (0: none) to `version`. Rows but no changes: the database had departed from it."""

    before: int
    version: int
    changes: tuple[Change, ...]
    rows: Rows

    @property
    def changed(self) -> bool:
        return bool(self.changes) or self.rows.touched()


def group_id_of(manifest: Manifest) -> UUID:
    """The group's id; a fresh one for a group that does not exist yet."""
    try:
        return directory.find_group(directory.Kind.SLUG, manifest.group.slug, role=DatabaseRole.APP)
    except directory.NoSuchGroup:
        return new_id()


def apply(session: Session, read: ReadManifest, *, draft_id: UUID | None = None) -> Outcome:
    """In a session for `group_id_of(manifest)`. Raises FaultyManifest, StaleManifest, GroupAppeared.

    Rolled back instead of committed, this is the plan.
    """
    _group(session, read.manifest.group)
    newest = versions.newest(session)
    becomes = document(read.manifest)
    changes = differences(document(newest.manifest) if newest else {}, becomes)
    _refuse_stale(session, read, newest, changes)
    _refuse_unfixing(session, read)
    _refuse_losing(session, read)
    renew = _find_by_names(session, read)
    rows = _bring_rows(session, read.manifest)
    bringing.bring(session, read, newest.manifest if newest else None, rows)
    renew()
    before = newest.version if newest else 0
    version = before + bool(changes)
    if changes:
        _keep(session, becomes, version, draft_id)
    if changes or rows.touched():
        record(
            session,
            "manifest.applied",
            about="manifest",
            version=version,
            added=rows.added,
            changed=rows.changed,
            retired=rows.retired,
        )
    session.flush()
    return Outcome(before, version, tuple(changes), rows)


def _group(session: Session, declared: DeclaredGroup) -> None:
    # The lock keeps two manifests of one group from being applied at once.
    group = session.scalar(select(Group).with_for_update())
    new = group is None
    group = group or Group(group_id=acting_of(session).group_id, slug=declared.slug)
    group.name = declared.name
    group.languages = list(declared.languages)
    group.default_language = declared.default_language
    group.four_eyes = declared.four_eyes
    group.roles_by_two = declared.roles_by_two
    group.maintenance_hours = declared.maintenance_hours
    group.certify_months = declared.certify_months
    if new:
        found(session, group)
    if declared.commitment is not None:
        session.flush()
        committing.declare(session, declared.commitment)


def _keep(session: Session, becomes: dict[str, object], version: int, draft_id: UUID | None) -> None:
    canonical = msgspec.json.encode(becomes, order="sorted")
    digest = hashlib.sha256(canonical).hexdigest()
    by = acting_of(session).actor_id
    session.add(ManifestVersion(version=version, document=becomes, sha256=digest, applied_by=by, draft_id=draft_id))


def _refuse_stale(
    session: Session, read: ReadManifest, newest: ManifestVersion | None, changes: Sequence[Change]
) -> None:
    latest = newest.version if newest else 0
    base = read.manifest.base_version or versions.newest_of_a_file(session)
    if base == latest:
        return
    based_on = versions.numbered(session, base) if base else None
    if newest is None or (based_on is None and base):
        place = read.tree.nearest("base_version")
        raise FaultyManifest(read.file, [NoSuchVersion(place.line, "base_version", base=base, newest=latest)])
    since = differences(document(based_on.manifest) if based_on else {}, document(newest.manifest))
    clashing = {one.place: one for one in changes if any(one.touches(other.place) for other in since)}
    if clashing:
        faults = [
            ChangedSince(read.tree.nearest(place).line, place, base=base, now=said_now(one.was))
            for place, one in clashing.items()
        ]
        raise StaleManifest(read.file, faults)


def _refuse_unfixing(session: Session, read: ReadManifest) -> None:
    """Values are sealed, digested and found by what these say, so they stay as they were first declared."""
    faults = list({fault.field: fault for fault in _unfixing(session, read)}.values())
    if faults:
        raise FaultyManifest(read.file, faults)


def _unfixing(session: Session, read: ReadManifest) -> Iterator[Fault]:
    yield from _of_companies(session, read)
    registers = {register.key: register for register in read.manifest.registers}
    for register in session.scalars(select(Register)):
        wanted = registers.get(register.key)
        if wanted is not None and wanted.cardinality != register.cardinality:
            yield _fixed(read, f"registers.{register.key}.cardinality")
    declared_fields = {(register.key, field.key): field for register in registers.values() for field in register.fields}
    statement = select(Register.key, Field).join(Field, Field.register_id == Register.register_id)
    for key, field in session.execute(statement):
        declared = declared_fields.get((key, field.key))
        if declared is None:
            continue
        for name in FIXED_FIELDS:
            becomes_name = name == "identifier" and _names(declared, field)
            if getattr(declared, name) != getattr(field, name) and not becomes_name:
                yield _fixed(read, f"registers.{key}.fields.{field.key}.{name}")


def _refuse_losing(session: Session, read: ReadManifest) -> None:
    """What is held must stay declared: the notice would be silent about it, and nobody would find it."""
    kept = {(company, register.key): register for register in read.manifest.registers for company in register.kept_by}
    faults: dict[str, Fault] = {}
    for company in session.scalars(select(Company).order_by(Company.position)):
        losing = list(_losing(session, company, kept))
        for place in _held(session, company, losing) if losing else ():
            faults[place] = HoldsData(read.tree.nearest(place).line, place, company=company.name)
    if faults:
        raise FaultyManifest(read.file, list(faults.values()))


def _losing(
    session: Session, company: Company, kept: Mapping[tuple[str, str], DeclaredRegister]
) -> Iterator[tuple[str, Register, Field | None]]:
    """Registers of the company, and fields of those it keeps, that would be declared no longer."""
    own = select(Register).where(Register.company_id == company.company_id, Register.retired_at.is_(None))
    for register in session.scalars(own):
        declared = kept.get((company.key, register.key))
        if declared is None:
            yield f"registers.{register.key}", register, None
            continue
        keys = {field.key for field in declared.fields}
        for field in fields(session, register.register_id):
            if field.key not in keys:
                yield f"registers.{register.key}.fields.{field.key}", register, field


def _held(session: Session, company: Company, losing: list[tuple[str, Register, Field | None]]) -> Iterator[str]:
    """Looked at as the company itself, in a transaction of its own: nobody else sees whether there is anything."""
    acting = system(acting_of(session).group_id, company_id=company.company_id, purpose=PurposeKind.STORAGE)
    with walled_session(acting) as of_company:
        for place, register, field in losing:
            if holding.holds(of_company, register.register_id, field.field_id if field else None):
                yield place


def _names(declared: DeclaredField, field: Field) -> bool:
    """A name identifies nobody, so nothing stands on it: a field may become one by which people are found."""
    return declared.identifier is IdentifierKind.NAME and field.identifier is None


def _find_by_names(session: Session, read: ReadManifest) -> Callable[[], None]:
    """What is to be done, once the rows are there, about the records that were there before."""
    wanted = {(one.key, field.key): field for one in read.manifest.registers for field in one.fields}
    kept = session.execute(select(Register, Field).join(Field, Field.register_id == Register.register_id))
    found = {
        (register.company_id, register.register_id)
        for register, field in kept
        if (declared := wanted.get((register.key, field.key))) and _names(declared, field)
    }

    def renew() -> None:
        for company_id, register_id in found:
            if acting_of(session).company_id in (None, company_id):
                enqueue(session, RenewIdentifiers(register_id), company_id=company_id)
            else:
                # A job for a sister company is given by the system alone.
                enqueue(session, RenewElsewhere(company_id, register_id), company_id=None)

    return renew


def _of_companies(session: Session, read: ReadManifest) -> Iterator[Fault]:
    known = {company.key: company for company in session.scalars(select(Company))}
    declared = {company.key for company in read.manifest.companies}
    retired = {company.prefix for company in known.values() if company.key not in declared}
    for company in read.manifest.companies:
        place = f"companies.{company.key}.prefix"
        if company.key in known and known[company.key].prefix != company.prefix:
            yield _fixed(read, place)
        elif company.prefix in retired:
            yield PrefixWasUsed(read.tree.nearest(place).line, place, prefix=company.prefix)


def _fixed(read: ReadManifest, place: str) -> Fault:
    return FixedOnceDeclared(read.tree.nearest(place).line, place)


def _bring_rows(session: Session, manifest: Manifest) -> Rows:
    rows = Rows()
    companies = list(session.scalars(select(Company)))
    companies = _reconcile(session, rows, companies, compiling.companies(manifest), lambda row: (row.key,))
    registers = list(session.scalars(select(Register)))
    wanted = [row for company in companies for row in compiling.registers(manifest, company)]
    registers = _reconcile(session, rows, registers, wanted, lambda row: (row.company_id, row.key))
    of = {company.company_id: company for company in companies}
    pairs = [(of[register.company_id], register) for register in registers]
    _reconcile(
        session,
        rows,
        list(session.scalars(select(Purpose))),
        [row for company, register in pairs for row in compiling.purposes(manifest, company, register)],
        lambda row: (row.register_id, row.key),
    )
    _reconcile(
        session,
        rows,
        list(session.scalars(select(Field))),
        [row for company, register in pairs for row in compiling.fields(manifest, company, register)],
        lambda row: (row.register_id, row.key),
    )
    _reconcile(
        session,
        rows,
        list(session.scalars(select(PaperPlace))),
        [row for company, register in pairs for row in compiling.papers(manifest, company, register)],
        lambda row: (row.register_id, row.key),
    )
    _bring_departments(session, rows, manifest, companies)
    return rows


def _bring_departments(session: Session, rows: Rows, manifest: Manifest, companies: list[Company]) -> None:
    """Those that the office made stay as they are, unless the manifest declares them too."""
    wanted = [row for company in companies for row in compiling.departments(manifest, company)]
    places = {(row.company_id, row.key) for row in wanted}
    kept = [row for row in session.scalars(select(Department)) if row.declared or (row.company_id, row.key) in places]
    _reconcile(session, rows, kept, wanted, lambda row: (row.company_id, row.key))
    keys = {company.company_id: company.key for company in companies}
    bound = {(one.key, each.key): each.registers for one in manifest.companies for each in one.departments}
    declared = session.scalars(select(Department).where(Department.declared)).all()
    for row in declared:
        names = bound.get((keys.get(row.company_id, ""), row.key), ())
        rows.changed += binding.rebind(session, row, () if row.retired_at else names)


def _reconcile(
    session: Session, rows: Rows, kept: list[Row], wanted: list[Row], key: Callable[[Row], tuple[object, ...]]
) -> list[Row]:
    """Makes what is kept say what is wanted, and returns the rows that are declared."""
    known = {key(row): row for row in kept}
    declared = [_brought(session, rows, known.get(key(row)), row) for row in wanted]
    keys = {key(row) for row in wanted}
    for row in kept:
        if key(row) not in keys and row.retired_at is None:
            row.retired_at = func.now()
            rows.retired += 1
    session.flush()
    return declared


def _brought(session: Session, rows: Rows, known: Row | None, wanted: Row) -> Row:
    if known is None:
        session.add(wanted)
        rows.added += 1
        return wanted
    # Only what was given to the wanted row is declared; what else the table holds is not the manifest's to say.
    declared = {name: value for name, value in inspect(wanted).dict.items() if not name.startswith("_")}
    changed = {name: value for name, value in declared.items() if getattr(known, name) != value}
    for name, value in changed.items():
        setattr(known, name, value)
    rows.changed += bool(changed)
    return known
