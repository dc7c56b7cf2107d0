"""A JSON Web Signature as strangers send it, read before anything in it is believed."""

from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from msgspec import UNSET, Struct, UnsetType

from tenants.clients.model import FailureReason
from tenants.clients.public_keys import ALGORITHMS, KEY_TYPES, is_key_id

LONGEST = 8192
LONGEST_ID = 200
Claims = TypeVar("Claims")


class BadJwt(Exception):
    """What is wrong with it, for whoever wrote the program that made it: ASCII, without quotes.

    `payload` is what it says, if it could be read at all: who is named there is not who made it.
    """

    def __init__(self, sentence: str, reason: FailureReason = FailureReason.MALFORMED, payload: bytes = b"") -> None:
        super().__init__(sentence)
        self.reason, self.payload = reason, payload


class Header(Struct, frozen=True):
    """RFC 7515 §4.1. The last five say where a key would come from, or what must be understood."""

    alg: str
    typ: str | UnsetType = UNSET
    kid: str | UnsetType = UNSET
    jwk: dict[str, Any] | UnsetType = UNSET
    jku: object = UNSET
    x5u: object = UNSET
    x5c: object = UNSET
    crit: object = UNSET


class Unverified(Struct, frozen=True):
    """`payload` is what the signature, if it holds, was made over."""

    compact: str
    header: Header
    payload: bytes


def read(compact: str, *, of: str) -> Unverified:
    """`of` names it in what is said about it. Raises BadJwt."""
    if len(compact) > LONGEST:
        raise BadJwt(f"The {of} is longer than {LONGEST} characters")
    try:
        parts = jws.extract_compact(compact.encode("ascii"))
        header = msgspec.convert(parts.headers(), Header)
    except (JoseError, ValueError, TypeError, msgspec.ValidationError, RecursionError):
        raise BadJwt(f"The {of} is not a JWT") from None
    if header.alg not in ALGORITHMS:
        sentence = f"The algorithm of the {of} is none of {' '.join(ALGORITHMS)}"
        raise BadJwt(sentence, FailureReason.ALGORITHM, parts.payload)
    if any(one is not UNSET for one in (header.crit, header.jku, header.x5u, header.x5c)):
        raise BadJwt(f"The header of the {of} has one of crit, jku, x5u, x5c", payload=parts.payload)
    if header.kid is not UNSET and not is_key_id(header.kid):
        raise BadJwt(f"The kid of the {of} cannot be the id of a key", payload=parts.payload)
    return Unverified(compact, header, parts.payload)


def verified(given: Unverified, key: dict[str, str], kind: type[Claims], *, of: str) -> Claims:
    """What was signed with this key. Raises BadJwt."""
    if KEY_TYPES[given.header.alg] != key["kty"]:
        raise BadJwt(f"The algorithm of the {of} is not one for its key", FailureReason.ALGORITHM)
    try:
        jws.deserialize_compact(given.compact, _imported(key), algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        raise BadJwt(f"The signature of the {of} does not fit its key", FailureReason.SIGNATURE) from None
    return claims(given, kind, of=of)


def claims(given: Unverified, kind: type[Claims], *, of: str) -> Claims:
    """Of one whose signature was not looked at. Raises BadJwt, which names the claim."""
    try:
        return msgspec.json.decode(given.payload, type=kind)
    except msgspec.ValidationError as error:
        raise BadJwt(f"A claim of the {of} is missing or of the wrong kind: {_plain(str(error))}") from None
    except (msgspec.DecodeError, RecursionError):
        raise BadJwt(f"The {of} is not a JWT") from None


def typ_in(given: Unverified, known: Collection[str]) -> bool:
    return given.header.typ is not UNSET and given.header.typ.lower() in known


def _imported(key: dict[str, str]) -> Key:
    members: dict[str, str | list[str]] = {**key}
    return import_key(members)


def _plain(sentence: str) -> str:
    """RFC 6749 §5.2: of a description some characters are left out. Claims' names are ours, values are not quoted."""
    return "".join(one for one in sentence if " " <= one <= "~" and one not in '"\\`')
