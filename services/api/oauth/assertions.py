"""Client assertions (RFC 7523 §2.2 with rfc7523bis): every check, in the order of docs/feeds-access.md.

Authlib's own class takes a list of audiences, any `typ`, a missing `iat` and a life of years; so nothing of it is used
but the error.
"""

import time
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy.orm import Session

from services.api.oauth import signed
from services.api.oauth.signed import BadJwt, Unverified
from tenants.clients import authenticating, failing
from tenants.clients.authenticating import ByKey, Credential, Once
from tenants.clients.failing import Blame
from tenants.clients.model import ClientInUse, FailureReason, Method
from tenants.requests.limits import TooMany

OF = "client assertion"
TYPES = frozenset({"jwt", "client-authentication+jwt"})
LONGEST_LIFE = 300
SKEW = 30
# The same of a client that does not exist, and of a wrong secret.
UNKNOWN = "There is no such client in use, or this is not its secret"
NO_SUCH_KEY = "The client has no such key in use"


class Said(Struct, frozen=True):
    """What names the client, before anything is believed."""

    sub: str


class AssertionClaims(Struct, frozen=True):
    """`aud` is one string: of a list, which the standard once allowed, another server could be a part."""

    iss: str
    sub: str
    aud: str
    exp: int | float
    iat: int | float
    jti: str
    nbf: int | float | UnsetType = UNSET


class Failed(Exception):
    """A client has not shown who it is. `client` is the one that it said it was, if there is such a one."""

    def __init__(
        self,
        sentence: str,
        client_id: str = "",
        client: ClientInUse | None = None,
        reason: FailureReason = FailureReason.MALFORMED,
        blame: Blame = Blame.OTHERS,
    ) -> None:
        super().__init__(sentence)
        self.client_id, self.client = client_id, client
        self.reason, self.blame = reason, blame


class Barred(Exception):
    """From there nothing is looked at for a while."""

    def __init__(self, wait: TooMany) -> None:
        super().__init__()
        self.wait = wait


class Proven(Struct, frozen=True):
    """`by` is what proved it; `beside_is_first` is about what was to be written down as used beside the assertion."""

    client: ClientInUse
    by: Credential
    beside_is_first: bool


def client_of(
    session: Session, assertion: str, *, issuer: str, client_id: str | None, address: str, beside: Once | None = None
) -> Proven:
    """The client that signed this for us, now, once. Raises Failed, Barred."""
    try:
        given = signed.read(assertion, of=OF)
        if given.header.jwk is not UNSET:
            sentence = "The header of the client assertion has a jwk: keys are registered, not sent along"
            raise BadJwt(sentence, payload=given.payload)
        said = signed.claims(given, Said, of=OF).sub
    except BadJwt as wrong:
        client = _named(session, wrong, address)
        raise Failed(str(wrong), str(client.client_id) if client else "", client, wrong.reason) from None
    client = known(session, said, Method.PRIVATE_KEY_JWT, address=address)
    kid, claims = _verified(session, given, client)
    _check(given, claims, client, issuer=issuer, client_id=client_id)
    until = datetime.fromtimestamp(claims.exp + SKEW, UTC)
    own = authenticating.once("assertion", str(client.client_id), claims.jti, until=until)
    first, *others = authenticating.first_uses(session, own, *([beside] if beside else []))
    if not first:
        raise _by_itself("The jti of the client assertion was used before", client, FailureReason.REUSED_ASSERTION)
    return Proven(client, ByKey(kid), all(others))


def _named(session: Session, wrong: BadJwt, address: str) -> ClientInUse | None:
    """Whom it names without being believed: that is only for the client's company to know of. Raises Barred, Failed."""
    try:
        said = msgspec.json.decode(wrong.payload, type=Said).sub
    except (msgspec.DecodeError, RecursionError):
        return None
    return known(session, said, Method.PRIVATE_KEY_JWT, address=address)


def named_in(assertion: str) -> str:
    """Whom it names, without being believed; empty where that cannot be read."""
    try:
        return signed.claims(signed.read(assertion, of=OF), Said, of=OF).sub
    except BadJwt:
        return ""


def known(session: Session, client_id: str, method: Method, *, address: str) -> ClientInUse:
    """In use, and of those that prove who they are in this way. Raises Failed, Barred."""
    client = authenticating.find(session, client_id)
    wait = failing.barred(session, str(client.client_id) if client else "", address)
    if wait:
        raise Barred(wait)
    if client is None or str(client.client_id) != client_id:
        raise Failed(UNKNOWN)
    if client.method is not method:
        sentence = "The client is registered for another way of authenticating"
        raise Failed(sentence, client_id, client, FailureReason.OTHER_METHOD)
    return client


def _verified(session: Session, given: Unverified, client: ClientInUse) -> tuple[str, AssertionClaims]:
    client_id = str(client.client_id)
    if given.header.kid is UNSET:
        raise Failed("The client assertion names no key: its header needs a kid", client_id, client)
    key = authenticating.key(session, client, given.header.kid)
    if key is None:
        raise Failed(NO_SUCH_KEY, client_id, client, FailureReason.UNKNOWN_KEY)
    try:
        return given.header.kid, signed.verified(given, key, AssertionClaims, of=OF)
    except BadJwt as wrong:
        raise Failed(str(wrong), client_id, client, wrong.reason) from None


def _check(
    given: Unverified, claims: AssertionClaims, client: ClientInUse, *, issuer: str, client_id: str | None
) -> None:
    now = time.time()
    if claims.iss != claims.sub or client_id not in (None, claims.sub):
        raise _by_itself("iss, sub and client_id are not the same", client, FailureReason.OTHER_NAMES)
    if claims.aud != issuer:
        raise _by_itself("aud is not the issuer of this server", client, FailureReason.AUDIENCE)
    if claims.exp <= now - SKEW:
        # What has expired anybody may have found somewhere.
        raise Failed("The client assertion has expired", claims.sub, client, FailureReason.TIMES)
    if claims.iat > now + SKEW or (claims.nbf is not UNSET and claims.nbf > now + SKEW):
        raise _by_itself("The client assertion is from the future", client, FailureReason.TIMES)
    if not claims.iat < claims.exp <= claims.iat + LONGEST_LIFE:
        sentence = f"The client assertion lives longer than {LONGEST_LIFE} seconds"
        raise _by_itself(sentence, client, FailureReason.TIMES)
    if given.header.typ is not UNSET and not signed.typ_in(given, TYPES):
        raise _by_itself("The typ of the client assertion is that of something else", client, FailureReason.MALFORMED)
    if not 1 <= len(claims.jti) <= signed.LONGEST_ID:
        raise _by_itself("The jti of the client assertion is empty or too long", client, FailureReason.MALFORMED)


def _by_itself(sentence: str, client: ClientInUse, reason: FailureReason) -> Failed:
    return Failed(sentence, str(client.client_id), client, reason, Blame.CLIENT)
