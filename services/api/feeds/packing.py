"""An answer that is packed while it is read: whoever has got a page can unpack it."""

import zlib
from collections.abc import Iterator
from enum import StrEnum

import zstandard

# Packs as fast as pages come; a higher level would make the database wait for it.
LEVEL = 1
GZIP = 31
# Whoever unpacks need not keep more of what came before, however long the answer is (RFC 8878 §3.1.1.1.2).
WINDOW_LOG = 20


class Coding(StrEnum):
    """By its name in `Content-Encoding`."""

    ZSTD = "zstd"
    GZIP = "gzip"


def coding(accepted: str) -> Coding | None:
    """The best that an `Accept-Encoding` takes (RFC 9110 §12.5.3). zstd is for those who name it."""
    weights = _weights(accepted)
    zstd, gzip = weights.get(Coding.ZSTD, 0.0), weights.get(Coding.GZIP, 0.0)
    if zstd and zstd >= gzip:
        return Coding.ZSTD
    return Coding.GZIP if weights.get(Coding.GZIP, weights.get("*", 0.0)) else None


def packed(parts: Iterator[bytes], coding: Coding) -> Iterator[bytes]:
    """In as many parts."""
    return _with_zstd(parts) if coding is Coding.ZSTD else _with_gzip(parts)


def _with_gzip(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    for part in parts:
        yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


def _with_zstd(parts: Iterator[bytes]) -> Iterator[bytes]:
    settings = zstandard.ZstdCompressionParameters.from_level(LEVEL, window_log=WINDOW_LOG)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    for part in parts:
        yield packer.compress(part) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    yield packer.flush()


def _weights(accepted: str) -> dict[str, float]:
    """By name, in small letters."""
    weights = {}
    for said in accepted.split(","):
        name, _, parameter = said.partition(";")
        _, is_said, weight = parameter.replace(" ", "").partition("q=")
        try:
            weights[name.strip().lower()] = float(weight) if is_said else 1.0
        except ValueError:
            continue
    return weights
