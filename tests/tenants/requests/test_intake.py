"""A request comes in by any channel and in any words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from infra.embedded.postoffice import PostOffice
from tenants.acting import visitor
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Language, weekday_and_date
from tenants.registers.model import IdentityLevel
from tenants.requests import intake, reading
from tenants.requests.asker import Asker
from tenants.requests.deadlines import received_on
from tenants.requests.intake import Checked
from tenants.requests.limits import REQUESTS_OF_CLIENT, TooMany
from tenants.requests.model import Case, CaseState, Channel, Request, RequestState, Right
from tenants.vault.digests import NotAnEmailAddress
from tests import make
from tests.asking import Asked, Sister, code_of
from tests.make import MadeGroup
from tests.queue import run_jobs

# The family is a joiner of joiners; the rest is what people's devices send: right-to-left, zero-width, combining.
STRANGE_WORDS = [
    "Haluan tietää, mitä minusta tiedetään.",
    "👩‍👩‍👧‍👦 kiitos 🙏🏽",
    "\u202eאני רוצה לדעת\u202c مرحبا",
    "a\u200bb\u200c\u200dc\ufeff",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!",
    "{{ 7*7 }} {% for x in ().__class__.__base__.__subclasses__() %}",
    "'; DROP TABLE requests; --",
    "<script>alert(1)</script>",
    "hetu 131052-952K",
    "\r\nBcc: kaikki@esimerkki.example\r\n\r\n",
    "\x00\x01\x1b[31m",
    "%(name)s %s %d {0}",
]


def submit(group: MadeGroup, **given: object) -> intake.Submitted | TooMany:
    asked: dict[str, object] = {
        "rights": [Right.ACCESS],
        "company_ids": [],
        "email": f"aino.{new_id().hex}@esimerkki.example",
        "words": "",
        "language": Language.FI,
        "client": "192.0.2.1",
    }
    with walled_session(visitor(group.group_id)) as session:
        return intake.submit(session, **(asked | given))  # type: ignore[arg-type]


def refused(group: MadeGroup, **given: object) -> dict[str | None, type[Invalid]]:
    with pytest.raises(SeveralInvalid) as refusal:
        submit(group, **given)
    return {problem.field: type(problem) for problem in refusal.value.problems}


def enter(sister: Sister, **given: object) -> Case:
    asked: dict[str, object] = {
        "channel": Channel.LETTER,
        "received_at": datetime.now(UTC),
        "rights": [Right.ACCESS],
        "asker": Asker(email=f"aino.{new_id().hex}@esimerkki.example"),
        "words": "",
        "language": Language.FI,
    }
    with walled_session(sister.staff()) as session:
        return intake.enter(session, **(asked | given))  # type: ignore[arg-type]


def kept_request(group: MadeGroup, request_id: UUID) -> Request:
    with walled_session(group.system()) as session:
        return session.scalars(select(Request).where(Request.request_id == request_id)).one()


@pytest.mark.parametrize("words", STRANGE_WORDS)
def test_any_words_reach_the_company_as_they_were_written(alfa: Sister, ask: Callable[..., Asked], words: str) -> None:
    asked = ask(alfa, words=words)
    asked.verify()
    run_jobs(asked.group)
    with walled_session(alfa.staff()) as session:
        case = reading.list_cases(session, reading.Shown.ALL).cases[0]
        assert reading.get_case(session, case.case_id).words == words.strip()


def test_words_are_sealed_and_lie_nowhere_in_the_clear(alfa: Sister, ask: Callable[..., Asked]) -> None:
    words = "131052-952K haluan tietoni"
    asked = ask(alfa, words=words)
    asked.verify()
    run_jobs(asked.group)
    for acting, tables in (
        (asked.group.system(), ("requests", "letters", "queued_jobs", "audit_entries")),
        (alfa.system(), ("cases", "case_events", "audit_entries")),
    ):
        with walled_session(acting) as session:
            for table in tables:
                for row in session.scalars(text(f"SELECT t::text FROM {table} t")):
                    assert words not in row
                    assert words.encode().hex() not in row


def test_a_hundred_kilobytes_are_refused_with_a_sentence_and_nothing_is_kept(alfa: Sister) -> None:
    group = alfa.company.group
    assert refused(group, company_ids=[alfa.company.company_id], words="ä" * 100_000) == {"words": intake.TooLong}
    with walled_session(group.system()) as session:
        assert session.scalar(select(Request)) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "aino",
        "aino@",
        "@esimerkki.example",
        "aino@esimerkki.example\r\nBcc: kaikki@esimerkki.example",
        "aino@esimerkki.example\nX: y",
        "aino@esimerkki.example, kaikki@esimerkki.example",
        "Aino <aino@esimerkki.example>",
        "aino@esimerkki.example\x00",
        "aino@" + "e" * 300 + ".example",
        "=?utf-8?q?toinen=40muu.example=2c?=@esimerkki.example",
    ],
)
def test_what_is_no_address_is_refused(alfa: Sister, email: str) -> None:
    assert refused(alfa.company.group, company_ids=[alfa.company.company_id], email=email) == {
        "email": NotAnEmailAddress
    }


def test_an_address_in_a_domain_with_umlauts_gets_its_letter_in_ascii(alfa: Sister, ask: Callable[..., Asked]) -> None:
    name = f"aino.{new_id().hex[-8:]}"
    asked = ask(alfa, email=f"{name}@säästö.example")
    run_jobs(asked.group, only="requests.send_letter")
    assert asked.post.letters(to=f"{name}@{'säästö'.encode('idna').decode()}.example")


def test_everything_that_needs_mending_is_told_at_once(group: MadeGroup) -> None:
    found = refused(group, rights=[], company_ids=[], email="aino", words="x" * 20_001)
    assert found == {
        "rights": intake.ChooseARight,
        "companies": intake.ChooseACompany,
        "email": NotAnEmailAddress,
        "words": intake.TooLong,
    }


def test_a_company_of_another_group_cannot_be_addressed(alfa: Sister) -> None:
    stranger = make.company(make.group(), "beeta")
    found = refused(alfa.company.group, company_ids=[alfa.company.company_id, stranger.company_id])
    assert found == {"companies": intake.UnknownCompany}


def test_a_client_that_sends_too_many_must_wait(alfa: Sister) -> None:
    group, to = alfa.company.group, [alfa.company.company_id]
    outcomes = [submit(group, company_ids=to, client="198.51.100.7") for _ in range(REQUESTS_OF_CLIENT.most + 1)]
    assert [isinstance(outcome, TooMany) for outcome in outcomes] == [False] * REQUESTS_OF_CLIENT.most + [True]
    assert not isinstance(submit(group, company_ids=to, client="198.51.100.8"), TooMany)


def test_a_client_does_not_escape_through_the_many_addresses_of_its_own_network(alfa: Sister) -> None:
    group, to = alfa.company.group, [alfa.company.company_id]
    for number in range(REQUESTS_OF_CLIENT.most):
        submit(group, company_ids=to, client=f"2001:db8::{number:x}")
    assert isinstance(submit(group, company_ids=to, client="2001:db8::ffff:1"), TooMany)
    assert not isinstance(submit(group, company_ids=to, client="2001:db8:0:1::1"), TooMany)


def test_known_and_unknown_addresses_are_answered_by_the_same_statements(
    alfa: Sister, ask: Callable[..., Asked], address: str
) -> None:
    """No register is asked, so there is nothing that could differ, in words or in time."""
    alfa.customer(address, "1")
    letters = []
    for email in (address, f"x{address}"):
        asked = ask(alfa, email=email)
        run_jobs(asked.group, only="requests.send_letter")
        letters.append(asked.post.letters(to=email)[0])
    known, unknown = letters
    assert known.subject == unknown.subject
    assert len(known.text) == len(unknown.text)
    with walled_session(alfa.company.system()) as session:
        actions = session.scalars(text("SELECT action FROM audit_entries")).all()
    assert "person.looked_for" not in actions


def test_staff_enter_a_letter_with_the_day_it_came(alfa: Sister) -> None:
    came = datetime.now(UTC) - timedelta(days=6)
    case = enter(alfa, received_at=came)
    assert case.received_on == received_on(came)
    assert case.state is CaseState.AWAITING_IDENTITY
    assert case.number.endswith("-0001")
    assert enter(alfa).number.endswith("-0002")


def test_a_letter_with_an_address_is_verified_by_a_code_and_found_by_it_alone(
    alfa: Sister, post_office: object, address: str
) -> None:
    alfa.customer(address, "1001")
    alfa.customer("toinen@esimerkki.example", "2002")
    case = enter(alfa, asker=Asker(email=address, customer_number="2002"))
    run_jobs(alfa.company.group)
    asked = Asked(alfa.company.group, case.request_id, address, post_office)  # type: ignore[arg-type]
    asked.verify(code_of(asked.letters()))
    run_jobs(alfa.company.group)
    with walled_session(alfa.staff()) as session:
        file = reading.get_case(session, case.case_id)
    assert file.case.state is CaseState.AWAITING_DECISION
    assert file.case.level is IdentityLevel.L1


def test_at_the_counter_staff_look_at_a_document_and_keep_nothing_of_it(alfa: Sister) -> None:
    person_id = alfa.customer("aino@x.example", "1001")
    asker = Asker(customer_number="1001")
    case = enter(alfa, channel=Channel.COUNTER, asker=asker, checked=Checked.DOCUMENT_SEEN)
    run_jobs(alfa.company.group)
    with walled_session(alfa.staff()) as session:
        file = reading.get_case(session, case.case_id)
    assert file.case.person_id == person_id
    assert file.case.level is IdentityLevel.L3
    assert [event.figures for event in file.events if event.kind == "identity_checked"] == [
        {"method": "document_seen", "level": "L3"}
    ]


def test_whom_staff_have_recognised_gets_an_acknowledgement_and_no_code(
    alfa: Sister, post_office: PostOffice, address: str
) -> None:
    case = enter(alfa, channel=Channel.PHONE, asker=Asker(email=address), checked=Checked.CALLED_BACK)
    run_jobs(alfa.company.group)
    [acknowledged] = [letter for letter in post_office.letters(to=address) if "vastaanotettu" in letter.subject]
    assert weekday_and_date(Language.FI, case.due_on) in acknowledged.text
    assert not any("koodi" in letter.subject.lower() for letter in post_office.letters(to=address))


@pytest.mark.parametrize(
    ("given", "field", "problem"),
    [
        ({"channel": Channel.PORTAL}, "channel", intake.NotByThisChannel),
        ({"received_at": datetime.now(UTC) + timedelta(hours=1)}, "received_at", intake.NotYetReceived),
        ({"received_at": datetime.now(UTC) - timedelta(days=400)}, "received_at", intake.ReceivedTooLongAgo),
        ({"rights": []}, "rights", intake.ChooseARight),
        ({"asker": Asker()}, "email", intake.NeedsIdentifier),
        ({"asker": Asker(phone="040 123 4567", postal_address="x" * 301)}, "postal_address", intake.TooLong),
        ({"asker": Asker(), "checked": Checked.DOCUMENT_SEEN}, "email", intake.NeedsIdentifier),
        ({"asker": Asker(email="aino")}, "email", NotAnEmailAddress),
    ],
)
def test_staff_are_told_what_is_missing(
    alfa: Sister, given: dict[str, object], field: str, problem: type[Invalid]
) -> None:
    with pytest.raises(SeveralInvalid) as refusal:
        enter(alfa, **given)
    assert {each.field: type(each) for each in refusal.value.problems} == {field: problem}


def test_who_may_not_enter_requests_enters_none(alfa: Sister) -> None:
    owner = make.staff(alfa.company.group, (Role.REGISTER_OWNER, alfa.company))
    with walled_session(owner.acting(alfa.company)) as session, pytest.raises(NotPermitted):
        intake.enter(
            session,
            channel=Channel.LETTER,
            received_at=datetime.now(UTC),
            rights=[Right.ACCESS],
            asker=Asker(email="aino@x.example"),
            words="",
            language=Language.FI,
        )


def test_staff_of_one_company_enter_nothing_for_another(sister: Callable[..., Sister]) -> None:
    """The walls, and not only this code: the same row with a sister company's id is refused by PostgreSQL."""
    alfa, beeta = sister("alfa"), sister("beeta")
    request = Request(
        request_id=new_id(),
        channel=Channel.LETTER,
        rights=["access"],
        language="fi",
        company_ids=[beeta.company.company_id],
        state=RequestState.VERIFIED,
        level=IdentityLevel.L3,
        received_at=datetime.now(UTC),
    )
    with pytest.raises(ProgrammingError, match="row-level security"), walled_session(alfa.staff()) as session:
        session.add(request)


def test_the_clock_of_a_late_entered_letter_runs_from_its_receipt(alfa: Sister) -> None:
    came = datetime(2026, 10, 30, 8, 0, tzinfo=UTC)
    case = enter(alfa, received_at=came)
    assert case.received_on == date(2026, 10, 30)
    assert case.due_on == date(2026, 11, 30)
    assert case.due_on <= case.due_suspended_on <= case.latest_on
