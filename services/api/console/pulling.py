"""How a feed is pulled, step by step, with the names of this feed and client: to be copied and run as it stands."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.console.counter import Counter
from services.api.oauth import addresses
from tenants.clients import scopes, trying
from tenants.clients.model import ClientKey, Method, OAuthClient
from tenants.contacts import seeing
from tenants.contacts.seeing import SeenClient, SeenFeed

EXAMPLES = Path(__file__).parent / "examples"
# By the kind of key: what it is called in the example's library, and how it signs.
PROOF_CLASS = "OKPKey"
SIGNS: Mapping[str, tuple[str, str]] = {
    "OKP": ("OKPKey", "Ed25519"),
    "EC": ("ECKey", "ES256"),
    "RSA": ("RSAKey", "PS256"),
}
PLAIN = re.compile(r"[A-Za-z0-9._~:+/=-]+")
DPOP, BEARER = " @DPOP", " @BEARER"


class Chosen(Struct, frozen=True):
    """The client and the key that the steps are written for."""

    client: OAuthClient
    key: ClientKey


@get("/feeds/{feed_id:uuid}/pulling", sync_to_thread=True)
def show_guide(
    session: NamedDependency[Session],
    counter: NamedDependency[Counter],
    feed_id: FromPath[UUID],
    of: FromQuery[str] = "sandbox",
    key: FromQuery[str] = "",
) -> Response[str]:
    """`of` is the sandbox or the feed itself: two names differ. `key` is the id of one that is in use."""
    seen, real = seeing.feed(session, counter.here, feed_id), of == "feed"
    usable = _usable(seeing.clients(session))
    chosen = next((one for one in usable if one.key.kid == key), usable[0] if usable else None)
    names = _names(counter, seen, chosen, real=real)
    bound = chosen is None or chosen.client.dpop
    url = counter.url("feeds", feed_id)
    return counter.page(
        "console/pulling.html",
        seen=seen,
        chosen=chosen,
        real=real,
        names=names,
        python=example("pull.py.txt", names, bound=bound),
        shell=example("pull.sh.txt", names, bound=bound) if names["KEY_CLASS"] == "OKPKey" else None,
        others=[(one, _address(url, one, real=real)) for one in usable if one is not chosen],
        feed_url=url,
        keys_url=counter.url("keys"),
        other_url=_address(url, chosen, real=not real),
    )


def example(name: str, names: Mapping[str, str], *, bound: bool) -> str:
    """Lines that end with a mark are there for tokens that are bound to a key, or for those that are not."""
    kept, left = (DPOP, BEARER) if bound else (BEARER, DPOP)
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.removesuffix(kept) for line in lines if not line.endswith(left)) + "\n"
    for mark, value in names.items():
        text = text.replace(f"@{mark}@", value)
    return text


def _usable(clients: Sequence[SeenClient]) -> Sequence[Chosen]:
    """What is copied into a shell has nothing in it that a shell understands, whoever has named the key."""
    signing = (one for one in clients if one.row.method is Method.PRIVATE_KEY_JWT and not one.row.disabled_at)
    return [Chosen(one.row, key) for one in signing for key in one.keys if PLAIN.fullmatch(key.kid)]


def _address(feed_url: str, chosen: Chosen | None, *, real: bool) -> str:
    asked = {"of": "feed" if real else "sandbox"} | ({"key": chosen.key.kid} if chosen else {})
    return f"{feed_url}/pulling?{urlencode(asked)}"


def _names(counter: Counter, seen: SeenFeed, chosen: Chosen | None, *, real: bool) -> dict[str, str]:
    issuer = addresses.issuer(counter.slug)
    key_class, algorithm = SIGNS[chosen.key.jwk["kty"] if chosen else "OKP"]
    path = seen.name if real else f"sandbox/{seen.name}"
    return {
        "ISSUER": issuer,
        "TOKEN_URL": f"{issuer}/token",
        "CLIENT_ID": str(chosen.client.client_id) if chosen else "…",
        "KEY_ID": chosen.key.kid if chosen else "…",
        "KEY_CLASS": key_class,
        "KEY_CLASSES": ", ".join(sorted({key_class, PROOF_CLASS})),
        "ALGORITHM": algorithm,
        "SCOPE": (scopes.PREFIX if real else trying.PREFIX) + seen.name,
        "FEED_URL": f"{addresses.resource()}/{path}",
    }
