"""How a processor's program comes by a token, and everything with which it does not."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey
from litestar import Litestar
from litestar.testing import TestClient

from services.api.oauth import addresses
from services.api.oauth.server import ASSERTION_TYPE
from tenants.clients import registering
from tenants.clients.tokens import PREFIX
from tenants.database import walled_session
from tests.services.oauth import wires
from tests.services.oauth.conftest import SCOPE
from tests.services.oauth.wires import Program, jwt, new_key, public, unsigned
from tests.tenants.processors.scene import Scene, scene

YEARS = 10 * 365 * 86400


def test_a_program_gets_a_token_bound_to_its_key_and_is_let_in_with_it(program: Program) -> None:
    answer = program.bound(scope=SCOPE)
    told = answer.json()
    assert answer.status_code == 200, told
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("DPoP", 600, SCOPE)
    assert told["access_token"].startswith(PREFIX)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["DPoP-Nonce"]
    assert program.fetch(told["access_token"]).json() == [{"scope": SCOPE}]


def test_without_a_scope_asked_for_it_is_all_there_is(program: Program) -> None:
    assert program.bound().json()["scope"] == SCOPE


def test_a_nonce_that_is_asked_for_burns_no_assertion(program: Program) -> None:
    assertion = program.assertion()
    url = addresses.external(program.url)
    refused = program.ask(assertion, headers={"DPoP": program.proof(url)})
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    again = program.proof(url, nonce=refused.headers["DPoP-Nonce"])
    assert program.ask(assertion, headers={"DPoP": again}).status_code == 200


def jwt_hs256(of: Program) -> str:
    from_public = OctKey.import_key(public(of.key).thumbprint.encode())
    header = {"alg": "HS256", "kid": public(of.key).kid}
    return jws.serialize_compact(header, msgspec.json.encode(of.claims()), from_public, algorithms=["HS256"])


def jwt_of_list(of: Program) -> str:
    return jws.serialize_compact({"alg": "ES256", "kid": public(of.key).kid}, b"[]", of.key, algorithms=["ES256"])


def jwt_for_ages(of: Program) -> str:
    claims = json.dumps(of.claims() | {"iat": 1.5, "exp": 10**400}).encode()
    return jws.serialize_compact({"alg": "ES256", "kid": public(of.key).kid}, claims, of.key, algorithms=["ES256"])


def half_a_character(of: Program) -> str:
    """What JSON can say and no text can."""
    header = {"alg": "ES256", "kid": "\ud800"}
    return jws.serialize_compact(header, msgspec.json.encode(of.claims()), of.key, algorithms=["ES256"])


REFUSED: dict[str, Callable[[Program], str]] = {
    "another audience": lambda of: of.assertion(aud="https://evil.example"),
    "the address of the endpoint as audience": lambda of: of.assertion(aud=addresses.external(of.url)),
    "a list of audiences, ours among them": lambda of: of.assertion(
        aud=["https://evil.example", addresses.issuer(of.slug)]
    ),
    "a list with our audience alone": lambda of: of.assertion(aud=[addresses.issuer(of.slug)]),
    "no audience": lambda of: of.assertion(aud=None),
    "no algorithm": lambda of: unsigned({"alg": "none", "kid": public(of.key).kid}, of.claims()),
    "a symmetric algorithm": jwt_hs256,
    "another algorithm than the key's": lambda of: of.assertion({"alg": "PS256"}, RSAKey.generate_key(2048)),
    "a key that nobody registered": lambda of: of.assertion({"kid": "vieras"}, new_key()),
    "the id of a registered key and another key": lambda of: of.assertion(key=new_key()),
    "no id of a key": lambda of: jwt(of.key, {"alg": "ES256"}, of.claims()),
    "a key that comes along": lambda of: of.assertion({"jwk": new_key().as_dict(private=False)}),
    "an address of keys": lambda of: of.assertion({"jku": "https://evil.example/jwks"}),
    "an address of certificates": lambda of: of.assertion({"x5u": "https://evil.example/x5u"}),
    "something critical": lambda of: of.assertion({"crit": ["b64"], "b64": True}),
    "the type of a proof": lambda of: of.assertion({"typ": "dpop+jwt"}),
    "another issuer": lambda of: of.assertion(iss="01900000-0000-7000-8000-000000000000"),
    "a subject that is no string": lambda of: of.assertion(sub=7),
    "no subject": lambda of: of.assertion(sub=None),
    "expired": lambda of: of.assertion(iat=int(time.time()) - 400, exp=int(time.time()) - 200),
    "ten years ahead": lambda of: of.assertion(exp=int(time.time()) + YEARS),
    "from the future": lambda of: of.assertion(iat=int(time.time()) + 90, exp=int(time.time()) + 120),
    "not before tomorrow": lambda of: of.assertion(nbf=int(time.time()) + 86400),
    "never issued": lambda of: of.assertion(iat=None),
    "never expiring": lambda of: of.assertion(exp=None),
    "without an id": lambda of: of.assertion(jti=None),
    "with an empty id": lambda of: of.assertion(jti=""),
    "a moment in words": lambda of: of.assertion(iat="now"),
    "longer than numbers go": jwt_for_ages,
    "by a key whose id no database takes": lambda of: of.assertion({"kid": "a\0b"}),
    "by a key whose id is half a character": half_a_character,
    "by a key of too long an id": lambda of: of.assertion({"kid": "a" * 201}),
    "larger than any": lambda of: of.assertion(padding="x" * 9000),
    "no JWT at all": lambda of: "a.b",
    "of letters that ASCII does not know": lambda of: "ä.ö.å",
    "a payload that is a list": jwt_of_list,
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_whoever_does_not_prove_who_they_are_gets_no_token(program: Program, made: Callable[[Program], str]) -> None:
    answer = program.ask(
        made(program), headers={"DPoP": program.proof(addresses.external(program.url), nonce=program.nonce())}
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "access_token" not in answer.json()


def test_an_assertion_is_used_once(program: Program) -> None:
    assertion = program.assertion()
    assert program.bound(assertion).status_code == 200
    again = program.bound(assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


def test_of_the_same_assertion_twice_at_once_one_wins(program: Program) -> None:
    assertion, url = program.assertion(), addresses.external(program.url)
    proofs = [program.proof(url, nonce=program.nonce()) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda proof: program.ask(assertion, headers={"DPoP": proof}).status_code, proofs))
    assert sorted(answers) == [200, 401, 401, 401]


def test_a_proof_that_somebody_has_stolen_is_no_use_a_second_time(program: Program) -> None:
    proof = program.proof(addresses.external(program.url), nonce=program.nonce())
    assert program.bound(proof=proof).status_code == 200
    again = program.bound(proof=proof)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_dpop_proof")


BAD_PROOFS: dict[str, Callable[[Program, str], str]] = {
    "for another address": lambda of, nonce: of.proof("https://evil.example/token", nonce=nonce),
    "for another method": lambda of, nonce: of.proof(addresses.external(of.url), "GET", nonce=nonce),
    "of an hour ago": lambda of, nonce: of.proof(addresses.external(of.url), nonce=nonce, iat=int(time.time()) - 3600),
    "of an hour ahead": lambda of, nonce: of.proof(
        addresses.external(of.url), nonce=nonce, iat=int(time.time()) + 3600
    ),
    "without an id": lambda of, nonce: of.proof(addresses.external(of.url), nonce=nonce, jti=None),
    "of another type": lambda of, nonce: jwt(
        of.proving, {"alg": "ES256", "typ": "JWT", "jwk": of.proving.as_dict(private=False)}, {}
    ),
    "that shows the private key": lambda of, nonce: jwt(
        of.proving,
        {"alg": "ES256", "typ": "dpop+jwt", "jwk": of.proving.as_dict(private=True)},
        {"jti": "1", "htm": "POST", "htu": addresses.external(of.url), "iat": int(time.time()), "nonce": nonce},
    ),
    "without a key": lambda of, nonce: jwt(of.proving, {"alg": "ES256", "typ": "dpop+jwt"}, {}),
    "signed by another key": lambda of, nonce: jwt(
        new_key(),
        {"alg": "ES256", "typ": "dpop+jwt", "jwk": of.proving.as_dict(private=False)},
        {"jti": "1", "htm": "POST", "htu": addresses.external(of.url), "iat": int(time.time()), "nonce": nonce},
    ),
    "signed by nobody": lambda of, nonce: unsigned(
        {"alg": "none", "typ": "dpop+jwt", "jwk": of.proving.as_dict(private=False)}, {}
    ),
}


@pytest.mark.parametrize("made", BAD_PROOFS.values(), ids=BAD_PROOFS)
def test_a_proof_that_does_not_hold_is_refused_before_anything_else(
    program: Program, made: Callable[[Program, str], str]
) -> None:
    assertion, nonce = program.assertion(), program.nonce()
    answer = program.ask(assertion, headers={"DPoP": made(program, nonce)})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert program.bound(assertion).status_code == 200, "the assertion is not burnt"


@pytest.mark.parametrize("nonce", ["", "keksitty", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ä"])
def test_a_nonce_that_is_not_ours_is_asked_for_anew(program: Program, nonce: str) -> None:
    answer = program.ask(headers={"DPoP": program.proof(addresses.external(program.url), nonce=nonce)})
    assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")


def test_two_proofs_are_none(program: Program) -> None:
    proof = program.proof(addresses.external(program.url), nonce=program.nonce())
    answer = program.client.post(
        program.url,
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": program.assertion(),
        },
        headers=[("DPoP", proof), ("DPoP", proof)],
    )
    assert answer.json()["error"] == "invalid_dpop_proof"


def test_who_is_bound_to_a_key_gets_no_other_token(program: Program) -> None:
    answer = program.ask()
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_client_need_not_be_bound_to_a_key(client: TestClient[Litestar], house: Scene) -> None:
    free = wires.program(client, house, dpop=False)
    token = free.ask().json()
    assert token["token_type"] == "Bearer"
    assert free.fetch(token["access_token"], scheme="Bearer").status_code == 200


def test_the_host_that_a_request_names_decides_nothing(program: Program) -> None:
    elsewhere = f"https://evil.example{program.url}"
    proof = program.proof(elsewhere, nonce=program.nonce())
    answer = program.ask(headers={"DPoP": proof, "Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert answer.json()["error"] == "invalid_dpop_proof"
    ours = program.proof(addresses.external(program.url), nonce=program.nonce())
    assert program.ask(headers={"DPoP": ours, "Host": "evil.example"}).status_code == 200


def test_a_client_proves_who_it_is_in_one_way(program: Program, house: Scene) -> None:
    client_id, secret = wires.with_secret(house)
    both = program.client.post(
        program.url,
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": program.assertion(),
        },
        auth=(client_id, secret),
    )
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    beside = program.ask(client_secret=secret)
    assert (beside.status_code, beside.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ("grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
        ("scope=a", "invalid_request"),
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
        ("grant_type=client_credentials", "invalid_client"),
        ("grant_type=client_credentials&client_id=x&client_secret=y", "invalid_client"),
    ],
)
def test_what_is_not_asked_as_it_should_be(program: Program, form: str, error: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert program.client.post(program.url, content=form, headers=headers).json()["error"] == error


def test_json_is_no_form(program: Program) -> None:
    assert program.client.post(program.url, json={"grant_type": "client_credentials"}).status_code == 400


@pytest.mark.parametrize(
    "scope", ["", "feed:alfa.other", f"{SCOPE} feed:beta.customers", "openid", "feed:\0", "feed:ä"]
)
def test_a_scope_wider_than_the_agreements_is_refused_whole(program: Program, scope: str) -> None:
    answer = program.bound(scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_secret_works_and_is_told_to_be_weaker(program: Program, house: Scene) -> None:
    client_id, secret = wires.with_secret(house)
    answer = program.client.post(program.url, data={"grant_type": "client_credentials"}, auth=(client_id, secret))
    assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")
    assert "private_key_jwt" in answer.headers["warning"]


@pytest.mark.parametrize("secret", ["", "väärä", "seloste_ocs_x"])
def test_a_wrong_secret_opens_nothing(program: Program, house: Scene, secret: str) -> None:
    client_id, _ = wires.with_secret(house)
    answer = program.client.post(program.url, data={"grant_type": "client_credentials"}, auth=(client_id, secret))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_secret_is_nothing_to_a_client_with_keys(program: Program) -> None:
    answer = program.client.post(
        program.url, data={"grant_type": "client_credentials"}, auth=(str(program.client_id), "x")
    )
    assert answer.json()["error"] == "invalid_client"


def test_a_client_of_another_group_is_nobody_here(program: Program, client: TestClient[Litestar]) -> None:
    other = wires.program(client, scene())
    there = addresses.issuer(program.slug)
    answer = other.ask(other.assertion(aud=there), to=program.url)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert client.post("/oauth/tuntematon/token", data={"grant_type": "client_credentials"}).status_code == 404


def test_keys_change_with_an_overlap(program: Program, house: Scene) -> None:
    later = new_key()
    with walled_session(house.approver.acting(house.alfa)) as session:
        registering.add_keys(session, program.client_id, [public(later)])
    assert program.bound().status_code == 200
    assert program.bound(program.assertion({"kid": public(later).kid}, later)).status_code == 200
    with walled_session(house.approver.acting(house.alfa)) as session:
        registering.retire_key(session, program.client_id, public(program.key).kid)
    assert program.bound().status_code == 401
    assert program.bound(program.assertion({"kid": public(later).kid}, later)).status_code == 200
