"""Everything that one controller holds of one person, as an archive needs it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.companies.model import Company
from tenants.database import acting_of, walled_session
from tenants.exports.model import Export
from tenants.groups.model import Group
from tenants.languages.speaking import HELSINKI, Language
from tenants.registers.model import Field, IdentityLevel, LegalBasis, Origin, Provenance, Purpose, Record, Register
from tenants.registers.sealed import Data, RecordSeal
from tenants.vault.keys import Keyring, keyring
from tenants.vault.signing import Signer, Use, signing_key

# Records that are held in memory at once: all there are, for nearly everybody.
PAGE = 500

# Art. 20(1): provided by the person, which includes what was observed of them (WP242 rev.01) ...
PORTABLE_ORIGINS = frozenset({Origin.PROVIDED, Origin.OBSERVED})
# ... and processed on consent or on a contract.
PORTABLE_BASES = frozenset({LegalBasis.CONSENT, LegalBasis.CONTRACT})


class Part(StrEnum):
    """What an archive answers: Art. 15, Art. 20."""

    ACCESS = "access"
    PORTABILITY = "portability"


class HeldRecord(Struct, frozen=True):
    """A record with its sealed values opened. `values` is keyed by field id."""

    record_id: UUID
    values: Data
    provenance: Provenance
    restricted: bool
    created_at: datetime
    updated_at: datetime


class HeldRegister(Struct, frozen=True):
    """A register of the controller: what it declares, and how many records of the person are in it."""

    register: Register
    fields: tuple[Field, ...]
    purposes: tuple[Purpose, ...]
    records: int

    @property
    def portable(self) -> tuple[Field, ...]:
        """The fields that Art. 20 covers."""
        qualifying = {purpose.key for purpose in self.purposes if purpose.legal_basis in PORTABLE_BASES}
        return tuple(
            field
            for field in self.fields
            if field.origin in PORTABLE_ORIGINS and qualifying.intersection(field.purposes)
        )


class Records:
    """The person's records in the order of their ids. Beyond one page they are read page by page, each in a short
    transaction of its own, so that none is open while what was read is sent away."""

    def __init__(
        self, acting: Acting, person_id: UUID, seal: RecordSeal, held: dict[UUID, list[HeldRecord]] | None
    ) -> None:
        self._acting, self._person_id, self._seal, self._held = acting, person_id, seal, held

    @property
    def large(self) -> bool:
        return self._held is None

    def of(self, register_id: UUID) -> Iterator[HeldRecord]:
        if self._held is not None:
            return iter(self._held.get(register_id, ()))
        return self._paged(register_id)

    def _paged(self, register_id: UUID) -> Iterator[HeldRecord]:
        last: UUID | None = None
        while True:
            page = _records_of(self._person_id).where(Record.register_id == register_id).limit(PAGE)
            with walled_session(self._acting) as session:
                rows = session.execute(page if last is None else page.where(Record.record_id > last)).all()
            for row in rows:
                last = row.record_id
                yield _opened(self._seal, row)
            if len(rows) < PAGE:
                return


class Dossier(Struct, frozen=True):
    """`withheld` are the registers that ask for a surer identity: whether the person is in them is not looked at."""

    export: Export
    parts: tuple[Part, ...]
    language: Language
    made_at: datetime
    group: Group
    company: Company
    registers: tuple[HeldRegister, ...]
    withheld: tuple[Register, ...]
    records: Records
    keyring: Keyring
    signer: Signer


def collect(session: Session, export: Export) -> Dossier:
    """Reads all records where they are one page, else counts them."""
    company = session.scalars(select(Company).where(Company.company_id == export.company_id)).one()
    registers = session.scalars(
        select(Register).where(Register.company_id == company.company_id).order_by(Register.position, Register.key)
    ).all()
    known = IdentityLevel(export.level)
    opened = [register for register in registers if register.identity_level <= known]
    # Retired fields too: what was kept under them may still be there.
    fields = _by_register(session.scalars(_declared(Field, company)))
    purposes = _by_register(session.scalars(_declared(Purpose, company).where(Purpose.retired_at.is_(None))))
    sealed = frozenset(str(field.field_id) for some in fields.values() for field in some if field.sealed)
    keys = keyring(session)
    seal = RecordSeal(keys, company.company_id, sealed)
    counts, held = _held(session, export.person_id, [register.register_id for register in opened], seal)
    return Dossier(
        export=export,
        parts=tuple(part for part in Part if part in export.rights),
        language=Language(export.language),
        made_at=datetime.now(HELSINKI),
        group=session.scalars(select(Group)).one(),
        company=company,
        registers=tuple(
            HeldRegister(register, tuple(fields[register_id]), tuple(purposes[register_id]), counts[register_id])
            for register in opened
            if (register_id := register.register_id) in counts or register.retired_at is None
        ),
        withheld=tuple(register for register in registers if register.identity_level > known),
        records=Records(acting_of(session), export.person_id, seal, held),
        keyring=keys,
        signer=signing_key(session, Use.ARCHIVE),
    )


Declaration = TypeVar("Declaration", Field, Purpose)


def _declared(kind: type[Declaration], company: Company) -> Select[Declaration]:
    return select(kind).where(kind.company_id == company.company_id).order_by(kind.position, kind.key)


def _by_register(rows: Iterable[Declaration]) -> Mapping[UUID, list[Declaration]]:
    found: defaultdict[UUID, list[Declaration]] = defaultdict(list)
    for row in rows:
        found[row.register_id].append(row)
    return found


def _held(
    session: Session, person_id: UUID, register_ids: Sequence[UUID], seal: RecordSeal
) -> tuple[Counter[UUID], dict[UUID, list[HeldRecord]] | None]:
    """How many records are in each register, and the records themselves unless they are more than a page."""
    of_these = Record.register_id.in_(register_ids)
    rows = session.execute(_records_of(person_id).where(of_these).limit(PAGE + 1)).all()
    if len(rows) > PAGE:
        counted = session.execute(
            select(Record.register_id, func.count())
            .where(Record.person_id == person_id, of_these)
            .group_by(Record.register_id)
        )
        return Counter(dict(counted.tuples())), None
    held: dict[UUID, list[HeldRecord]] = {}
    for row in rows:
        held.setdefault(row.register_id, []).append(_opened(seal, row))
    return Counter({register_id: len(records) for register_id, records in held.items()}), held


def _records_of(person_id: UUID) -> Select[UUID, UUID, str, Provenance, bool, datetime, datetime]:
    return (
        select(
            Record.record_id,
            Record.register_id,
            cast(Record.data, Text),
            Record.provenance,
            Record.restricted,
            Record.created_at,
            Record.updated_at,
        )
        .where(Record.person_id == person_id)
        .order_by(Record.register_id, Record.record_id)
    )


def _opened(seal: RecordSeal, row: Row[UUID, UUID, str, Provenance, bool, datetime, datetime]) -> HeldRecord:
    record_id, _, data, provenance, restricted, created_at, updated_at = row
    return HeldRecord(
        record_id=record_id,
        values=seal.open(record_id, data),
        provenance=provenance,
        restricted=restricted,
        created_at=created_at.astimezone(HELSINKI),
        updated_at=updated_at.astimezone(HELSINKI),
    )
