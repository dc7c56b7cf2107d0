"""The key that signs OpenDSR answers is made here; what an authority gave for it is looked at before it is set."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services import cli
from tenants.opendsr import authority

DOMAIN = "testserver.example"


def test_a_key_is_made_once_and_its_request_names_the_domain(tmp_path: Path) -> None:
    assert cli.main(["opendsr-certificate", "request", str(tmp_path)]) == 0
    key = tmp_path / "opendsr.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    asked = x509.load_pem_x509_csr((tmp_path / "opendsr.csr").read_bytes())
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [DOMAIN]
    before = key.read_bytes()
    assert cli.main(["opendsr-certificate", "request", str(tmp_path)]) == 1
    assert key.read_bytes() == before


def test_only_a_certificate_that_will_be_believed_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["opendsr-certificate", "request", str(tmp_path)])
    key = load_pem_private_key((tmp_path / "opendsr.key").read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    root = authority.root()
    (tmp_path / "root.pem").write_bytes(root.pem)

    def passes(certificate: bytes) -> bool:
        (tmp_path / "given.pem").write_bytes(certificate)
        files = [str(tmp_path / name) for name in ("opendsr.key", "given.pem")]
        return cli.main(["opendsr-certificate", "check", *files, "--issuer", str(tmp_path / "root.pem")]) == 0

    assert passes(authority.issue(root, DOMAIN, key=key).pem)
    assert "SELOSTE_OPENDSR_KEY_FILE" in capsys.readouterr().out
    assert not passes(authority.issue(root, DOMAIN).pem)
    assert not passes(authority.issue(root, "other.example", key=key).pem)
    assert not passes(authority.issue(authority.root(), DOMAIN, key=key).pem)
