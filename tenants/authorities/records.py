"""The record of a disclosure as a signed file: what left, when, and by what, checked offline. Nobody is named in it.

signature := Ed25519("seloste record of disclosure 1\n" · the record as canonical JSON), by the key that the group keeps
for what it hands out, and publishes at `/g/{slug}/keys.json`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.authorities import cases, refusals
from tenants.authorities.cases import Case
from tenants.authorities.model import AuthorityDecision
from tenants.companies.model import Company
from tenants.groups.model import Group
from tenants.vault.signing import Use, is_genuine, signing_key

_canonical = msgspec.json.Encoder(order="sorted").encode
_PREFIX = b"seloste record of disclosure 1\n"


class GivenDays(Struct, frozen=True):
    """`field` is the key of the one that holds the day."""

    field: str
    first: date
    last: date


class GivenFile(Struct, frozen=True, kw_only=True):
    """`taken_at`: when it left; made and not taken along, it was destroyed."""

    file_id: UUID
    kind: str
    sha256: str
    size: int
    records: int
    persons: int
    made_by: UUID
    made_at: datetime
    taken_by: UUID | None
    taken_at: datetime | None


class Record(Struct, frozen=True, kw_only=True):
    """Members and persons by ids and numbers. `verified`: whether the provision was held against the published law."""

    format: Literal["seloste record of disclosure 1"] = "seloste record of disclosure 1"
    case_id: UUID
    group: str
    company: str
    authority: str
    reference: str
    provision: str
    verified: bool
    document_sha256: str | None
    register: str
    fields: list[str]
    days: GivenDays | None
    persons: int
    opened_by: UUID
    opened_at: datetime
    decided_by: UUID
    decided_at: datetime
    secret_until: date | None
    files: list[GivenFile]


class Signed(Struct, frozen=True):
    """The file. `signature` is hexadecimal; the key is not in it, but published."""

    record: Record
    key_id: UUID
    signature: str


def of_case(session: Session, case_id: UUID) -> Signed:
    """As it stands; the same is always signed alike. Raises NoSuchAuthorityCase, NotDisclosed, Forbidden."""
    case = cases.get(session, case_id)
    if case.decision is None or not case.files:
        raise refusals.NotDisclosed
    wanted = select(Group.slug, Company.name).join(Company, Company.group_id == Group.group_id)
    group, company = session.execute(wanted.where(Company.company_id == case.row.company_id)).one()
    record = _record(case, case.decision, group=group, company=company)
    signer = signing_key(session, Use.ARCHIVE)
    return Signed(record, signer.key_id, signer.sign(_PREFIX + _canonical(record)).hex())


def written(signed: Signed) -> bytes:
    return msgspec.json.format(msgspec.json.encode(signed))


def verify(file: bytes, published: Mapping[UUID, bytes]) -> Record:
    """`published` are the group's keys. Raises NotARecord, RecordFalse."""
    try:
        signed = msgspec.json.decode(file, type=Signed)
        signature = bytes.fromhex(signed.signature)
    except (msgspec.DecodeError, ValueError):
        raise refusals.NotARecord from None
    key = published.get(signed.key_id)
    if key is None or not is_genuine(key, signature, _PREFIX + _canonical(signed.record)):
        raise refusals.RecordFalse
    return signed.record


def _record(case: Case, decision: AuthorityDecision, *, group: str, company: str) -> Record:
    row, period = case.row, decision.period
    days = GivenDays(case.fields[period.field_id].key, period.first, period.last) if period else None
    return Record(
        case_id=row.case_id,
        group=group,
        company=company,
        authority=case.authority,
        reference=row.reference,
        provision=case.provision.source if case.provision else row.provision_text or "",
        verified=case.provision is not None and case.provision.checked,
        document_sha256=row.document_sha256,
        register=case.register.key,
        fields=[case.fields[one].key for one in decision.field_ids],
        days=days,
        persons=len(decision.person_ids),
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
        secret_until=row.secret_until,
        files=[
            GivenFile(
                file_id=one.file_id,
                kind=one.kind,
                sha256=one.sha256,
                size=one.size,
                records=one.records,
                persons=len(one.person_ids),
                made_by=one.made_by,
                made_at=one.made_at,
                taken_by=one.downloaded_by,
                taken_at=one.downloaded_at,
            )
            for one in case.files
        ],
    )
