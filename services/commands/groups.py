"""`seloste group`: the life of a tenant, from the outside. Founded, suspended, resumed, taken along, erased."""

import argparse
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api.console import sessions as console_sessions
from services.api.login import sessions
from services.commands.subparsers import Subparsers
from services.worker import sealing
from tenants import walls
from tenants.acting import DatabaseRole, system
from tenants.base import new_id
from tenants.companies import companies
from tenants.database import list_groups, walled_session
from tenants.groups import directory
from tenants.groups.model import Group, SuspensionReason
from tenants.languages.speaking import DEFAULT, Language, sentence, translate
from tenants.life import certificates, erasing, founding, suspending, taking_along
from tenants.life.taking_along import WrittenFile

CREATED = sentence("The group %(group)s was founded. Apply its manifest next.")
SUSPENDED = sentence(
    "The group %(group)s is suspended. The time limits of the law run on: requests that are open must be answered in"
    " time, and new ones reach the controllers by other means."
)
RESUMED = sentence("The group %(group)s is resumed; jobs that waited go on.")
EXPORTED = sentence("The group %(group)s: %(files)s files in %(folder)s.")
ASKED = sentence(
    "The erasure of the group %(group)s is asked for. It may be confirmed from %(day)s on, and cancelled until then."
)
CANCELLED = sentence("The erasure of the group %(group)s is cancelled.")
ERASED = sentence("The group %(group)s is erased. The certificate is %(file)s.")
IN_USE, IS_SUSPENDED, IS_BEING_ERASED = sentence("in use"), sentence("suspended"), sentence("being erased")


def add(commands: Subparsers) -> None:
    group = commands.add_parser("group", help="found, list, show, suspend and resume groups")
    verbs = group.add_subparsers(required=True, metavar="VERB")
    create = _verb(verbs, "create", "found a group; `apply` does it too, from a manifest")
    create.add_argument("--name", required=True)
    create.add_argument("--languages", nargs="+", type=Language, choices=list(Language), default=list(Language))
    create.set_defaults(run=_create)
    listing = verbs.add_parser("list", help="every group and its state")
    listing.set_defaults(run=_list)
    _verb(verbs, "show", "one group and its companies").set_defaults(run=_show)
    suspend = _verb(verbs, "suspend", "refuse whoever acts for the group, from the next statement on")
    suspend.add_argument("--reason", required=True, type=SuspensionReason, choices=list(SuspensionReason))
    suspend.set_defaults(run=_suspend)
    _verb(verbs, "resume", "let the group go on").set_defaults(run=_resume)
    export = _verb(verbs, "export", "write all of the group into files")
    export.add_argument("--to", type=Path, required=True, help="a folder that is not there yet")
    export.add_argument("--open", action="store_true", help="open what is sealed: the files are readable to anybody")
    export.set_defaults(run=_export)
    _add_delete(verbs)


def _add_delete(verbs: Subparsers) -> None:
    delete = _verb(verbs, "delete", "erase the group: asked for first, confirmed after the waiting period")
    delete.add_argument("--by", default="", help="who asks")
    delete.add_argument("--reason", default="", help="why")
    how = delete.add_mutually_exclusive_group()
    how.add_argument("--cancel", action="store_true", help="take the request back")
    how.add_argument("--confirm", metavar="GROUP", help="the group's short name once more: erases it for good")
    delete.add_argument("--certificate", type=Path, default=Path("."), help="folder for the certificate (here)")
    delete.set_defaults(run=_delete)
    key = verbs.add_parser("certificate-key", help="print the public key of this installation's certificates")
    key.set_defaults(run=_print_key)
    verify = verbs.add_parser("verify-certificate", help="check a certificate of erasure, offline")
    verify.add_argument("file", type=Path)
    verify.add_argument("--key", required=True, help="the public key that the installation published")
    verify.set_defaults(run=_verify)


def _verb(verbs: Subparsers, name: str, told: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=told)
    verb.add_argument("group", help="the group's short name, as in /g/NAME")
    return verb


def _create(chosen: argparse.Namespace) -> None:
    with walled_session(system(new_id())) as session:
        founding.create(session, chosen.group, name=chosen.name, languages=chosen.languages)
    _say(CREATED, chosen.group)


class _Line(Struct, frozen=True):
    slug: str
    name: str
    state: str


def _list(_: argparse.Namespace) -> None:
    lines = []
    for group_id in list_groups(DatabaseRole.RELAY):
        with walled_session(system(group_id)) as session:
            lines += [_Line(row.slug, row.name, _state(row)) for row in session.scalars(select(Group))]
    for line in sorted(lines, key=lambda one: one.slug):
        print(f"{line.slug}  {line.state}  {line.name}")


def _show(chosen: argparse.Namespace) -> None:
    with _session_of(chosen.group) as session:
        row = session.scalars(select(Group)).one()
        print(f"{row.slug}  {_state(row)}  {row.name}")
        print(f"{row.group_id}  {row.created_at:%Y-%m-%d}  {', '.join(row.languages)}")
        for company in companies.listed(session):
            print(f"  {company.key}  {company.name}")
        if day := erasing.asked_for(session):
            print(translate(DEFAULT, ASKED, group=row.slug, day=f"{day:%Y-%m-%d %H:%M} UTC"))


def _state(row: Group) -> str:
    if row.erasing_at is not None:
        return translate(DEFAULT, IS_BEING_ERASED)
    if row.suspended_at is None:
        return translate(DEFAULT, IN_USE)
    return f"{translate(DEFAULT, IS_SUSPENDED)} {row.suspended_at:%Y-%m-%d} ({row.suspended_for})"


def _suspend(chosen: argparse.Namespace) -> None:
    with _session_of(chosen.group) as session:
        suspending.suspend(session, chosen.reason)
    _say(SUSPENDED, chosen.group)


def _resume(chosen: argparse.Namespace) -> None:
    with _session_of(chosen.group) as session:
        suspending.resume(session)
    _say(RESUMED, chosen.group)


def _export(chosen: argparse.Namespace) -> None:
    walls.check(DatabaseRole.EXPORTER)
    contents = taking_along.export(_id_of(chosen.group), chosen.to, opened=chosen.open, tell=_tell_of_file)
    print(translate(DEFAULT, EXPORTED, group=chosen.group, files=len(contents.files), folder=str(chosen.to)))


def _tell_of_file(file: WrittenFile) -> None:
    rows = "" if file.rows is None else f"  {file.rows}"
    print(f"{file.path}  {file.bytes}{rows}", file=sys.stderr)


def _delete(chosen: argparse.Namespace) -> None:
    if chosen.confirm is not None:
        _erase(chosen.group, chosen.confirm, chosen.certificate)
    elif chosen.cancel:
        with _session_of(chosen.group) as session:
            erasing.cancel(session)
        _say(CANCELLED, chosen.group)
    else:
        with _session_of(chosen.group) as session:
            day = erasing.ask(session, by=chosen.by, reason=chosen.reason)
        print(translate(DEFAULT, ASKED, group=chosen.group, day=f"{day:%Y-%m-%d %H:%M} UTC"))


def _erase(slug: str, confirmed: str, folder: Path) -> None:
    certificates.public_key()  # without the key that signs the certificate nothing is begun
    for role in (DatabaseRole.ERASER, DatabaseRole.SEALER):
        walls.check(role)
    target = folder / f"erased-{slug}.json"
    try:
        group_id = _id_of(slug)
    except directory.NoSuchGroup:
        _put_in_place(target)
        return
    with _session_of(slug) as session:
        erasing.confirm(session, confirmed)
    if not erasing.has_begun(group_id):
        sealing.seal_group(group_id)  # so that the last entries stand under a signature, too
    certificate = erasing.erase(group_id, tell=_tell_of_rows)
    sessions.end_of_group(group_id)
    console_sessions.end_of_group(group_id)
    folder.mkdir(parents=True, exist_ok=True)
    _unfinished(target).write_bytes(certificates.sign(certificate))
    erasing.finish(group_id)
    _put_in_place(target)


def _unfinished(target: Path) -> Path:
    """The certificate says that the group is gone, so until it is, it is none."""
    return target.with_name(f"{target.name}.unfinished")


def _put_in_place(target: Path) -> None:
    """Also after a process that died between the last row and this. Raises NoSuchGroup where there is nothing."""
    if not _unfinished(target).exists():
        raise directory.NoSuchGroup
    certificate = certificates.verify(_unfinished(target).read_bytes(), certificates.public_key())
    target.with_suffix(".txt").write_text(certificates.in_words(certificate), encoding="utf-8")
    _unfinished(target).rename(target)
    print(translate(DEFAULT, ERASED, group=certificate.slug, file=str(target)))


def _tell_of_rows(table: str, gone: int) -> None:
    if gone:
        print(f"{table}  {gone}", file=sys.stderr)


def _print_key(_: argparse.Namespace) -> None:
    print(certificates.public_key())


def _verify(chosen: argparse.Namespace) -> None:
    print(certificates.in_words(certificates.verify(chosen.file.read_bytes(), chosen.key)), end="")


def _session_of(slug: str) -> AbstractContextManager[Session]:
    return walled_session(system(_id_of(slug)))


def _id_of(slug: str) -> UUID:
    return directory.find_group(directory.Kind.SLUG, slug, role=DatabaseRole.APP)


def _say(told: str, group: str) -> None:
    print(translate(DEFAULT, told, group=group))
