"""What the server says about a token may be signed, for whoever asked, by keys that it publishes and changes."""

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from services.api.oauth import addresses, introspected
from services.api.oauth.server import ASSERTION_TYPE
from tenants.database import walled_session
from tenants.vault import signing
from tenants.vault.signing import Use
from tests.services.oauth.wires import Program
from tests.tenants.processors.scene import Scene

JWT = {"Accept": introspected.MEDIA_TYPE}


def about(program: Program, token: str, headers: dict[str, str]) -> Any:
    sent = {"token": token, "client_assertion_type": ASSERTION_TYPE, "client_assertion": program.assertion()}
    return program.client.post(f"/oauth/{program.slug}/introspection", data=sent, headers=headers)


def published(program: Program) -> KeySet:
    return KeySet.import_key_set(program.client.get(f"/oauth/{program.slug}/jwks").json())


def read(program: Program, compact: str) -> jwt.Token:
    return jwt.decode(compact, published(program), algorithms=[introspected.ALGORITHM])


def test_an_answer_is_signed_for_whoever_asks_so_and_for_nobody_else(program: Program) -> None:
    token = program.token()
    plain = about(program, token, {"Accept": "application/json"})
    assert plain.json()["active"] is True
    answer = about(program, token, JWT)
    assert answer.headers["content-type"].startswith(introspected.MEDIA_TYPE)
    assert answer.headers["cache-control"] == "no-store"
    said = read(program, answer.text)
    assert said.header["typ"] == introspected.TYPE
    assert (said.claims["iss"], said.claims["aud"]) == (addresses.issuer(program.slug), str(program.client_id))
    assert said.claims["token_introspection"] == plain.json()
    assert "sub" not in said.claims


def test_of_an_unknown_token_it_says_nothing_and_signs_that(program: Program) -> None:
    said = read(program, about(program, "tuntematon", JWT).text)
    assert said.claims["token_introspection"] == {"active": False}


def test_whoever_has_not_shown_who_they_are_gets_nothing_signed(program: Program) -> None:
    answer = program.client.post(f"/oauth/{program.slug}/introspection", data={"token": "x"}, headers=JWT)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_new_key_signs_and_the_former_is_shown_for_a_while(program: Program, house: Scene) -> None:
    before = about(program, "x", JWT).text
    with walled_session(house.group.system()) as session:
        new = str(signing.rotate_signing_key(session, Use.OAUTH).key_id)
    after = read(program, about(program, "x", JWT).text)
    assert (after.header["kid"], read(program, before).header["kid"] != new) == (new, True)
    assert published(program).as_dict()["keys"][0]["kid"] == new
    body = json.dumps(published(program).as_dict())
    assert '"d"' not in body


def test_what_was_changed_on_the_way_does_not_hold(program: Program) -> None:
    head, claims, signature = about(program, "x", JWT).text.split(".")
    with pytest.raises(BadSignatureError):
        read(program, ".".join((head, claims[:-4] + "AAAA", signature)))


def test_where_the_keys_are_stands_in_the_metadata(program: Program) -> None:
    told = program.client.get(f"/.well-known/oauth-authorization-server/oauth/{program.slug}").json()
    assert told["jwks_uri"] == f"{told['issuer']}/jwks"
    assert told["introspection_signing_alg_values_supported"] == [introspected.ALGORITHM]
    assert program.client.get("/oauth/tuntematon/jwks").status_code == 404
