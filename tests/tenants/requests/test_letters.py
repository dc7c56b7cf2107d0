"""Letters: in the person's language, without personal data where it does not belong, and sent once."""

import re
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from sqlalchemy import select, update

from infra.embedded import ports
from tenants import settings
from tenants.companies.model import Company, Contact
from tenants.database import walled_session
from tenants.groups.model import Group
from tenants.jobs.model import QueuedJob
from tenants.languages.speaking import Language
from tenants.requests import letters, posting, typesetting
from tenants.requests.law import grounds
from tenants.requests.letters import SendLetter
from tenants.requests.model import Letter
from tests.asking import Asked, Sister
from tests.parsing import of_class, parse, text
from tests.queue import run_jobs

DAY = date(2026, 3, 5)
EVERY: list[letters.Content] = [
    letters.Code("12345678", 10),
    letters.Reminder(DAY, DAY),
    letters.Acknowledgement(DAY, DAY, ["Alfa Oy", "Beeta Oy"]),
    letters.ArchiveReady("ALF-2026-0001", DAY, DAY, 2),
    letters.NoData("ALF-2026-0001", DAY),
    *(letters.Refusal("ALF-2026-0001", DAY, ground, "Syy.") for ground in grounds.every_ground()),
    letters.Withdrawn(DAY),
    letters.Lapsed(DAY),
]
ANSWERS = [content for content in EVERY if isinstance(content, letters.ArchiveReady | letters.NoData | letters.Refusal)]
ON_PAPER: list[letters.Content] = [
    letters.IdentityAsked("ALF-2026-0001", DAY, 21),
    *(content for content in EVERY if not isinstance(content, letters.Code | letters.Withdrawn)),
]
LINK = "https://testserver.example/g/alfa/requests/0190"


def typeset(content: letters.Content, language: Language = Language.FI, *, on_paper: bool = False) -> typesetting.Set:
    return typesetting.typeset(
        language,
        content.kind,
        content,
        status_url=LINK,
        sender="Alfa Oy",
        contact=Contact(address="PL 1, 00100 Helsinki", email="tietosuoja@alfa.example"),
        on_paper=on_paper,
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("content", EVERY, ids=lambda content: f"{content.kind}-{getattr(content, 'ground', '')}")
def test_every_letter_says_the_same_as_text_and_as_html(content: letters.Content, language: Language) -> None:
    made = typeset(content, language)
    page = parse(made.html)
    assert page.get("lang") == language.value
    assert page.findtext(".//h1") == made.subject
    assert [word for line in page.iter("p") for part in line.itertext() for word in part.split()] == made.text.split()
    assert "%(" not in made.text + made.subject
    assert "{" not in made.text
    assert not re.search(r"\n{3}| $", made.text, re.MULTILINE)


@pytest.mark.parametrize("content", EVERY, ids=lambda content: content.kind)
def test_the_three_languages_are_three(content: letters.Content) -> None:
    assert len({typeset(content, language).subject for language in Language}) == 3


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("content", ON_PAPER, ids=lambda content: content.kind)
def test_a_letter_on_paper_speaks_of_no_page_no_code_and_no_address_of_e_mail(
    content: letters.Content, language: Language
) -> None:
    made = typeset(content, language, on_paper=True)
    assert LINK not in made.text
    assert "".join("".join(made.paragraphs).split()) == "".join(made.text.split())
    words = {
        Language.FI: ("koodi", "sähköpostiosoit"),
        Language.SV: (" kod ", "koden", "e-postadress"),
        Language.EN: (" code ", "e-mail address"),
    }
    said = made.text.replace("personal identity code", "").casefold()
    assert [word for word in words[language] if word in said] == []


@pytest.mark.parametrize("content", ANSWERS, ids=lambda content: content.kind)
@pytest.mark.parametrize(
    ("language", "authority", "court"),
    [
        (Language.FI, "Tietosuojavaltuutetun toimisto", "tuomioistuimeen"),
        (Language.SV, "Dataombudsmannens byrå", "domstol"),
        (Language.EN, "Office of the Data Protection Ombudsman", "court"),
    ],
)
def test_every_answer_names_the_complaint_and_the_court(
    content: letters.Content, language: Language, authority: str, court: str
) -> None:
    words = " ".join(typeset(content, language).text.split())
    assert authority in words
    assert court in words
    assert "tietosuoja@om.fi" in words


@pytest.mark.parametrize("content", EVERY, ids=lambda content: content.kind)
def test_no_letter_asks_for_an_identity_code_or_a_signature(content: letters.Content) -> None:
    words = typeset(content).text.casefold()
    assert not any(word in words for word in ("henkilötunnus", "allekirjoit", "hetu"))


def test_reasons_are_printed_and_never_obeyed() -> None:
    evil = "{{ 7*7 }}{% raise %} <b onclick=x>%(number)s</b>\nSubject: x\n\n" + LINK + "?x=<script>"
    made = typeset(letters.Refusal("ALF-2026-0001", DAY, "excessive", evil))
    assert "{{ 7*7 }}{% raise %} <b onclick=x>%(number)s</b>" in made.text
    page = parse(made.html)
    assert not {element.tag for element in page.iter()} & {"b", "script"}
    assert all("onclick" not in element.attrib for element in page.iter())


def test_a_code_is_easy_to_read_and_copied_whole() -> None:
    page = parse(typeset(letters.Code("12345678", 10)).html)
    assert [text(element) for element in of_class(page, "code")] == ["1234 5678"]


@pytest.mark.parametrize("name", ["Alfa\r\nBcc: kaikki@x.example", "Alfa\nSubject: x", 'Alfa" <kaikki@x.example>, "'])
def test_a_name_cannot_write_headers(alfa: Sister, ask: Callable[..., Asked], name: str) -> None:
    with walled_session(alfa.company.group.system()) as session:
        session.execute(update(Group).values(name=name))
    asked = ask(alfa)
    sent = asked.letters()
    assert len(sent) == 1
    for letter in sent:
        assert letter.to == [asked.email]
        assert "Bcc" not in letter.headers
        assert letter.subject.startswith("Koodi")
        assert letter.headers["From"].endswith("<tietosuoja@seloste.example>")


def test_headers_carry_nothing_personal_but_the_address(alfa: Sister, ask: Callable[..., Asked], address: str) -> None:
    alfa.customer(address, "1001")
    asked = ask(alfa, language=Language.SV)
    asked.verify()
    run_jobs(asked.group)
    for letter in asked.letters():
        others = " ".join(value for name, value in letter.headers.items() if name != "To")
        assert address not in others
        assert "Aino" not in others
        assert "1001" not in others
        assert not re.search(r"\d{4} ?\d{4}", letter.subject)
        assert letter.headers["Auto-Submitted"] == "auto-generated"
        assert letter.language == "sv"


def test_no_letter_carries_the_data_or_a_way_to_it_without_a_code(
    alfa: Sister, ask: Callable[..., Asked], address: str
) -> None:
    alfa.customer(address, "K-1001")
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    for letter in asked.letters():
        assert "K-1001" not in letter.text + letter.html
        links = re.findall(r"https://testserver.example\S+", letter.text)
        assert set(links) <= {
            f"https://testserver.example/g/{asked.group.slug}/requests/{asked.request_id}?language=fi"
        }


def test_a_letter_that_could_not_be_sent_waits_and_is_sent_once(
    alfa: Sister, ask: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(alfa)
    monkeypatch.setenv("SELOSTE_SMTP_PORT", str(ports.free()))
    settings.current.cache_clear()
    run_jobs(asked.group, failing=True)
    with walled_session(asked.group.system()) as session:
        job = session.scalars(select(QueuedJob).where(QueuedJob.name == SendLetter.name)).one()
        assert (job.done_at, job.failed_at) == (None, None)
        assert asked.email not in (job.failure or "")
        assert session.scalars(select(Letter.sealed_content)).one() is not None
    monkeypatch.undo()
    settings.current.cache_clear()
    with walled_session(asked.group.system()) as session:
        session.execute(update(QueuedJob).values(due_at=QueuedJob.created_at))
    assert len(asked.letters()) >= 1


def test_a_second_try_bears_the_same_message_id(alfa: Sister, ask: Callable[..., Asked]) -> None:
    """The worker died after the mail server had taken the letter: whoever receives both can tell."""
    asked = ask(alfa)
    with walled_session(asked.group.system()) as session:
        letter_id = session.scalars(select(Letter.letter_id)).one()
        send = letters.send(session, letter_id)
    assert send is not None
    send()
    run_jobs(asked.group, only="requests.send_letter")
    first, second = asked.post.letters(to=asked.email)
    assert first.headers["Message-ID"] == second.headers["Message-ID"]
    with walled_session(asked.group.system()) as session:
        assert letters.send(session, letter_id) is None


class Refusing:
    """A mail server that quotes what it refuses."""

    async def handle_RCPT(self, server: SMTP, session: object, envelope: object, address: str, options: object) -> str:  # noqa: N802 (its name)
        return f"550 {address} is unknown here"


def test_what_a_mail_server_says_of_an_address_goes_into_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Controller(Refusing(), hostname=ports.HOST, port=ports.free())
    server.start()
    monkeypatch.setenv("SELOSTE_SMTP_PORT", str(server.port))
    settings.current.cache_clear()
    try:
        with pytest.raises(posting.NotPosted) as failure:
            posting.post(EmailMessage(), to="aino@esimerkki.example")
    finally:
        server.stop()
        monkeypatch.undo()
        settings.current.cache_clear()
    assert failure.value.args == (550,)
    assert failure.value.__suppress_context__


def test_a_company_signs_with_its_public_contact(alfa: Sister, ask: Callable[..., Asked]) -> None:
    asked = ask(alfa)
    asked.verify()
    run_jobs(asked.group)
    with walled_session(alfa.system()) as session:
        company = session.scalars(select(Company)).one()
    assert company.contact.email
    assert company.contact.email in asked.letters()[0].text
