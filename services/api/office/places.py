"""The places of the rail, in their order."""

from msgspec import Struct

from tenants.companies.permissions import Permission
from tenants.languages.speaking import sentence


class OfficePlace(Struct, frozen=True):
    url: str
    label: str
    permission: Permission


PLACES = (
    OfficePlace("/office/cases", sentence("Requests"), Permission.SEE_CASES),
    OfficePlace("/office/imports", sentence("Imports"), Permission.IMPORT_RECORDS),
    OfficePlace("/office/members", sentence("Staff"), Permission.SEE_MEMBERS),
    OfficePlace("/office/audit", sentence("Audit trail"), Permission.SEE_AUDIT),
    OfficePlace("/office/jobs", sentence("Jobs"), Permission.SEE_JOBS),
    OfficePlace("/office/tokens", sentence("API keys"), Permission.USE_API),
)
