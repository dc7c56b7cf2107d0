"""Keys as integrators paste them; the thumbprint is that of the RFC's own example."""

import msgspec
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from services.api.oauth import proofs
from tenants.clients import public_keys, refusals
from tenants.errors import Invalid

# RFC 9449, §4.1 and §6.1.
OF_THE_RFC = {
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "crv": "P-256",
}


def pasted(key: object) -> str:
    return msgspec.json.encode(key).decode()


def test_the_thumbprint_is_that_of_the_rfc() -> None:
    (key,) = public_keys.read(pasted(OF_THE_RFC))
    assert key.thumbprint == key.kid == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_the_hash_of_a_token_is_that_of_the_rfc() -> None:
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert proofs.hash_of(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


@pytest.mark.parametrize(
    "key",
    [ECKey.generate_key("P-256"), RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")],
    ids=["EC", "RSA", "OKP"],
)
def test_keys_of_three_kinds_are_taken_alone_or_in_a_set(key: ECKey) -> None:
    public = key.as_dict(private=False) | {"kid": "eka", "use": "sig"}
    (alone,) = public_keys.read(pasted(public))
    (in_set,) = public_keys.read(pasted({"keys": [public]}))
    assert alone == in_set
    assert alone.kid == "eka"
    assert "d" not in alone.jwk


SMALL = RSAKey.generate_key(2048).as_dict(private=False) | {"n": "x" * 171}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ("", refusals.NotAPublicKey),
        ("ei avain", refusals.NotAPublicKey),
        ("[]", refusals.NotAPublicKey),
        ('{"keys": []}', refusals.NotAPublicKey),
        ('{"keys": ["x"]}', refusals.NotAPublicKey),
        ("[" * 9000, refusals.NotAPublicKey),
        (pasted({}), refusals.KeyNotAccepted),
        (pasted({"kty": ["EC"]}), refusals.KeyNotAccepted),
        (pasted(OF_THE_RFC | {"d": "salainen"}), refusals.PrivateKeyShown),
        (pasted(OctKey.generate_key().as_dict()), refusals.PrivateKeyShown),
        (pasted(ECKey.generate_key("P-384").as_dict(private=False)), refusals.KeyNotAccepted),
        (pasted(OKPKey.generate_key("X25519").as_dict(private=False)), refusals.KeyNotAccepted),
        (pasted(SMALL), refusals.KeyNotAccepted),
        (pasted(OF_THE_RFC | {"use": "enc"}), refusals.KeyForEncryption),
        (pasted(OF_THE_RFC | {"alg": "ES384"}), refusals.KeyForEncryption),
        (pasted(OF_THE_RFC | {"alg": ["ES256"]}), refusals.KeyForEncryption),
        (pasted(OF_THE_RFC | {"crv": ["P-256"]}), refusals.KeyNotAccepted),
        (pasted(OF_THE_RFC | {"key_ops": ["deriveKey"]}), refusals.KeyForEncryption),
        (pasted(OF_THE_RFC | {"x": "AAAA"}), refusals.NotAPublicKey),
        (pasted(OF_THE_RFC | {"y": 7}), refusals.NotAPublicKey),
        (pasted(OF_THE_RFC | {"kid": ""}), refusals.NotAPublicKey),
        (pasted(OF_THE_RFC | {"kid": "a" * 201}), refusals.NotAPublicKey),
    ],
    ids=lambda value: getattr(value, "__name__", "pasted"),  # keys are made anew in every process
)
def test_what_is_no_public_key_that_we_verify_with(given: str, refusal: type[Invalid]) -> None:
    with pytest.raises(refusal) as refused:
        public_keys.read(given)
    assert refused.value.field == "keys"
