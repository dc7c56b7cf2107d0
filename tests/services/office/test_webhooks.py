"""Endpoints as the office keeps them: what cannot be is said at its field, and what failed is on the agenda."""

import pytest
from sqlalchemy import func, update

from tenants.acting import PurposeKind
from tenants.database import walled_session
from tenants.webhooks.model import DisabledFor, WebhookEndpoint
from tests.services.browsing import Browser, Page
from tests.services.stage import Stage

GOOD = {"agreement": "hosting", "url": "https://kuuntelija.example/", "events": "feed.changed"}


@pytest.fixture
def built(built: Stage) -> Stage:
    """With an agreement, for whose processor endpoints are."""
    assert all(built.ids[name] for name in ("agreement_id", "endpoint_id"))
    return built


def url(built: Stage) -> str:
    return f"/office/processors/{built.ids['processor_id']}/webhooks"


@pytest.mark.parametrize(
    ("field", "given", "sentence"),
    [
        ("url", "http://kuuntelija.example/", "Only addresses that begin with https:// are called."),
        ("url", "https://10.0.0.1/", "This address lies in a private or reserved network, and such are not called."),
        ("url", "https://[::ffff:a00:1]/", "This address lies in a private or reserved network"),
        ("url", "https://a:b@kuuntelija.example/", "must hold no user name and no password"),
        ("url", "https://kuuntelija.example:22/", "called at these ports only: 443, 8443"),
        ("url", "kuuntelija", "This is not a full web address"),
        ("events", "person.erased", "There is no event called person.erased"),
        ("agreement", "toinen", "Choose one of the company&#39;s agreements"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    handler: Browser, built: Stage, field: str, given: str, sentence: str
) -> None:
    answer = handler.post(url(built), GOOD | {field: given})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text


def test_the_secret_is_shown_once(handler: Browser, built: Stage) -> None:
    answer = handler.post(url(built), GOOD | {"asymmetric": "yes"})
    assert "whsec_" in answer.text
    assert "whpk_" in answer.text
    assert "whsec_" not in handler.get(url(built)).text


def test_an_endpoint_that_was_given_up_is_on_the_agenda(handler: Browser, built: Stage) -> None:
    said = "A webhook endpoint of a processor does not answer and was disabled"
    assert said not in Page(handler.get("/office/cases")).words
    with walled_session(built.alfa.system(PurposeKind.STORAGE)) as session:
        session.execute(
            update(WebhookEndpoint)
            .where(WebhookEndpoint.endpoint_id == built.ids["endpoint_id"])
            .values(disabled_at=func.now(), disabled_for=DisabledFor.EXHAUSTED)
        )
    page = Page(handler.get("/office/cases"))
    assert said in page.words
    assert f"/office/processors/{built.ids['processor_id']}" in page.links
    assert "Message after message got no good answer" in handler.get(url(built)).text
