"""Whether a processor's certificate may be believed: chain, dates and names are checked by the library, not by us.

Revocation: no revocation list and no OCSP responder is asked, because that would tell a third party of every callback,
and an answer that does not come would have to be taken for a yes. Instead a certificate is believed for a day after
it was fetched, an endpoint can be tied to an issuer of its own, and an endpoint that is stopped believes nothing.
"""

import ssl
import warnings
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import Certificate, DNSName
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

SMALLEST_KEY = 2048
LARGEST_PEM = 65_536
MOST_IN_CHAIN = 8


class Flaw(StrEnum):
    """Why a certificate is not believed."""

    UNREADABLE = "unreadable"
    OUT_OF_DATE = "out_of_date"
    OTHER_DOMAIN = "other_domain"
    UNKNOWN_ISSUER = "unknown_issuer"
    NOT_FOR_SIGNATURES = "not_for_signatures"
    WEAK_KEY = "weak_key"


class NotTrusted(Exception):
    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


def read_chain(pem: bytes) -> list[Certificate]:
    """The certificate first, then those between it and its root. Raises NotTrusted."""
    try:
        chain = x509.load_pem_x509_certificates(pem) if len(pem) <= LARGEST_PEM else []
    except ValueError:
        chain = []
    if not 0 < len(chain) <= MOST_IN_CHAIN:
        raise NotTrusted(Flaw.UNREADABLE)
    return chain


def trusted_key(
    chain: Sequence[Certificate], domain: str, *, roots: Sequence[Certificate], at: datetime
) -> RSAPublicKey:
    """The key that signs for this domain at this moment. Raises NotTrusted."""
    leaf, *between = chain
    policy = PolicyBuilder().store(Store(list(roots))).time(at)
    try:
        policy.build_server_verifier(DNSName(domain)).verify(leaf, between)
    except (VerificationError, ValueError):
        raise NotTrusted(_flaw(leaf, domain, at)) from None
    if not _signs(leaf):
        raise NotTrusted(Flaw.NOT_FOR_SIGNATURES)
    key = leaf.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise NotTrusted(Flaw.WEAK_KEY)
    return key


@cache
def public_roots() -> tuple[Certificate, ...]:
    """Those that this machine trusts, but for a few that the library will read no longer."""
    given = ssl.create_default_context().get_ca_certs(binary_form=True)
    return tuple(one for one in map(_root, given) if one is not None)


def _root(der: bytes) -> Certificate | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        try:
            return x509.load_der_x509_certificate(der)
        except (ValueError, CryptographyDeprecationWarning):
            return None


def private_key(pem: bytes) -> EllipticCurvePrivateKey:
    """One that was made here. Raises ValueError."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError
    return key


def names(certificate: Certificate) -> list[str]:
    """The names that it is for: those of the extension. What the subject is called says nothing (RFC 6125)."""
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return held.value.get_values_for_type(x509.DNSName)


def _flaw(leaf: Certificate, domain: str, at: datetime) -> Flaw:
    """The library refused; this only says in a word what seems to be the reason."""
    if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
        return Flaw.OUT_OF_DATE
    known = [name.lower() for name in names(leaf)]
    if domain.lower() not in known and f"*.{domain.lower().partition('.')[2]}" not in known:
        return Flaw.OTHER_DOMAIN
    return Flaw.UNKNOWN_ISSUER


def _signs(leaf: Certificate) -> bool:
    """RFC 5280 §4.2.1.3: a certificate that says what its key is for says digitalSignature."""
    try:
        return leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True
