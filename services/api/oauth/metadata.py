"""What a client finds out by itself: RFC 8414 of a group's server, RFC 9728 of the feeds."""

from msgspec import Struct

from services.api.oauth import addresses, introspected
from services.api.oauth.server import METHODS
from tenants.clients.public_keys import ALGORITHMS


class ServerMetadata(Struct, frozen=True, kw_only=True):
    """RFC 8414 §2, RFC 9701 §7. Scopes are not listed: which feeds there are is between a company and its processor."""

    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]
    response_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_signing_alg_values_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_signing_alg_values_supported: list[str]
    introspection_signing_alg_values_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    protected_resources: list[str]


class ResourceMetadata(Struct, frozen=True, kw_only=True):
    """RFC 9728 §2. Servers are not listed: the feeds are those of all groups, and who they are is nobody's business."""

    resource: str
    resource_name: str
    bearer_methods_supported: list[str]
    dpop_signing_alg_values_supported: list[str]


def of_server(slug: str) -> ServerMetadata:
    issuer, algorithms = addresses.issuer(slug), list(ALGORITHMS)
    return ServerMetadata(
        issuer=issuer,
        token_endpoint=f"{issuer}/token",
        revocation_endpoint=f"{issuer}/revocation",
        introspection_endpoint=f"{issuer}/introspection",
        jwks_uri=f"{issuer}/jwks",
        grant_types_supported=["client_credentials"],
        response_types_supported=[],
        token_endpoint_auth_methods_supported=METHODS,
        token_endpoint_auth_signing_alg_values_supported=algorithms,
        revocation_endpoint_auth_methods_supported=METHODS,
        revocation_endpoint_auth_signing_alg_values_supported=algorithms,
        introspection_endpoint_auth_methods_supported=METHODS,
        introspection_endpoint_auth_signing_alg_values_supported=algorithms,
        introspection_signing_alg_values_supported=[introspected.ALGORITHM],
        dpop_signing_alg_values_supported=algorithms,
        protected_resources=[addresses.resource()],
    )


def of_feeds() -> ResourceMetadata:
    return ResourceMetadata(
        resource=addresses.resource(),
        resource_name="Seloste",
        bearer_methods_supported=["header"],
        dpop_signing_alg_values_supported=list(ALGORITHMS),
    )
