"""Figures of the api for Prometheus, without personal data: routes are templates, groups are not told apart."""

from typing import Any

from litestar import Request, Response, get
from litestar.plugins.prometheus import PrometheusConfig
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from tenants.errors import Forbidden

CONFIG = PrometheusConfig(app_name="seloste", prefix="seloste", group_path=True)


class NotFromHere(Forbidden):
    """The figures are given on this machine only."""


@get("/metrics", sync_to_thread=True, include_in_schema=False)
def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """To callers on the same machine or pod that came through no proxy."""
    peer = request.client.host if request.client else ""
    if peer not in ("127.0.0.1", "::1", "testclient") or "x-forwarded-for" in request.headers:
        raise NotFromHere
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
