"""`seloste opendsr-certificate`: the key that signs OpenDSR answers, and its certificate before it is set."""

import argparse
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from services.commands.subparsers import Subparsers
from tenants.languages.speaking import DEFAULT, sentence, translate
from tenants.opendsr import authority, certificates, own, wire
from tenants.opendsr.certificates import NotTrusted
from tenants.settings import PREFIX

REQUESTED = sentence("The key is in %(key)s: keep it secret. Give %(request)s to the authority.")
FITS = sentence("The certificate fits its key and %(domain)s. Set %(key)s and %(certificate)s to these two files.")
NOT_OF_THE_KEY = sentence("The certificate is not one of this key.")
NOT_BELIEVED = sentence("The certificate would not be believed: %(flaw)s.")
EXISTS = sentence("%(file)s is there already and stays as it is.")


def add(commands: Subparsers) -> None:
    area = commands.add_parser("opendsr-certificate", help="the key and certificate that sign OpenDSR answers")
    verbs = area.add_subparsers(required=True, metavar="VERB")
    request = verbs.add_parser("request", help="make a key, and a request for a certificate (PKCS #10)")
    request.add_argument("folder", type=Path)
    request.set_defaults(run=_request)
    check = verbs.add_parser("check", help="whether a certificate fits its key and this installation, before it is set")
    check.add_argument("key", type=Path)
    check.add_argument("certificate", type=Path)
    check.add_argument("--issuer", type=Path, help="authority to be believed instead of the system's")
    check.set_defaults(run=_check)


def _request(chosen: argparse.Namespace) -> int:
    key_file, request_file = chosen.folder / "opendsr.key", chosen.folder / "opendsr.csr"
    if key_file.exists():
        print(translate(DEFAULT, EXISTS, file=str(key_file)), file=sys.stderr)
        return 1
    key, domain = authority.new_key(), own.domain()
    asked = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, SHA256())
    )
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    request_file.write_bytes(asked.public_bytes(Encoding.PEM))
    print(translate(DEFAULT, REQUESTED, key=str(key_file), request=str(request_file)))
    return 0


def _check(chosen: argparse.Namespace) -> int:
    key = load_pem_private_key(chosen.key.read_bytes(), password=None)
    try:
        chain = certificates.read_chain(chosen.certificate.read_bytes())
        given = certificates.read_chain(chosen.issuer.read_bytes()) if chosen.issuer else certificates.public_roots()
        public = certificates.trusted_key(chain, own.domain(), roots=given, at=wire.now())
    except NotTrusted as reason:
        print(translate(DEFAULT, NOT_BELIEVED, flaw=reason.flaw), file=sys.stderr)
        return 1
    if not isinstance(key, RSAPrivateKey) or key.public_key() != public:
        print(translate(DEFAULT, NOT_OF_THE_KEY), file=sys.stderr)
        return 1
    names = {"key": f"{PREFIX}OPENDSR_KEY_FILE", "certificate": f"{PREFIX}OPENDSR_CERTIFICATE_FILE"}
    print(translate(DEFAULT, FITS, domain=own.domain(), **names))
    return 0
