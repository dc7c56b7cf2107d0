"""`seloste import`: a file of rows into a register of one company."""

import argparse
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

from services.commands.subparsers import Subparsers
from tenants.acting import Acting, DatabaseRole, PurposeKind, system
from tenants.companies import companies
from tenants.database import walled_session
from tenants.errors import Invalid
from tenants.groups.directory import Kind, find_group
from tenants.languages.speaking import DEFAULT, Language, number, sentence, translate, translate_plural
from tenants.manifests import versions
from tenants.registers import checking, csv_rows, headers, imports, shapes, sources, text_lines, writing
from tenants.registers.model import Choice, Import, ImportFault, ImportState
from tenants.registers.shapes import STRENGTH
from tenants.registers.table_rows import Source
from tenants.vault.digests import IdentifierKind

PIECE = 256 * 1024
LISTED = 100

CHECKED = sentence("Checked: %(rows)s rows, %(bad)s of them bad.")
WRITTEN = sentence("Written: %(rows)s rows, %(persons)s new persons, %(bad)s rows left out.")
NOTHING = sentence("Nothing was written.")
PLACE = sentence("line %(line)s")
PLACE_IN_ROW = sentence("line %(line)s, column %(column)s")
FILE = sentence("the file")


class CannotRead(Invalid):
    """The file cannot be read: %(reason)s."""


class NotAPair(Invalid):
    """A column and its field are given as COLUMN=FIELD."""


def add(commands: Subparsers) -> None:
    parser = commands.add_parser("import", help="import a CSV, XLSX or NDJSON file into a register of one company")
    parser.add_argument("group", help="slug of the group")
    parser.add_argument("company", help="key of the company")
    parser.add_argument("register", help="key of the register")
    parser.add_argument("file", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")
    parser.add_argument("--keep-good", action="store_true", help="write the good rows although others are bad")
    parser.add_argument("--source", help="key of the declared source that the data comes from; kept with every value")
    parser.add_argument("--detail", default="", help="the source more exactly, in words (the file's name is not kept)")
    parser.add_argument(
        "--map", action="append", default=[], metavar="COLUMN=FIELD", help="this column is that field; may be repeated"
    )
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="COLUMN", help="this column is no field; may be repeated"
    )
    parser.add_argument("--encoding", choices=text_lines.ENCODINGS, help="of CSV, where it is not found right")
    parser.add_argument("--separator", help="between the columns of CSV, where it is not found right")
    parser.add_argument(
        "--match-by",
        action="append",
        default=[],
        type=IdentifierKind,
        choices=STRENGTH,
        help="a person is recognised by this only; may be repeated",
    )
    parser.add_argument("--language", type=Language, choices=list(Language), default=DEFAULT)
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    acting, register_id = _place(chosen.group, chosen.company, chosen.register)
    source = _source(chosen.file)
    with walled_session(acting) as session:
        named = sources.declared_by(session, register_id)
        received = imports.receive(
            session,
            register_id,
            source=chosen.source or ("" if named else _own_source(chosen.language)),
            detail=chosen.detail,
            notice=versions.number(session),
            named=headers.named(chosen.file.name),
            choice=_choice(chosen),
            matched_by=chosen.match_by,
        )
    try:
        return _import(acting, received.import_id, source, chosen)
    finally:
        # Also after Ctrl-C: nobody else can go on with a file that lies here.
        imports.forget(acting, received.import_id)


def _choice(chosen: argparse.Namespace) -> Choice:
    """Raises NoSeparator, NotAPair."""
    names = dict.fromkeys(chosen.leave_out, headers.LEFT_OUT)
    for pair in chosen.map:
        column, equals, field = pair.rpartition("=")
        if not (column and equals and field):
            raise NotAPair(field="map")
        names[column] = field
    separator = csv_rows.separating(chosen.separator) if chosen.separator is not None else None
    return Choice(encoding=chosen.encoding, separator=separator, names=names)


def _import(acting: Acting, import_id: UUID, source: Source, chosen: argparse.Namespace) -> int:
    with _progress(acting, import_id):
        checking.check(acting, import_id, source)
    checked, faults = _state(acting, import_id)
    _tell_faults(faults, chosen.language)
    _say(chosen.language, CHECKED, rows=checked.rows_checked, bad=checked.rows_bad)
    if checked.state is ImportState.REFUSED or chosen.dry_run or (checked.rows_bad and not chosen.keep_good):
        _say(chosen.language, NOTHING)
        return 1 if faults else 0
    return _write(acting, import_id, source, chosen)


def _write(acting: Acting, import_id: UUID, source: Source, chosen: argparse.Namespace) -> int:
    with walled_session(acting) as session:
        imports.approve(session, import_id, keep_good=chosen.keep_good)
    with _progress(acting, import_id):
        writing.write(acting, import_id, source)
    done, _ = _state(acting, import_id)
    _say(chosen.language, WRITTEN, rows=done.rows_written, persons=done.persons_new, bad=done.rows_bad)
    return 0 if done.state is ImportState.DONE else 1


def _place(group: str, company: str, register: str) -> tuple[Acting, UUID]:
    """Raises NoSuchGroup, NoSuchCompany, NoSuchRegister."""
    group_id = find_group(Kind.SLUG, group, role=DatabaseRole.APP)
    with walled_session(system(group_id)) as session:
        company_id = companies.by_key(session, company).company_id
        register_id = shapes.register_by_key(session, company_id, register)
    return system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE), register_id


def _source(file: Path) -> Source:
    def pieces() -> Iterator[bytes]:
        with file.open("rb") as opened:
            yield from iter(partial(opened.read, PIECE), b"")

    try:
        file.open("rb").close()
    except OSError as error:
        raise CannotRead(field="file", reason=error.strerror or "") from None
    return pieces


def _own_source(language: Language) -> str:
    return translate(language, sentence("A file imported on the command line"))


def _state(acting: Acting, import_id: UUID) -> tuple[Import, list[ImportFault]]:
    with walled_session(acting) as session:
        return imports.get(session, import_id), list(imports.faults(session, import_id))


def _tell_faults(faults: list[ImportFault], language: Language) -> None:
    for fault in faults[:LISTED]:
        values = {"line": fault.line, "column": fault.column}
        place = translate(language, (PLACE_IN_ROW if fault.column else PLACE) if fault.line else FILE, **values)
        field = f" {fault.field}:" if fault.field else ""
        print(f"{place}:{field} {translate(language, fault.reason, **fault.said)}", file=sys.stderr)
    if (more := len(faults) - LISTED) > 0:
        told = translate_plural(language, "… and %(count)s fault more.", "… and %(count)s faults more.", more)
        print(told, file=sys.stderr)


def _say(language: Language, said: str, **figures: int) -> None:
    print(translate(language, said, **{name: number(language, value) for name, value in figures.items()}))


@contextmanager
def _progress(acting: Acting, import_id: UUID) -> Iterator[None]:
    """Says how far it is, once a second and on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_watch, args=(acting, import_id, done))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _watch(acting: Acting, import_id: UUID, done: threading.Event) -> None:
    while not done.wait(1):
        with walled_session(acting) as session:
            now = imports.get(session, import_id)
        print(f"\r{now.rows_checked:>12,} → {now.rows_written:,}", end="", file=sys.stderr, flush=True)
