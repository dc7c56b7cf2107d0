"""From the form to the download, in a browser; strangers first."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update

from tenants.base import new_id
from tenants.companies.model import Approval, Company, Contact, Role
from tenants.database import walled_session
from tenants.exports.expiring import ExpireExport
from tenants.exports.model import DownloadToken, Export
from tenants.languages.speaking import Text
from tenants.ledger.model import Disclosure, DisclosureScope
from tenants.ledger.scopes import open_scope
from tenants.notifying.model import ConfirmedBy, Notification, Way
from tenants.processors import cataloguing
from tenants.registers.model import Cause, IdentityLevel, Purpose
from tenants.requests import refusing
from tenants.requests.limits import REQUESTS_OF_CLIENT
from tenants.requests.model import Case, CaseFinding, CaseState, Request, Verification
from tests import make
from tests.asking import Sister, new_address
from tests.parsing import of_class, parse, text
from tests.queue import bring_due, run_jobs
from tests.services.portal.conftest import Visitor
from tests.tenants.processors.scene import described

BEHIND = ("recipients", "withdrawal", "closing", "archives/{export}/links", "downloads/x")


@pytest.fixture
def automatic(sister: Callable[..., Sister]) -> Sister:
    return sister("beeta", approval=Approval.AUTOMATIC)


@pytest.fixture
def served(aino: Visitor, automatic: Sister) -> Visitor:
    """Aino's archive is ready, and her page is open."""
    automatic.customer(aino.email, "K-1001")
    aino.come_in(automatic)
    run_jobs(aino.group)
    return aino


def export_of(sister: Sister) -> UUID:
    with walled_session(sister.system()) as session:
        return session.scalars(select(Export.export_id)).one()


def told(sister: Sister, person_id: UUID | None, cause: Cause, **steps: object) -> None:
    """That its processor is told what became of somebody's data."""
    processor_id = processor(sister)
    with walled_session(sister.system()) as session:
        session.add(
            Notification(
                person_id=person_id,
                cause=cause,
                changed_at=datetime.now(UTC),
                number=1,
                register_ids=[sister.register.register_id],
                record_ids=[],
                recipient_id=processor_id,
                way=Way.BY_HAND,
                **steps,
            )
        )


def processor(sister: Sister, **described_as: str) -> UUID:
    admin = make.staff(sister.company.group, (Role.GROUP_ADMIN, None))
    with walled_session(admin.acting()) as session:
        return cataloguing.add(session, described(f"p{new_id().hex[-12:]}", **described_as)).processor_id


def given(sister: Sister, person_id: UUID | None, *, to: UUID) -> None:
    """Some of somebody's data."""
    company = sister.company
    with walled_session(sister.staff()) as session:
        purpose_id, kind = session.execute(
            select(Purpose.purpose_id, Purpose.kind).where(Purpose.register_id == sister.register.register_id)
        ).first()  # type: ignore[misc]
        scope = DisclosureScope(
            company_id=company.company_id,
            recipient_id=to,
            register_id=sister.register.register_id,
            purpose_id=purpose_id,
            kind=kind,
            fields=[sister.register.fields["customer_number"], sister.register.fields["name"]],
            source_id=new_id(),
            source_version=1,
        )
        row = {"group_id": company.group.group_id, "company_id": company.company_id, "person_id": person_id}
        ids = {"scope_id": open_scope(session, scope), "recipient_id": to}
        session.execute(insert(Disclosure).values(**row, **ids, since=func.clock_timestamp()))


def fetch_link(visitor: Visitor, sister: Sister) -> str:
    answer = visitor.browser.post(visitor.request_url("archives", export_of(sister), "links"))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


class TestRecipients:
    def test_the_person_sees_who_was_told_of_changes_and_who_has_confirmed(
        self, served: Visitor, automatic: Sister
    ) -> None:
        with walled_session(automatic.system()) as session:
            own = session.scalars(select(Case.person_id)).one()
        now = datetime.now(UTC)
        told(automatic, own, Cause.CORRECTED, delivered_at=now, confirmed_at=now, confirmed_by=ConfirmedBy.LINK)
        told(automatic, own, Cause.RESTRICTED)
        told(automatic, automatic.customer(new_address(), "K-2"), Cause.ERASED)
        assert served.request_url("recipients") in served.browser.get(served.request_url()).text
        page = parse(served.browser.get(served.request_url("recipients")).text)
        rows = [text(row) for body in page.iter("tbody") for row in body.iter("tr")]
        assert len(rows) == 2
        assert "käsittelyä rajoitettu" in rows[0]
        assert "ei ole vielä vahvistanut" in rows[0]
        assert "tietoja oikaistu" in rows[1]
        assert sum(" Oy" in text(name) for name in page.iter("h3")) == 2

    def test_the_person_sees_by_name_who_has_received_what(
        self, served: Visitor, automatic: Sister, sister: Callable[..., Sister]
    ) -> None:
        with walled_session(automatic.system()) as session:
            own = session.scalars(select(Case.person_id)).one()
        gamma, delta = sister("gamma"), sister("delta")
        given(automatic, own, to=gamma.company.company_id)
        given(automatic, automatic.customer(new_address(), "K-2"), to=delta.company.company_id)
        page = parse(served.browser.get(served.request_url("recipients")).text)
        assert [text(name) for name in page.iter("h3")] == ["Gamma Oy"]
        [row] = [text(row) for body in page.iter("tbody") for row in body.iter("tr")]
        assert "customer_number, name" in row
        assert "alkaen" in row
        given(automatic, own, to=processor(automatic, country="BR"))
        page = parse(served.browser.get(served.request_url("recipients")).text)
        assert len(list(page.iter("h3"))) == 2
        assert "EU:n ja ETA:n ulkopuolella: Brasilia – siirron perusteesta kertoo yhtiö" in text(page)

    def test_the_archive_says_it_as_it_stood_when_it_was_built(self, aino: Visitor, automatic: Sister) -> None:
        told(automatic, automatic.customer(aino.email, "K-1001"), Cause.CORRECTED)
        told(automatic, automatic.customer(new_address(), "K-2"), Cause.RESTRICTED)
        aino.come_in(automatic)
        run_jobs(aino.group)
        archive = aino.browser.get(fetch_link(aino, automatic)).content
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            pages = "".join(opened.read(name).decode() for name in opened.namelist() if name.endswith(".html"))
        assert "Kenelle tietojen muutoksista on ilmoitettu (19 artikla)" in pages
        assert pages.count("ei ole vielä vahvistanut") == 1

    def test_what_asks_for_a_surer_identity_is_not_told(self, served: Visitor, automatic: Sister) -> None:
        with walled_session(automatic.system()) as session:
            own = session.scalars(select(Case.person_id)).one()
            session.execute(update(CaseFinding).values(withheld=IdentityLevel.L3))
        told(automatic, own, Cause.CORRECTED)
        page = served.browser.get(served.request_url("recipients"))
        assert page.status_code == 200
        assert "<tr>" not in page.text


class TestStrangers:
    def test_an_anonymous_visitor_gets_nothing_of_a_request(
        self, served: Visitor, automatic: Sister, visit: Callable[..., Visitor]
    ) -> None:
        stranger = visit()
        status = stranger.browser.get(served.request_url())
        assert "K-1001" not in status.text
        assert "beeta" not in status.text.casefold()
        for path in BEHIND:
            url = served.request_url(path.format(export=export_of(automatic)))
            assert stranger.browser.get(url).status_code in {404, 405}
            assert stranger.browser.post(url).status_code in {404, 405}
        with walled_session(automatic.system()) as session:
            assert session.scalars(select(Case.state)).one() is CaseState.ANSWERED

    def test_another_groups_address_knows_nothing_of_our_request(
        self, served: Visitor, automatic: Sister, visit: Callable[..., Visitor]
    ) -> None:
        """Even with Aino's own cookies."""
        other = make.group()
        for path in ("", "verification", *BEHIND):
            url = served.request_url(path.format(export=export_of(automatic))).replace(
                f"/g/{served.group.slug}/", f"/g/{other.slug}/"
            )
            assert served.browser.get(url.rstrip("/")).status_code in {404, 405}
            if path:
                assert served.browser.post(url, {"code": "1"}).status_code in {404, 405}

    def test_the_page_of_one_request_does_not_open_another(
        self, served: Visitor, automatic: Sister, visit: Callable[..., Visitor]
    ) -> None:
        beata = visit()
        beata.come_in(automatic)
        for path in BEHIND:
            url = served.request_url(path.format(export=export_of(automatic)))
            assert beata.browser.get(url).status_code in {404, 405}
            assert beata.browser.post(url).status_code in {404, 405}
        assert "K-1001" not in beata.browser.get(served.request_url()).text

    def test_ones_own_page_gives_nobody_elses_archive(
        self, served: Visitor, automatic: Sister, visit: Callable[..., Visitor]
    ) -> None:
        beata = visit()
        beata.come_in(automatic)
        answer = beata.browser.post(beata.request_url("archives", export_of(automatic), "links"))
        assert answer.status_code == 404

    def test_a_link_is_worth_nothing_without_the_page_it_was_made_on(
        self, served: Visitor, automatic: Sister, visit: Callable[..., Visitor]
    ) -> None:
        link = fetch_link(served, automatic)
        assert visit().browser.get(link).status_code == 404
        assert served.browser.get(link).status_code == 200

    def test_what_is_not_there_is_not_there(self, aino: Visitor, alfa: Sister) -> None:
        for url in (
            aino.url("requests", new_id()),
            aino.url("requests", new_id(), "verification"),
            aino.url("requests", "x"),
            aino.url("notices", "nobody"),
            "/g/nobody-here",
        ):
            assert aino.browser.get(url).status_code == 404

    def test_a_form_from_elsewhere_is_refused(self, aino: Visitor, alfa: Sister) -> None:
        answer = aino.browser.send("POST", aino.url("requests"), data={"email": aino.email, "rights": "access"})
        assert answer.status_code == 403


class TestAsking:
    def test_every_way_to_reach_a_company_that_its_manifest_declares_is_told(self, aino: Visitor, alfa: Sister) -> None:
        contact = Contact(
            role=Text(fi="Asiakaspalvelu", sv="Kundtjänsten"),
            address="PL 1, 00100 Helsinki",
            visiting_address="Katu 1, Helsinki",
            phone="09 123",
            email="tietosuoja@alfa.example",
            web="alfa.example",
        )
        with walled_session(aino.group.system()) as session:
            session.execute(update(Company).values(contact=contact))
        page = text(parse(aino.get().text))
        for told in ("Asiakaspalvelu", "PL 1, 00100", "Katu 1, Helsinki", "09 123", "tietosuoja@alfa.example"):
            assert told in page
        assert "Verkkosivustoalfa.example" in page

    def test_a_notice_tells_who_else_answers_requests_about_rights(self, aino: Visitor, alfa: Sister) -> None:
        page = text(parse(aino.get("notices", "alfa").text))
        assert "Kuka vastaa näitä oikeuksia koskeviin pyyntöihin" not in page
        with walled_session(aino.group.system()) as session:
            session.execute(update(Company).values(rights_contact=Contact(phone="09 456")))
        page = text(parse(aino.get("notices", "alfa").text))
        assert "Kuka vastaa näitä oikeuksia koskeviin pyyntöihin" in page
        assert "09 456" in page

    def test_the_front_page_names_the_companies_and_the_day_of_the_answer(self, aino: Visitor, alfa: Sister) -> None:
        page = parse(aino.get().text)
        assert "Alfa Oy" in text(page)
        assert aino.url("requests/new") in {link.get("href") for link in page.iter("a")}
        assert page.get("lang") == "fi"

    @pytest.mark.parametrize(
        ("language", "words"), [("fi", "Omat tietosi"), ("sv", "Dina uppgifter"), ("en", "Your own data")]
    )
    def test_the_reader_chooses_the_language_and_keeps_it(
        self, aino: Visitor, alfa: Sister, language: str, words: str
    ) -> None:
        assert words in aino.browser.get(aino.url() + f"?language={language}").text
        page = parse(aino.get("requests", "new").text)
        assert page.get("lang") == language

    def test_the_form_asks_neither_for_a_signature_nor_for_a_code_nor_for_a_file(
        self, aino: Visitor, alfa: Sister, sister: Callable[..., Sister]
    ) -> None:
        sister("beeta")
        page = parse(aino.get("requests", "new").text)
        fields = {element.get("name") for element in page.iter() if element.tag in {"input", "textarea", "select"}}
        assert fields == {"_csrf_token", "rights", "companies", "email", "words"}
        assert not [element for element in page.iter("input") if element.get("type") == "file"]
        ticked = [box.get("name") for box in page.iter("input") if "checked" in box.attrib]
        assert ticked.count("companies") == 2

    def test_what_needs_mending_is_said_at_its_field_and_nothing_typed_is_lost(
        self, aino: Visitor, alfa: Sister
    ) -> None:
        answer = aino.send(alfa, email="aino", words="<b>Kerro & kaikki</b>", rights=[])
        assert answer.status_code == 422
        page = parse(answer.text)
        assert {element.get("id") for element in of_class(page, "problem")} == {"email-problem", "rights-problem"}
        assert [element.text for element in page.iter("textarea")] == ["<b>Kerro & kaikki</b>"]

    def test_a_form_with_faults_can_be_read_in_another_language(self, aino: Visitor, alfa: Sister) -> None:
        form = {"email": "aino", "companies": str(alfa.company.company_id)}
        sent_from = f"https://testserver.example{aino.url('requests', 'new')}"
        answer = aino.browser.post(aino.url("requests"), form, headers={"referer": sent_from})
        assert answer.status_code == 422
        links = [str(element.get("href")) for element in parse(answer.text).iter("a") if element.get("hreflang")]
        assert len(links) == 2
        assert {aino.browser.get(link).status_code for link in links} == {200}

    def test_a_hundred_kilobytes_of_text_are_told_to_be_too_much(self, aino: Visitor, alfa: Sister) -> None:
        answer = aino.send(alfa, words="ä" * 100_000)
        assert answer.status_code == 422
        assert of_class(parse(answer.text), "problem")

    @pytest.mark.parametrize(
        "form",
        [
            {"rights": "everything"},
            {"companies": "x"},
            {"companies": "00000000-0000-0000-0000-000000000000"},
            {"rights": ["access"] * 1000},
        ],
    )
    def test_what_no_form_sends_does_no_harm(
        self, aino: Visitor, alfa: Sister, sister: Callable[..., Sister], form: dict[str, str]
    ) -> None:
        sister("beeta")
        assert aino.send(alfa, **form).status_code in {303, 400, 422}

    def test_an_address_that_the_database_cannot_ask_for_is_a_bad_request(self, aino: Visitor, alfa: Sister) -> None:
        assert aino.browser.get(aino.url("notices", "al%00fa")).status_code == 400

    def test_no_page_address_or_header_holds_anything_personal(self, aino: Visitor, alfa: Sister) -> None:
        answer = aino.send(alfa)
        assert aino.email not in answer.headers["location"]
        page = aino.browser.follow(answer)
        assert aino.email not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] in {"same-origin", "no-referrer"}
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        assert not [element for element in parse(page.text).iter() if "style" in element.attrib]

    def test_known_and_unknown_addresses_see_the_same_page(
        self, aino: Visitor, visit: Callable[..., Visitor], alfa: Sister
    ) -> None:
        alfa.customer(aino.email, "1")
        pages = []
        for visitor in (aino, visit()):
            page = text(parse(visitor.browser.follow(visitor.send(alfa)).text))
            pages.append(page)
        assert pages[0] == pages[1]

    def test_who_asks_too_often_is_asked_to_wait(
        self, aino: Visitor, visit: Callable[..., Visitor], alfa: Sister
    ) -> None:
        for _ in range(REQUESTS_OF_CLIENT.most):
            aino.email = f"{new_id().hex}@x.example"
            assert aino.send(alfa).status_code == 303
        answer = aino.send(alfa)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert "Yritä" in answer.text or "yritä" in answer.text


class TestProving:
    def test_a_wrong_code_says_how_many_attempts_are_left(self, aino: Visitor, alfa: Sister) -> None:
        aino.ask(alfa)
        answer = aino.enter("00000000")
        assert answer.status_code == 422
        assert "4" in text(of_class(parse(answer.text), "problem")[0])

    def test_after_five_wrong_ones_a_new_code_must_be_asked_for(self, aino: Visitor, alfa: Sister) -> None:
        asked = aino.ask(alfa)
        code = asked.code()
        for _ in range(5):
            aino.enter("1")
        assert aino.enter(code).status_code == 422
        again = aino.browser.post(aino.request_url("codes"))
        assert again.status_code == 303
        assert aino.enter(asked.code()).status_code == 303

    def test_a_code_sent_twice_opens_the_page_once_and_says_so_nowhere(self, aino: Visitor, alfa: Sister) -> None:
        """A second click, or a second tab."""
        asked = aino.ask(alfa)
        code = asked.code()
        assert aino.enter(code).status_code == 303
        second = aino.enter(code)
        assert second.status_code == 303
        assert second.headers["location"] == aino.request_url()

    def test_a_used_code_opens_nothing_elsewhere(
        self, aino: Visitor, alfa: Sister, visit: Callable[..., Visitor]
    ) -> None:
        asked = aino.come_in(alfa)
        thief = visit()
        thief.asked = asked
        assert thief.enter(asked.code()).status_code == 422

    def test_the_cookie_is_for_this_site_only_and_out_of_reach_of_scripts(self, aino: Visitor, alfa: Sister) -> None:
        asked = aino.ask(alfa)
        cookie = aino.enter(asked.code()).headers["set-cookie"]
        assert cookie.startswith("__Host-")
        assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))

    def test_the_page_closes_by_itself_after_half_an_hour(self, aino: Visitor, alfa: Sister) -> None:
        aino.come_in(alfa)
        with walled_session(aino.group.system()) as session:
            session.execute(
                update(Verification).values(session_expires_at=Verification.session_expires_at - timedelta(minutes=31))
            )
        closed = aino.browser.get(aino.request_url())
        assert "kauan auki" in closed.text
        behind = aino.browser.get(aino.request_url("recipients"))
        assert behind.status_code == 404
        assert f'action="{aino.request_url("codes")}"' in behind.text
        again = aino.browser.post(aino.request_url("codes"))
        assert again.headers["location"] == aino.request_url("verification")

    def test_who_leaves_closes_the_page_for_whoever_comes_next(self, aino: Visitor, alfa: Sister) -> None:
        aino.come_in(alfa)
        kept = dict(aino.browser.cookies)
        answer = aino.browser.post(aino.request_url("closing"))
        assert answer.status_code == 303
        for name, value in kept.items():
            aino.browser.keep(name, value)
        assert "<h1>" in aino.browser.get(aino.request_url()).text
        assert aino.browser.get(aino.request_url("withdrawal")).status_code == 404

    def test_the_way_in_a_letter_leads_to_the_code_it_brought(self, aino: Visitor, alfa: Sister) -> None:
        aino.ask(alfa)
        answer = aino.browser.get(aino.request_url() + "?language=sv")
        assert answer.status_code == 303
        assert answer.headers["location"] == aino.request_url("verification")


class TestFollowing:
    def test_the_page_shows_what_each_company_answered(self, served: Visitor, automatic: Sister) -> None:
        page = parse(served.browser.get(served.request_url()).text)
        answers = of_class(page, "answer")
        assert len(answers) == 1
        assert "Beeta Oy" in text(answers[0])
        assert "Lataa" in text(answers[0])
        assert of_class(page, "ribbon")

    def test_the_page_looks_again_by_itself_only_while_something_is_under_way(
        self, aino: Visitor, automatic: Sister
    ) -> None:
        automatic.customer(aino.email, "1")
        aino.come_in(automatic)
        waiting = aino.browser.get(aino.request_url()).text
        assert "hx-trigger" in waiting
        assert aino.request_url() in waiting
        run_jobs(aino.group)
        assert "hx-trigger" not in aino.browser.get(aino.request_url()).text

    def test_the_timeline_begins_with_the_request_and_names_companies_where_there_are_several(
        self, aino: Visitor, alfa: Sister, automatic: Sister
    ) -> None:
        automatic.customer(aino.email, "1")
        aino.come_in(alfa, automatic)
        before = [
            text(line) for line in parse(aino.browser.get(aino.request_url()).text).iterfind(".//ol[@class='steps']/li")
        ]
        assert len(before) == 3
        run_jobs(aino.group)
        after = [
            text(line) for line in parse(aino.browser.get(aino.request_url()).text).iterfind(".//ol[@class='steps']/li")
        ]
        assert after[-3:] == before
        assert any("Alfa Oy:" in line for line in after)
        assert any("Beeta Oy:" in line for line in after)

    def test_a_page_that_closed_while_it_looked_again_is_loaded_anew(self, aino: Visitor, alfa: Sister) -> None:
        aino.ask(alfa)
        answer = aino.browser.get(aino.request_url(), **{"HX-Request": "true"})
        assert answer.status_code == 204
        assert answer.headers["hx-refresh"] == "true"

    def test_registers_that_ask_for_more_are_named(self, aino: Visitor, automatic: Sister) -> None:
        make.register(automatic.company, "credit", level=IdentityLevel.L3)
        automatic.customer(aino.email, "1")
        aino.come_in(automatic)
        run_jobs(aino.group)
        page = text(parse(aino.browser.get(aino.request_url()).text))
        assert "vahva sähköinen tunnistaminen" in page.casefold()

    def test_a_refusal_is_read_on_the_page_too(self, aino: Visitor, alfa: Sister) -> None:
        alfa.customer(aino.email, "1")
        aino.come_in(alfa)
        run_jobs(aino.group)
        with walled_session(alfa.staff()) as session:
            case_id = session.scalars(select(Case.case_id)).one()
            refusing.refuse(session, case_id, ground="rights_of_others", reason="<i>Jo kolmas</i> tällä viikolla.")
        page = parse(aino.browser.get(aino.request_url()).text)
        assert "<i>Jo kolmas</i> tällä viikolla." in text(page)

    def test_withdrawing_is_asked_once_more_and_then_done(self, aino: Visitor, alfa: Sister) -> None:
        alfa.customer(aino.email, "1")
        aino.come_in(alfa)
        run_jobs(aino.group)
        page = aino.browser.get(aino.request_url("withdrawal"))
        assert page.status_code == 200
        assert aino.browser.post(aino.request_url("withdrawal")).status_code == 303
        run_jobs(aino.group)
        with walled_session(alfa.system()) as session:
            assert session.scalars(select(Case.state)).one() is CaseState.WITHDRAWN
        again = aino.browser.post(aino.request_url("withdrawal"))
        assert again.status_code == 409
        assert aino.browser.get(aino.request_url("withdrawal")).status_code == 303


class TestDownloading:
    def test_the_archive_is_downloaded_with_a_link_that_works_once(self, served: Visitor, automatic: Sister) -> None:
        link = fetch_link(served, automatic)
        archive = served.browser.get(link)
        assert archive.status_code == 200
        assert archive.headers["content-disposition"].startswith("attachment; filename=")
        assert served.email not in archive.headers["content-disposition"]
        assert archive.headers["cache-control"] == "no-store"
        assert "K-1001" in "".join(
            zipfile.ZipFile(io.BytesIO(archive.content)).read(name).decode(errors="replace")
            for name in zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
        )
        used = served.browser.get(link)
        assert used.status_code == 410
        assert served.request_url() in used.text
        assert served.browser.get(fetch_link(served, automatic)).status_code == 200
        page = text(parse(served.browser.get(served.request_url()).text))
        assert "ladattu" in page.casefold()

    def test_a_link_lives_for_five_minutes(self, served: Visitor, automatic: Sister) -> None:
        link = fetch_link(served, automatic)
        with walled_session(served.asked.subject()) as session:  # type: ignore[union-attr]
            session.execute(update(DownloadToken).values(expires_at=DownloadToken.expires_at - timedelta(minutes=5)))
        old = served.browser.get(link)
        assert old.status_code == 410
        assert served.browser.get(fetch_link(served, automatic)).status_code == 200

    def test_a_destroyed_archive_is_said_to_be_destroyed(self, served: Visitor, automatic: Sister) -> None:
        link, export = fetch_link(served, automatic), export_of(automatic)
        bring_due(served.group, ExpireExport.name)
        run_jobs(served.group)
        assert served.browser.get(link).status_code == 410
        answer = served.browser.post(served.request_url("archives", export, "links"))
        assert answer.status_code == 410
        assert "uudella pyynnöllä" in answer.text.casefold()

    def test_a_made_up_link_leads_nowhere(self, served: Visitor) -> None:
        assert served.browser.get(served.request_url("downloads", "x" * 43)).status_code == 404

    def test_no_link_is_made_by_looking(self, served: Visitor, automatic: Sister) -> None:
        url = served.request_url("archives", export_of(automatic), "links")
        assert served.browser.get(url).status_code == 405


def test_the_portal_keeps_no_more_than_was_asked(aino: Visitor, alfa: Sister) -> None:
    aino.ask(alfa, words="Kiitos!")
    with walled_session(aino.group.system()) as session:
        request = session.scalars(select(Request)).one()
    assert b"Kiitos" not in (request.sealed_words or b"")
    assert request.entered_by is None
