"""All of /feeds/v1 under one address."""

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from msgspec import Struct

from services.api.feeds.bearer import EXCEPTION_HANDLERS, LetIn, let_in
from services.api.feeds.confirmations import confirm, confirm_several, list_confirmations
from services.api.feeds.deliveries import list_deliveries, show_delivery
from services.api.feeds.lookups import look_up
from services.api.feeds.pulling import look, pull
from services.api.feeds.sandbox import pull_sandbox
from services.api.oauth import addresses


class OpenFeed(Struct, frozen=True):
    scope: str


@get("/", sync_to_thread=False, summary="What this access token opens", tags=["feeds"])
def list_open(let_in: NamedDependency[LetIn]) -> list[OpenFeed]:
    """The scopes of the token that an agreement in force still stands behind."""
    return [OpenFeed(scope) for scope in sorted(let_in.open)]


FEEDS = Router(
    path=addresses.FEEDS,
    route_handlers=[
        list_open,
        pull,
        look,
        look_up,
        pull_sandbox,
        list_confirmations,
        confirm_several,
        confirm,
        list_deliveries,
        show_delivery,
    ],
    dependencies={"let_in": Provide(let_in)},
    exception_handlers=EXCEPTION_HANDLERS,
)
