"""By what the person behind a request may be reached and found, and what they wrote: sealed where it lies."""

from uuid import UUID

import msgspec
from msgspec import Struct

from tenants.requests.model import Case
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import Keyring
from tenants.vault.sealing import Place, seal, unseal


class Asker(Struct, frozen=True, omit_defaults=True):
    """`email` is where letters go; without one they are posted to `postal_address`, a name and an address in lines.

    What was not verified finds nobody.
    """

    email: str | None = None
    phone: str | None = None
    customer_number: str | None = None
    postal_address: str | None = None

    def identifiers(self) -> list[tuple[IdentifierKind, str]]:
        every = (
            (IdentifierKind.EMAIL, self.email),
            (IdentifierKind.PHONE, self.phone),
            (IdentifierKind.CUSTOMER_NUMBER, self.customer_number),
        )
        return [(kind, value) for kind, value in every if value]


def of_request(request_id: UUID, field: str) -> Place:
    return Place("request", request_id, field)


def of_case(case: Case, field: str) -> Place:
    return Place("case", case.case_id, field, case.company_id)


def seal_asker(keys: Keyring, place: Place, asker: Asker) -> bytes:
    return seal(keys, place, msgspec.json.encode(asker))


def open_asker(keys: Keyring, place: Place, sealed: bytes | None) -> Asker:
    """Of a request whose person is no longer kept, one who cannot be reached."""
    return msgspec.json.decode(unseal(keys, place, sealed), type=Asker) if sealed else Asker()


def seal_words(keys: Keyring, place: Place, words: str | None) -> bytes | None:
    return seal(keys, place, words.encode()) if words else None


def open_words(keys: Keyring, place: Place, sealed: bytes | None) -> str | None:
    return unseal(keys, place, sealed).decode() if sealed else None
