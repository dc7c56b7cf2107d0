import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic
from uuid import uuid4

import pytest
from moto import mock_aws

from tenants import settings
from tenants.vault import objects
from tests import stores

pytestmark = pytest.mark.usefixtures("storage")


@pytest.fixture
def key() -> str:
    return f"tests/{uuid4()}"


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that gives one answer, whatever it is asked, and hangs up."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def pieces(size: int, piece: int = 100_000) -> Iterator[bytes]:
    while size > 0:
        yield os.urandom(min(size, piece))
        size -= piece


def uploads_under_way() -> list[str]:
    found = objects.client().list_multipart_uploads(Bucket=settings.current().s3_bucket)
    return [upload["Key"] for upload in found.get("Uploads", [])]


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (0, 1),
        (20_000, 1),
        (objects.PART - 1, 1),
        (objects.PART, 1),
        (objects.PART + 1, 2),
        (2 * objects.PART, 2),
        (2 * objects.PART + 5, 3),
    ],
)
def test_an_object_comes_back_whole(key: str, size: int, parts: int) -> None:
    content = b"".join(pieces(size))
    stored = objects.put(key, [content[start : start + 300_000] for start in range(0, size, 300_000)])
    assert stored == objects.Stored(size=size, sha256=hashlib.sha256(content).digest(), parts=parts)
    assert b"".join(objects.get(key)) == content


def test_an_upload_that_fails_half_way_leaves_nothing(key: str) -> None:
    class WorkerLost(Exception):
        pass

    def failing() -> Iterator[bytes]:
        yield from pieces(objects.PART + 10)
        assert uploads_under_way() == [key]
        raise WorkerLost

    with pytest.raises(WorkerLost):
        objects.put(key, failing())
    assert uploads_under_way() == []
    with pytest.raises(objects.ObjectMissing):
        objects.get(key)


def test_what_was_deleted_is_missing_and_deleting_twice_is_fine(key: str) -> None:
    objects.put(key, [b"x"])
    objects.delete(key)
    objects.delete(key)
    with pytest.raises(objects.ObjectMissing):
        objects.get(key)


def test_a_second_put_under_one_key_replaces_the_first(key: str) -> None:
    objects.put(key, [b"first"])
    objects.put(key, [b"second"])
    assert b"".join(objects.get(key)) == b"second"


def test_an_outage_is_seen_at_once_and_names_nothing(key: str) -> None:
    with stores.outage():
        for speak in (
            lambda: objects.put(key, [b"x"]),
            lambda: objects.put(key, pieces(objects.PART + 1)),
            lambda: objects.get(key),
            lambda: objects.delete(key),
            objects.check,
            objects.ensure_bucket,
        ):
            with pytest.raises(objects.StorageUnavailable) as outage:
                speak()
            assert key not in str(outage.value)


def test_a_store_that_breaks_off_while_it_is_read_is_an_outage(key: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"
    with answering(answer) as port, stores.another(endpoint=f"http://127.0.0.1:{port}"):
        body = objects.get(key)
        with pytest.raises(objects.StorageUnavailable):
            list(body)


def test_nobody_waits_long_for_a_store_that_says_nothing(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "ANSWERS_WITHIN", 0.1)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        stores.another(endpoint=f"http://127.0.0.1:{server.getsockname()[1]}"),
    ):
        began = monotonic()
        for speak in (lambda: objects.get(key), objects.check):
            with pytest.raises(objects.StorageUnavailable):
                speak()
        assert monotonic() - began < 20


def test_the_bucket_is_made_once(key: str) -> None:
    with stores.another(bucket=f"new-{uuid4()}"):
        with pytest.raises(objects.ObjectMissing):
            objects.check()
        objects.ensure_bucket()
        objects.ensure_bucket()
        objects.check()
        objects.put(key, [b"x"])


def test_a_store_that_can_sweep_is_asked_to() -> None:
    with mock_aws(), stores.another(endpoint="", bucket="seloste-swept"):
        objects.ensure_bucket()
        objects.ensure_bucket()
        (rule,) = objects.client().get_bucket_lifecycle_configuration(Bucket="seloste-swept")["Rules"]
    assert rule["Expiration"]["Days"] > 30
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
