"""The places of the rail, in their order."""

from collections.abc import Callable

from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.authorities import cases, emergencies
from tenants.companies import certifying, maintaining, proposing
from tenants.companies.permissions import Permission
from tenants.jobs import outbox
from tenants.languages.speaking import sentence
from tenants.notifying import reading as notifying
from tenants.requests import paper, reading
from tenants.sharing import reading as sharing


class OfficePlace(Struct, frozen=True):
    """`count` says how much waits there."""

    url: str
    label: str
    permission: Permission
    count: Callable[[Session], int] | None = None


PLACES = (
    OfficePlace("/office/cases", sentence("Requests"), Permission.SEE_CASES, reading.count_open),
    OfficePlace("/office/letters", sentence("Letters to post"), Permission.HAND_OVER, paper.count_waiting),
    OfficePlace("/office/persons", sentence("People"), Permission.SEE_PERSONS),
    OfficePlace(
        "/office/notifications", sentence("Recipients to tell"), Permission.TELL_RECIPIENTS, notifying.count_pressing
    ),
    OfficePlace("/office/shared", sentence("Shared with us"), Permission.READ_SHARED),
    OfficePlace("/office/imports", sentence("Imports"), Permission.IMPORT_RECORDS),
    OfficePlace("/office/extracts", sentence("Exports"), Permission.EXPORT_RECORDS),
    OfficePlace("/office/registers", sentence("Registers"), Permission.SEE_REGISTERS),
    OfficePlace("/office/members", sentence("Staff"), Permission.SEE_MEMBERS, proposing.count_waiting),
    OfficePlace(
        "/office/certification", sentence("Confirming roles"), Permission.SEE_MEMBERS, certifying.count_waiting
    ),
    OfficePlace("/office/sharing", sentence("Sharing"), Permission.SEE_SHARING, sharing.count_offered),
    OfficePlace("/office/processors", sentence("Processors"), Permission.SEE_PROCESSORS),
    OfficePlace("/office/authorities", sentence("Authorities"), Permission.SEE_AUTHORITIES, cases.count_waiting),
    OfficePlace(
        "/office/emergencies", sentence("Emergency access"), Permission.SEE_AUTHORITIES, emergencies.count_waiting
    ),
    OfficePlace("/office/oversight", sentence("Oversight"), Permission.OVERSEE),
    OfficePlace(
        "/office/maintenance", sentence("Maintenance access"), Permission.SEE_MAINTENANCE, maintaining.count_waiting
    ),
    OfficePlace("/office/audit", sentence("Audit trail"), Permission.SEE_AUDIT),
    OfficePlace("/office/jobs", sentence("Jobs"), Permission.SEE_JOBS, outbox.count_failed),
    OfficePlace("/office/tokens", sentence("API keys"), Permission.USE_API),
)
