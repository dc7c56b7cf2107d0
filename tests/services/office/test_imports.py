"""A file is brought into a register through the office."""

import pytest
from litestar import Litestar

from tenants.companies.permissions import Permission
from tenants.database import walled_session
from tenants.languages.speaking import Language
from tenants.registers import registers
from tests.queue import run_jobs
from tests.services.browsing import CSRF_COOKIE, Browser, Page
from tests.services.stage import Stage
from tests.tenants.registers.workbooks import workbook

GOOD = b"customer_number;name;email\n77;Uusi Asiakas;uusi77@esimerkki.example\n"
MIXED = GOOD + b"78;Toinen;not-an-address\n"


def bring(browser: Browser, built: Stage, content: bytes) -> str:
    form = {"register": str(built.register.register_id), "source": "verkkokauppa"}
    answer = browser.post("/office/imports", form, files={"file": ("asiakkaat.csv", content, "text/csv")})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_a_file_is_checked_first_and_nothing_is_written(importer: Browser, built: Stage) -> None:
    url = bring(importer, built, MIXED)
    answer = importer.get(url)
    assert "The file is being checked. Nothing is written yet." in Page(answer).words
    assert 'hx-select-oob="#flash"' in answer.text
    run_jobs(built.group, only="imports.check")
    answer = importer.get(url)
    # It takes the place of what was said when the file came.
    assert '<div id="flash"></div>' in answer.text
    words = Page(answer).words
    assert "Some rows do not fit." in words
    assert "This is not an e-mail address." in words
    assert "not-an-address" not in answer.text
    for key in ("customer_number", "name", "email"):
        assert f'<code class="hint">{key}</code>' in answer.text
    with walled_session(built.alfa.system()) as session:
        [email] = [one for one in registers.fields(session, built.register.register_id) if one.key == "email"]
    assert words.count(f"{email.label.in_(Language.EN)} email") == 2


def test_strange_columns_are_chosen_on_a_page_of_their_own(importer: Browser, built: Stage) -> None:
    url = bring(importer, built, b"Nro;Kuka;Koko\n88;Uusi Asiakas;43\n")
    run_jobs(built.group, only="imports.check")
    assert f'href="{url}/columns"' in importer.get(url).text
    page = Page(importer.get(f"{url}/columns"))
    assert "Uusi Asiakas" in page.words
    given = {"column-1": "customer_number", "column-2": "customer_number", "column-3": "-"}
    again = importer.post(f"{url}/columns", given)
    assert again.status_code == 422
    assert "Another column of the file is the same field." in Page(again).words
    assert importer.post(f"{url}/columns", {**given, "column-2": "name"}).status_code == 303
    run_jobs(built.group, only="imports.check")
    words = Page(importer.get(url)).words
    assert "Every row of the file fits the register." in words
    assert "left out" in words


def test_a_spreadsheet_is_taken_and_its_form_is_shown(importer: Browser, built: Stage) -> None:
    form = {"register": str(built.register.register_id), "source": "verkkokauppa"}
    content = workbook([("customer_number", "name"), (99, "Uusi Asiakas")])
    answer = importer.post("/office/imports", form, files={"file": ("a.xlsx", content, "application/octet-stream")})
    run_jobs(built.group, only="imports.check")
    words = Page(importer.get(str(answer.headers["location"]))).words
    assert "XLSX (spreadsheet)" in words


def test_an_import_is_paused_and_goes_on(importer: Browser, built: Stage) -> None:
    url = bring(importer, built, GOOD)
    run_jobs(built.group, only="imports.check")
    importer.post(f"{url}/approval", {"keep_good": "no"})
    assert importer.post(f"{url}/pause").status_code == 303
    assert "The import is paused." in Page(importer.get(url)).words
    run_jobs(built.group, only="imports.write")
    assert importer.post(f"{url}/resumption").status_code == 303
    run_jobs(built.group, only="imports.write")
    assert "The rows are in the register and the file has been destroyed." in Page(importer.get(url)).words


def test_columns_that_are_no_field_are_told_apart_by_their_number(importer: Browser, built: Stage) -> None:
    url = bring(importer, built, b"customer_number;shoe;eyes\n77;43;siniset\n")
    run_jobs(built.group, only="imports.check")
    words = Page(importer.get(url)).words
    assert "column 2" in words
    assert "column 3" in words


def test_a_file_by_which_nobody_is_recognised_names_no_column(importer: Browser, built: Stage) -> None:
    url = bring(importer, built, b"name\nAino\n")
    run_jobs(built.group, only="imports.check")
    words = Page(importer.get(url)).words
    assert "The file has no column by which a person could be recognised." in words
    assert "column 2" not in words


def test_good_rows_are_written_only_when_somebody_says_so(importer: Browser, built: Stage) -> None:
    url = bring(importer, built, MIXED)
    run_jobs(built.group, only="imports.check")
    assert importer.post(f"{url}/approval", {"keep_good": "no"}).status_code == 409
    importer.post(f"{url}/approval", {"keep_good": "yes"})
    run_jobs(built.group, only="imports.write")
    assert "The rows are in the register and the file has been destroyed." in Page(importer.get(url)).words
    assert "verkkokauppa" in Page(importer.get("/office/imports")).words


def test_a_discarded_file_is_written_no_more(importer: Browser, built: Stage) -> None:
    url = bring(importer, built, GOOD)
    run_jobs(built.group, only="imports.check")
    done = importer.post(f"{url}/discarding")
    assert "no row was written" in Page(importer.follow(done)).words
    assert importer.post(f"{url}/approval", {"keep_good": "yes"}).status_code == 409


def test_a_form_without_a_file_comes_back(importer: Browser, built: Stage) -> None:
    form = {"register": str(built.register.register_id), "source": "verkkokauppa"}
    answer = importer.post("/office/imports", form, files={"other": ("", b"", "text/csv")})
    assert answer.status_code == 422
    assert 'href="#file"' in answer.text
    assert Page(answer).fields["source"] == "verkkokauppa"
    # It can be sent again from here.
    assert Page(answer).fields["_csrf_token"] == importer.cookies[CSRF_COOKIE]


def test_a_file_for_a_sister_companys_register_is_not_taken(importer: Browser, built: Stage) -> None:
    form = {"register": str(built.ids["case_id"]), "source": "verkkokauppa"}
    answer = importer.post("/office/imports", form, files={"file": ("a.csv", GOOD, "text/csv")})
    assert answer.status_code == 404


def test_a_file_larger_than_other_forms_is_taken(importer: Browser, built: Stage) -> None:
    rows = b"".join(b"%d;Uusi Asiakas;uusi%d@esimerkki.example\n" % (number, number) for number in range(100_000))
    assert len(rows) > 2_000_000
    bring(importer, built, b"customer_number;name;email\n" + rows)


@pytest.mark.parametrize("url", ["/office/imports", "/api/v1/imports"])
def test_two_gigabytes_are_refused_before_they_are_read_and_with_a_way_on(
    importer: Browser, built: Stage, url: str
) -> None:
    """What is said to come is believed: nothing of it has to."""
    key = built.token(built.permitted(Permission.IMPORT_RECORDS))
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(2 * 1024**3),
        "Authorization": f"Bearer {key}",
    }
    answer = importer.send("POST", url, content=b"--x", headers=headers)
    assert answer.status_code == 413
    assert "seloste import" in answer.text


def test_what_a_stranger_sends_is_not_even_read(browser: Browser, app: Litestar) -> None:
    """Whoever read this would complain that it has no end."""
    unreadable = b'--x\r\nContent-Disposition: form-data; name="source"\r\n\r\nkassa'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for url in ("/office/imports", "/api/v1/imports"):
        assert browser.send("POST", url, content=unreadable, headers=headers).status_code == 401


def test_what_staff_send_is_read(importer: Browser, built: Stage) -> None:
    unreadable = b'--x\r\nContent-Disposition: form-data; name="source"\r\n\r\nkassa'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert importer.send("POST", "/office/imports", content=unreadable, headers=headers).status_code == 400
