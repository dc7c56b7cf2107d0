"""The checker finds nothing at our own doors, and every fault of those that are built wrongly."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import structs

from services import cli
from services.conformance import controller, processor
from services.conformance.controller import Called, Flawed
from services.conformance.findings import Finding, Heard, Rule, Talk, Verdict
from services.conformance.processor import Access
from tenants.database import walled_session
from tenants.opendsr import authority, carrying_out, endpoints, wire
from tenants.opendsr.authority import Signing
from tests.receivers import Says, receiving
from tests.services.opendsr import processors
from tests.services.opendsr.asking import RIGHTS, Asker, Kept, id_of, new_email, request
from tests.services.opendsr.processors import DOMAIN, Other, ask, register, run

ORIGIN = "https://testserver.example"
# What stands for the token, which is made anew for each call.
LET_IN = {"X-Let-In": "yes"}


def heard(answer: Response) -> Heard:
    return Heard(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)


def ours(client: TestClient[Litestar], asker: Asker) -> Talk:
    def talk(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Heard:
        path = url.removeprefix(ORIGIN)
        if LET_IN.items() <= headers.items():
            return heard(asker.call(method, path, body))
        return heard(client.request(method, path, content=body, headers=dict(headers)))

    return talk


def checked(talk: Talk, asker: Asker, root: Signing, *, begun: str | None = None) -> dict[Rule, Verdict]:
    found = processor.check(
        ORIGIN + asker.base,
        talk,
        access=Access(LET_IN),
        roots=[root.certificate],
        at=wire.now(),
        in_progress=begun,
    )
    return {one.rule: one.verdict for one in found}


def test_our_own_processor_keeps_to_it(
    client: TestClient[Litestar], asker: Asker, house: Kept, test_root: Signing
) -> None:
    email = new_email()
    house.person(email)
    body = request(email)
    asker.ask(body)
    with walled_session(house.handler.acting(house.scene.alfa, RIGHTS)) as session:
        carrying_out.take_up(session, house.received(id_of(body)).received_id)
    found = checked(ours(client, asker), asker, test_root, begun=id_of(body))
    assert {rule for rule, verdict in found.items() if verdict is not Verdict.KEPT} == set()
    assert set(found) == set(processor.RULES)


Break = Callable[[str, str, Heard], Heard]
"""Method, path and what a good processor answers."""


def _with(status: int) -> Callable[[Heard], Heard]:
    return lambda answer: structs.replace(answer, status=status)


def _rewritten(answer: Heard) -> Heard:
    return structs.replace(answer, body=json.dumps(json.loads(answer.body), indent=1).encode())


def _without(field: str) -> Callable[[Heard], Heard]:
    def cut(answer: Heard) -> Heard:
        said = {name: value for name, value in json.loads(answer.body).items() if name != field}
        return structs.replace(answer, body=json.dumps(said).encode())

    return cut


def _says(field: str, value: str) -> Callable[[Heard], Heard]:
    return lambda answer: structs.replace(answer, body=json.dumps({**json.loads(answer.body), field: value}).encode())


def _at(method: str, part: str, change: Callable[[Heard], Heard], *, when: int = 0) -> Break:
    def broken(asked: str, path: str, answer: Heard) -> Heard:
        fits = asked == method and part in path and when in (0, answer.status)
        return change(answer) if fits else answer

    return broken


BROKEN: list[tuple[Rule, Break]] = [
    (Rule.DISCOVERY_ANSWERS, _at("GET", "/discovery", _with(404))),
    (Rule.DISCOVERY_SAYS_ALL, _at("GET", "/discovery", _without("supported_identities"))),
    (Rule.CERTIFICATE_PLACE, _at("GET", "/discovery", _says("processor_certificate", "https://other.example/c"))),
    (Rule.CERTIFICATE_TRUSTED, _at("GET", "/certificate", lambda answer: structs.replace(answer, body=b"x"))),
    (Rule.DISCOVERY_SIGNED, _at("GET", "/discovery", _rewritten)),
    (Rule.STRANGERS_REFUSED, _at("POST", "/requests", _with(201), when=401)),
    (Rule.CREATED, _at("POST", "/v2/requests", _with(200), when=201)),
    (Rule.CREATED_SAYS_ALL, _at("POST", "/v2/requests", _without("received_time"), when=201)),
    (Rule.CREATED_QUOTES, _at("POST", "/v2/requests", _says("encoded_request", "eA=="), when=201)),
    (Rule.CREATED_SIGNED, _at("POST", "/v2/requests", _rewritten, when=201)),
    (Rule.STATUS_ANSWERS, _at("GET", "/v2/requests/", _with(204))),
    (Rule.STATUS_SAYS_ALL, _at("GET", "/v2/requests/", _says("request_status", "doing"))),
    (Rule.STATUS_SIGNED, _at("GET", "/v2/requests/", _rewritten)),
    (Rule.DUPLICATE_REFUSED, _at("POST", "/v2/requests", _with(201), when=400)),
    (Rule.NO_JSON_REFUSED, _at("POST", "/v2/requests", _with(500), when=400)),
    (Rule.INCOMPLETE_REFUSED, _at("POST", "/v2/requests", _with(422), when=400)),
    (Rule.UNKNOWN_TYPE_REFUSED, _at("POST", "/v2/requests", _with(422), when=400)),
    (Rule.ERRORS_AS_AGREED, _at("POST", "/v2/requests", lambda answer: structs.replace(answer, body=b"{}"), when=400)),
    (Rule.CANCELLED, _at("DELETE", "/v2/requests", _with(200), when=202)),
    (Rule.CANCEL_SAYS_ALL, _at("DELETE", "/v2/requests", _without("controller_id"), when=202)),
    (Rule.CANCEL_SIGNED, _at("DELETE", "/v2/requests", _rewritten, when=202)),
    (Rule.CANCELLED_STAYS, _at("GET", "/v2/requests/", _says("request_status", "pending"))),
    (Rule.ONLY_PENDING_CANCELLED, _at("DELETE", "/v2/requests", _with(202), when=400)),
    (Rule.FORMER_ROUTE, _at("POST", "/opengdpr_requests", _with(404))),
    (
        Rule.FORMER_HEADERS,
        _at("POST", "/opengdpr_requests", lambda answer: Heard(answer.status, {}, answer.body)),
    ),
]


@pytest.mark.parametrize(("rule", "broken"), BROKEN, ids=[rule for rule, _ in BROKEN])
def test_every_fault_of_a_processor_is_found(
    client: TestClient[Litestar], asker: Asker, test_root: Signing, *, rule: Rule, broken: Break
) -> None:
    good = ours(client, asker)

    def talk(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Heard:
        return broken(method, url.removeprefix(ORIGIN), good(method, url, headers, body))

    assert checked(talk, asker, test_root)[rule] is Verdict.BROKEN


def test_a_refusal_that_quotes_somebody_is_found(
    client: TestClient[Litestar], asker: Asker, test_root: Signing
) -> None:
    good = ours(client, asker)

    def talk(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Heard:
        answer = good(method, url, headers, body)
        return structs.replace(answer, body=answer.body + body) if answer.status == 400 else answer

    assert checked(talk, asker, test_root)[Rule.ERRORS_QUOTE_NOBODY] is Verdict.BROKEN


@pytest.fixture(scope="module")
def root() -> Signing:
    return authority.root("Processors' authority")


@pytest.fixture
def there(root: Signing) -> Iterator[Other]:
    with processors.other(authority.issue(root, DOMAIN)) as running:
        yield running


def called(house: Kept, there: Other, endpoint_id: UUID, signing: Signing) -> Called:
    ask(house, endpoint_id, house.person(new_email()))
    run(house)
    said = there.last()
    return Called(said["status_callback_urls"][0], said["subject_request_id"], DOMAIN, signing.key)


def flaw(house: Kept, root: Signing, rule: Rule, bad: Signing) -> Flawed:
    """A processor whose certificate is what the controller has found, before it went bad."""
    with processors.other(authority.issue(root, DOMAIN)) as there:
        endpoint_id = register(house, there, root)
        made = called(house, there, endpoint_id, bad)
    with walled_session(house.scene.alfa.system()) as session:
        endpoints.get(session, endpoint_id).certificates = bad.pem.decode()
    return Flawed(rule, made)


def receiver(client: TestClient[Litestar]) -> Talk:
    return lambda method, url, headers, body: heard(client.request(method, url, content=body, headers=dict(headers)))


def test_our_own_address_for_callbacks_keeps_to_it(
    client: TestClient[Litestar], house: Kept, there: Other, root: Signing
) -> None:
    begun = wire.now() - timedelta(days=60)
    flawed = [
        flaw(house, root, Rule.EXPIRED_REFUSED, authority.issue(root, DOMAIN, begins=begun, life=timedelta(days=30))),
        flaw(house, root, Rule.UNKNOWN_AUTHORITY_REFUSED, authority.issue(authority.root(), DOMAIN)),
        flaw(house, root, Rule.SUBJECT_NAME_REFUSED, authority.issue(root, DOMAIN, names=[])),
    ]
    genuine = called(house, there, register(house, there, root), there.signing)
    found = controller.check(genuine, receiver(client), flawed=flawed)
    assert [one for one in found if one.verdict is not Verdict.KEPT] == []


def test_an_address_that_believes_everything_is_found() -> None:
    """And one that refuses everything keeps only what it must refuse."""
    genuine = Called("https://c.example/1", "a7551968-d5d6-44b2-9831-815ac9017798", DOMAIN, authority.new_key())

    def verdicts(status: int) -> dict[Rule, Verdict]:
        found: list[Finding] = controller.check(
            genuine, lambda *_: Heard(status), flawed=[Flawed(rule, genuine) for rule in controller.FLAWS]
        )
        return {one.rule: one.verdict for one in found}

    believed = verdicts(202)
    assert {rule for rule, verdict in believed.items() if verdict is Verdict.KEPT} == {Rule.GENUINE_TAKEN}
    refused = verdicts(400)
    assert refused[Rule.GENUINE_TAKEN] is Verdict.BROKEN
    assert refused[Rule.REPLAY_REFUSED] is Verdict.UNTRIED


def test_the_command_tells_what_it_found(capsys: pytest.CaptureFixture[str], root: Signing) -> None:
    with receiving(lambda asked: Says(500)) as broken:
        url = f"http://localhost:{broken.port}/v2"
        assert cli.main(["opendsr-check", url, "--language", "en"]) == 1
    assert "! Discovery answers 200 (500)" in capsys.readouterr().out
    assert cli.main(["opendsr-check", url, "--language", "en"]) == 2
    assert "Nobody was reached" in capsys.readouterr().err
    with processors.other(authority.issue(root, DOMAIN)) as there:
        url = f"http://localhost:{there.receiver.port}/v2"
        assert cli.main(["opendsr-check", url, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {"rule": "discovery_signed", "verdict": "broken", "seen": "unsigned"} in told


def test_the_command_says_in_words_what_it_saw_and_what_it_was_not_let_do(
    capsys: pytest.CaptureFixture[str], root: Signing, tmp_path: Path
) -> None:
    issuer = tmp_path / "authority.pem"
    issuer.write_bytes(root.pem)
    with processors.other(authority.issue(root, "localhost")) as there:
        there.domain, there.to_request = "localhost", lambda asked: Says(401)
        there.receiver.answers = lambda asked: there.signed(there.answer(asked))
        url = f"http://localhost:{there.receiver.port}/v2"
        assert cli.main(["opendsr-check", url, "--language", "en"]) == 1
        told = capsys.readouterr()
        assert "(refused: nobody who is trusted vouches for the certificate)" in told.out
        assert "- The discovery is signed\n" in told.out
        assert "--issuer PEM" in told.err
        assert cli.main(["opendsr-check", url, "--language", "en", "--issuer", str(issuer)]) == 2
        told = capsys.readouterr()
    assert "+ The discovery is signed\n" in told.out
    assert "- A request is answered 201 (401)" in told.out
    assert "6 rules kept, 0 broken, 20 not tried." in told.out
    assert "did not let the checker in (401)" in told.err


def test_an_address_inside_is_not_called_and_the_command_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["opendsr-check", "https://169.254.169.254/v2", "--language", "en"]) == 2
    told = capsys.readouterr()
    assert "1 broken, 25 not tried" in told.out
    assert "SELOSTE_OUTGOING_LOOPBACK" in told.err


def test_the_command_plays_a_processor(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["opendsr-check", "https://c.example/1", "--callback", "x"]) == 2
    assert "--key" in capsys.readouterr().err
