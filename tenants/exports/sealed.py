"""The key of an archive: random, sealed in the export's row under the group's key, and destroyed there."""

from tenants.exports.model import Export
from tenants.vault import sealing
from tenants.vault.keys import Keyring
from tenants.vault.sealing import Place


def seal_key(keyring: Keyring, export: Export, key: bytes) -> bytes:
    return sealing.seal(keyring, _place(export), key)


def open_key(keyring: Keyring, export: Export, wrapped: bytes) -> bytes:
    """Raises Tampered."""
    return sealing.unseal(keyring, _place(export), wrapped)


def stream_context(export: Export) -> bytes:
    """Binds the archive's bytes to its row."""
    return b"export" + export.group_id.bytes + export.export_id.bytes


def _place(export: Export) -> Place:
    return Place("export", export.export_id, "wrapped_key", export.company_id)
