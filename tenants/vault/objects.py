"""Sealed objects in S3: whoever reads the bucket finds ciphertext, under keys that say nothing about anybody."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from hashlib import sha256

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
# Seconds in which the store answers somebody who waits for a page, or is taken for gone.
ANSWERS_WITHIN = 5
# No object is meant to outlive an archive, thirty days at most. What a process that died left behind goes too.
SWEPT_AFTER_DAYS = 45


class StorageUnavailable(Exception):
    """The archive store does not answer just now. Nothing is lost."""


class ObjectMissing(NotFound):
    """The stored file is no longer there."""


class Stored(Struct, frozen=True):
    """What was stored: `sha256` (32 bytes) is that of the sealed bytes."""

    size: int
    sha256: bytes
    parts: int


class Bucket(Struct, frozen=True):
    """Somebody else's. `endpoint` is judged elsewhere, and called by nobody here."""

    endpoint: str
    region: str
    name: str
    access_key: str
    secret_key: str


def put(key: str, pieces: Iterable[bytes]) -> Stored:
    """Holds one part in memory at a time; leaves nothing behind if `pieces` or the store fails.

    Raises StorageUnavailable.
    """
    parts = _parts(pieces)
    part: bytearray | None = next(parts)
    if part is not None and len(part) < PART:
        return _put_whole(key, part)
    upload = _Multipart(key)
    try:
        while part is not None:
            upload.send(part)
            part = None  # before the next one is gathered
            part = next(parts, None)
        return upload.complete()
    except BaseException:
        upload.abort()
        raise


def get(key: str) -> Generator[bytes]:
    """Opened before this returns, so that an outage is seen before the first byte leaves. Close it if it is not read.

    Raises StorageUnavailable, also while it is read; ObjectMissing.
    """
    with _outages():
        answer = client(waited_for=True).get_object(Bucket=_bucket(), Key=key)
    pieces = _read(answer["Body"])
    next(pieces)
    return pieces


def delete(key: str) -> None:
    """Also where there is nothing to delete. Raises StorageUnavailable."""
    with _outages():
        client().delete_object(Bucket=_bucket(), Key=key)


def keys(prefix: str) -> Iterator[str]:
    """The keys that begin like this. Raises StorageUnavailable."""
    with _outages():
        for page in client().get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix):
            yield from (found["Key"] for found in page.get("Contents", ()))


def fetching_url(key: str, *, seconds: int) -> str:
    """By which whoever has it gets the object, for so long. Nothing is called."""
    endpoint = settings.current().s3_public_endpoint
    opened = _public(endpoint) if endpoint else client()
    return opened.generate_presigned_url("get_object", Params={"Bucket": _bucket(), "Key": key}, ExpiresIn=seconds)


def putting_url(bucket: Bucket, key: str, *, seconds: int) -> str:
    """By which an object is put into somebody else's bucket. Nothing is called."""
    signer = _session().client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=_configuration(waited_for=False),
    )
    return signer.generate_presigned_url("put_object", Params={"Bucket": bucket.name, "Key": key}, ExpiresIn=seconds)


def check() -> None:
    """Whether the bucket can be reached. Raises StorageUnavailable, ObjectMissing."""
    with _outages():
        client(waited_for=True).head_bucket(Bucket=_bucket())


def ensure_bucket() -> None:
    """Makes the bucket if there is none, and asks the store to sweep it. Raises StorageUnavailable."""
    try:
        check()
    except ObjectMissing:
        with _outages():
            _create_bucket()
    # Some stores cannot sweep, and some keys may not ask for it; then whoever keeps the bucket sets the rule.
    with suppress(ClientError), _outages_of_the_network():
        client().put_bucket_lifecycle_configuration(
            Bucket=_bucket(),
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "sweep",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "Expiration": {"Days": SWEPT_AFTER_DAYS},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                    }
                ]
            },
        )


# botocore takes a bytearray as it is; its type stubs name bytes only, and a copy would cost a second part's memory.
def _put_whole(key: str, content: bytearray) -> Stored:
    with _outages():
        client().put_object(Bucket=_bucket(), Key=key, Body=content)  # type: ignore[arg-type]
    return Stored(size=len(content), sha256=sha256(content).digest(), parts=1)


class _Multipart:
    """An object on its way in parts. Until it is complete, nobody sees it; aborted, nothing of it stays."""

    def __init__(self, key: str) -> None:
        with _outages():
            self._upload = client().create_multipart_upload(Bucket=_bucket(), Key=key)["UploadId"]
        self._key, self._digest, self._size = key, sha256(), 0
        self._tags: list[str] = []

    def send(self, part: bytearray) -> None:
        number = len(self._tags) + 1
        with _outages():
            answer = client().upload_part(
                Bucket=_bucket(),
                Key=self._key,
                UploadId=self._upload,
                PartNumber=number,
                Body=part,  # type: ignore[arg-type]
            )
        self._tags.append(answer["ETag"])
        self._digest.update(part)
        self._size += len(part)

    def complete(self) -> Stored:
        with _outages():
            client().complete_multipart_upload(
                Bucket=_bucket(),
                Key=self._key,
                UploadId=self._upload,
                MultipartUpload={"Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(self._tags, 1)]},
            )
        return Stored(size=self._size, sha256=self._digest.digest(), parts=len(self._tags))

    def abort(self) -> None:
        with suppress(BotoCoreError, ClientError):
            client().abort_multipart_upload(Bucket=_bucket(), Key=self._key, UploadId=self._upload)


def _parts(pieces: Iterable[bytes]) -> Iterator[bytearray]:
    """Parts of exactly PART, then a shorter one; of nothing, one that is empty."""
    part, whole = bytearray(), 0
    for piece in pieces:
        rest = memoryview(piece)
        while len(part) + len(rest) >= PART:
            room = PART - len(part)
            part += rest[:room]
            rest = rest[room:]
            whole += 1
            yield part
            part = bytearray()
        part += rest
    if part or not whole:
        yield part


def _read(body: StreamingBody) -> Generator[bytes]:
    with closing(body), _outages():
        yield b""  # for `get`: a generator that was never entered closes nothing
        yield from body.iter_chunks(PIECE)


@contextmanager
def _outages() -> Iterator[None]:
    """The store's answers in our words. Its messages may quote keys, so only their code is kept."""
    try:
        with _outages_of_the_network():
            yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
            raise ObjectMissing from None
        raise StorageUnavailable(error.response.get("Error", {}).get("Code")) from None


@contextmanager
def _outages_of_the_network() -> Iterator[None]:
    try:
        yield
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


def _configuration(*, waited_for: bool) -> Config:
    """Uploads are patient: a store may think for long about one. Behind a page nobody waits for three long silences."""
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        # Every object is authenticated by its own encryption; not every store knows S3's additional checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=3,
        read_timeout=ANSWERS_WITHIN if waited_for else 30,
        retries={"mode": "standard", "total_max_attempts": 2 if waited_for else 3},
        max_pool_connections=20,
    )


# One for both clients: what it has loaded of S3's description is large.
_session = cache(Session)


# Two clients for the process, made at their first use and so after any fork; threads may share botocore's clients.
# A lambda, because only inference knows the client's type: its name lives in a package of stubs.
client = cache(
    lambda *, waited_for=False: _session().client(
        "s3",
        endpoint_url=settings.current().s3_endpoint or None,
        region_name=settings.current().s3_region,
        aws_access_key_id=settings.current().s3_access_key or None,
        aws_secret_access_key=settings.current().s3_secret_key or None,
        config=_configuration(waited_for=waited_for),
    )
)

# Signs only, for the address by which others reach the store.
_public = cache(
    lambda endpoint: _session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.current().s3_region,
        aws_access_key_id=settings.current().s3_access_key or None,
        aws_secret_access_key=settings.current().s3_secret_key or None,
        config=_configuration(waited_for=False),
    )
)
