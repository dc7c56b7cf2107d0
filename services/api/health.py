"""Whether this process lives, and whether what it depends on answers."""

from collections.abc import Callable

from litestar import Response, get
from msgspec import Struct
from redis import Redis
from sqlalchemy import text

from tenants import settings
from tenants.acting import DatabaseRole
from tenants.database import engine
from tenants.vault import objects


class Health(Struct, frozen=True):
    """`dependencies` gives "ok" or "down" by name; what is wrong with them is in the log."""

    status: str
    dependencies: dict[str, str] = {}


@get("/health/live", sync_to_thread=False, summary="The process runs", tags=["health"])
def live() -> Health:
    return Health("ok")


@get("/health/ready", sync_to_thread=True, summary="What it depends on answers", tags=["health"])
def ready() -> Response[Health]:
    found = {name: _asked(ask) for name, ask in DEPENDENCIES.items()}
    well = all(state == "ok" for state in found.values())
    return Response(Health("ok" if well else "down", found), status_code=200 if well else 503)


def _asked(ask: Callable[[], object]) -> str:
    try:
        ask()
    except Exception:  # noqa: BLE001 - whatever it is, it is down
        return "down"
    return "ok"


def _database() -> None:
    for role in (DatabaseRole.APP, DatabaseRole.PORTAL):
        with engine(role).connect() as connection:
            connection.execute(text("SELECT 1"))


def _redis() -> None:
    with Redis.from_url(settings.current().redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()


DEPENDENCIES: dict[str, Callable[[], object]] = {
    "database": _database,
    "redis": _redis,
    "storage": objects.check,
}
