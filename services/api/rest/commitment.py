"""The confidentiality commitment: what it says, and who of the staff has signed it."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from tenants.companies import committing, members
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Text


class Signature(Struct, frozen=True):
    """`signed_at` is null while the member has not signed the version in force: no personal data opens to them."""

    member_id: UUID
    signed_at: datetime | None


class CommitmentInForce(Struct, frozen=True, kw_only=True):
    """`text` by language. `signatures` of the active members of the key's company, or of all."""

    version: int
    text: Text
    signatures: list[Signature]


@get(
    "/commitment",
    sync_to_thread=True,
    summary="Show the commitment and its signatures",
    tags=["staff"],
    responses=problems(),
)
def show_commitment(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> CommitmentInForce:
    """It is signed in the office, by people."""
    standing.require(Permission.SEE_MEMBERS)
    shown = committing.in_force(session)
    signed = committing.signatures(session)
    active = [one.member_id for one in members.listed(session) if one.deactivated_at is None]
    return CommitmentInForce(
        version=shown.version,
        text=shown.text,
        signatures=[Signature(one, signed.get(one)) for one in active],
    )
