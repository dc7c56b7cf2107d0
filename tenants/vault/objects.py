"""Sealed objects in S3: whoever reads the bucket finds ciphertext, under keys that say nothing about anybody."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from hashlib import sha256
from itertools import chain

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody
from msgspec import Struct

from tenants import settings
from tenants.errors import NotFound

# Below this one PUT; above it parts of this size, of which S3 takes 10,000.
PART = 8 * 1024 * 1024
PIECE = 256 * 1024


class StorageUnavailable(Exception):
    """The archive store does not answer just now. Nothing is lost."""


class ObjectMissing(NotFound):
    """The stored file is no longer there."""


class Stored(Struct, frozen=True):
    """What was stored: `sha256` (32 bytes) is that of the sealed bytes."""

    size: int
    sha256: bytes
    parts: int


def put(key: str, pieces: Iterable[bytes]) -> Stored:
    """Holds one part in memory at a time; leaves nothing behind if `pieces` or the store fails.

    Raises StorageUnavailable.
    """
    parts = _parts(pieces)
    first = next(parts)
    if len(first) == PART:
        return _put_in_parts(key, chain([first], parts))
    with _outages():
        client().put_object(Bucket=_bucket(), Key=key, Body=first)
    return Stored(size=len(first), sha256=sha256(first).digest(), parts=1)


def get(key: str) -> Generator[bytes]:
    """Opened before this returns, so that an outage is seen before the first byte leaves. Close it if it is not read.

    Raises StorageUnavailable, also while it is read; ObjectMissing.
    """
    with _outages():
        answer = client().get_object(Bucket=_bucket(), Key=key)
    pieces = _read(answer["Body"])
    next(pieces)
    return pieces


def delete(key: str) -> None:
    """Also where there is nothing to delete. Raises StorageUnavailable."""
    with _outages():
        client().delete_object(Bucket=_bucket(), Key=key)


def check() -> None:
    """Whether the bucket can be reached. Raises StorageUnavailable, ObjectMissing."""
    with _outages():
        client().head_bucket(Bucket=_bucket())


def ensure_bucket() -> None:
    """Raises StorageUnavailable."""
    try:
        check()
    except ObjectMissing:
        with _outages():
            _create_bucket()


def _put_in_parts(key: str, parts: Iterable[bytes]) -> Stored:
    with _outages():
        upload = client().create_multipart_upload(Bucket=_bucket(), Key=key)["UploadId"]
    digest, size, tags = sha256(), 0, list[str]()
    try:
        for part in parts:
            tags.append(_put_part(key, upload, len(tags) + 1, part))
            digest.update(part)
            size += len(part)
        _complete(key, upload, tags)
    except BaseException:
        with suppress(BotoCoreError, ClientError):
            client().abort_multipart_upload(Bucket=_bucket(), Key=key, UploadId=upload)
        raise
    return Stored(size=size, sha256=digest.digest(), parts=len(tags))


def _put_part(key: str, upload: str, number: int, part: bytes) -> str:
    with _outages():
        answer = client().upload_part(Bucket=_bucket(), Key=key, UploadId=upload, PartNumber=number, Body=part)
    return answer["ETag"]


def _complete(key: str, upload: str, tags: list[str]) -> None:
    with _outages():
        client().complete_multipart_upload(
            Bucket=_bucket(),
            Key=key,
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]},
        )


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Parts of exactly PART, then a shorter one; of nothing, one that is empty."""
    held = bytearray()
    whole = 0
    for piece in pieces:
        held += piece
        while len(held) >= PART:
            with memoryview(held) as view:
                part = bytes(view[:PART])
            del held[:PART]
            whole += 1
            yield part
            del part
    if held or not whole:
        yield bytes(held)


def _read(body: StreamingBody) -> Generator[bytes]:
    with closing(body), _outages():
        yield b""  # for `get`: a generator that was never entered closes nothing
        yield from body.iter_chunks(PIECE)


@contextmanager
def _outages() -> Iterator[None]:
    """The store's answers in our words. Its messages may quote keys, so only their code is kept."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
            raise ObjectMissing from None
        raise StorageUnavailable(error.response.get("Error", {}).get("Code")) from None
    except BotoCoreError as error:
        raise StorageUnavailable(type(error).__name__) from None


def _bucket() -> str:
    return settings.current().s3_bucket


def _create_bucket() -> None:
    region = settings.current().s3_region
    if region == "us-east-1":  # the one region that must not be named
        client().create_bucket(Bucket=_bucket())
    else:
        client().create_bucket(
            Bucket=_bucket(),
            CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
        )


def _configuration() -> Config:
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        # Every object is authenticated by its own encryption; not every store knows S3's additional checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=3,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=20,
    )


# One client for the process, made at its first use and so after any fork; botocore's clients may be shared by threads.
# A lambda, because only inference knows the client's type: its name lives in a package of stubs.
client = cache(
    lambda: Session().client(
        "s3",
        endpoint_url=settings.current().s3_endpoint or None,
        region_name=settings.current().s3_region,
        aws_access_key_id=settings.current().s3_access_key or None,
        aws_secret_access_key=settings.current().s3_secret_key or None,
        config=_configuration(),
    )
)
