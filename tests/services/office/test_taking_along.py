"""A register, and the refused rows of a file, taken along through the office."""

import pytest

from tenants.database import walled_session
from tenants.exports import extracts
from tests.queue import run_jobs
from tests.services.browsing import Browser, Page
from tests.services.stage import Stage

EXTRACTS = "/office/extracts"


@pytest.fixture
def built(built: Stage) -> Stage:
    """With two people who were told apart."""
    assert built.ids["apart_id"]
    return built


def test_a_register_is_ordered_built_and_downloaded(importer: Browser, built: Stage) -> None:
    page = Page(importer.get(f"{EXTRACTS}/new?register={built.register.register_id}"))
    assert "Sealed, and in no file:" in page.words
    form = {"register": str(built.register.register_id), "fields": str(built.register.fields["name"]), "kind": "csv"}
    assert importer.post(EXTRACTS, form).status_code == 422
    with walled_session(built.alfa.system()) as session:
        [purpose] = extracts.purposes(session, built.register.register_id)
    answer = importer.post(EXTRACTS, {**form, "purpose": str(purpose.purpose_id)})
    url = str(answer.headers["location"])
    assert "waiting to be built" in Page(importer.follow(answer)).words
    run_jobs(built.group, only="exports.build_extract")
    page = Page(importer.get(url))
    assert "ready to download" in page.words
    [file] = [link for link in page.links if link.endswith("/file")]
    taken = importer.get(file)
    assert taken.headers["content-disposition"] == 'attachment; filename="customers.csv"'
    assert taken.headers["content-type"] == "text/csv; charset=utf-8"
    assert "Aino Esimerkki" in taken.text
    importer.post(f"{url}/discarding", {})
    assert "discarded" in Page(importer.get(url)).words
    assert importer.get(file).status_code == 303


def test_refused_rows_are_downloaded_by_whoever_brought_them(importer: Browser, built: Stage) -> None:
    content = b"customer_number;name;email\n77;Uusi;uusi@esimerkki.example\n78;Toinen;ei mikaan\n"
    form = {"register": str(built.register.register_id), "source": "verkkokauppa"}
    answer = importer.post("/office/imports", form, files={"file": ("asiakkaat.csv", content, "text/csv")})
    run_jobs(built.group, only="imports.check")
    [rows] = [link for link in Page(importer.follow(answer)).links if link.endswith("/refused-rows")]
    taken = importer.get(rows)
    assert taken.headers["content-disposition"] == 'attachment; filename="refused-rows.csv"'
    assert "78;Toinen;ei mikaan" in taken.text
    assert "77;" not in taken.text


def test_two_people_are_told_apart_and_it_is_taken_back(handler: Browser, built: Stage) -> None:
    page = Page(handler.get("/office/duplicates"))
    assert "Said to be two people" in page.words
    [undoing] = [link for link in page.links if "/distinctions/" in link and link.endswith("/undoing")]
    assert handler.post(undoing, {"reason": ""}).status_code == 422
    answer = handler.post(undoing, {"reason": "Sama ihminen"})
    assert "Taken back: they may be one person again." in Page(handler.follow(answer)).words
    page = Page(handler.get("/office/duplicates"))
    [telling] = [link for link in page.links if f"other={built.ids['apart_id']}" in link and "/distinctions" in link]
    url = telling.partition("?")[0]
    answer = handler.post(url, {"other": str(built.ids["apart_id"]), "reason": "Puolisot"})
    assert "Not the same person:" in Page(handler.follow(answer)).words
