"""A document is known by its name and its SHA-256: somebody writes them, or sends the file and keeps it."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar

from services.api.office.sent_documents import LARGEST
from tenants.database import walled_session
from tenants.processors import reading, verifying
from tenants.processors.model import Document, Point
from tests.services.browsing import Browser, Page
from tests.tenants.processors.scene import Scene, scene, today

REPORT = b"%PDF-1.7 raportti"
COUNTED = sha256(REPORT).hexdigest()
NO_FILE = ("", b"", "application/octet-stream")


@pytest.fixture(scope="module")
def house(app: Litestar) -> Scene:
    return scene()


@pytest.fixture
def admin(open_browser: Callable[[], Browser], house: Scene) -> Browser:
    browser = open_browser()
    browser.sit_down(house.approver, house.alfa)
    browser.get("/office/processors?language=en")
    return browser


def verify(admin: Browser, house: Scene, file: Any = NO_FILE, **given: str) -> Response:
    form = {"verified_on": today().isoformat(), "valid_until": "2090-01-01", "document": "", "sha256": "", **given}
    return admin.post(f"/office/processors/{house.pilvi}/verifications", form, files={"file": file})


def evidence(house: Scene) -> list[Document]:
    with walled_session(house.approver.acting(house.alfa)) as session:
        return [one.document for one in verifying.of_processor(session, house.pilvi)]


def test_a_file_is_known_by_its_name_and_what_was_counted(admin: Browser, house: Scene) -> None:
    assert verify(admin, house, (r"C:\omat\raportti.pdf", REPORT, "application/pdf")).status_code == 303
    assert Document("raportti.pdf", COUNTED) in evidence(house)


def test_a_name_and_the_same_digest_stand_beside_the_file(admin: Browser, house: Scene) -> None:
    answer = verify(admin, house, ("x.pdf", REPORT, "application/pdf"), document="Auditointi", sha256=COUNTED.upper())
    assert answer.status_code == 303
    assert Document("Auditointi", COUNTED) in evidence(house)


def test_an_empty_file_is_refused_at_its_field(admin: Browser, house: Scene) -> None:
    answer = verify(admin, house, ("tyhja.pdf", b"", "application/pdf"))
    assert answer.status_code == 422
    assert "#file" in Page(answer).links
    assert "The file is empty." in Page(answer).words


def test_a_digest_that_is_not_of_the_file_is_refused_and_both_are_told(admin: Browser, house: Scene) -> None:
    answer = verify(admin, house, ("x.pdf", REPORT, "application/pdf"), document="Auditointi", sha256="ab" * 32)
    page = Page(answer)
    assert answer.status_code == 422
    assert "#sha256" in page.links
    assert COUNTED in page.words
    assert page.fields["sha256"] == "ab" * 32
    assert all(one.sha256 != "ab" * 32 for one in evidence(house))


def test_a_file_over_the_limit_is_refused_at_its_field(admin: Browser, house: Scene) -> None:
    answer = verify(admin, house, ("suuri.pdf", b"x" * (LARGEST + 1), "application/pdf"))
    assert (answer.status_code, "#file" in Page(answer).links) == (422, True)


def test_what_was_counted_stays_in_the_form_after_another_error(admin: Browser, house: Scene) -> None:
    answer = verify(admin, house, ("raportti.pdf", REPORT, "application/pdf"), valid_until="")
    page = Page(answer)
    assert (answer.status_code, page.fields["document"], page.fields["sha256"]) == (422, "raportti.pdf", COUNTED)


def test_neither_name_nor_digest_is_refused_at_the_digest(admin: Browser, house: Scene) -> None:
    page = Page(verify(admin, house))
    assert {"#document", "#sha256"} <= {*page.links}


def test_each_document_of_an_agreement_may_be_sent(admin: Browser, house: Scene) -> None:
    """The rows of transfers stand beside each other, and so do their files."""
    names = ("sopimus", "kysely", "ensimmainen", "toinen")
    sent = {name: (f"{name}.pdf", name.encode(), "application/pdf") for name in names}
    form = {
        "key": "lahetetty",
        "valid_from": today().isoformat(),
        "answered_on": today().isoformat(),
        "where": [""] * len(Point),
        "transfer_country": ["US", "IN", "CN"],
        "transfer_kind": ["standard_clauses"] * 3,
        "transfer_document": [""] * 3,
        "transfer_sha256": ["", "cd" * 32, ""],
    }
    files = [
        ("file", sent["sopimus"]),
        ("questionnaire_file", sent["kysely"]),
        *(("transfer_file", one) for one in (sent["ensimmainen"], NO_FILE, sent["toinen"])),
    ]
    url = f"/office/processors/{house.pilvi}/agreements"
    again = Page(admin.post(url, form | {"valid_until": "x", "transfer_document": ["", "Arvio", ""]}, files=files))
    assert again.fields["sha256"] == sha256(b"sopimus").hexdigest()
    answer = admin.post(url, form | {"transfer_document": ["", "Arvio", ""]}, files=files)
    assert answer.status_code == 303
    with walled_session(house.approver.acting(house.alfa)) as session:
        (agreed,) = [one for one in reading.listed(session) if one.agreement.key == "lahetetty"]
    version = agreed.newest
    assert version.document == Document("sopimus.pdf", sha256(b"sopimus").hexdigest())
    assert version.questionnaire
    assert version.questionnaire.document.sha256 == sha256(b"kysely").hexdigest()
    assert [one.assessment for one in version.transfers] == [
        Document("ensimmainen.pdf", sha256(b"ensimmainen").hexdigest()),
        Document("Arvio", "cd" * 32),
        Document("toinen.pdf", sha256(b"toinen").hexdigest()),
    ]


def test_an_assessment_that_is_not_what_was_written_is_refused_at_its_row(admin: Browser, house: Scene) -> None:
    form = {
        "key": "eri",
        "valid_from": today().isoformat(),
        "transfer_country": ["", "US"],
        "transfer_kind": ["", "standard_clauses"],
        "transfer_document": ["", "Arvio"],
        "transfer_sha256": ["", "ab" * 32],
    }
    files = [("transfer_file", NO_FILE), ("transfer_file", ("a.pdf", REPORT, "application/pdf"))]
    answer = admin.post(f"/office/processors/{house.pilvi}/agreements", form, files=files)
    assert (answer.status_code, "#transfer-sha256-2" in Page(answer).links) == (422, True)


@pytest.mark.parametrize(
    ("row", "field", "told"),
    [
        ({"transfer_kind": ["", "standard_clauses"]}, "transfer-country-2", "Choose the country"),
        ({"transfer_document": ["", "Arvio"]}, "transfer-country-2", "Choose the country"),
        ({"transfer_country": ["", "US"], "transfer_document": ["", "Arvio"]}, "transfer-kind-2", "Choose the basis"),
    ],
)
def test_half_a_basis_of_a_transfer_is_refused_at_its_row_and_shown_again(
    admin: Browser, house: Scene, row: dict[str, list[str]], field: str, told: str
) -> None:
    empty = {f"transfer_{name}": ["", ""] for name in ("country", "kind", "document", "sha256")}
    form = {"key": "puolikas", "valid_from": today().isoformat(), **empty, **row}
    answer = admin.post(f"/office/processors/{house.pilvi}/agreements", form, files=[("transfer_file", NO_FILE)])
    page = Page(answer)
    assert (answer.status_code, f"#{field}" in page.links, told in page.words) == (422, True, True)


def test_a_draft_that_is_changed_asks_for_the_countries_that_still_have_no_basis(admin: Browser, house: Scene) -> None:
    """A processor that works in two countries outside, of which a draft has said nothing yet."""
    facts = {"key": "kaukainen", "name": "Kaukainen Oy", "kind": "ict_provider", "country": "FI", "role": "Tuki"}
    made = admin.post("/office/processors", facts | {"countries": "Suomi, india; US"})
    assert made.status_code == 303
    url = made.headers["location"].split("?")[0]
    empty = {f"transfer_{name}": [""] for name in ("country", "kind", "document", "sha256")}
    form = {"key": "kaukana", "valid_from": today().isoformat(), **empty}
    drafted = admin.post(f"{url}/agreements", form, files=[("transfer_file", NO_FILE)])
    assert drafted.status_code == 303
    draft = drafted.headers["location"].split("?")[0]
    assert re.findall(r'<option value="([A-Z]{2})" selected>', admin.get(f"{draft}/terms").text) == ["IN", "US"]
    assert "Data would go to India, outside the EEA" in Page(admin.get(draft)).words


def test_what_is_engaged_and_who_answers_are_told_in_three_languages(admin: Browser, house: Scene) -> None:
    facts = {"key": "uusi", "name": "Uusi Oy", "kind": "ict_provider", "country": "FI"}
    refused = admin.post("/office/processors", facts | {"role": "", "role_sv": "Dataskydd"})
    assert (refused.status_code, "#role" in Page(refused).links) == (422, True)
    role = {"role": "Tietosuoja", "role_sv": "Dataskydd", "role_en": "Data protection"}
    made = admin.post("/office/processors", facts | role)
    url = made.headers["location"].split("?")[0]
    page = Page(admin.get(f"{url}/facts"))
    assert {name: page.fields[name] for name in role} == role
    engaged = {"sub_processor": url.rsplit("/", 1)[-1], "countries": "FI", "since": "2026-01-01"}
    service = {"service": "Konesali", "service_sv": "Datorhall", "service_en": "Data centre"}
    done = admin.post(f"/office/processors/{house.pilvi}/sub-processors", engaged | service)
    assert done.status_code == 303
    assert "Data centre" in Page(admin.follow(done)).words
