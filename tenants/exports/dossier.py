"""Everything that one controller holds of one person, as an archive needs it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Row, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.database import acting_of, walled_session
from tenants.exports.declared import Company, Declared, Field, Group, Purpose, Register, declared_by
from tenants.exports.model import Export
from tenants.languages.speaking import HELSINKI, Language
from tenants.registers.model import IdentityLevel, LegalBasis, Origin, Provenance, Record
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
    fields: list[Field]
    purposes: list[Purpose]
    records: int

    @property
    def portable(self) -> list[Field]:
        """The fields that Art. 20 covers."""
        qualifying = {purpose.key for purpose in self.purposes if purpose.legal_basis in PORTABLE_BASES}
        return [
            field
            for field in self.fields
            if field.origin in PORTABLE_ORIGINS and qualifying.intersection(field.purposes)
        ]


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
    registers: list[HeldRegister]
    withheld: list[Register]
    records: Records
    keyring: Keyring
    signer: Signer


def collect(session: Session, export: Export) -> Dossier:
    """Reads all records where they are one page, else counts them."""
    declared = declared_by(session, export.company_id)
    known = IdentityLevel(export.level)
    opened = [register for register in declared.registers if register.identity_level <= known]
    keys = keyring(session)
    sealed = frozenset(field.field_id for fields in declared.fields.values() for field in fields if field.sealed)
    seal = RecordSeal(keys, export.company_id, sealed)
    counts, held = _held(session, export.person_id, [register.register_id for register in opened], seal)
    return Dossier(
        export=export,
        parts=tuple(part for part in Part if part in export.rights),
        language=Language(export.language),
        made_at=datetime.now(HELSINKI),
        group=declared.group,
        company=declared.company,
        registers=[
            _held_register(declared, register, counts[register.register_id])
            for register in opened
            if register.retired_at is None or register.register_id in counts
        ],
        withheld=[register for register in declared.registers if register.identity_level > known],
        records=Records(acting_of(session), export.person_id, seal, held),
        keyring=keys,
        signer=signing_key(session, Use.ARCHIVE),
    )


def _held_register(declared: Declared, register: Register, records: int) -> HeldRegister:
    of = register.register_id
    return HeldRegister(register, declared.fields.get(of, []), declared.purposes.get(of, []), records)


def _held(
    session: Session, person_id: UUID, register_ids: Sequence[UUID], seal: RecordSeal
) -> tuple[Counter[UUID], dict[UUID, list[HeldRecord]] | None]:
    """How many records are in each register, and the records themselves unless they are more than a page."""
    of_these = Record.register_id.in_(register_ids)
    rows = session.execute(_records_of(person_id).where(of_these).limit(PAGE + 1)).all()
    if len(rows) > PAGE:
        counts: Counter[UUID] = Counter()
        for register_id, count in session.execute(
            select(Record.register_id, func.count())
            .where(Record.person_id == person_id, of_these)
            .group_by(Record.register_id)
        ):
            counts[register_id] = count
        return counts, None
    held: dict[UUID, list[HeldRecord]] = {}
    for row in rows:
        held.setdefault(row.register_id, []).append(_opened(seal, row))
    return Counter({register_id: len(records) for register_id, records in held.items()}), held


def _records_of(person_id: UUID) -> Select[UUID, UUID, str, str, bool, datetime, datetime]:
    return (
        select(
            Record.record_id,
            Record.register_id,
            cast(Record.data, Text),
            cast(Record.provenance, Text),
            Record.restricted,
            Record.created_at,
            Record.updated_at,
        )
        .where(Record.person_id == person_id)
        .order_by(Record.register_id, Record.record_id)
    )


def _opened(seal: RecordSeal, row: Row[UUID, UUID, str, str, bool, datetime, datetime]) -> HeldRecord:
    record_id, _, data, provenance, restricted, created_at, updated_at = row
    return HeldRecord(
        record_id=record_id,
        values=seal.open(record_id, data),
        provenance=_PROVENANCE.decode(provenance),
        restricted=restricted,
        created_at=created_at.astimezone(HELSINKI),
        updated_at=updated_at.astimezone(HELSINKI),
    )


_PROVENANCE = msgspec.json.Decoder(Provenance)
