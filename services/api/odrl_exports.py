"""The words of our ODRL exports, at the address that they are named by; and the exports themselves."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Response, get
from msgspec import Struct, field, to_builtins
from sqlalchemy.orm import Session

from tenants import settings
from tenants.sharing import odrl, reading
from tenants.sharing.reading import Version

ADDRESS = "/ns/sharing"
JSON_LD = "application/ld+json"


class Linked(Struct, frozen=True):
    """Policies of ODRL 2.2 as JSON-LD. What may stand in them the recommendation says, and the profile."""

    context: list[str | dict[str, str]] = field(name="@context")
    graph: list[dict[str, object]] = field(name="@graph")


@get(ADDRESS, sync_to_thread=False, summary="The terms of ODRL exports", tags=["portal"])
def sharing_terms() -> Response[odrl.Profile]:
    """The profile of ODRL 2.2 in which exported sharing policies speak, as JSON-LD."""
    return Response(odrl.profile(_namespace()), media_type=JSON_LD)


def exported(session: Session, policy_id: UUID) -> Response[Linked]:
    """The version by which a policy is known, as a file. Raises NoSuchPolicy."""
    return _file(session, [reading.policy(session, policy_id).shown], str(policy_id))


def all_exported(session: Session) -> Response[Linked]:
    """Whatever was granted in the group, of each policy the version by which it is known."""
    shown = [one.shown for one in reading.listed(session)]
    return _file(session, [one for one in shown if one.grants], "sharing")


def _file(session: Session, versions: Sequence[Version], name: str) -> Response[Linked]:
    headers = {"Content-Disposition": f'attachment; filename="{name}.jsonld"'}
    found = odrl.exported(session, versions, _namespace())
    linked = Linked(to_builtins(found.context), [to_builtins(one) for one in found.graph])
    return Response(linked, media_type=JSON_LD, headers=headers)


def _namespace() -> str:
    return settings.current().base_url + ADDRESS
