"""The sharing matrix of the group: a picture that leads to the policies, the same as a table, and as a file."""

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from services.api import wording
from services.api.office import policies_told
from services.api.office.desk import Desk
from services.api.office.policies_told import SHARING
from services.api.pictures import matrix
from services.api.pictures.matrix import Matrix, MatrixShare
from tenants.companies import companies
from tenants.companies.permissions import Permission
from tenants.sharing import naming, reading
from tenants.sharing.model import PolicyState

ALIVE = (PolicyState.DRAFT, PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED)
FILE_NAME = "sharing-matrix.svg"


@get("/sharing/matrix", sync_to_thread=True)
def show_matrix(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    """Of the whole group: policies name companies and registers, and nobody's data."""
    desk.require(Permission.SEE_SHARING)
    return desk.page(
        "office/sharing/matrix.html",
        matrix=_matrix(session, desk),
        file_url=f"{SHARING}/matrix.svg",
        list_url=SHARING,
    )


@get("/sharing/matrix.svg", sync_to_thread=True)
def export_matrix(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[bytes]:
    desk.require(Permission.SEE_SHARING)
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"', "Cache-Control": "no-store"}
    return Response(matrix.file(desk.language, _matrix(session, desk)), media_type="image/svg+xml", headers=headers)


def _matrix(session: Session, desk: Desk) -> Matrix:
    """What is in force or on the way, in the order of the companies."""
    listed = companies.listed(session)
    places = {one.company_id: place for place, one in enumerate(listed)}
    versions = [one.shown for one in reading.listed(session) if one.shown.state in ALIVE]
    names = naming.names(session, {one.policy.company_id for one in versions})
    shares = [
        MatrixShare(
            giver=places[version.policy.company_id],
            receiver=places[recipient_id],
            purpose=wording.said(desk.language, names.purposes[version.policy.purpose_id].kind),
            state=wording.said(desk.language, version.state),
            hue=wording.hue(names.purposes[version.policy.purpose_id].kind),
            fields=len(version.policy.fields),
            open=version.state is PolicyState.ACTIVE and recipient_id in version.accepted,
            url=policies_told.url_of(version.policy.policy_id),
        )
        for version in versions
        for recipient_id in version.policy.recipients
        if version.policy.company_id in places and recipient_id in places
    ]
    return Matrix(tuple(one.name for one in listed), tuple(shares))
