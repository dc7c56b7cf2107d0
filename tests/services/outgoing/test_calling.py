"""Calls to strangers: only to public addresses, only to those that were checked, and not for ever."""

import socket
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_address

import msgspec
import pytest

from services.outgoing.calling import Guard, Limits, NotReached
from services.outgoing.resolving import Address
from tenants.outside import Rules, Unreached
from tests.receivers import Asked, Authority, Receiver, Says, receiving

QUICK = Limits(connect=2, silence=2, total=4, most=1000)
HOST = "vastaanottaja.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def rules(authority: Authority) -> Rules:
    return Rules(loopback=True, authorities=str(authority.path))


@pytest.fixture(scope="module")
def receiver(authority: Authority) -> Iterator[Receiver]:
    with receiving(context=authority.context(HOST)) as running:
        yield running


@pytest.fixture
def url(receiver: Receiver) -> str:
    receiver.asked.clear()
    receiver.answers = lambda asked: Says()
    return f"https://{HOST}:{receiver.port}/koukku?id=1"


@pytest.fixture
def guard(rules: Rules, receiver: Receiver) -> Guard:
    """Whose rules know the receiver's port, and whose resolver says that the name is this machine's."""
    return Guard(msgspec.structs.replace(rules, ports=frozenset({receiver.port})), answering("127.0.0.1"))


def answering(*addresses: str) -> Callable[[str, float], list[Address]]:
    return lambda host, seconds: [ip_address(address) for address in addresses]


def reason(guard: Guard, url: str, *, limits: Limits = QUICK, body: bytes = b"") -> Unreached:
    with pytest.raises(NotReached) as refused:
        guard.send("POST", url, headers={}, body=body, limits=limits)
    assert refused.value.__cause__ is None
    assert str(refused.value) == refused.value.reason.value
    return refused.value.reason


def test_the_receiver_gets_what_was_sent_and_its_answer_comes_back(guard: Guard, url: str, receiver: Receiver) -> None:
    receiver.answers = lambda asked: Says(202, {"Retry-After": "7", "Set-Cookie": "a=b"}, b"kiitos")
    answer = guard.send("POST", url, headers={"Content-Type": "application/json"}, body=b"{}", limits=QUICK)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (202, b"kiitos", "7")
    (asked,) = receiver.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/koukku?id=1", b"{}")
    assert asked.headers["host"] == f"{HOST}:{receiver.port}"
    assert asked.headers["content-type"] == "application/json"


def test_no_cookie_and_no_proxy_of_the_environment_is_used(
    guard: Guard, url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    receiver.answers = lambda asked: Says(200, {"Set-Cookie": "kuka=sama"})
    for _ in range(2):
        guard.send("GET", url, headers={}, limits=QUICK)
    assert [asked.headers.get("cookie") for asked in receiver.asked] == [None, None]


def test_a_server_error_is_an_answer(guard: Guard, url: str, receiver: Receiver) -> None:
    receiver.answers = lambda asked: Says(503)
    assert guard.send("POST", url, headers={}, limits=QUICK).status == 503


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/meta-data/", "https://vastaanottaja.example/"])
def test_a_redirect_is_a_failure_and_is_not_followed(guard: Guard, url: str, receiver: Receiver, location: str) -> None:
    receiver.answers = lambda asked: Says(302, {"Location": location})
    with pytest.raises(NotReached) as refused:
        guard.send("POST", url, headers={}, limits=QUICK)
    assert (refused.value.reason, refused.value.status) == (Unreached.REDIRECT, 302)
    assert len(receiver.asked) == 1


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.1.2.3"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["100.100.100.200"],
        ["168.63.129.16"],
        ["192.0.0.192"],
        ["198.18.0.1"],
        ["0.0.0.1"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["::1"],
        ["::"],
        ["::ffff:10.0.0.1"],
        ["::ffff:93.184.215.14"],
        ["::10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["64:ff9b:1::1"],
        ["2002:a00:1::1"],
        ["2001:0:1::1"],
        ["2001:db8::1"],
        ["fc00::1"],
        ["fd00:ec2::254"],
        ["fe80::1"],
        ["fec0::1"],
        ["ff02::1"],
        ["93.184.215.14", "10.0.0.1"],
        ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "fe80::1"],
    ],
    ids=" ".join,
)
def test_a_name_that_leads_into_a_private_network_is_refused(addresses: list[str]) -> None:
    assert reason(Guard(Rules(), answering(*addresses)), f"https://{HOST}/") is Unreached.REFUSED_ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/",
        "ftp://vastaanottaja.example/",
        "file:///etc/passwd",
        f"https://kuka:sana@{HOST}/",
        f"https://@{HOST}/",
        f"https://{HOST}:22/",
        f"https://{HOST}:0/",
        f"https://{HOST}:99999/",
        f"https://{HOST}\\@10.0.0.1/",
        f"https://{HOST}/#osa",
        f"https://{HOST}/\r\nX: y",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[::ffff:127.0.0.1]/",
        "https:///polku",
        "vastaanottaja.example",
        "",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused_before_its_name_is_asked_for(url: str) -> None:
    def nobody_asks(host: str, seconds: float) -> list[Address]:
        raise AssertionError(host)

    assert reason(Guard(Rules(), nobody_asks), url) is Unreached.REFUSED_ADDRESS


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "017700000001"])
def test_other_ways_to_write_this_machine_are_refused_too(host: str) -> None:
    assert reason(Guard(Rules()), f"https://{host}/") is Unreached.REFUSED_ADDRESS


def test_a_name_that_changes_its_mind_is_called_where_it_was_checked(
    guard: Guard, url: str, receiver: Receiver
) -> None:
    answers = iter(["127.0.0.1", "169.254.169.254"])
    rebinding = Guard(guard.rules, lambda host, seconds: [ip_address(next(answers))])
    assert rebinding.send("GET", url, headers={}, limits=QUICK).status == 200
    assert reason(rebinding, url) is Unreached.REFUSED_ADDRESS
    assert len(receiver.asked) == 1


def test_where_the_first_address_does_not_listen_the_next_is_called(guard: Guard, url: str) -> None:
    two = Guard(guard.rules, answering("127.0.0.77", "127.0.0.1"))
    assert two.send("GET", url, headers={}, limits=QUICK).status == 200


def test_ipv6_is_called_too(authority: Authority, rules: Rules) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with receiving(context=authority.context("::1"), host="::1") as there:
        assert Guard(rules).send("GET", f"{there.origin}/", headers={}, limits=QUICK).status == 200
        assert there.asked[0].headers["host"] == f"[::1]:{there.port}"


def test_what_no_name_can_be_is_not_resolved() -> None:
    assert reason(Guard(Rules()), f"https://{'e' * 64}.example/") is Unreached.NOT_RESOLVED


def test_a_self_signed_certificate_is_not_believed(authority: Authority, rules: Rules) -> None:
    with receiving(context=authority.context("127.0.0.1", self_signed=True)) as there:
        assert reason(Guard(rules), there.origin) is Unreached.TLS
        assert there.asked == []


def test_a_certificate_of_another_name_is_not_believed(guard: Guard, receiver: Receiver) -> None:
    other = f"https://toinen.example:{receiver.port}/"
    assert reason(guard, other) is Unreached.TLS


def test_the_tests_own_authority_is_not_believed_without_the_setting(guard: Guard, url: str) -> None:
    assert reason(Guard(msgspec.structs.replace(guard.rules, authorities=""), guard.resolve), url) is Unreached.TLS


def test_who_drips_byte_by_byte_is_left_when_the_time_is_over(guard: Guard, url: str, receiver: Receiver) -> None:
    over = threading.Event()

    def drip(write: Callable[[bytes], object]) -> None:
        while not over.wait(0.05):
            write(b".")

    receiver.answers = lambda asked: Says(slowly=drip)
    assert reason(guard, url, limits=Limits(connect=2, silence=2, total=0.5, most=10_000)) is Unreached.TIMED_OUT
    over.set()


def test_who_takes_a_long_body_slowly_is_left_when_the_time_is_over() -> None:
    body, taken, over = b"x" * 40_000_000, 0, threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take_slowly() -> None:
            nonlocal taken
            connection, _ = listening.accept()
            with connection:
                while piece := connection.recv(1 << 17):
                    taken += len(piece)
                    over.wait(0.02)

        thread = threading.Thread(target=take_slowly)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        patience = Limits(connect=2, silence=5, total=0.5)
        assert reason(Guard(Rules(loopback=True)), url, limits=patience, body=body) is Unreached.TIMED_OUT
        over.set()
        thread.join()
    assert taken < len(body) / 2


def test_who_never_answers_is_left(guard: Guard, url: str, receiver: Receiver) -> None:
    over = threading.Event()

    def say_nothing(asked: Asked) -> Says:
        over.wait()
        return Says()

    receiver.answers = say_nothing
    assert reason(guard, url, limits=Limits(connect=2, silence=0.2, total=5)) is Unreached.TIMED_OUT
    over.set()


def test_an_endless_body_is_not_read_to_its_end(guard: Guard, url: str, receiver: Receiver) -> None:
    def pour(write: Callable[[bytes], object]) -> None:
        while True:
            write(b"x" * 65536)

    receiver.answers = lambda asked: Says(slowly=pour)
    assert reason(guard, url) is Unreached.TOO_LARGE


def test_a_resolver_that_thinks_for_ever_is_left() -> None:
    def think(host: str, seconds: float) -> list[Address]:
        raise TimeoutError

    assert reason(Guard(Rules(), think), f"https://{HOST}/") is Unreached.TIMED_OUT


def test_where_nobody_listens_there_is_no_connection(rules: Rules) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert reason(Guard(rules), f"https://127.0.0.1:{free.getsockname()[1]}/") is Unreached.CONNECTION


def test_what_speaks_no_http_is_no_answer(rules: Rules) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        assert reason(Guard(rules), f"http://127.0.0.1:{listening.getsockname()[1]}/") is Unreached.CONNECTION
        thread.join()


def test_plain_http_on_this_machine_needs_the_setting() -> None:
    with receiving() as there:
        assert Guard(Rules(loopback=True)).send("GET", there.origin, headers={}, limits=QUICK).status == 200
        assert reason(Guard(Rules()), there.origin) is Unreached.REFUSED_ADDRESS
        assert len(there.asked) == 1


def test_what_the_call_itself_says_nobody_else_may_say(guard: Guard, url: str) -> None:
    with pytest.raises(ValueError, match="host"):
        guard.send("GET", url, headers={"Host": "10.0.0.1"}, limits=QUICK)
