"""An answer that is packed while it is read: whoever has got a page can unpack it."""

import zlib
from collections.abc import Iterator

# Packs as fast as pages come; a higher level would make the database wait for it.
LEVEL = 1
GZIP = 31


def takes_gzip(accepted: str) -> bool:
    """By the `Accept-Encoding` of a request (RFC 9110 §12.5.3)."""
    weights = {}
    for said in accepted.split(","):
        name, _, weight = said.partition(";")
        weights[name.strip().lower()] = weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return weights.get("gzip", weights.get("*", False))


def packed(parts: Iterator[bytes]) -> Iterator[bytes]:
    """In as many parts."""
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    for part in parts:
        yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
