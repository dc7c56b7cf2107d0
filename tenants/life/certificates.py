"""The certificate of an erased group: what was destroyed, and when. Signed by the installation, checked offline.

signature := Ed25519("seloste erasure certificate 1\\n" · the certificate as canonical JSON)
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from tenants import settings
from tenants.errors import Invalid
from tenants.languages.speaking import OWN_NAMES, Language, sentence, translate
from tenants.vault.signing import is_genuine

_canonical = msgspec.json.Encoder(order="sorted").encode
_PREFIX = b"seloste erasure certificate 1\n"

TITLE = sentence("Certificate of erasure")
WHAT = sentence("All data of the group %(slug)s (%(group)s) was erased between %(began)s and %(ended)s.")
KEYS = sentence(
    "First the group's keys were destroyed, %(count)s of them: what they sealed is readable to nobody since %(at)s."
)
COUNTS = sentence("%(rows)s rows of %(tables)s tables and %(objects)s stored files were deleted.")
AUDIT = sentence(
    "The last signed states of the audit trails are named here, so that an exported trail can be held against them."
)
REMAINS = sentence(
    "What remains: this certificate. Backups made before hold ciphertext until they run out; they are read only with"
    " the backup of the keys and the master key, which the deployment guide keeps apart from them. Logs hold no"
    " personal data."
)


class NotACertificate(Invalid):
    """The file is not a certificate of erasure."""


class NotAKey(Invalid):
    """This is no public key: give the text that `seloste group certificate-key` prints."""


class CertificateFalse(Invalid):
    """The certificate is not genuine: it was changed, or another key signed it."""


class LastCheckpoint(Struct, frozen=True):
    """The newest signed state of one chain of the audit; bytes are hexadecimal."""

    chain_id: UUID
    position: int
    digest: str
    at: datetime
    key_id: UUID
    public: str
    signature: str


class DestroyedKey(Struct, frozen=True):
    """`kind` is "group key" or the use of a signing key; `sha256` is that of the key as it was kept, wrapped."""

    kind: str
    key: str
    sha256: str


class Certificate(Struct, frozen=True, kw_only=True):
    format: Literal["seloste erasure certificate 1"] = "seloste erasure certificate 1"
    group_id: UUID
    slug: str
    requested_at: datetime
    confirmed_at: datetime
    keys_destroyed_at: datetime
    ended_at: datetime
    rows: dict[str, int]
    objects: int
    keys: list[DestroyedKey]
    checkpoints: list[LastCheckpoint]
    remains: str = REMAINS


class Signed(Struct, frozen=True):
    """The file. `key` is the public half, 32 bytes in hexadecimal; who trusts it must know it from elsewhere."""

    certificate: Certificate
    key: str
    signature: str


def sign(certificate: Certificate) -> bytes:
    key = _key()
    signature = key.sign(_PREFIX + _canonical(certificate))
    return msgspec.json.format(msgspec.json.encode(Signed(certificate, public_key(), signature.hex())))


def public_key() -> str:
    return _key().public_key().public_bytes_raw().hex()


def verify(file: bytes, public: str) -> Certificate:
    """`public` is the key that the installation published. Raises NotAKey, NotACertificate, CertificateFalse."""
    try:
        key = bytes.fromhex(public)
    except ValueError:
        raise NotAKey from None
    try:
        signed = msgspec.json.decode(file, type=Signed)
        signature = bytes.fromhex(signed.signature)
    except (msgspec.DecodeError, ValueError):
        raise NotACertificate from None
    if signed.key != public or not is_genuine(key, signature, _PREFIX + _canonical(signed.certificate)):
        raise CertificateFalse
    return signed.certificate


def in_words(certificate: Certificate) -> str:
    """For people, in each language."""
    return "\n".join(_told(certificate, language) for language in Language)


def _told(one: Certificate, language: Language) -> str:
    values: dict[str, str | int] = {
        "slug": one.slug,
        "group": str(one.group_id),
        "began": _moment(one.confirmed_at),
        "ended": _moment(one.ended_at),
        "at": _moment(one.keys_destroyed_at),
        "count": len(one.keys),
        "rows": sum(one.rows.values()),
        "tables": len(one.rows),
        "objects": one.objects,
    }
    title = f"{translate(language, TITLE)} ({OWN_NAMES[language]})"
    lines = (translate(language, told, **values) for told in (WHAT, KEYS, COUNTS, AUDIT, REMAINS))
    return "\n".join((title, "", *lines, ""))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(settings.current().certificate_secret())
