"""The keys of a client that publishes them, fetched before its request is answered and with no transaction open."""

from functools import lru_cache
from uuid import UUID

from msgspec import UNSET

from services.api.oauth import signed
from services.api.oauth.assertions import OF, Said
from services.api.oauth.signed import BadJwt
from services.outgoing import calling
from services.outgoing.calling import Limits, NotReached
from tenants.acting import system
from tenants.clients import authenticating, key_sets
from tenants.clients.model import KeySetProblem
from tenants.database import walled_session
from tenants.outside import Unreached

# Whoever asks for a token waits for it; and a set of keys is small.
LIMITS = Limits(connect=2, silence=3, total=5, most=64 * 1024)
PROBLEMS = {
    Unreached.REFUSED_ADDRESS: KeySetProblem.REFUSED_ADDRESS,
    Unreached.REDIRECT: KeySetProblem.REDIRECT,
    Unreached.TOO_LARGE: KeySetProblem.TOO_LARGE,
}


def fetch(group_id: UUID, assertion: str) -> None:
    """If the key that is named is not at hand. Of what goes wrong the client's company is told, and nobody else."""
    try:
        given = signed.read(assertion, of=OF)
        client_id = signed.claims(given, Said, of=OF).sub
    except BadJwt:
        return
    if given.header.kid is UNSET or not _publishes(group_id, client_id):
        return
    with walled_session(system(group_id)) as session:
        client = authenticating.find(session, client_id)
        url = key_sets.claim(session, client, given.header.kid) if client and client.locked_at is None else None
    if url is None:
        return
    found = _called(url)
    with walled_session(system(group_id)) as session:
        client = authenticating.find(session, client_id)
        if client is not None and isinstance(found, bytes):
            key_sets.keep(session, client, found)
        elif client is not None and isinstance(found, KeySetProblem):
            key_sets.note_problem(session, client, found)


def _called(url: str) -> bytes | KeySetProblem:
    try:
        answer = calling.send(
            "GET", url, headers={"Accept": "application/jwk-set+json, application/json"}, limits=LIMITS
        )
    except NotReached as failure:
        return PROBLEMS.get(failure.reason, KeySetProblem.UNREACHED)
    return answer.body if answer.status == 200 else KeySetProblem.NOT_FOUND


def _publishes(group_id: UUID, client_id: str) -> bool:
    try:
        return _known(group_id, client_id)
    except LookupError:
        return False


@lru_cache(maxsize=10_000)
def _known(group_id: UUID, client_id: str) -> bool:
    """Whether it does never changes; that there is no such client may. Raises LookupError."""
    with walled_session(system(group_id)) as session:
        client = authenticating.find(session, client_id)
        if client is None:
            raise LookupError
        return client.jwks_uri is not None
