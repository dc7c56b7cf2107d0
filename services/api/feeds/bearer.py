"""The check of every request for a feed: what the token opens, at this moment, to whoever holds its key."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Request, Response
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, Struct
from sqlalchemy.orm import Session

from services.api import clients
from services.api.oauth import addresses, proofs
from services.api.oauth.proofs import BadProof, Proof
from services.api.problems import language_of, problem_of
from tenants.acting import Acting, client, system
from tenants.clients import authenticating, failing, nonces, scopes, tokens, trying
from tenants.clients.failing import Blame
from tenants.clients.model import FailureReason
from tenants.clients.public_keys import ALGORITHMS
from tenants.clients.tokens import Shown, UnknownAccessToken
from tenants.database import walled_session

AnyRequest = Request[Any, Any, Any]

DPOP, BEARER = "DPoP", "Bearer"


class NotLetIn(Exception):
    """RFC 6750 §3.1 and RFC 9449 §7.1. `error` is empty where nothing was brought at all."""

    def __init__(
        self, error: str = "", description: str = "", *, status: int = 401, scope: str = "", nonce: str = ""
    ) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status
        self.scope = scope
        self.nonce = nonce


class LetIn(Struct, frozen=True):
    """A client with a token in use. `open` are the token's scopes that an agreement in force still stands behind.

    `scopes` are all that it was given for, also those that are not of feeds.
    """

    group_id: UUID
    client_id: UUID
    company_id: UUID
    open: Mapping[str, UUID]
    token_id: UUID
    scopes: frozenset[str] = frozenset()

    def acting(self, scope: str) -> Acting:
        """As the processor's system, under the agreement of this scope. Raises NotLetIn."""
        if scope not in self.open:
            raise NotLetIn("insufficient_scope", "The token does not open this", status=403, scope=scope)
        return client(self.group_id, self.open[scope])


async def let_in(request: AnyRequest) -> LetIn:
    """Raises NotLetIn, GroupSuspended."""
    return await to_thread.run_sync(_let_in, request)


def _let_in(request: AnyRequest) -> LetIn:
    scheme, token = _brought(request)
    try:
        group_id = tokens.group_of(token)
        with walled_session(system(group_id)) as session:
            shown = tokens.find(session, token)
            wrong = _wrong(session, request, shown, scheme, token)
            open_now = {} if wrong else _open_now(session, shown)
    except UnknownAccessToken:
        raise _unknown() from None
    if wrong:
        raise wrong
    return LetIn(
        group_id=group_id,
        client_id=shown.client.client_id,
        company_id=shown.client.company_id,
        open=open_now,
        token_id=shown.token.token_id,
        scopes=frozenset(shown.token.scopes),
    )


def look_again(let_in: LetIn) -> None:
    """For an answer that lasts: what it opens is asked at every page. Raises UnknownAccessToken, GroupSuspended."""
    with walled_session(system(let_in.group_id)) as session:
        tokens.find_again(session, let_in.token_id)


def look_once_more(let_in: LetIn) -> None:
    """Before anything has been sent. Raises NotLetIn, GroupSuspended."""
    try:
        look_again(let_in)
    except UnknownAccessToken:
        raise _unknown() from None


def _unknown() -> NotLetIn:
    return NotLetIn("invalid_token", "The access token is unknown, expired or revoked")


def _open_now(session: Session, shown: Shown) -> Mapping[str, UUID]:
    given = shown.token.scopes
    return {**scopes.offered(session, shown.client, given), **trying.offered(session, shown.client, given)}


def _brought(request: AnyRequest) -> tuple[str, str]:
    given = request.headers.getall("authorization", [])
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    for known in (DPOP, BEARER):
        if scheme.lower() == known.lower() and token.strip():
            return known, token.strip()
    raise NotLetIn


def _wrong(session: Session, request: AnyRequest, shown: Shown, scheme: str, token: str) -> NotLetIn | None:
    """An outcome and no exception: somebody who holds the token and not its key is counted, and that is committed."""
    if shown.token.jkt is None:
        return None if scheme == BEARER else NotLetIn("invalid_token", "The access token is bound to no key")
    if scheme == BEARER:
        refusal = NotLetIn("invalid_token", "The access token is bound to a key: use DPoP")
        return _stolen(session, request, shown, FailureReason.WITHOUT_KEY, refusal)
    try:
        proof = proofs.read(
            request.headers.getall("dpop", []), method=request.method, url=addresses.external(request.scope["path"])
        )
    except BadProof as reason:
        failing.trace(session, shown.client, FailureReason.PROOF)
        return NotLetIn("invalid_dpop_proof", str(reason))
    if proof.claims.ath != proofs.hash_of(token):
        failing.trace(session, shown.client, FailureReason.PROOF)
        return NotLetIn("invalid_dpop_proof", "The DPoP proof is for another access token: ath")
    return _misused(session, request, shown, proof)


def _misused(session: Session, request: AnyRequest, shown: Shown, proof: Proof) -> NotLetIn | None:
    if proof.jkt != shown.token.jkt:
        refusal = NotLetIn("invalid_token", "The access token is bound to another key")
        return _stolen(session, request, shown, FailureReason.OTHER_KEY, refusal)
    if proof.claims.nonce is not UNSET and not proofs.has_current_nonce(session, proof):
        return NotLetIn("use_dpop_nonce", "The nonce of the DPoP proof is not of now", nonce=nonces.current(session))
    if not authenticating.first_use(session, proof.once):
        refusal = NotLetIn("invalid_dpop_proof", "The jti of the DPoP proof was used before")
        return _stolen(session, request, shown, FailureReason.REUSED_PROOF, refusal)
    return None


def _stolen(session: Session, request: AnyRequest, shown: Shown, reason: FailureReason, refusal: NotLetIn) -> NotLetIn:
    address, client_id = clients.address(request), str(shown.client.client_id)
    failing.note(session, client_id, shown.client, Blame.CLIENT, reason=reason, address=address)
    return refusal


def _told(request: AnyRequest, reason: NotLetIn) -> Response[Any]:
    headers = {"WWW-Authenticate": challenges(reason), "Cache-Control": "no-store"}
    if reason.nonce:
        headers["DPoP-Nonce"] = reason.nonce
    problem = problem_of(language_of(request), reason.status)
    return Response(problem, status_code=reason.status, media_type="application/problem+json", headers=headers)


def challenges(reason: NotLetIn) -> str:
    said = {
        "realm": "seloste",
        "error": reason.error,
        "error_description": reason.description,
        # What was asked for stands in the address: whoever asks can write anything there.
        "scope": reason.scope if scopes.is_spelled(reason.scope) else "",
        "resource_metadata": addresses.resource_metadata(),
    }
    told = ", ".join(f'{name}="{value}"' for name, value in said.items() if value)
    return f'{DPOP} {told}, algs="{" ".join(ALGORITHMS)}", {BEARER} {told}'


EXCEPTION_HANDLERS: ExceptionHandlersMap = {NotLetIn: _told}
