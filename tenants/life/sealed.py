"""Everything that is sealed under the keys of a group, by where it lies: for whoever opens or seals all of it anew.

A test holds this list against the catalogue, so that no sealed column is left out of it.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec import Struct

from tenants.registers.sealed import CONTEXT as RECORD
from tenants.vault import sealing
from tenants.vault.keys import Keyring
from tenants.vault.sealing import Place


class SealedColumn(Struct, frozen=True):
    """A column of bytes; `context` and `field` are those of its place, `row` the column with its row's id."""

    table: str
    column: str
    context: str
    row: str
    field: str
    of_company: bool = False

    def place(self, row_id: UUID, company_id: UUID | None) -> Place:
        return Place(self.context, row_id, self.field, company_id if self.of_company else None)


COLUMNS = (
    SealedColumn("authority_cases", "sealed_asker", "authority case", "case_id", "asker", of_company=True),
    SealedColumn("cases", "sealed_asker", "case", "case_id", "asker", of_company=True),
    SealedColumn("cases", "sealed_reason", "case", "case_id", "reason", of_company=True),
    SealedColumn("cases", "sealed_return", "case", "case_id", "return", of_company=True),
    SealedColumn("cases", "sealed_words", "case", "case_id", "words", of_company=True),
    SealedColumn("corrections", "sealed_before", "correction", "correction_id", "before"),
    SealedColumn("disclosed_files", "sealed_file", "disclosed file", "file_id", "file", of_company=True),
    SealedColumn("distinctions", "sealed_reason", "distinction", "distinction_id", "reason"),
    SealedColumn("distinctions", "sealed_undo_reason", "distinction", "distinction_id", "undo"),
    SealedColumn("erasures", "sealed_known", "erasure", "erasure_id", "known"),
    SealedColumn("erasures", "sealed_reason", "erasure", "erasure_id", "reason"),
    SealedColumn("exports", "wrapped_key", "export", "export_id", "wrapped_key", of_company=True),
    SealedColumn("extracts", "wrapped_key", "extract", "extract_id", "wrapped_key", of_company=True),
    SealedColumn("feed_file_targets", "sealed_secret", "feed files", "feed_id", "secret"),
    SealedColumn("given_answers", "sealed_answer", "given answer", "answer_id", "answer", of_company=True),
    SealedColumn("identity_providers", "sealed_secret", "identity_provider", "provider_id", "sealed_secret"),
    SealedColumn("imports", "sealed_examples", "import", "import_id", "examples"),
    SealedColumn("imports", "sealed_head", "import", "import_id", "head"),
    SealedColumn("letters", "sealed_content", "letter", "letter_id", "content"),
    SealedColumn("notifications", "sealed_answer", "notification", "notification_id", "answer"),
    SealedColumn("notifications", "sealed_confirmation", "notification", "notification_id", "confirmation"),
    SealedColumn("notifications", "sealed_excuse", "notification", "notification_id", "excuse"),
    SealedColumn("opendsr_endpoints", "sealed_secret", "opendsr endpoint", "endpoint_id", "secret", of_company=True),
    SealedColumn(
        "opendsr_received", "sealed_identities", "opendsr received", "received_id", "identities", of_company=True
    ),
    SealedColumn(
        "opendsr_received", "sealed_results_secret", "opendsr received", "received_id", "results", of_company=True
    ),
    SealedColumn("opendsr_sent", "sealed_callback", "opendsr sent", "sent_id", "callback", of_company=True),
    SealedColumn("opendsr_sent", "sealed_identities", "opendsr sent", "sent_id", "identities", of_company=True),
    SealedColumn("opendsr_sent", "sealed_corrected", "opendsr sent", "sent_id", "corrected", of_company=True),
    SealedColumn("opendsr_sent", "sealed_results_url", "opendsr sent", "sent_id", "results_url", of_company=True),
    SealedColumn("person_changes", "sealed_moved", "person change", "change_id", "moved"),
    SealedColumn("person_changes", "sealed_reason", "person change", "change_id", "reason"),
    SealedColumn("person_changes", "sealed_undo_reason", "person change", "change_id", "undo"),
    SealedColumn("processor_contacts", "sealed_email", "contact", "contact_id", "email", of_company=True),
    SealedColumn("requests", "sealed_asker", "request", "request_id", "asker"),
    SealedColumn("requests", "sealed_words", "request", "request_id", "words"),
    SealedColumn("restrictions", "sealed_notice", "restriction", "restriction_id", "notice"),
    SealedColumn("restrictions", "sealed_reason", "restriction", "restriction_id", "reason"),
    SealedColumn("webhook_secrets", "sealed_secret", "webhook secret", "secret_id", "secret"),
)
# Wrapped by the master key and not by the group's.
OF_THE_MASTER_KEY = frozenset(
    {("group_keys", "wrapped"), ("imports", "wrapped_key"), ("signing_secrets", "wrapped_private")}
)


def columns_of(table: str) -> list[SealedColumn]:
    return [one for one in COLUMNS if one.table == table]


def record_place(company_id: UUID, record_id: UUID, field: str) -> Place:
    return Place(RECORD, record_id, field, company_id)


def open_row(keyring: Keyring, table: str, row: dict[str, object], sealed_fields: Collection[str]) -> None:
    """Of a row as PostgreSQL tells it in JSON: what is sealed is replaced by what it says. Raises Tampered."""
    company = UUID(str(row["company_id"])) if row.get("company_id") else None
    for one in columns_of(table):
        kept = row[one.column]
        if isinstance(kept, str):
            place = one.place(UUID(str(row[one.row])), company)
            row[one.column] = _told(sealing.unseal(keyring, place, bytes.fromhex(kept.removeprefix("\\x"))))
    data = row.get("data")
    if table == "records" and company and isinstance(data, dict):
        for field in sealed_fields & data.keys():
            place = record_place(company, UUID(str(row["record_id"])), field)
            data[field] = _told(sealing.unseal(keyring, place, b64decode(data[field])))


def reseal(keyring: Keyring, place: Place, kept: bytes) -> bytes | None:
    """Under the key that writes; None where it is so already. Raises Tampered."""
    if sealing.key_version(kept) == keyring.current:
        return None
    return sealing.seal(keyring, place, sealing.unseal(keyring, place, kept))


def reseal_data(
    keyring: Keyring, company_id: UUID, record_id: UUID, data: Mapping[str, object], sealed_fields: Collection[str]
) -> dict[str, str]:
    """The sealed values of one record that change, by field id. Raises Tampered."""
    changed = {}
    for field in sealed_fields & data.keys():
        anew = reseal(keyring, record_place(company_id, record_id, field), b64decode(str(data[field])))
        if anew is not None:
            changed[field] = b64encode(anew).decode()
    return changed


def _told(clear: bytes) -> str:
    """As text; what is none, a key, in base64."""
    try:
        return clear.decode()
    except UnicodeDecodeError:
        return f"base64:{b64encode(clear).decode()}"
