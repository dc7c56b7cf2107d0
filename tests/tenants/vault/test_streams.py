from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.vault import streams
from tenants.vault.sealing import Tampered

KEY = streams.new_key()
HEAD = 33
SEALED_CHUNK = streams.CHUNK + 16

# Lengths around the chunk's edge, where a stream cipher's faults live.
lengths = st.integers(0, 3).flatmap(
    lambda chunks: st.integers(-2, 2).map(lambda off: max(0, chunks * streams.CHUNK + off))
)


def encrypted(clear: bytes) -> bytes:
    return b"".join(streams.encrypt(KEY, [clear]))


def decrypted(sealed: bytes) -> bytes:
    return b"".join(streams.decrypt(KEY, [sealed]))


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def sealed_chunks(sealed: bytes) -> list[bytes]:
    return list(cut(sealed[HEAD:], SEALED_CHUNK))


@given(lengths, st.sampled_from([1000, 16384, streams.CHUNK, 200_000]), st.sampled_from([999, SEALED_CHUNK, 300_000]))
def test_a_stream_opens_however_it_was_cut_on_the_way(length: int, written: int, read: int) -> None:
    clear = bytes(index % 251 for index in range(length))
    sealed = b"".join(streams.encrypt(KEY, cut(clear, written)))
    assert b"".join(streams.decrypt(KEY, cut(sealed, read))) == clear


@given(st.lists(st.binary(max_size=5), max_size=8))
def test_small_and_empty_pieces_lose_nothing(pieces: list[bytes]) -> None:
    sealed = list(streams.encrypt(KEY, pieces))
    bytewise = [bytes([byte]) for byte in b"".join(sealed)]
    assert b"".join(streams.decrypt(KEY, bytewise)) == b"".join(pieces)


@given(length=st.sampled_from([0, 10, streams.CHUNK, streams.CHUNK + 10]), data=st.data())
def test_a_changed_byte_does_not_open(length: int, data: st.DataObject) -> None:
    sealed = bytearray(encrypted(bytes(length)))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        decrypted(bytes(sealed))


@given(length=st.sampled_from([0, 10, streams.CHUNK, streams.CHUNK + 1, 2 * streams.CHUNK]), data=st.data())
def test_a_stream_that_ends_early_is_noticed(length: int, data: st.DataObject) -> None:
    sealed = encrypted(bytes(length))
    edges = [edge for edge in range(HEAD, len(sealed), SEALED_CHUNK) if edge < len(sealed)]
    end = data.draw(st.sampled_from(edges) | st.integers(0, len(sealed) - 1))
    with pytest.raises(Tampered):
        decrypted(sealed[:end])


def test_chunks_out_of_order_doubled_missing_or_appended_are_noticed() -> None:
    clear = b"".join(bytes([number]) * streams.CHUNK for number in range(4))
    sealed = encrypted(clear)
    head, (one, two, three, last) = sealed[:HEAD], sealed_chunks(sealed)
    for chunks in (
        (two, one, three, last),
        (one, one, two, three, last),
        (one, three, last),
        (two, three, last),
        (one, two, last),
        (one, two, three, last, last),
        (one, two, three, three),
        (last,),
    ):
        with pytest.raises(Tampered):
            decrypted(head + b"".join(chunks))
    assert decrypted(head + one + two + three + last) == clear


def test_a_chunk_of_another_stream_under_the_same_key_is_noticed() -> None:
    clear = bytes(2 * streams.CHUNK)
    ours, theirs = encrypted(clear), encrypted(clear)
    spliced = ours[: HEAD + SEALED_CHUNK] + theirs[HEAD + SEALED_CHUNK :]
    with pytest.raises(Tampered):
        decrypted(spliced)


def test_another_key_or_context_does_not_open() -> None:
    sealed = b"".join(streams.encrypt(KEY, [b"x"], context=b"export 1"))
    with pytest.raises(Tampered):
        list(streams.decrypt(streams.new_key(), [sealed], context=b"export 1"))
    with pytest.raises(Tampered):
        list(streams.decrypt(KEY, [sealed], context=b"export 2"))
    assert list(streams.decrypt(KEY, [sealed], context=b"export 1")) == [b"x"]


def test_the_same_archive_built_twice_under_one_key_repeats_no_nonce() -> None:
    first, second = encrypted(b"same"), encrypted(b"same")
    assert first[HEAD:] != second[HEAD:]


def test_a_reader_gets_a_chunk_before_the_next_is_read() -> None:
    sealed = encrypted(bytes(3 * streams.CHUNK))
    seen = 0

    def reading() -> Iterator[bytes]:
        nonlocal seen
        for piece in cut(sealed, SEALED_CHUNK):
            seen += 1
            yield piece

    next(streams.decrypt(KEY, reading()))
    assert seen <= 2
