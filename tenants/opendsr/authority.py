"""A certificate authority for trying things out: of the development stack, of the checker's vectors, and of the tests.

It signs whatever it is told to, also what no authority should. Nothing trusts it that was not told to.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate, CertificateBuilder, KeyUsage, Name, NameAttribute
from cryptography.x509.oid import NameOID
from msgspec import Struct

LIFE = timedelta(days=365)
# Of the authority itself: long enough that certificates of other times can be made under it.
LIFE_OF_ROOT = timedelta(days=3650)


class Signing(Struct, frozen=True):
    """A private key and the certificate that speaks of it."""

    key: RSAPrivateKey
    certificate: Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def root(name: str = "Seloste test authority", *, at: datetime | None = None) -> Signing:
    begins = (at or datetime.now(UTC)) - LIFE
    key = new_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = (
        _built(name, key, begins, begins + LIFE_OF_ROOT)
        .issuer_name(_named(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )
    return Signing(key, made)


def issue(
    by: Signing,
    domain: str,
    *,
    names: Sequence[str] | None = None,
    begins: datetime | None = None,
    life: timedelta = LIFE,
    key: RSAPrivateKey | None = None,
) -> Signing:
    """For one domain. `names` are those of the extension, where they are to be others; none: it has no extension."""
    start = begins or datetime.now(UTC) - timedelta(minutes=5)
    own = key or new_key()
    made = _built(domain, own, start, start + life).issuer_name(by.certificate.subject)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs_certificates=False), critical=True)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    made = made.add_extension(issuer, critical=False)
    wanted = [domain] if names is None else names
    if wanted:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in wanted]), critical=False)
    return Signing(own, made.sign(by.key, SHA256()))


def new_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _built(name: str, key: RSAPrivateKey, begins: datetime, ends: datetime) -> CertificateBuilder:
    return (
        CertificateBuilder()
        .subject_name(_named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _named(name: str) -> Name:
    return Name([NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> KeyUsage:
    return KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
