"""Steps of whoever manages processors that take nothing but the id of what they are about."""

from collections.abc import Callable, Sequence
from typing import Annotated
from uuid import UUID

from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing


def step(
    path: str,
    does: Callable[[Session, UUID], None],
    name: str,
    summary: str,
    *,
    of: str,
    tags: Sequence[str],
) -> HTTPRouteHandler:
    """`of` is what the id in the path is called there."""

    def take(
        session: NamedDependency[Session],
        standing: NamedDependency[Standing],
        about: Annotated[UUID, PathParameter(name=of)],
    ) -> None:
        standing.require(Permission.MANAGE_PROCESSORS)
        does(session, about)

    take.__name__ = name
    return changing(path, status_code=204, summary=summary, tags=tags, responses=problems(404, 409))(take)
