"""Public keys as integrators paste them: one JSON Web Key or a set (RFC 7517), of the kinds that we verify with."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jwk
from joserfc.errors import JoseError

from tenants.clients.model import Jwk, PublicKey
from tenants.clients.refusals import KeyForEncryption, KeyNotAccepted, NotAPublicKey, PrivateKeyShown

# RFC 9449 and FAPI 2.0: asymmetric only, and of each kind the signature that has no known weakness.
ALGORITHM_OF = {"EC": "ES256", "RSA": "PS256", "OKP": "Ed25519"}
# RFC 9864 renames EdDSA over this curve; both names mean the same signature.
ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519")
KEY_TYPES = {"ES256": "EC", "PS256": "RSA", "EdDSA": "OKP", "Ed25519": "OKP"}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_PUBLIC = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e"), "OKP": ("kty", "crv", "x")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_SMALLEST_RSA, _LARGEST_RSA = 2048, 8192
LONGEST = 20_000
LONGEST_ID = 200


def read(pasted: str) -> tuple[PublicKey, ...]:
    """Raises NotAPublicKey, PrivateKeyShown, KeyNotAccepted, KeyForEncryption."""
    try:
        given = msgspec.json.decode(pasted[: LONGEST + 1], type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise NotAPublicKey(field="keys") from None
    several = given.get("keys", [given])
    if not isinstance(several, list) or not several or not all(isinstance(one, dict) for one in several):
        raise NotAPublicKey(field="keys")
    return tuple(key_of(one) for one in several)


def key_of(given: Mapping[str, Any]) -> PublicKey:
    """Raises NotAPublicKey, PrivateKeyShown, KeyNotAccepted, KeyForEncryption."""
    if _PRIVATE & given.keys():
        raise PrivateKeyShown(field="keys")
    kind = given.get("kty")
    if not isinstance(kind, str) or kind not in _PUBLIC or given.get("crv", _CURVES.get(kind)) != _CURVES.get(kind):
        raise KeyNotAccepted(field="keys")
    if not _signs(given, kind):
        raise KeyForEncryption(field="keys")
    members = {name: value for name in _PUBLIC[kind] if isinstance(value := given.get(name), str)}
    if members.keys() != set(_PUBLIC[kind]):
        raise NotAPublicKey(field="keys")
    thumbprint = _thumbprint(members)
    kid = given.get("kid", thumbprint)
    if not isinstance(kid, str) or not is_key_id(kid):
        raise NotAPublicKey(field="keys")
    return PublicKey(kid, members, thumbprint)


def is_key_id(said: str) -> bool:
    """Whether it can be the id of a key here."""
    return 1 <= len(said) <= LONGEST_ID and said.isprintable()


def _signs(given: Mapping[str, Any], kind: str) -> bool:
    algorithm = given.get("alg")
    operations = given.get("key_ops", ["verify"])
    return (
        given.get("use", "sig") == "sig"
        and (algorithm is None or (isinstance(algorithm, str) and KEY_TYPES.get(algorithm) == kind))
        and isinstance(operations, list)
        and "verify" in operations
    )


def _thumbprint(members: Jwk) -> str:
    """As the key's own numbers say, so that two spellings of one key are one. Raises NotAPublicKey, KeyNotAccepted."""
    try:
        if members["kty"] == "RSA" and not _SMALLEST_RSA <= _bits(members["n"]) <= _LARGEST_RSA:
            raise KeyNotAccepted(field="keys")
        return jwk.import_key({**members}).thumbprint()
    except (JoseError, ValueError, TypeError):
        raise NotAPublicKey(field="keys") from None


def _bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()
