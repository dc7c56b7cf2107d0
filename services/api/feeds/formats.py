"""In which form a feed is given: what the address says goes before what the request accepts."""

from collections.abc import Mapping

from litestar.datastructures.headers import Accept

from services.api.problems import Unreadable
from tenants.deliveries.formats import Format
from tenants.languages.speaking import sentence

NO_SUCH_FORMAT = sentence(
    "A feed is given as application/x-ndjson (format=ndjson), text/csv (format=csv) or application/vnd.apache.parquet"
    " (format=parquet)."
)

# The first one is what whoever takes anything gets.
MEDIA_TYPES: Mapping[str, Format] = {
    "application/x-ndjson": Format.NDJSON,
    "text/csv": Format.CSV,
    "application/vnd.apache.parquet": Format.PARQUET,
}


class NoSuchFormat(Unreadable):
    """Names those that there are."""

    status_code = 406

    def __init__(self) -> None:
        super().__init__(NO_SUCH_FORMAT)


def chosen(asked: str | None, accepted: str) -> Format:
    """By `?format=` and `Accept` (RFC 9110 §12.5.1). Raises NoSuchFormat."""
    if asked is not None:
        if asked not in list(Format):
            raise NoSuchFormat
        return Format(asked)
    found = Accept(accepted or "*/*").best_match(list(MEDIA_TYPES))
    if found is None:
        raise NoSuchFormat
    return MEDIA_TYPES[found]
