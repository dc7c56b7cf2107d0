"""A packed answer can be read while it comes."""

import zlib

import pytest

from services.api.feeds import packing


def test_each_page_is_unpacked_as_soon_as_it_has_come() -> None:
    unpacker = zlib.decompressobj(packing.GZIP)
    pages = [b'{"op":"upsert"}\n' * 100, b'{"op":"page"}\n']
    *sent, end = packing.packed(iter(pages))
    assert [unpacker.decompress(part) for part in sent] == pages
    assert unpacker.decompress(end) == b""
    assert unpacker.eof


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("gzip; q=0.0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_it_is_packed_for_whoever_takes_it(accepted: str, taken: bool) -> None:
    assert packing.takes_gzip(accepted) is taken
