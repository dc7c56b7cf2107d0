"""The data of a record as it is kept: clear values as JSON, sealed fields as ciphertext in base64.

A sealed value is bound to its group, company, record and field, so it opens nowhere else. What is sealed is the
value's JSON, so that it opens as the type that it was.
"""

from base64 import b64decode, b64encode
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import Struct

from tenants.registers.shapes import Shape
from tenants.registers.values import Value
from tenants.vault import sealing
from tenants.vault.keys import Keyring
from tenants.vault.sealing import Place

CONTEXT = "record"

Data = dict[str, Value]
"""Values by field id."""


class RecordSeal(Struct, frozen=True):
    """Seals and opens the values of one company's records. `sealed` are the ids of the sealed fields."""

    keyring: Keyring
    company_id: UUID
    sealed: frozenset[str]

    def close(self, record_id: UUID, values: Data) -> bytes:
        """The JSON that is kept."""
        closed = {
            field: self._seal(record_id, field, value) if field in self.sealed else value
            for field, value in values.items()
        }
        return _ENCODER.encode(closed)

    def open(self, record_id: UUID, kept: bytes | str) -> Data:
        """From the JSON that is kept. Raises Tampered."""
        values: Data = _DECODER.decode(kept)
        for field in self.sealed & values.keys():
            values[field] = self.open_value(record_id, field, str(values[field]))
        return values

    def raw(self, kept: bytes | str) -> Data:
        """From the JSON that is kept, with nothing opened: what is sealed is its ciphertext."""
        values: Data = _DECODER.decode(kept)
        return values

    def clear(self, kept: bytes | str) -> Data:
        """What is not sealed, from the JSON that is kept. Nothing is opened."""
        return {field: value for field, value in self.raw(kept).items() if field not in self.sealed}

    def open_value(self, record_id: UUID, field: str, kept: str) -> Value:
        """Raises Tampered."""
        clear = sealing.unseal(self.keyring, self._place(record_id, field), b64decode(kept))
        value: Value = _DECODER.decode(clear)
        return value

    def _seal(self, record_id: UUID, field: str, value: Value) -> str:
        return b64encode(sealing.seal(self.keyring, self._place(record_id, field), _ENCODER.encode(value))).decode()

    def _place(self, record_id: UUID, field: str) -> Place:
        return Place(CONTEXT, record_id, field, self.company_id)


def seal_of(keyring: Keyring, shape: Shape) -> RecordSeal:
    return RecordSeal(keyring, shape.company_id, frozenset(slot.id for slot in shape.slots if slot.sealed))


# Decimals stay exact both ways: JSONB keeps numbers as they are written.
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
