"""Authenticated encryption of streams of any length, in constant memory.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", CRYPTO 2015, §7) over AES-256-GCM:

    stream  := format (1 byte, 1) · salt (32) · sealed chunk, one or more
    key     := HKDF-SHA-256(the object's key, salt, "stream" and the context)
    nonce   := 7 zero bytes · number of the chunk (4, big-endian) · 1 for the last chunk, else 0

Every chunk but the last holds CHUNK bytes of clear text. A chunk that is altered, missing, doubled or out of order
does not open, nor does a stream that ends before its last chunk or goes on after it. The salt makes each
encryption a key of its own: a job that builds its archive a second time under the same key repeats no nonce.
"""

import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenants.vault.sealing import Tampered
from tenants.vault.wrapping import derive

FORMAT = b"\x01"
SALT = 32
TAG = 16
CHUNK = 64 * 1024
KEY = 32


def new_key() -> bytes:
    return os.urandom(KEY)


def encrypt(key: bytes, pieces: Iterable[bytes], *, context: bytes = b"") -> Iterator[bytes]:
    """`context` says what the object is; it must be the same to decrypt."""
    salt = os.urandom(SALT)
    cipher = _cipher(key, salt, context)
    yield FORMAT + salt
    for number, (chunk, last) in enumerate(_recut(pieces, CHUNK)):
        yield cipher.encrypt(_nonce(number, last), chunk, None)


def decrypt(key: bytes, pieces: Iterable[bytes], *, context: bytes = b"") -> Iterator[bytes]:
    """Chunks are given out as they are found genuine. Raises Tampered: whoever passed earlier chunks on must then
    break off, not end, so that the receiver does not take the part for the whole."""
    source = iter(pieces)
    header, rest = _take(source, len(FORMAT) + SALT)
    if header[:1] != FORMAT:
        raise Tampered
    cipher = _cipher(key, header[1:], context)
    for number, (chunk, last) in enumerate(_recut(_joined(rest, source), CHUNK + TAG)):
        try:
            yield cipher.decrypt(_nonce(number, last), chunk, None)
        except InvalidTag:
            raise Tampered from None


def _cipher(key: bytes, salt: bytes, context: bytes) -> AESGCM:
    return AESGCM(derive(key, salt=salt, label=b"stream " + context))


def _nonce(number: int, last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])


def _recut(pieces: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Chunks of exactly `size`, then the last one, which may be shorter and, in an empty stream, is empty."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > size:
            with memoryview(held) as view:
                chunk = bytes(view[:size])
            del held[:size]
            yield chunk, False
    yield bytes(held), True


def _take(source: Iterator[bytes], size: int) -> tuple[bytes, bytes]:
    """The first `size` bytes, and what came with them. Raises Tampered if there are not so many."""
    held = b""
    while len(held) < size:
        piece = next(source, None)
        if piece is None:
            raise Tampered
        held += piece
    return held[:size], held[size:]


def _joined(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others
