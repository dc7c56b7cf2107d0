"""What a token opens, for whom, for how long; and what a client may ask about it."""

import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import structs
from psycopg.conninfo import make_conninfo
from sqlalchemy import func, select

from infra.embedded.postgres import Postgres
from services.api.oauth import addresses
from tenants.audit.model import AuditEntry
from tenants.clients import authenticating, failing, forgetting, refusals, registering
from tenants.clients.model import AccessToken, FailureReason, Method, OAuthClient, UsedOnce
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.processors import cataloguing
from tenants.requests import limits
from tests import waiting
from tests.round_trips import round_trips
from tests.services.oauth import wires
from tests.services.oauth.conftest import SCOPE
from tests.services.oauth.wires import Program, ath, new_key
from tests.tenants.feeds import scene as feeds
from tests.tenants.processors.scene import Scene

OTHERS = "/oauth/{slug}/{endpoint}"
# So often the driver is told a statement before it has the server remember it, which is a question of its own.
WARMING = 7


def test_a_feed_asks_who_is_there(program: Program) -> None:
    answer = program.client.get(addresses.FEEDS)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    told = answer.headers["www-authenticate"]
    assert told.startswith("DPoP ")
    assert 'algs="ES256 PS256 EdDSA Ed25519"' in told
    assert f'resource_metadata="{addresses.resource_metadata()}"' in told
    assert "error=" not in told
    assert program.client.get(addresses.RESOURCE_METADATA).json()["resource"] == addresses.resource()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_bound_token_is_no_use_without_its_key(program: Program, scheme: str) -> None:
    answer = program.fetch(program.token(), scheme=scheme)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


BAD: dict[str, Callable[[Program, str], str]] = {
    "of another key": lambda of, token: of.proof(addresses.resource(), "GET", key=new_key(), ath=ath(token)),
    "for another token": lambda of, token: of.proof(addresses.resource(), "GET", ath=ath("muu")),
    "for no token": lambda of, token: of.proof(addresses.resource(), "GET"),
    "for another address": lambda of, token: of.proof(addresses.external("/feeds/v1/muu"), "GET", ath=ath(token)),
    "for another host": lambda of, token: of.proof("https://evil.example/feeds/v1", "GET", ath=ath(token)),
    "for another method": lambda of, token: of.proof(addresses.resource(), "POST", ath=ath(token)),
    "of a minute ago": lambda of, token: of.proof(addresses.resource(), "GET", ath=ath(token), iat=1_700_000_000),
    "with a nonce that is not ours": lambda of, token: of.proof(addresses.resource(), "GET", ath=ath(token), nonce="x"),
}


@pytest.mark.parametrize("made", BAD.values(), ids=BAD)
def test_a_proof_that_does_not_fit_opens_nothing(program: Program, made: Callable[[Program, str], str]) -> None:
    token = program.token()
    assert program.fetch(token, proof=made(program, token)).status_code == 401
    assert program.fetch(token).status_code == 200


def test_a_proof_seen_before_opens_nothing(program: Program) -> None:
    token = program.token()
    proof = program.proof(addresses.resource(), "GET", ath=ath(token))
    assert [program.fetch(token, proof=proof).status_code for _ in range(2)] == [200, 401]


def test_query_and_port_are_no_part_of_what_a_proof_is_for(program: Program) -> None:
    token = program.token()
    written = addresses.resource().replace(".example", ".EXAMPLE:443")
    proof = program.proof(f"{written}?cursor=1#x", "GET", ath=ath(token))
    assert program.fetch(token, proof=proof).status_code == 200


@pytest.mark.parametrize("token", ["", "seloste_oat_", "seloste_oat_x_y", f"seloste_oat_{'0' * 32}_keksitty", "ä"])
def test_a_token_that_nobody_gave_opens_nothing(program: Program, token: str) -> None:
    answer = program.client.get(addresses.FEEDS, headers=[(b"Authorization", f"Bearer {token}".encode())])
    assert answer.status_code == 401


def test_a_token_ends_with_its_time(program: Program, house: Scene) -> None:
    token = program.token()
    with walled_session(house.alfa.system()) as session:
        stored = select(AccessToken.token_id).where(AccessToken.client_id == program.client_id)
        assert session.scalars(stored).one()
    expire(house, program)
    assert program.fetch(token).status_code == 401


def expire(house: Scene, program: Program) -> None:
    """As if its ten minutes had passed: no role may write that."""
    with walled_session(house.alfa.system()) as session:
        row = session.scalars(select(AccessToken).where(AccessToken.client_id == program.client_id)).one()
        older = {name: getattr(row, name) for name in ("client_id", "company_id", "digest", "scopes", "jkt")}
        session.delete(row)
        session.flush()
        past = {name: getattr(row, name) - timedelta(hours=2) for name in ("issued_at", "expires_at")}
        session.add(AccessToken(**older, **past))


def test_what_has_expired_is_forgotten(program: Program, house: Scene) -> None:
    program.token()
    expire(house, program)
    with walled_session(house.alfa.system()) as session:
        assert session.scalar(select(func.count()).select_from(UsedOnce))
        forgetting.forget(session)
    with walled_session(house.alfa.system()) as session:
        assert session.scalar(select(AccessToken).where(AccessToken.client_id == program.client_id)) is None
        assert session.scalar(select(func.count()).select_from(UsedOnce)), "what could still be shown again stays"


def test_a_client_that_is_disabled_is_out_at_the_next_request(program: Program, house: Scene) -> None:
    token = program.token()
    wires.disable(house, program)
    assert program.fetch(token).status_code == 401
    assert program.ask().json()["error"] == "invalid_client"
    with walled_session(house.approver.acting(house.alfa)) as session:
        registering.enable(session, program.client_id)
    assert program.fetch(token).status_code == 401, "what was revoked stays so"
    assert program.bound().status_code == 200


@pytest.fixture
def apart(client: TestClient[Litestar]) -> tuple[feeds.Scene, Program]:
    """A house of their own, for what changes all of it."""
    made = feeds.scene()
    made.approved("customers")
    return made, wires.program(client, made.house)


def test_when_the_agreement_ends_the_token_opens_nothing_any_more(apart: tuple[feeds.Scene, Program]) -> None:
    made, program = apart
    token = program.token()
    assert program.fetch(token).json() == [{"scope": SCOPE}]
    made.house.end(made.agreement)
    assert program.fetch(token).json() == []
    assert program.bound().json()["error"] == "invalid_scope"


def test_when_the_feed_is_suspended_the_token_opens_it_no_more(apart: tuple[feeds.Scene, Program]) -> None:
    made, program = apart
    feed_id = made.approved("orders")
    token = program.bound(scope=f"{SCOPE} feed:alfa.orders").json()["access_token"]
    made.suspend(feed_id)
    assert program.fetch(token).json() == [{"scope": SCOPE}]


def test_an_objection_to_a_sub_processor_stops_the_tokens_too(apart: tuple[feeds.Scene, Program]) -> None:
    made, program = apart
    house = made.house
    sub = house.processor("sali")
    house.engage(house.pilvi, sub)
    token = program.token()
    house.object_to(house.pilvi, sub)
    assert program.fetch(token).json() == []
    assert program.bound().json()["error"] == "invalid_scope"


def test_when_the_processor_is_retired_its_programs_are_out(apart: tuple[feeds.Scene, Program]) -> None:
    made, program = apart
    token = program.token()
    with walled_session(made.house.admin.acting()) as session:
        cataloguing.retire(session, made.house.pilvi)
    assert program.fetch(token).status_code == 401
    assert program.ask().json()["error"] == "invalid_client"


def about(program: Program, endpoint: str, token: str) -> dict[str, object]:
    url = OTHERS.format(slug=program.slug, endpoint=endpoint)
    answer = program.ask(program.assertion(), to=url, token=token)
    assert answer.status_code == 200
    return dict(answer.json() or {})


def test_a_client_asks_about_its_own_tokens_and_gives_them_back(program: Program, house: Scene) -> None:
    token = program.token()
    told = about(program, "introspection", token)
    assert (told["active"], told["scope"], told["client_id"]) == (True, SCOPE, str(program.client_id))
    assert told["cnf"] == {"jkt": wires.public(program.proving).thumbprint}
    stranger = wires.program(program.client, house)
    assert about(stranger, "introspection", token) == {"active": False}
    about(stranger, "revocation", token)
    assert program.fetch(token).status_code == 200
    about(program, "revocation", token)
    assert program.fetch(token).status_code == 401
    assert about(program, "introspection", token) == {"active": False}


@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
def test_strangers_ask_nothing_about_tokens(program: Program, endpoint: str) -> None:
    url = OTHERS.format(slug=program.slug, endpoint=endpoint)
    answer = program.client.post(url, data={"token": program.token()})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_the_server_says_where_everything_is(program: Program) -> None:
    answer = program.client.get(f"/.well-known/oauth-authorization-server/oauth/{program.slug}").json()
    assert answer["issuer"] == addresses.issuer(program.slug)
    assert answer["token_endpoint"] == addresses.external(program.url)
    assert "none" not in answer["token_endpoint_auth_signing_alg_values_supported"]
    assert program.client.get("/.well-known/oauth-authorization-server/oauth/tuntematon").status_code == 404


def client_row(house: Scene, program: Program) -> OAuthClient:
    with walled_session(house.alfa.system()) as session:
        return registering.get(session, program.client_id)


def audited(house: Scene, program: Program) -> list[str]:
    with walled_session(house.alfa.system()) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
    return [one.action for one in entries if program.client_id in one.about_ids]


def test_a_client_that_fails_with_its_own_key_again_and_again_is_locked_until_somebody_looks(
    program: Program, house: Scene
) -> None:
    used = program.assertion()
    assert program.bound(used).status_code == 200
    token = program.token()
    for _ in range(failing.BY_ITSELF.most + 1):
        assert program.ask(used).status_code == 401
    assert client_row(house, program).locked_at is not None
    assert program.bound().json()["error"] == "invalid_client"
    assert program.fetch(token).status_code == 401
    assert audited(house, program).count("oauth_client.locked") == 1
    with walled_session(house.approver.acting(house.alfa)) as session:
        assert program.client_id in {one.client_id for one in registering.troubled(session)}
        registering.release(session, program.client_id)
    assert program.bound().status_code == 200


def test_what_anybody_can_do_in_its_name_locks_it_out_only_where_they_are(program: Program, house: Scene) -> None:
    for _ in range(failing.AT_ADDRESS.most):
        assert program.ask(program.assertion(key=new_key())).status_code == 401
    barred = program.ask(program.assertion(key=new_key()))
    assert (barred.status_code, barred.json()["error"]) == (429, "temporarily_unavailable")
    assert int(barred.headers["retry-after"]) > 0
    row = client_row(house, program)
    assert (row.locked_at, row.alarmed_at is None, row.failures) == (None, False, failing.AT_ADDRESS.most)
    assert audited(house, program).count("oauth_client.alarmed") == 1


def with_basic(client: TestClient[Litestar], url: str, client_id: str, secret: str) -> Response:
    return client.post(url, data={"grant_type": "client_credentials"}, auth=(client_id, secret))


def test_wrong_secrets_bar_whoever_tries_them_and_raise_an_alarm(
    program: Program, house: Scene, client: TestClient[Litestar]
) -> None:
    client_id, secret = wires.with_secret(house)
    for n in range(failing.AT_ADDRESS.most):
        assert with_basic(client, program.url, client_id, f"seloste_ocs_{n}").status_code == 401
    barred = with_basic(client, program.url, client_id, secret)
    assert (barred.status_code, barred.json()["error"]) == (429, "temporarily_unavailable")
    row = client_row(house, structs.replace(program, client_id=UUID(client_id)))
    assert (row.locked_at, row.alarmed_at is None, row.failures) == (None, False, failing.AT_ADDRESS.most)
    assert audited(house, structs.replace(program, client_id=UUID(client_id))).count("oauth_client.alarmed") == 1
    with walled_session(house.alfa.system()) as session:
        assert {one.reason for one in failing.traces(session, [row.client_id])} == {FailureReason.SECRET}


def test_a_client_that_does_not_exist_is_answered_like_a_wrong_secret(
    program: Program, house: Scene, client: TestClient[Litestar]
) -> None:
    client_id, _ = wires.with_secret(house)
    wrong, unknown = (with_basic(client, program.url, one, "seloste_ocs_x") for one in (client_id, str(uuid4())))
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"]


def test_nobody_is_looked_for_with_as_much_work_as_a_wrong_secret(
    program: Program, house: Scene, client: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted and not timed: how often the database is asked, and how many digests are compared."""
    known, compared = wires.with_secret(house)[0], list[int]()
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append(len(one))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counting)

    def work(client_id: str) -> tuple[int, list[int]]:
        compared.clear()
        asked = round_trips(lambda: with_basic(client, program.url, client_id, "seloste_ocs_x"))
        return asked, list(compared)

    for _ in range(WARMING):
        work(known), work(str(uuid4()))
    wrong, unknown, unreadable = work(known), work(str(uuid4())), work("joku")
    assert wrong == unknown == unreadable
    assert wrong[0] > 0
    assert wrong[1] == [32] * registering.MOST_SECRETS


def test_a_proof_with_a_nonce_of_then_is_no_failure(program: Program, house: Scene) -> None:
    program.nonce()
    assert client_row(house, program).failures == 0


def test_a_client_gets_so_many_tokens_a_minute(program: Program, house: Scene) -> None:
    with walled_session(house.group.system()) as session:
        for _ in range(failing.TOKENS.most):
            limits.count(session, (failing.TOKENS, str(program.client_id)))
    assert program.bound().status_code == 429


def test_killed_in_between_nothing_is_burnt(program: Program, house: Scene, database: Postgres) -> None:
    """The connection is cut while the request waits for another with the same assertion, which comes to nothing."""
    assertion, jti = program.assertion(jti="sama"), "sama"
    headers = {"DPoP": program.proof(addresses.external(program.url), nonce=program.nonce())}
    with ThreadPoolExecutor(1) as pool, walled_session(house.alfa.system()) as other:
        until = datetime.now(UTC) + timedelta(minutes=5)
        once = authenticating.once("assertion", str(program.client_id), jti, until=until)
        assert authenticating.first_use(other, once)
        asking = pool.submit(program.ask, assertion, headers=headers)
        waiting.until(partial(waiting.somebody_waits, database))
        with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste"), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")
        assert asking.result().status_code == 503
        other.rollback()
    assert program.bound(assertion).status_code == 200


def test_a_sister_company_knows_nothing_of_the_client(program: Program, house: Scene) -> None:
    with walled_session(house.approver.acting(house.beta)) as session:
        assert registering.listed(session, house.pilvi) == []
        with pytest.raises(refusals.NoSuchClient):
            registering.disable(session, program.client_id)


def test_only_an_administrator_of_the_company_makes_clients(house: Scene) -> None:
    for who, company, refusal in (
        (house.drafter, house.alfa, NotPermitted),
        (house.admin, None, refusals.CompanyOfTheClient),
    ):
        with walled_session(who.acting(company)) as session, pytest.raises(refusal):
            registering.register(session, house.pilvi, name="x", method=Method.CLIENT_SECRET_BASIC)
