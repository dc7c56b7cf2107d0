"""All of a group as files: every table, the stored objects, the audit with its keys, the manifest.

What was sealed stays sealed, with the wrapped keys beside it, unless whoever takes it along asks to have it opened.
The files come from one snapshot of the database. They are written into a folder of another name, which gets its own in
the end: a folder of that name is whole. Memory stays the same whatever the group holds.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import Connection, sql
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tenants.acting import exporter
from tenants.audit import exporting
from tenants.companies.model import Company
from tenants.database import walled_session
from tenants.errors import Conflict
from tenants.groups.model import Group
from tenants.life import sealed, tables
from tenants.life.tables import GroupTable
from tenants.manifests import exporting as manifests
from tenants.manifests import versions
from tenants.manifests.versions import NoManifest
from tenants.registers.model import Field
from tenants.vault import objects
from tenants.vault.keys import Keyring, keyring
from tenants.vault.signing import Use, public_keys

AT_ONCE = 1000
FORMAT = "seloste group 1"


class FolderTaken(Conflict):
    """There is a folder %(folder)s already; choose another."""


class WrittenFile(Struct, frozen=True):
    """`sha256` is hexadecimal; `rows` are those of a table, None for other files."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


class Contents(Struct, frozen=True, kw_only=True):
    """manifest.json, the last file to be written."""

    format: str = FORMAT
    group_id: UUID
    slug: str
    at: datetime
    opened: bool
    files: list[WrittenFile]


class PublishedKey(Struct, frozen=True):
    """As /g/{slug}/keys.json tells it."""

    key_id: UUID
    use: str
    public: str


Tell = Callable[[WrittenFile], None]


def export(group_id: UUID, folder: Path, *, opened: bool = False, tell: Tell = lambda _: None) -> Contents:
    """`tell` is called after each file. What a process that died had begun is begun anew.

    Raises FolderTaken, StorageUnavailable.
    """
    if folder.exists():
        raise FolderTaken(folder=folder.name)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    files: list[WrittenFile] = []

    def keep(path: str, pieces: Iterable[bytes], *, rows: bool = False) -> None:
        files.append(_write(unfinished, path, pieces, rows=rows))
        tell(files[-1])

    with walled_session(exporter(group_id)) as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        slug = session.scalars(select(Group.slug)).one()
        for path, pieces, rows in _of_the_database(session, group_id, opened=opened):
            keep(path, pieces, rows=rows)
    for key in objects.keys(f"{group_id}/"):
        with closing(objects.get(key)) as pieces:
            keep(f"objects/{key}", pieces)
    contents = Contents(group_id=group_id, slug=slug, at=datetime.now(UTC), opened=opened, files=files)
    _write(unfinished, "manifest.json", [msgspec.json.format(msgspec.json.encode(contents))])
    unfinished.rename(folder)
    return contents


def _of_the_database(session: Session, group_id: UUID, *, opened: bool) -> Iterator[tuple[str, Iterable[bytes], bool]]:
    keys = keyring(session) if opened else None
    fields = {str(one) for one in session.scalars(select(Field.field_id).where(Field.sealed))}
    for table in tables.listed(session):
        yield f"tables/{table.name}.ndjson", _rows(session, table, keys, fields), True
    chains = [group_id, *session.scalars(select(Company.company_id).order_by(Company.company_id))]
    for chain in chains:
        yield f"audit/{chain}.ndjson", exporting.lines(session, chain=chain), False
    published = [PublishedKey(key.key_id, key.use, key.public.hex()) for key in public_keys(session, Use.AUDIT)]
    yield "audit/keys.json", [msgspec.json.format(msgspec.json.encode(published))], False
    try:
        yield "manifest.yaml", [manifests.to_yaml(versions.in_force(session)).encode()], False
    except NoManifest:
        return


def _rows(session: Session, table: GroupTable, keys: Keyring | None, fields: set[str]) -> Iterator[bytes]:
    """A line of JSON each, in the order of the key; bytes are told in hexadecimal after a backslash and an x."""
    driver: Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    asked = sql.SQL("SELECT to_jsonb(kept)::text FROM {} AS kept ORDER BY {}").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.key))
    )
    with driver.cursor(name="rows") as cursor:
        cursor.itersize = AT_ONCE
        for (line,) in cursor.execute(asked):
            yield (_opened(keys, table.name, line, fields) if keys else line.encode()) + b"\n"


def _opened(keys: Keyring, table: str, line: str, fields: set[str]) -> bytes:
    if table != "records" and not sealed.columns_of(table):
        return line.encode()
    row = _decode(line)
    sealed.open_row(keys, table, row, fields)
    return _encode(row)


def _write(folder: Path, path: str, pieces: Iterable[bytes], *, rows: bool = False) -> WrittenFile:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size, count = hashlib.sha256(), 0, 0
    with target.open("xb") as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
            count += 1
    return WrittenFile(path, size, digest.hexdigest(), count if rows else None)


# A number stays as it is written.
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=msgspec.Raw).decode
_encode = msgspec.json.Encoder().encode
