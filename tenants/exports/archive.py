"""The archive: a ZIP file of the person's data, made as it is read, in constant memory.

    index.html                          the readable page (Art. 15 only)
    data/<company>/<register>.json      and .csv
    schema/<company>/<register>.schema.json
    manifest.json, manifest.sig         last, for they name the checksums of the others

Where Art. 15 and Art. 20 are answered at once, the data and schemas of each lie in a folder of their own, `access/` and
`portability/`. Nothing personal is in the name of a file.
"""

import hashlib
from collections.abc import Iterable, Iterator

from tenants.exports.contents import ListedFile, contents
from tenants.exports.dossier import Dossier, HeldRegister, Part
from tenants.exports.model import Evidence
from tenants.exports.page import page
from tenants.exports.paging import HeldRecord
from tenants.exports.tables import Table, csv_file, json_file, table
from tenants.exports.zipping import ZipStream


class Measured:
    """Pieces on their way: once all were taken, how many bytes they were, and their SHA-256."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._digest.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Archive:
    """Take all of `pieces()`; then `evidence()` knows what was in it."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._zip = ZipStream(dossier.made_at)
        self._files: list[ListedFile] = []
        self._manifest = b""

    def pieces(self) -> Iterator[bytes]:
        dossier = self._dossier
        if Part.ACCESS in dossier.parts:
            yield from self._file("index.html", "text/html; charset=utf-8", [page(dossier)])
        for part in dossier.parts:
            for held in dossier.registers:
                yield from self._register(part, held)
        self._manifest = contents(dossier, self._files)
        yield from self._zip.file("manifest.json", [self._manifest])
        yield from self._zip.file("manifest.sig", [dossier.signer.sign(self._manifest)])
        yield from self._zip.end()

    def evidence(self) -> Evidence:
        found = [held for held in self._dossier.registers if held.records]
        return Evidence(
            files=len(self._files) + 2,
            records=sum(held.records for held in found),
            registers=len(found),
            withheld=len(self._dossier.withheld),
            manifest_sha256=hashlib.sha256(self._manifest).hexdigest(),
        )

    def _register(self, part: Part, held: HeldRegister) -> Iterator[bytes]:
        fields = held.fields if part is Part.ACCESS else held.portable
        if not held.records or not fields:
            return
        told = table(part, held.register, fields, self._dossier.language)
        data = self._path(part, "data", told)
        yield from self._file(f"{data}.json", "application/json", json_file(told, self._records(held)), told.schema_id)
        yield from self._file(f"{data}.csv", "text/csv; charset=utf-8", csv_file(told, self._records(held)))
        schema = self._path(part, "schema", told)
        yield from self._file(f"{schema}.schema.json", "application/schema+json", [told.schema], told.schema_id)

    def _records(self, held: HeldRegister) -> Iterator[HeldRecord]:
        return self._dossier.records.of(held.register.register_id)

    def _path(self, part: Part, folder: str, told: Table) -> str:
        path = f"{folder}/{self._dossier.company.key}/{told.register.key}"
        return path if len(self._dossier.parts) == 1 else f"{part}/{path}"

    def _file(self, path: str, media_type: str, pieces: Iterable[bytes], schema: str | None = None) -> Iterator[bytes]:
        measured = Measured(pieces)
        yield from self._zip.file(path, measured, large=self._dossier.records.large)
        self._files.append(ListedFile(path, media_type, measured.size, measured.sha256, schema))
