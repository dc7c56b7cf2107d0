"""Everything that one controller holds of one person, as an archive needs it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.exports.declared import Company, Declared, Field, Group, Purpose, Register, declared_by
from tenants.exports.model import Export
from tenants.exports.paging import Records
from tenants.languages.speaking import HELSINKI, Language, Text
from tenants.ledger import received
from tenants.ledger.received import Received
from tenants.registers.model import Cause, IdentityLevel, LegalBasis, Origin
from tenants.registers.sealed import RecordSeal
from tenants.vault.keys import Keyring, keyring
from tenants.vault.signing import Signer, Use, signing_key

# Art. 20(1): provided by the person, which includes what was observed of them (WP242 rev.01) ...
PORTABLE_ORIGINS = frozenset({Origin.PROVIDED, Origin.OBSERVED})
# ... and processed on consent or on a contract.
PORTABLE_BASES = frozenset({LegalBasis.CONSENT, LegalBasis.CONTRACT})


class Part(StrEnum):
    """What an archive answers: Art. 15, Art. 20."""

    ACCESS = "access"
    PORTABILITY = "portability"


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


class ToldRecipient(Struct, frozen=True):
    """What became of the data, and which recipient was told of it, or source of what was wrong (Art. 19).

    `told_at` and `confirmed_at` are None where that has not come to pass; `live`: it reads what is held now. `untold`:
    to tell it was found impossible or disproportionate.
    """

    recipient: str | Text
    cause: Cause
    changed_at: datetime
    told_at: datetime | None
    confirmed_at: datetime | None
    live: bool
    untold: bool


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
    received: list[Received]
    records: Records
    keyring: Keyring
    signer: Signer
    told: list[ToldRecipient] = []


def collect(session: Session, export: Export) -> Dossier:
    """Reads all records where they are one page, else counts them."""
    declared = declared_by(session, export.company_id)
    known = IdentityLevel(export.level)
    opened = [register for register in declared.registers if register.identity_level <= known]
    keys = keyring(session)
    sealed = frozenset(field.field_id for fields in declared.fields.values() for field in fields if field.sealed)
    seal = RecordSeal(keys, export.company_id, sealed)
    records = Records(session, export.person_id, [register.register_id for register in opened], seal)
    return Dossier(
        export=export,
        parts=tuple(part for part in Part if part in export.rights),
        language=Language(export.language),
        made_at=datetime.now(HELSINKI),
        group=declared.group,
        company=declared.company,
        registers=[
            _held_register(declared, register, records.counts[register.register_id])
            for register in opened
            if register.retired_at is None or register.register_id in records.counts
        ],
        withheld=[register for register in declared.registers if register.identity_level > known],
        received=_received(session, export.person_id, {register.register_id for register in opened}),
        records=records,
        keyring=keys,
        signer=signing_key(session, Use.ARCHIVE),
    )


def _received(session: Session, person_id: UUID, opened: set[UUID]) -> list[Received]:
    """That something of a withheld register was received would tell that the person is in it."""
    told = received.told_to_person(session, person_id, today=datetime.now(HELSINKI).date())
    return [one for one in told if one.register_id in opened]


def _held_register(declared: Declared, register: Register, records: int) -> HeldRegister:
    of = register.register_id
    return HeldRegister(register, declared.fields.get(of, ()), declared.purposes.get(of, ()), records)
