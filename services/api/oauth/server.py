"""Authlib's authorization server in our house: made anew for each request, around the request's own session.

Grants, endpoints and answers are Authlib's. Who a client is, what proves it, and what is kept is ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from authlib.oauth2 import OAuth2Error, OAuth2Request  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Payload  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.errors import (  # type: ignore[import-untyped]
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant  # type: ignore[import-untyped]
from authlib.oauth2.rfc7009 import RevocationEndpoint  # type: ignore[import-untyped]
from authlib.oauth2.rfc7662 import IntrospectionEndpoint  # type: ignore[import-untyped]
from litestar import Response
from sqlalchemy.orm import Session

from services.api.oauth import assertions, introspected, proofs
from services.api.oauth.asked import Asked
from services.api.oauth.assertions import Barred, Failed
from services.api.oauth.proofs import BadProof, Proof
from tenants.clients import authenticating, failing, nonces, registering, scopes, tokens, trying
from tenants.clients.authenticating import BySecret, Credential
from tenants.clients.failing import Blame
from tenants.clients.model import AccessToken, ClientInUse, FailureReason, Method
from tenants.opendsr import controllers
from tenants.requests.limits import TooMany

log = structlog.get_logger()

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHODS = [str(method) for method in Method]
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
BASIC = 'Basic realm="seloste"'
# Told to whoever uses it, at every answer.
SECRETS_ARE_WEAKER = '299 seloste "client_secret_basic is weaker than private_key_jwt: register a public key"'
# RFC 9449 §12.2.
INVALID_PROOF, USE_NONCE = "invalid_dpop_proof", "use_dpop_nonce"


class SlowDown(OAuth2Error):  # type: ignore[misc]
    error = "temporarily_unavailable"
    status_code = 429

    def __init__(self, wait: TooMany, description: str) -> None:
        super().__init__(description=description)
        self.wait = wait

    def get_headers(self) -> list[tuple[str, str]]:
        return [*super().get_headers(), ("Retry-After", str(int(self.wait.retry_after.total_seconds()) + 1))]


class ProofRefused(OAuth2Error):  # type: ignore[misc]
    error = INVALID_PROOF


class NonceWanted(OAuth2Error):  # type: ignore[misc]
    error = USE_NONCE
    description = "Make the DPoP proof anew, with the nonce of the DPoP-Nonce header"


class Client(ClientMixin):  # type: ignore[misc]
    """One that has shown who it is."""

    def __init__(self, row: ClientInUse) -> None:
        self.row = row

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == Grant.GRANT_TYPE)


class Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    @property
    def data(self) -> dict[str, str]:
        return self.asked.form

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: [value] for name, value in self.asked.form.items()}


class Posted(OAuth2Request):  # type: ignore[misc]
    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.url)
        self.payload = Payload(asked)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class Grant(ClientCredentialsGrant):  # type: ignore[misc]
    """RFC 6749 §4.4 with RFC 9449 §5."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        """The proof and its nonce first: an assertion is used once, and the client may have to ask again."""
        server: Server = self.server
        proof = server.proof()
        super().validate_token_request()
        client: ClientInUse = self.request.client.row
        if proof is None and client.dpop:
            raise ProofRefused("The tokens of this client are bound to a key: send a DPoP proof")
        if not server.proof_is_first:
            server.failed(Failed("", str(client.client_id), client, FailureReason.REUSED_PROOF, Blame.CLIENT))
            raise ProofRefused("The jti of the DPoP proof was used before")
        if wait := failing.too_often(server.session, client):
            raise SlowDown(wait, "Too many tokens: one is good for several requests")
        server.make_sure()


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009. Another client's token is treated as one that does not exist."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token: str, hint: str | None) -> "Token | None":
        return self.server.token_of_client(token)  # type: ignore[no-any-return]

    def revoke_token(self, token: "Token", request: Posted) -> None:
        tokens.revoke(self.server.session, token.row)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662. Who is not told of a token is told the same as of one that does not exist."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token: str, hint: str | None) -> "Token | None":
        return self.server.token_of_client(token)  # type: ignore[no-any-return]

    def check_permission(self, token: "Token", client: Client, request: Posted) -> bool:
        return token.check_client(client)

    def introspect_token(self, token: "Token") -> dict[str, object]:
        row = token.row
        return {
            "active": True,
            "scope": " ".join(row.scopes),
            "client_id": str(row.client_id),
            "sub": str(row.client_id),
            "iss": self.server.asked.issuer,
            "token_type": "DPoP" if row.jkt else "Bearer",
            "iat": int(row.issued_at.timestamp()),
            "exp": int(row.expires_at.timestamp()),
            **({"cnf": {"jkt": row.jkt}} if row.jkt else {}),
        }


class Token:
    """As Authlib asks about it; only live ones are found."""

    def __init__(self, row: AccessToken) -> None:
        self.row = row

    def check_client(self, client: Client) -> bool:
        return self.row.client_id == client.row.client_id

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return self.row.revoked_at is not None


class Server(AuthorizationServer):  # type: ignore[misc]
    def __init__(self, session: Session, asked: Asked) -> None:
        super().__init__()
        self.session = session
        self.asked = asked
        self.shown: Proof | None = None
        self.proof_is_first = True
        self.client: ClientInUse | None = None
        self.by: Credential | None = None
        self.granted: Mapping[str, UUID] = {}
        self.register_grant(Grant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)
        self.register_token_generator("default", self._token)

    def token(self) -> Response[Any]:
        return self._ill_formed("grant_type") or self.create_token_response(self.asked)

    def about_token(self, endpoint: str) -> Response[Any]:
        return self._ill_formed("token") or self.create_endpoint_response(endpoint, self.asked)

    def introspection(self) -> Response[Any]:
        """RFC 9701: signed where that is asked for."""
        answer = self.about_token("introspection")
        if answer.status_code != 200 or self.client is None or introspected.MEDIA_TYPE not in self.asked.accept:
            return answer
        client_id, issuer = str(self.client.client_id), self.asked.issuer
        jwt = introspected.signed(self.session, answer.content, issuer=issuer, client_id=client_id)
        return Response(jwt, status_code=200, headers=answer.headers, media_type=introspected.MEDIA_TYPE)

    def _ill_formed(self, needed: str) -> Response[Any] | None:
        """RFC 6749 §3.2: parameters come as a form, and none of them twice."""
        if self.asked.well_formed and needed in self.asked.form:
            return None
        error = InvalidRequestError(f"Parameters come as a form, none of them twice, and {needed} among them")
        return self.handle_error_response(self.asked, error)  # type: ignore[no-any-return]

    def proof(self) -> Proof | None:
        """Raises ProofRefused, NonceWanted."""
        if not self.asked.proofs:
            return None
        try:
            self.shown = proofs.read(self.asked.proofs, method=self.asked.method, url=self.asked.url)
        except BadProof as wrong:
            self._trace_proof()
            raise ProofRefused(str(wrong)) from None
        if not proofs.has_current_nonce(self.session, self.shown):
            raise NonceWanted
        return self.shown

    def authenticate_client(self, request: Posted, methods: Sequence[str], endpoint: str = "token") -> Client:
        """Raises InvalidClientError, InvalidRequestError, SlowDown."""
        form = self.asked.form
        signed = "client_assertion" in form or "client_assertion_type" in form
        if [self.asked.basic is not None, "client_secret" in form, signed].count(True) > 1:
            raise InvalidRequestError("More than one way of authenticating the client")
        try:
            self.client = self._client(form)
        except Failed as failure:
            self.failed(failure)
            raise InvalidClientError(description=str(failure), status_code=401) from None
        except Barred as barred:
            raise SlowDown(barred.wait, "Too much has failed from this address") from None
        if self.client.locked_at is not None:
            raise InvalidClientError(
                description="The client is locked after failures: ask the controller", status_code=401
            )
        request.client = Client(self.client)
        return request.client  # type: ignore[no-any-return]

    def make_sure(self) -> None:
        """Whoever takes its key away just now either finds the token, or is found here. Raises InvalidClientError."""
        if self.client and self.by and authenticating.is_still_good(self.session, self.client, self.by):
            return
        if self.client:
            failing.trace(self.session, self.client, FailureReason.UNKNOWN_KEY)
        raise InvalidClientError(description=assertions.NO_SUCH_KEY, status_code=401)

    def failed(self, failure: Failed) -> None:
        """Counted in the transaction that answers."""
        address, reason = self.asked.address, failure.reason
        failing.note(self.session, failure.client_id, failure.client, failure.blame, reason=reason, address=address)

    def _trace_proof(self) -> None:
        """A proof is looked at before whose it is: it is told to whom the rest of the request names."""
        named = assertions.named_in(self.asked.form.get("client_assertion", ""))
        client_id = self.asked.basic[0] if self.asked.basic else named
        client = authenticating.find(self.session, client_id)
        if client is not None and not failing.barred(self.session, str(client.client_id), self.asked.address):
            self.failed(Failed("", str(client.client_id), client, FailureReason.PROOF))

    def _client(self, form: Mapping[str, str]) -> ClientInUse:
        """Raises Failed, Barred."""
        if self.asked.basic is not None:
            return self._by_secret(*self.asked.basic)
        if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
            raise Failed(f"A client authenticates with {' or '.join(METHODS)}")
        proven = assertions.client_of(
            self.session,
            form["client_assertion"],
            issuer=self.asked.issuer,
            client_id=form.get("client_id"),
            address=self.asked.address,
            beside=self.shown.once if self.shown else None,
        )
        self.by, self.proof_is_first = proven.by, proven.beside_is_first
        return proven.client

    def _by_secret(self, client_id: str, secret: str) -> ClientInUse:
        try:
            client = assertions.known(self.session, client_id, Method.CLIENT_SECRET_BASIC, address=self.asked.address)
        except Failed:
            authenticating.has_secret(self.session, None, secret)
            raise
        if not authenticating.has_secret(self.session, client, secret):
            raise Failed(assertions.UNKNOWN, client_id, client, FailureReason.SECRET)
        self.by = BySecret(registering.digest(secret))
        if self.shown:
            self.proof_is_first = authenticating.first_use(self.session, self.shown.once)
        log.warning("a client authenticated with a secret", client=client_id)
        return client

    def validate_requested_scope(self, scope: str | None) -> None:
        """All of what is asked for, or nothing. Raises InvalidScopeError."""
        wanted = self._wanted(scope)
        if self.client is None or (wanted is not None and not 0 < len(wanted) <= scopes.MOST):
            raise InvalidScopeError("The scope is empty or too long")
        if scope is not None and not scopes.is_spelled(scope):
            raise InvalidScopeError("The scope has characters that no scope has")
        self.granted = {
            **scopes.offered(self.session, self.client, wanted),
            **self._asks(self.client, wanted),
            **trying.offered(self.session, self.client, wanted or ()),
        }
        if not self.granted or (wanted is not None and self.granted.keys() != wanted):
            failing.trace(self.session, self.client, FailureReason.WIDER_SCOPE)
            raise InvalidScopeError("No agreement in force lets this client have all of that")

    def _asks(self, client: ClientInUse, wanted: set[str] | None) -> dict[str, UUID]:
        """Where the client's organisation may ask by OpenDSR."""
        if wanted is not None and controllers.SCOPE not in wanted:
            return {}
        controller_id = controllers.asking_through(self.session, client.client_id)
        return {controllers.SCOPE: controller_id} if controller_id else {}

    def _wanted(self, scope: str | None) -> set[str] | None:
        return None if scope is None else set(scope.split())

    def _token(self, *, client: Client, **_: object) -> dict[str, object]:
        """RFC 6749 §5.1. Without a scope asked for it is every scope there is, and the answer says which."""
        jkt = self.shown.jkt if self.shown else None
        return {
            "access_token": tokens.issue(self.session, client.row, scopes=sorted(self.granted), jkt=jkt),
            "token_type": "DPoP" if jkt else "Bearer",
            "expires_in": int(tokens.LIFE.total_seconds()),
            "scope": " ".join(sorted(self.granted)),
        }

    def token_of_client(self, token: str) -> Token | None:
        row = tokens.of_client(self.session, self.client, token) if self.client else None
        return Token(row) if row else None

    def save_token(self, token: object, request: Posted) -> None:
        """It is kept when it is made: nobody else ever sees it."""

    def query_client(self, client_id: str) -> None:
        """Clients are found by what authenticates them."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Asked) -> Posted:
        return Posted(request)

    def handle_response(self, status: int, body: object, headers: Sequence[tuple[str, str]]) -> Response[Any]:
        told = dict(headers) | NO_STORE
        if status == 401:
            told["WWW-Authenticate"] = BASIC
        if self.asked.proofs:
            told["DPoP-Nonce"] = nonces.current(self.session)
        if self.client is not None and self.client.method is Method.CLIENT_SECRET_BASIC:
            told["Warning"] = SECRETS_ARE_WEAKER
        told.pop("Content-Type", None)
        return Response(body, status_code=status, headers=told, media_type="application/json")
