"""The places of the rail, in their order."""

from collections.abc import Callable, Mapping

from msgspec import Struct
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tenants.authorities import cases, emergencies
from tenants.companies import certifying, maintaining, proposing
from tenants.companies.permissions import Permission, Standing
from tenants.jobs import outbox
from tenants.languages.speaking import sentence
from tenants.notifying import reading as notifying
from tenants.processors import proposals
from tenants.requests import paper, reading
from tenants.sharing import reading as sharing


class OfficePlace(Struct, frozen=True):
    """`counted` is the question how much waits there, for whoever has the `permission`, and `counted_for` if given."""

    url: str
    label: str
    permission: Permission
    counted: Callable[[Session], Select[int]] | None = None
    counted_for: Permission | None = None


def waiting(session: Session, here: Standing) -> Mapping[str, int]:
    """How much waits for this member, by the address of the place: asked of all of them in one statement."""
    asked = {
        place.url: place.counted(session).scalar_subquery()
        for place in PLACES
        if place.counted and here.may(place.permission) and here.may(place.counted_for or place.permission)
    }
    return dict(zip(asked, session.execute(select(*asked.values())).one(), strict=True)) if asked else {}


PLACES = (
    OfficePlace("/office/cases", sentence("Requests"), Permission.SEE_CASES, reading.counted_open),
    OfficePlace("/office/letters", sentence("Letters to post"), Permission.HAND_OVER, paper.counted_waiting),
    OfficePlace("/office/persons", sentence("People"), Permission.SEE_PERSONS),
    OfficePlace(
        "/office/notifications", sentence("Recipients to tell"), Permission.TELL_RECIPIENTS, notifying.counted_pressing
    ),
    OfficePlace("/office/shared", sentence("Shared with us"), Permission.READ_SHARED),
    OfficePlace("/office/imports", sentence("Imports"), Permission.IMPORT_RECORDS),
    OfficePlace("/office/extracts", sentence("Exports"), Permission.EXPORT_RECORDS),
    OfficePlace("/office/registers", sentence("Registers"), Permission.SEE_REGISTERS),
    OfficePlace("/office/members", sentence("Staff"), Permission.SEE_MEMBERS, proposing.counted_waiting),
    OfficePlace(
        "/office/certification",
        sentence("Confirming roles"),
        Permission.SEE_MEMBERS,
        certifying.counted_waiting,
        counted_for=Permission.MANAGE_MEMBERS,
    ),
    OfficePlace("/office/sharing", sentence("Sharing"), Permission.SEE_SHARING, sharing.counted_offered),
    OfficePlace(
        "/office/processors",
        sentence("Processors"),
        Permission.SEE_PROCESSORS,
        proposals.counted_waiting,
        counted_for=Permission.MANAGE_PROCESSORS,
    ),
    OfficePlace("/office/authorities", sentence("Authorities"), Permission.SEE_AUTHORITIES, cases.counted_waiting),
    OfficePlace(
        "/office/emergencies", sentence("Emergency access"), Permission.SEE_AUTHORITIES, emergencies.counted_waiting
    ),
    OfficePlace("/office/oversight", sentence("Oversight"), Permission.OVERSEE),
    OfficePlace(
        "/office/maintenance", sentence("Maintenance access"), Permission.SEE_MAINTENANCE, maintaining.counted_waiting
    ),
    OfficePlace("/office/audit", sentence("Audit trail"), Permission.SEE_AUDIT),
    OfficePlace("/office/jobs", sentence("Jobs"), Permission.SEE_JOBS, outbox.counted_failed),
    OfficePlace("/office/tokens", sentence("API keys"), Permission.USE_API),
)
