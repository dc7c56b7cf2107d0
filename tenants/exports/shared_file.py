"""What a sister company shares, as a file for the receiver: read through the door page by page.

Each page is in the owner's ledger and in the audit, as any reading through the door is. If the door shuts or what is
shared changes meanwhile, the file breaks off and does not seem whole.
"""

from collections.abc import Generator, Iterator
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from tenants import together
from tenants.acting import Acting
from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of, walled_session
from tenants.errors import Conflict, NotFound
from tenants.exports.formulas import in_csv
from tenants.exports.model import SharedCopy
from tenants.exports.register_file import PERSON, csv_lines
from tenants.registers.values import Value
from tenants.sharing import door
from tenants.sharing.door import Cursor, Offer, Shared


class NothingShared(NotFound):
    """Nothing of this register is shared with this company for the purpose acted for."""


class ChangedMeanwhile(Conflict):
    """What is shared has changed since the file was begun; take it anew."""


class OpenedShare(Struct, frozen=True):
    """What is given out, and as whom; `fields` and `keys` go together."""

    acting: Acting
    register_id: UUID
    policy_id: UUID
    version: int
    fields: tuple[str, ...]
    keys: tuple[str, ...]


def open_share(session: Session, register_id: UUID) -> OpenedShare:
    """Raises Forbidden, NothingShared."""
    permissions.require(session, Permission.EXPORT_SHARED)
    offer = _offer(session, register_id)
    if offer is None:
        raise NothingShared
    acting = acting_of(session)
    if acting.company_id is not None:
        taken = SharedCopy(company_id=offer.company_id, recipient_id=acting.company_id, register_id=register_id)
        together.add(session, taken)
    trail.record(
        session,
        "shared.taken_along",
        about="sharing_policy",
        ids=[offer.policy_id],
        register=str(register_id),
        version=offer.version,
        fields=len(offer.fields),
    )
    return OpenedShare(
        acting,
        register_id,
        offer.policy_id,
        offer.version,
        tuple(str(one.field_id) for one in offer.fields),
        tuple(one.key for one in offer.fields),
    )


def csv_file(opened: OpenedShare) -> Generator[bytes]:
    """The persons by the ids that they have with their owner."""
    rows = (
        [one.person_id, *(in_csv(_value(one.data.get(field))) for field in opened.fields)] for one in _records(opened)
    )
    return csv_lines([PERSON, *opened.keys], rows)


def _records(opened: OpenedShare) -> Iterator[Shared]:
    after = Cursor()
    while page := _page(opened, after):
        yield from page
        after = Cursor(page[-1].person_id, page[-1].record_id)


def _page(opened: OpenedShare, after: Cursor) -> list[Shared]:
    """Raises Forbidden, ChangedMeanwhile."""
    with walled_session(opened.acting) as session:
        permissions.require(session, Permission.EXPORT_SHARED)
        page = door.page(session, opened.register_id, after=after)
        offer = _offer(session, opened.register_id)
        under = {(one.policy_id, one.version) for one in page}
        if offer is None or under | {(offer.policy_id, offer.version)} != {(opened.policy_id, opened.version)}:
            raise ChangedMeanwhile
    return page


def _offer(session: Session, register_id: UUID) -> Offer | None:
    return next((one for one in door.offers(session) if one.register_id == register_id), None)


def _value(kept: object) -> Value | None:
    """What a record holds is text, truth or a number."""
    return kept if kept is None or isinstance(kept, Value) else str(kept)
