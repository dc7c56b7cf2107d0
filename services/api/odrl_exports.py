"""The words of our ODRL exports, at the address that they are named by; and the exports themselves."""

from uuid import UUID

from litestar import Response, get
from sqlalchemy.orm import Session

from tenants import settings
from tenants.sharing import odrl, reading

ADDRESS = "/ns/sharing"
JSON_LD = "application/ld+json"


@get(ADDRESS, sync_to_thread=False, summary="The terms of ODRL exports", tags=["portal"])
def sharing_terms() -> Response[odrl.Profile]:
    """The profile of ODRL 2.2 in which exported sharing policies speak, as JSON-LD."""
    return Response(odrl.profile(_namespace()), media_type=JSON_LD)


def exported(session: Session, policy_id: UUID) -> Response[odrl.Document]:
    """The version by which a policy is known, as a file. Raises NoSuchPolicy."""
    found = odrl.document(session, [reading.policy(session, policy_id).shown], _namespace())
    headers = {"Content-Disposition": f'attachment; filename="{policy_id}.jsonld"'}
    return Response(found, media_type=JSON_LD, headers=headers)


def _namespace() -> str:
    return settings.current().base_url + ADDRESS
