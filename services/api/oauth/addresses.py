"""Where things are, as the configured origin says: what a request names as its host decides nothing."""

from urllib.parse import urlsplit

from tenants import settings

FEEDS = "/feeds/v1"
RESOURCE_METADATA = f"/.well-known/oauth-protected-resource{FEEDS}"
DEFAULT_PORTS = {"https": 443, "http": 80}


def issuer(slug: str) -> str:
    return f"{settings.current().base_url}/oauth/{slug}"


def resource() -> str:
    return settings.current().base_url + FEEDS


def resource_metadata() -> str:
    """RFC 9728 §3.1: the well-known part stands between the host and the path."""
    return settings.current().base_url + RESOURCE_METADATA


def external(path: str) -> str:
    """How whoever asked had to name this path."""
    return settings.current().base_url + path


def same(given: str, ours: str) -> bool:
    """RFC 9449 §4.3: without query and fragment, after the normalisation of RFC 3986 §6.2.2 and §6.2.3."""
    try:
        return _parts(given) == _parts(ours)
    except ValueError:
        return False


def _parts(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port, parts.path or "/"
