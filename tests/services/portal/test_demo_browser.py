"""The demo's browser reads the pages that there are."""

from collections.abc import Callable

from infra.demo.browser import Answer, Page
from tenants.companies.model import Approval
from tests.asking import Sister
from tests.queue import run_jobs
from tests.services.portal.conftest import Visitor


def test_it_sends_the_form_as_it_stands(aino: Visitor, alfa: Sister, sister: Callable[..., Sister]) -> None:
    beeta = sister("beeta")
    form = next(form for form in Page(aino.get("requests", "new").text).forms if form.action == aino.url("requests"))
    assert set(form.fields["companies"]) == {str(each.company.company_id) for each in (alfa, beeta)}
    assert form.fields["rights"] == ["access"]
    assert "_csrf_token" in form.fields


def test_it_sees_what_each_company_has_answered(aino: Visitor, alfa: Sister, sister: Callable[..., Sister]) -> None:
    beeta = sister("beeta", approval=Approval.AUTOMATIC)
    for each in (alfa, beeta):
        each.customer(aino.email, "1")
    aino.come_in(alfa, beeta)
    waiting = Page(aino.browser.get(aino.request_url()).text).answers
    assert {answer.state for answer in waiting} == {"awaiting_identity"}
    run_jobs(aino.group)
    answers = {answer.company: answer for answer in Page(aino.browser.get(aino.request_url()).text).answers}
    assert answers["Alfa Oy"].state == "awaiting_decision"
    assert answers["Alfa Oy"].link_url is None
    answered: Answer = answers["Beeta Oy"]
    assert answered.state == "answered"
    assert answered.reference.endswith("-0001")
    assert answered.link_url
    assert answered.link_url.endswith("/links")
