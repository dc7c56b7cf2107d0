"""`seloste seal`, `seloste export-audit`, `seloste audit-keys`, `seloste verify-audit` and `seloste verify-record`."""

import argparse
import signal
import threading
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import select

from services import logs
from services.api.published_keys import PublishedKey
from services.commands.subparsers import Subparsers
from services.worker import sealing
from tenants.acting import Acting, auditor
from tenants.audit import exporting, verifying
from tenants.authorities import records
from tenants.companies.model import Company
from tenants.database import walled_session
from tenants.errors import Invalid, NotFound
from tenants.groups.directory import Kind, find_group
from tenants.languages.speaking import DEFAULT, sentence, translate
from tenants.vault.signing import Use, public_keys

WHOLE = sentence(
    "The audit is whole: %(entries)s entries, %(signed)s of them under a genuine signature. Its digest is %(digest)s."
)
UNSIGNED = sentence(
    "The newest %(entries)s entries are not signed yet. A later export shows whether they stayed as they are."
)
GENUINE = sentence("The record is genuine: %(company)s to %(authority)s, %(reference)s.")


class NoSuchCompany(NotFound):
    """There is no company %(company)s in this group."""


class NotAKeyFile(Invalid):
    """The file of keys is not one that Seloste publishes."""


def add(commands: Subparsers) -> None:
    seal = commands.add_parser("seal", help="run the sealer: chains and signs the audit")
    seal.set_defaults(run=_seal)
    keys = commands.add_parser("audit-keys", help="print the keys that verify a group's audit")
    keys.add_argument("group")
    keys.set_defaults(run=_keys)
    export = commands.add_parser("export-audit", help="write the audit of a company, or of the group, to a file")
    export.add_argument("group")
    export.add_argument("company", nargs="?", help="key of the company; left out: the group's own entries")
    export.add_argument("--to", type=Path, required=True)
    export.set_defaults(run=_export)
    verify = commands.add_parser("verify-audit", help="check an exported audit, offline")
    verify.add_argument("file", type=Path)
    verify.add_argument("--keys", type=Path, required=True, help="the published keys (seloste audit-keys)")
    verify.add_argument("--continues", type=Path, help="an earlier export that this one must continue")
    verify.set_defaults(run=_verify)
    record = commands.add_parser("verify-record", help="check the record of a disclosure to an authority, offline")
    record.add_argument("file", type=Path)
    record.add_argument("--keys", type=Path, required=True, help="the published keys (/g/GROUP/keys.json)")
    record.set_defaults(run=_verify_record)


def _seal(_: argparse.Namespace) -> None:
    logs.configure("sealer")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sealing.run(stop)


def _keys(chosen: argparse.Namespace) -> None:
    with walled_session(_reader(chosen.group, None)) as session:
        keys = [PublishedKey(key.key_id, key.use, key.public.hex()) for key in public_keys(session, Use.AUDIT)]
    print(msgspec.json.format(msgspec.json.encode(keys)).decode())


def _export(chosen: argparse.Namespace) -> None:
    with walled_session(_reader(chosen.group, chosen.company)) as session, chosen.to.open("wb") as file:
        file.writelines(exporting.lines(session))


def _reader(slug: str, company: str | None) -> Acting:
    group_id = find_group(Kind.SLUG, slug)
    if company is None:
        return auditor(group_id)
    with walled_session(auditor(group_id)) as session:
        company_id = session.scalar(select(Company.company_id).where(Company.key == company))
    if company_id is None:
        raise NoSuchCompany(company=company)
    return auditor(group_id, company_id=company_id)


def _verify(chosen: argparse.Namespace) -> int:
    earlier = None
    if chosen.continues:
        with chosen.continues.open("rb") as file:
            earlier = verifying.last_checkpoint(file)
    with chosen.file.open("rb") as file:
        found = verifying.verify(file, _published(chosen.keys), earlier=earlier)
    print(translate(DEFAULT, WHOLE, entries=found.entries, signed=found.signed, digest=found.digest))
    if unsigned := found.entries - found.signed:
        print(translate(DEFAULT, UNSIGNED, entries=unsigned))
    return 0


def _verify_record(chosen: argparse.Namespace) -> int:
    """What left is told file by file: each is the one of the record if its SHA-256 is."""
    found = records.verify(chosen.file.read_bytes(), _published(chosen.keys))
    print(translate(DEFAULT, GENUINE, company=found.company, authority=found.authority, reference=found.reference))
    for one in found.files:
        taken = f"{one.taken_at:%Y-%m-%d %H:%M} UTC" if one.taken_at else "–"
        print(f"{one.file_id}  {one.sha256}  {one.records}  {taken}")
    return 0


def _published(path: Path) -> dict[UUID, bytes]:
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=list[PublishedKey])
        return {key.key_id: bytes.fromhex(key.public) for key in keys}
    except (msgspec.DecodeError, ValueError):
        raise NotAKeyFile from None
