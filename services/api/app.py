"""The web application: composition only."""

import hashlib
import hmac

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from services.api import form_tokens, health, metrics, odrl_exports, published_keys
from services.api.console.router import CONSOLE, CONSOLE_DOOR
from services.api.feeds.router import FEEDS
from services.api.headers import SecurityHeaders
from services.api.languages import RememberLanguage
from services.api.oauth.router import OAUTH, WELL_KNOWN
from services.api.office import front
from services.api.office.router import OFFICE
from services.api.opendsr.calling_back import CALLING_BACK
from services.api.opendsr.processing import PROCESSING
from services.api.portal.router import PORTAL
from services.api.problems import HANDLERS
from services.api.render import STATIC, STATIC_URL
from services.api.rest import describing
from services.api.rest.router import REST
from tenants import settings, walls
from tenants.acting import DatabaseRole

# A year: the address of a file carries the hash of its content.
STATIC_FOR = CacheControlHeader(public=True, max_age=31536000, immutable=True)
# Each door provides `acting` and, from it, `session` (unit.unit_of_work).
DOORS: list[ControllerRouterHandler] = [
    front.root,
    published_keys.published_keys,
    odrl_exports.sharing_terms,
    OFFICE,
    PORTAL,
    CONSOLE,
    CONSOLE_DOOR,
    REST,
    OAUTH,
    *WELL_KNOWN,
    FEEDS,
    PROCESSING,
    CALLING_BACK,
]


def create_app() -> Litestar:
    configured = settings.current()
    return Litestar(
        route_handlers=[
            health.live,
            health.ready,
            metrics.metrics,
            create_static_files_router(path=STATIC_URL, directories=[STATIC], cache_control=STATIC_FOR),
            *DOORS,
        ],
        exception_handlers=HANDLERS,
        middleware=[SecurityHeaders(secure=configured.secure), RememberLanguage(), metrics.CONFIG.middleware],
        csrf_config=_csrf(configured),
        # Not the pages: they hold the form token beside what a person typed (the BREACH attack).
        # Feeds pack their own pages, in the thread that reads them and not on the event loop.
        compression_config=CompressionConfig(backend="brotli", exclude=["^/office", "^/g/", "^/console/", "^/feeds/"]),
        openapi_config=describing.CONFIG,
        logging_config=None,
        on_startup=[_check_the_walls],
        request_max_body_size=2_000_000,
        debug=False,
    )


def _csrf(configured: settings.Settings) -> CSRFConfig:
    secret = hmac.new(configured.master_secret(), b"seloste csrf", hashlib.sha256).hexdigest()
    return CSRFConfig(
        secret=secret,
        cookie_name=form_tokens.COOKIE,
        cookie_secure=True,
        cookie_httponly=True,
        cookie_samesite="lax",
        # Programs know no cookies; the identity provider's logout token is signed.
        exclude=["^/api/", "^/oauth/", "^/feeds/", "^/opendsr/", "^/office/login/backchannel-logout$"],
    )


def _check_the_walls() -> None:
    for role in (DatabaseRole.APP, DatabaseRole.PORTAL):
        walls.check(role)
