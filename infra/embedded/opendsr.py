"""What signs OpenDSR answers here: a certificate of an authority of this stack's own, in which nobody else believes."""

from pathlib import Path
from urllib.parse import urlsplit

from infra.embedded import secret_files
from tenants.opendsr import authority


def settings(folder: Path, base_url: str) -> dict[str, str]:
    """`authority.pem` in the folder is what a checker is given as the issuer."""
    key, certificate, root = (folder / name for name in ("key.pem", "certificate.pem", "authority.pem"))
    if not certificate.exists():
        by = authority.root("Seloste, this machine only")
        made = authority.issue(by, urlsplit(base_url).hostname or "localhost")
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in ((root, by.pem), (key, made.key_pem), (certificate, made.pem)):
            secret_files.write(file, content.decode())
    return {"OPENDSR_KEY": key.read_text(), "OPENDSR_CERTIFICATE": certificate.read_text()}
