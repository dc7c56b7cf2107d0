"""Signatures of OpenDSR: RSA PKCS#1 v1.5 with SHA-256 (FIPS 186-4) over the raw body, in Base64.

The standard says "over the SHA-256 of the body"; those in the wild verify over the body with SHA-256 as the
signature's own digest, once and not twice.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

# An RSA signature of 8192 bits in Base64, and room for line ends.
LONGEST = 1_500


def sign(key: RSAPrivateKey, body: bytes) -> str:
    return base64.b64encode(key.sign(body, PKCS1v15(), SHA256())).decode()


def is_genuine(key: RSAPublicKey, signature: str, body: bytes) -> bool:
    if len(signature) > LONGEST:
        return False
    try:
        key.verify(base64.b64decode("".join(signature.split()), validate=True), body, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
