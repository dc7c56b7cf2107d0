"""A packed answer can be read while it comes."""

import zlib

import pytest
import zstandard

from services.api.feeds import packing
from services.api.feeds.packing import Coding

PAGES = [b'{"op":"upsert"}\n' * 100, b'{"op":"page"}\n']


def test_each_page_is_unpacked_as_soon_as_it_has_come() -> None:
    unpacker = zlib.decompressobj(packing.GZIP)
    *sent, end = packing.packed(iter(PAGES), Coding.GZIP)
    assert [unpacker.decompress(part) for part in sent] == PAGES
    assert unpacker.decompress(end) == b""
    assert unpacker.eof


def test_each_page_is_unpacked_as_soon_as_it_has_come_with_zstd() -> None:
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    *sent, end = packing.packed(iter(PAGES), Coding.ZSTD)
    assert [unpacker.decompress(part) for part in sent] == PAGES
    assert unpacker.decompress(end) == b""
    assert unpacker.eof


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip, deflate, br", Coding.GZIP),
        ("br;q=1.0, GZIP;q=0.5", Coding.GZIP),
        ("gzip, deflate, br, zstd", Coding.ZSTD),
        ("gzip, zstd;q=0.5", Coding.GZIP),
        ("gzip;q=0, zstd", Coding.ZSTD),
        ("zstd;q=x, gzip", Coding.GZIP),
        ("*", Coding.GZIP),
        ("gzip;q=0, *", None),
        ("gzip; q=0.0", None),
        ("identity", None),
        ("", None),
    ],
)
def test_it_is_packed_for_whoever_takes_it(accepted: str, taken: Coding | None) -> None:
    assert packing.coding(accepted) is taken
