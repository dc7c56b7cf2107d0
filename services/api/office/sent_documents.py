"""Documents that a form sends instead of their SHA-256: counted here while they are read, and not kept."""

import hashlib
from collections.abc import Sequence
from typing import IO, Any

from litestar import post
from litestar.datastructures import UploadFile
from msgspec import Struct

from services.api.office.desk import signed_in
from services.api.uploads import UploadRequest
from tenants.errors import Invalid

PIECE = 1024 * 1024
LARGEST = 25 * PIECE
# A form may send several; whatever else it says is small.
LARGEST_FORM = 4 * LARGEST


class EmptyDocument(Invalid):
    """The file is empty. Choose the document itself."""


class DocumentTooLarge(Invalid):
    """The file is too large: at most %(most)s megabytes fit. Write its SHA-256 instead."""


class AnotherDigest(Invalid):
    """This is not the SHA-256 of the file that was sent, which is %(counted)s. Leave one of the two out."""


class DocumentRequest(UploadRequest):
    longest_field = 100_000
    most_fields = 1_000


class ChosenFile:
    """What a field for a file gives: a file, or nothing where none was chosen."""

    def __init__(self, file: UploadFile | None = None) -> None:
        self.file = file

    @property
    def name(self) -> str:
        """Some browsers say where it lies, too; that is nobody's business."""
        given = self.file.filename if self.file else ""
        return given.replace("\\", "/").rsplit("/", 1)[-1]


NOTHING = ChosenFile()
DECODERS = [
    (lambda kind: kind is ChosenFile, lambda _, value: ChosenFile(value) if isinstance(value, UploadFile) else NOTHING),
]


def post_with_documents(path: str) -> post:
    """For a form that sends documents: whoever does not sit at a desk is refused before it is read, and its token is
    checked by `form_tokens.check` once it has been."""
    return post(
        path,
        sync_to_thread=True,
        request_max_body_size=LARGEST_FORM,
        request_class=DocumentRequest,
        type_decoders=DECODERS,
        guards=[signed_in],
        exclude_from_csrf=True,
    )


class Named(Struct, frozen=True):
    """A document as it is known, and what is wrong with what was sent of it."""

    name: str
    sha256: str
    problems: tuple[Invalid, ...] = ()


def named(name: str, sha256: str, sent: ChosenFile, *, file_field: str, digest_field: str) -> Named:
    """What was written stands; a file fills in what was left empty."""
    name, sha256 = name.strip(), "".join(sha256.split()).lower()
    if sent.file is None:
        return Named(name, sha256)
    size, counted = digest(sent.file.file)
    name = name or sent.name
    if size == 0:
        return Named(name, sha256, (EmptyDocument(field=file_field),))
    if size > LARGEST:
        return Named(name, sha256, (DocumentTooLarge(field=file_field, most=LARGEST // PIECE),))
    if sha256 and sha256 != counted:
        return Named(name, sha256, (AnotherDigest(field=digest_field, counted=counted),))
    return Named(name, counted)


def digest(file: IO[bytes]) -> tuple[int, str]:
    """How many bytes it has, and its SHA-256 in hexadecimal."""
    found, size = hashlib.sha256(), 0
    while piece := file.read(PIECE):
        found.update(piece)
        size += len(piece)
    return size, found.hexdigest()


def nth(given: Sequence[Any], number: int) -> Any:
    return given[number] if number < len(given) else None
