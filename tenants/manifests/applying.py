"""A manifest into the database: all of it, or nothing. Applied twice in a row, the second time changes nothing.

What a manifest no longer declares is retired and keeps what it holds; declared again, it comes back.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenants.acting import DatabaseRole
from tenants.audit.trail import record
from tenants.base import new_id
from tenants.companies.model import Company
from tenants.database import acting_of
from tenants.errors import Conflict
from tenants.groups import directory
from tenants.groups.model import Group
from tenants.jobs.outbox import enqueue
from tenants.manifests import compiling, versions
from tenants.manifests.faults import (
    ChangedSince,
    Fault,
    FaultyManifest,
    FixedOnceDeclared,
    NoSuchVersion,
    PrefixWasUsed,
    StaleManifest,
)
from tenants.manifests.model import DeclaredField, DeclaredGroup, Manifest
from tenants.manifests.planning import Change, differences, document
from tenants.manifests.reading import ReadManifest
from tenants.manifests.versions import ManifestVersion
from tenants.registers.identifiers import RenewIdentifiers
from tenants.registers.model import Field, Purpose, Register
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import create_group_key

Row = TypeVar("Row", Company, Register, Purpose, Field)

FIXED_FIELDS = ("type", "identifier", "sealed", "record_key")


class GroupAppeared(Conflict):
    """The group was created by somebody else at this very moment; apply the manifest again."""


class Rows(msgspec.Struct):
    """How many companies, registers, purposes and fields came, changed and went."""

    added: int = 0
    changed: int = 0
    retired: int = 0

    def touched(self) -> bool:
        return bool(self.added or self.changed or self.retired)


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


def apply(session: Session, read: ReadManifest, *, by: UUID | None = None) -> Outcome:
    """In a session of the system for `group_id_of(manifest)`. Raises FaultyManifest, StaleManifest, GroupAppeared.

    Rolled back instead of committed, this is the plan.
    """
    _group(session, read.manifest.group)
    newest = versions.newest(session)
    becomes = document(read.manifest)
    changes = differences(newest.document if newest else {}, becomes)
    _refuse_stale(session, read, newest, changes)
    _refuse_unfixing(session, read)
    renew = _find_by_names(session, read)
    rows = _bring_rows(session, read.manifest)
    renew()
    before = newest.version if newest else 0
    version = before + bool(changes)
    if changes:
        _keep(session, becomes, version, by)
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
    if group is None:
        group = Group(group_id=acting_of(session).group_id, slug=declared.slug)
        session.add(group)
    group.name = declared.name
    group.languages = list(declared.languages)
    group.default_language = declared.default_language
    group.four_eyes = declared.four_eyes
    if inspect(group).pending:
        session.flush()
        _enter(session, declared.slug)
        create_group_key(session)


def _enter(session: Session, slug: str) -> None:
    try:
        directory.enter(session, directory.Kind.SLUG, slug)
    except IntegrityError:
        raise GroupAppeared from None


def _keep(session: Session, becomes: dict[str, object], version: int, by: UUID | None) -> None:
    canonical = msgspec.json.encode(becomes, order="sorted")
    digest = hashlib.sha256(canonical).hexdigest()
    session.add(ManifestVersion(version=version, document=becomes, sha256=digest, applied_by=by))


def _refuse_stale(
    session: Session, read: ReadManifest, newest: ManifestVersion | None, changes: Sequence[Change]
) -> None:
    base = read.manifest.base_version
    latest = newest.version if newest else 0
    if base is None or base == latest:
        return
    based_on = versions.numbered(session, base)
    if based_on is None or newest is None:
        place = read.tree.nearest("base_version")
        raise FaultyManifest(read.file, [NoSuchVersion(place.line, "base_version", base=base, newest=latest)])
    since = differences(based_on.document, newest.document)
    clashing = {change.place for change in changes if any(change.touches(other.place) for other in since)}
    if clashing:
        faults = [ChangedSince(read.tree.nearest(place).line, place, base=base) for place in clashing]
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
    fields = {(register.key, field.key): field for register in registers.values() for field in register.fields}
    statement = select(Register.key, Field).join(Field, Field.register_id == Register.register_id)
    for key, field in session.execute(statement):
        declared = fields.get((key, field.key))
        if declared is None:
            continue
        for name in FIXED_FIELDS:
            becomes_name = name == "identifier" and _names(declared, field)
            if getattr(declared, name) != getattr(field, name) and not becomes_name:
                yield _fixed(read, f"registers.{key}.fields.{field.key}.{name}")


def _names(declared: DeclaredField, field: Field) -> bool:
    """A name identifies nobody, so nothing stands on it: a field may become one by which people are found."""
    return declared.identifier is IdentifierKind.NAME and field.identifier is None


def _find_by_names(session: Session, read: ReadManifest) -> Callable[[], None]:
    """What is to be done, once the rows are there, about the records that were there before."""
    fields = {(one.key, field.key): field for one in read.manifest.registers for field in one.fields}
    kept = session.execute(select(Register, Field).join(Field, Field.register_id == Register.register_id))
    found = {
        (register.company_id, register.register_id)
        for register, field in kept
        if (declared := fields.get((register.key, field.key))) and _names(declared, field)
    }

    def renew() -> None:
        for company_id, register_id in found:
            enqueue(session, RenewIdentifiers(register_id), company_id=company_id)

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
    return rows


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
