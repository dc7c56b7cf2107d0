"""What is in an archive that somebody downloaded, checked as its receiver would."""

import hashlib
import io
import json
import zipfile
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from playwright.sync_api import Download, Page

from tests.journeys.stack import Stack


class Archive:
    """Opened, with everything its manifest says of its files found true."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            self.files = {name: packed.read(name) for name in packed.namelist()}
        self.manifest: dict[str, Any] = json.loads(self.files["manifest.json"])
        told = {file["path"]: file["sha256"] for file in self.manifest["files"]}
        rest = {path: content for path, content in self.files.items() if not path.startswith("manifest.")}
        assert told == {path: hashlib.sha256(content).hexdigest() for path, content in rest.items()}

    def records(self, path: str) -> list[dict[str, Any]]:
        return [record["data"] for record in json.loads(self.files[path])["records"]]

    def is_signed_by(self, stack: Stack) -> bool:
        """By a key that the group publishes for this, not by the one that the archive itself names."""
        published = httpx2.get(f"{stack.portal}/keys.json").raise_for_status().json()
        keys = {key["key_id"]: key["public"] for key in published if key["use"] == "archive"}
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[self.manifest["signature"]["key_id"]]))
        public.verify(self.files["manifest.sig"], self.files["manifest.json"])
        return True


def download(page: Page, company: str) -> Download:
    with page.expect_download() as downloading:
        page.locator("li.answer", has=page.get_by_role("heading", name=company, exact=True)).locator("button").click()
    return downloading.value


def opened(download: Download) -> Archive:
    return Archive(download.path().read_bytes())
