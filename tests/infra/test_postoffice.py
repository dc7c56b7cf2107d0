"""The post office: letters come in by SMTP and are read on a page and as JSON."""

import http.client
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from infra.embedded import ports, postoffice
from infra.embedded.postoffice import NoLetterCame, PostOffice


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with postoffice.running(tmp_path) as server:
        yield server


def post(office: PostOffice, to: str, subject: str, text: str = "Hei", html: str = "") -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "tietosuoja@ideafix.example", to, subject
    letter.set_content(text)
    if html:
        letter.add_alternative(html, subtype="html")
    letter["Content-Language"] = "fi"
    with smtplib.SMTP(ports.HOST, office.smtp_port) as server:
        server.send_message(letter)


def page(office: PostOffice, path: str, host: str | None = None) -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(ports.HOST, office.port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host or f"localhost:{office.port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def test_letters_are_shown_newest_first(office: PostOffice) -> None:
    post(office, "aino@esimerkki.example", "Ensimmäinen")
    post(office, "aino@esimerkki.example", "Toinen")
    assert [letter.subject for letter in office.letters()] == ["Toinen", "Ensimmäinen"]
    status, shown, _ = page(office, "/")
    assert status == 200
    assert shown.index("Toinen") < shown.index("Ensimmäinen")


def test_the_time_is_that_of_clocks_in_finland(office: PostOffice) -> None:
    post(office, "aino@esimerkki.example", "Kello")
    came = office.letters()[0].received.astimezone(ZoneInfo("Europe/Helsinki"))
    assert came.strftime("%d.%m. %H:%M:%S") in page(office, "/")[1]
    assert came.strftime("%d.%m.%Y %H:%M:%S") in page(office, "/letters/1")[1]


def test_letters_can_be_asked_for_by_address_in_any_case(office: PostOffice) -> None:
    post(office, "Aino@esimerkki.example", "Ainolle")
    post(office, "eino@esimerkki.example", "Einolle")
    assert [letter.subject for letter in office.letters(to="aino@ESIMERKKI.example")] == ["Ainolle"]


def test_a_letter_is_waited_for_and_read_whole(office: PostOffice) -> None:
    post(office, "aino@esimerkki.example", "Koodi", "Koodi on 123456.\nhttp://localhost:8000/g/ideafix?a=1&b=2\n")
    letter = office.wait_for("aino@esimerkki.example")
    assert letter.text.splitlines() == ["Koodi on 123456.", "http://localhost:8000/g/ideafix?a=1&b=2"]
    assert (letter.sender, letter.language) == ("tietosuoja@ideafix.example", "fi")
    with pytest.raises(NoLetterCame):
        office.wait_for("aino@esimerkki.example", after=letter.number, seconds=0.05)


def test_the_page_of_a_letter_makes_its_links_links_and_its_markup_text(office: PostOffice) -> None:
    post(office, "aino@esimerkki.example", "Linkki <b>", "<script>alert(1)</script> http://localhost:8000/g/ideafix")
    status, shown, headers = page(office, "/letters/1")
    assert status == 200
    assert '<a href="http://localhost:8000/g/ideafix"' in shown
    assert "<script>" not in shown
    assert "Linkki &lt;b&gt;" in shown
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_letters_own_html_can_run_and_load_nothing(office: PostOffice) -> None:
    post(office, "aino@esimerkki.example", "Muotoiltu", html="<p>Hei <b>Aino</b></p>")
    _, shown, headers = page(office, "/letters/1/html")
    assert "<b>Aino</b>" in shown
    assert "sandbox" in headers["Content-Security-Policy"]


def test_what_is_not_there_is_not_found(office: PostOffice) -> None:
    assert [page(office, path)[0] for path in ("/letters/7", "/letters/x", "/nothing")] == [404, 404, 404]


def test_another_name_for_this_machine_is_turned_away(office: PostOffice) -> None:
    post(office, "aino@esimerkki.example", "Salainen")
    status, shown, _ = page(office, "/letters.json", host="evil.example")
    assert status == 403
    assert "Salainen" not in shown


def test_letters_survive_a_restart(tmp_path: Path) -> None:
    with postoffice.running(tmp_path) as first:
        post(first, "aino@esimerkki.example", "Ennen")
    with postoffice.running(tmp_path) as second:
        post(second, "aino@esimerkki.example", "Jälkeen")
        assert [(letter.number, letter.subject) for letter in second.letters()] == [(2, "Jälkeen"), (1, "Ennen")]


def test_no_file_name_and_no_log_line_names_a_person(office: PostOffice, tmp_path: Path) -> None:
    post(office, "aino@esimerkki.example", "Hei")
    assert len(office.letters(to="aino@esimerkki.example")) == 1
    assert not [path for path in tmp_path.rglob("*") if "aino" in path.name]
    assert "aino" not in (tmp_path / "postoffice.log").read_text()
