"""What we sign, others can check: by the standard's own example, by another's library, and by a public key."""

import json
import time
from base64 import b64decode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from tenants.webhooks import signing
from tenants.webhooks.model import SecretKind
from tenants.webhooks.signing import PUBLIC, SECRET, Signer

BODY = b'{"test": 2432232314}'


def by_secret(secret: str) -> Signer:
    return Signer(SecretKind.V1, secret)


def test_the_example_of_the_standard_is_signed_alike() -> None:
    signer = by_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert signing.headers([signer], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_another_library_believes_what_we_sign() -> None:
    secret = signing.new_secret()
    headers = signing.headers([by_secret(secret)], "msg_1", int(time.time()), BODY)
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_what_was_changed_on_the_way_is_not_believed(changed: str) -> None:
    secret = signing.new_secret()
    headers = signing.headers([by_secret(secret)], "msg_1", int(time.time()), BODY)
    others = {"webhook-id": "msg_2", "webhook-timestamp": str(int(time.time()) - 1)}
    if changed in others:
        headers[changed] = others[changed]
    checking = signing.new_secret() if changed == "secret" else secret
    with pytest.raises(WebhookVerificationError):
        Webhook(checking).verify(b'{"test": 1}' if changed == "body" else BODY, headers)


def test_what_is_played_back_later_is_not_believed() -> None:
    secret = signing.new_secret()
    headers = signing.headers([by_secret(secret)], "msg_1", int(time.time()) - 400, BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


def test_while_secrets_change_either_is_enough() -> None:
    former, new = signing.new_secret(), signing.new_secret()
    headers = signing.headers([by_secret(new), by_secret(former)], "msg_1", int(time.time()), BODY)
    for secret in (former, new):
        assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


def test_a_pair_signs_so_that_its_public_half_checks() -> None:
    private, public = signing.new_pair()
    headers = signing.headers([Signer(SecretKind.V1A, private)], "msg_1", 1614265330, BODY)
    version, _, signature = headers["webhook-signature"].partition(",")
    key = Ed25519PublicKey.from_public_bytes(b64decode(public.removeprefix(PUBLIC)))
    assert version == "v1a"
    key.verify(b64decode(signature), b"msg_1.1614265330." + BODY)
    with pytest.raises(InvalidSignature):
        key.verify(b64decode(signature), b"msg_2.1614265330." + BODY)


def test_a_secret_has_as_many_random_bytes_as_the_standard_asks_for() -> None:
    made = {signing.new_secret() for _ in range(10)}
    assert len(made) == 10
    assert all(24 <= len(b64decode(secret.removeprefix(SECRET), validate=True)) <= 64 for secret in made)
