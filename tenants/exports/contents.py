"""`manifest.json`: what is in an archive, who gives it, why they hold it, and the checksum of every file.

It is written last, because it names the checksums of the others. `manifest.sig` is the 64 bytes of an Ed25519
signature (RFC 8032) over the bytes of `manifest.json`.
"""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from tenants.companies.model import Contact
from tenants.exports.declared import Register
from tenants.exports.dossier import Dossier, HeldRegister, Part
from tenants.languages.speaking import Language
from tenants.registers.model import IdentityLevel, LegalBasis
from tenants.vault.signing import Signer

FORMAT = 1
ARTICLES = {Part.ACCESS: "GDPR Art. 15", Part.PORTABILITY: "GDPR Art. 20"}


class ListedFile(Struct, frozen=True, omit_defaults=True):
    """`schema` is the id of the JSON Schema that describes the file."""

    path: str
    media_type: str
    size: int
    sha256: str
    schema: str | None = None


class Controller(Struct, frozen=True, omit_defaults=True):
    group: str
    name: str
    business_id: str | None
    contact: Contact


class ListedPurpose(Struct, frozen=True, omit_defaults=True):
    label: str
    legal_basis: LegalBasis | None


class ListedRetention(Struct, frozen=True, omit_defaults=True):
    text: str
    months: int | None = None


class ListedRegister(Struct, frozen=True, omit_defaults=True):
    """`not_portable` are the keys of the fields that Art. 20 does not cover."""

    key: str
    name: str
    records: int
    purposes: list[ListedPurpose]
    retention: ListedRetention | None = None
    not_portable: list[str] = []


class Withheld(Struct, frozen=True):
    """Whether the person is in this register was not looked at."""

    key: str
    name: str
    needs: IdentityLevel
    known: IdentityLevel
    reason: Literal["identity_level"] = "identity_level"


class SignedBy(Struct, frozen=True):
    """`public_key` is the raw 32 bytes in base64; it is published by the group as well."""

    key_id: UUID
    public_key: str
    algorithm: Literal["Ed25519"] = "Ed25519"
    file: Literal["manifest.sig"] = "manifest.sig"


class Contents(Struct, frozen=True):
    archive_id: UUID
    made_at: datetime
    language: Language
    answers: list[str]
    controller: Controller
    registers: list[ListedRegister]
    withheld: list[Withheld]
    csv: str
    files: list[ListedFile]
    signature: SignedBy
    format: int = FORMAT


CSV_NOTE = (
    "UTF-8, RFC 4180. Text beginning with = + - @, tab or a line break has an apostrophe before it; JSON has it as is."
)


def contents(dossier: Dossier, files: Sequence[ListedFile]) -> bytes:
    said = Contents(
        archive_id=dossier.export.export_id,
        made_at=dossier.made_at,
        language=dossier.language,
        answers=[ARTICLES[part] for part in dossier.parts],
        controller=_controller(dossier),
        registers=[_register(dossier, held) for held in dossier.registers],
        withheld=[_withheld(dossier, register) for register in dossier.withheld],
        csv=CSV_NOTE,
        files=list(files),
        signature=_signed_by(dossier.signer),
    )
    return msgspec.json.format(msgspec.json.encode(said), indent=2)


def _controller(dossier: Dossier) -> Controller:
    company = dossier.company
    return Controller(dossier.group.name, company.name, company.business_id, company.contact)


def _register(dossier: Dossier, held: HeldRegister) -> ListedRegister:
    register, language = held.register, dossier.language
    return ListedRegister(
        key=register.key,
        name=register.name.in_(language),
        records=held.records,
        purposes=[ListedPurpose(purpose.label.in_(language), purpose.legal_basis) for purpose in held.purposes],
        retention=(
            ListedRetention(register.retention.text.in_(language), register.retention.months)
            if register.retention
            else None
        ),
        not_portable=_left_out(held) if Part.PORTABILITY in dossier.parts else [],
    )


def _left_out(held: HeldRegister) -> list[str]:
    portable = held.portable
    return [field.key for field in held.fields if field not in portable]


def _withheld(dossier: Dossier, register: Register) -> Withheld:
    return Withheld(
        key=register.key,
        name=register.name.in_(dossier.language),
        needs=register.identity_level,
        known=IdentityLevel(dossier.export.level),
    )


def _signed_by(signer: Signer) -> SignedBy:
    return SignedBy(key_id=signer.key_id, public_key=b64encode(signer.public).decode())
