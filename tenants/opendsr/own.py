"""What this installation signs with: its key, its certificate and the domain that both speak for."""

from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

from tenants import settings
from tenants.opendsr import signatures, wire
from tenants.opendsr.refusals import NotSetUp
from tenants.settings import SettingsError


class Own(Struct, frozen=True):
    """`certificates` in PEM: ours first, then those between it and its root."""

    domain: str
    key: RSAPrivateKey
    certificates: str

    def headers(self, body: bytes, *, as_before: bool = False) -> dict[str, str]:
        """The two of the standard, over exactly these bytes; to who speaks as before, under the names of before too."""
        signature = signatures.sign(self.key, body)
        said = {wire.DOMAIN_HEADER: self.domain, wire.SIGNATURE_HEADER: signature}
        if as_before:
            said |= {wire.FORMER_DOMAIN_HEADER: self.domain, wire.FORMER_SIGNATURE_HEADER: signature}
        return said


def own() -> Own:
    """Raises NotSetUp."""
    now = settings.current()
    if not (now.opendsr_key and now.opendsr_certificate):
        raise NotSetUp
    return Own(domain(), _key(now.opendsr_key), now.opendsr_certificate)


def domain() -> str:
    """That on which requests are received."""
    return urlsplit(settings.current().base_url).hostname or ""


@lru_cache(maxsize=4)
def _key(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError(f"{settings.PREFIX}OPENDSR_KEY must be an RSA key in PEM")
    return key
