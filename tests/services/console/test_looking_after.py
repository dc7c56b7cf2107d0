"""What Ulla of Pilvi sees and does in the console of Alfa, and what nobody else does."""

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from joserfc.jwk import ECKey, OKPKey
from litestar import Litestar
from litestar.testing import TestClient

from tenants.clients import registering
from tenants.clients.model import Method
from tenants.companies.model import Role
from tenants.contacts import keys, people, wishes
from tenants.contacts.model import OfferedKey
from tenants.contacts.refusals import NoSuchOffer, NoSuchWish
from tenants.database import walled_session
from tenants.errors import Forbidden
from tests import make
from tests.queue import run_jobs
from tests.services.browsing import Browser, Page
from tests.services.console.people import Person
from tests.services.oauth import wires
from tests.tenants.feeds.scene import Scene


@pytest.fixture(scope="module")
def ulla(somebody: Callable[[], Person]) -> Person:
    """Invited, accepted, signed in; once, for so many codes are not sent to one machine."""
    return somebody().come_in()


def feed_id(house: Scene, key: str) -> UUID:
    return next(one.feed.feed_id for one in house.all() if one.feed.key == key)


def pem() -> str:
    return str(OKPKey.generate_key("Ed25519").as_pem(private=False).decode())


def bring(ulla: Person, pasted: str, *, name: str = "Hakija", client: str = "") -> int:
    return ulla.post_to("keys", form={"keys": pasted, "name": name, "client": client}).status_code


def newest_offer(ulla: Person) -> OfferedKey:
    with walled_session(ulla.house.alfa.system()) as session:
        return keys.offers(session, ulla.house.pilvi)[0]


def released(ulla: Person) -> UUID:
    """A client of a key that she has brought and the company released."""
    assert bring(ulla, pem()) == 303
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        keys.release(session, newest_offer(ulla).offer_id)
        return registering.listed(session, ulla.house.pilvi)[0].client_id


@pytest.mark.parametrize(
    "part", ["", "keys", "confirmations", "own-data", "feeds/{}", "feeds/{}/pulling", "feeds/{}/pulling?of=feed"]
)
def test_every_page_opens_to_her_and_sends_a_stranger_to_the_door(
    ulla: Person, somebody: Callable[[], Person], feeding: Scene, part: str
) -> None:
    where = part.format(feed_id(feeding, "customers"))
    assert ulla.get(where).status_code == 200
    answer = somebody().get(where)
    assert (answer.status_code, answer.headers["location"]) == (303, ulla.url("sign-in"))


@pytest.mark.parametrize("part", ["keys", "leaving", "feeds/{}/wishes", "keys/{}/loss", "keys/{}/retirement"])
def test_what_a_stranger_sends_is_refused(somebody: Callable[[], Person], feeding: Scene, part: str) -> None:
    assert somebody().post_to(part.format(feed_id(feeding, "customers")), form={}).status_code == 401


def test_she_sees_the_fields_with_their_types_and_a_sample_and_no_person(ulla: Person, feeding: Scene) -> None:
    shown = ulla.get("feeds", feed_id(feeding, "customers")).text
    assert "alfa.customers" in shown
    assert "&#34;op&#34;:&#34;upsert&#34;" in shown
    assert "&#34;op&#34;:&#34;tombstone&#34;" in shown


def test_a_feed_that_is_being_drafted_has_its_sandbox_already(ulla: Person, feeding: Scene) -> None:
    shown = ulla.get("feeds", feed_id(feeding, "drafted"))
    assert shown.status_code == 200
    assert "tombstone" in shown.text


def test_the_company_reads_whose_key_waits_wherever_it_may_look_for_it(
    ulla: Person, open_browser: Callable[[], Browser]
) -> None:
    assert bring(ulla, pem()) == 303
    office, url = open_browser(), f"/office/processors/{ulla.house.pilvi}"
    office.sit_down(ulla.house.approver, ulla.house.alfa)
    assert (
        "A processor has brought a key, which waits to be released Pilvi"
        in Page(office.get("/office/registers?language=en")).words
    )
    for page in (url, f"{url}/clients"):
        shown = Page(office.get(page))
        assert re.search(r"waits? (for an answer|to be released)", shown.words)
        assert f"{url}/contacts" in shown.links


def test_what_is_no_key_is_told_the_three_ways_to_write_one(ulla: Person) -> None:
    answer = ulla.post_to("keys", form={"keys": "ssh-ed25519 AAAA", "name": "Hakija", "client": ""})
    assert (answer.status_code, "JWK, JWKS tai PEM" in answer.text) == (422, True)


def test_somebody_of_another_processor_sees_nothing_of_it(
    somebody: Callable[[], Person], feeding: Scene, ulla: Person
) -> None:
    other = feeding.house.processor(f"sora{str(ulla.email)[5:11]}")
    feeding.house.draft("other", processor_id=other)
    urho = somebody()
    urho.invited(to=other)
    urho.accept()
    assert urho.sign_in().status_code == 303
    seen = urho.get().text
    assert "alfa.customers" not in seen
    assert "Pilvi" not in seen
    for part in ("", "/pulling"):
        assert urho.get(f"feeds/{feed_id(feeding, 'customers')}{part}").status_code == 404
    client_id = released(ulla)
    assert str(client_id) not in urho.get("keys").text
    assert urho.post_to("keys", client_id, "loss", form={"kid": newest_offer(ulla).kid or ""}).status_code == 404


def test_she_sees_nothing_of_what_a_sister_company_gives(ulla: Person, feeding: Scene) -> None:
    beta = feeding.house.beta
    admin = make.staff(feeding.house.group, (Role.COMPANY_ADMIN, beta))
    with walled_session(admin.acting(beta)) as session:
        key = wires.public(wires.new_key())
        made = registering.register(
            session, feeding.house.pilvi, name="Betan", method=Method.PRIVATE_KEY_JWT, keys=[key]
        )
    assert str(made.client_id) not in ulla.get("keys").text
    assert ulla.post_to("keys", made.client_id, "retirement", form={"kid": key.kid}).status_code == 404


def test_a_page_left_open_in_another_tab_does_nothing_once_she_has_chosen_for_whom_she_acts(ulla: Person) -> None:
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        known = people.listed(session, ulla.house.pilvi)
    [own] = [one.row.contact_id for one in known if one.email == ulla.email]
    left_open = Page(ulla.get("own-data")).fields["_csrf_token"]
    assert ulla.post_to("acting", form={"contact": str(own)}).status_code == 303
    ulla.get("own-data")
    leaving = ulla.browser.send("POST", ulla.url("leaving"), data={"_csrf_token": left_open})
    assert leaving.status_code == 403
    assert ulla.get("own-data").status_code == 200


def test_a_key_proves_nothing_before_the_company_has_released_it(ulla: Person) -> None:
    assert bring(ulla, pem(), name="Uusi") == 303
    offer = newest_offer(ulla)
    with walled_session(ulla.house.alfa.system()) as session:
        assert "Uusi" not in [one.name for one in registering.listed(session, ulla.house.pilvi)]
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        keys.release(session, offer.offer_id)
        [made] = [one for one in registering.listed(session, ulla.house.pilvi) if one.name == "Uusi"]
        assert [one.thumbprint for one in registering.keys_of(session, [made.client_id])] == [offer.thumbprint]
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session, pytest.raises(NoSuchOffer):
        keys.release(session, offer.offer_id)


def test_a_next_key_is_added_beside_the_one_in_use(ulla: Person) -> None:
    client_id = released(ulla)
    assert bring(ulla, pem(), client=str(client_id)) == 303
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        keys.release(session, newest_offer(ulla).offer_id)
        assert len(registering.keys_of(session, [client_id])) == 2


def test_nobody_but_the_companys_administrator_releases(ulla: Person) -> None:
    bring(ulla, pem())
    officer = make.staff(ulla.house.group, (Role.REGISTER_OWNER, ulla.house.alfa))
    with walled_session(officer.acting(ulla.house.alfa)) as session, pytest.raises(Forbidden):
        keys.release(session, newest_offer(ulla).offer_id)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "x",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        OKPKey.generate_key("Ed25519").as_pem(private=True).decode(),
        ECKey.generate_key("P-384").as_pem(private=False).decode(),
    ],
    ids=["nothing", "no key", "broken", "private", "other curve"],
)
def test_what_is_no_usable_key_is_refused_in_words(ulla: Person, pasted: str) -> None:
    answer = ulla.post_to("keys", form={"keys": pasted, "name": "Hakija"})
    assert answer.status_code == 422
    assert 'id="keys-problem"' in answer.text
    assert "PRIVATE KEY" not in answer.text


def test_the_program_is_written_for_any_key_in_use(ulla: Person, feeding: Scene) -> None:
    """For the newest, unless another is chosen: then that one's id is in the program."""
    guide, kids = f"feeds/{feed_id(feeding, 'customers')}/pulling", []
    for _ in range(2):
        released(ulla)
        kids.append(str(newest_offer(ulla).kid))
    former, newest = (f'KEY_ID = "{kid}"' for kid in kids)
    assert newest in unescape(ulla.get(guide).text)
    shown = unescape(ulla.get(f"{guide}?key={kids[0]}").text)
    assert former in shown
    assert newest not in shown


def test_a_key_that_was_brought_once_is_not_brought_again(ulla: Person) -> None:
    key = pem()
    assert bring(ulla, key) == 303
    assert bring(ulla, key) == 422


def test_no_more_keys_wait_than_anybody_looks_at(ulla: Person) -> None:
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        already = len(keys.waiting(session))
    assert {bring(ulla, pem()) for _ in range(keys.MOST_WAITING - already)} <= {303}
    refused = ulla.post_to("keys", form={"keys": pem(), "name": "Hakija"})
    assert refused.status_code == 422
    assert f"on jo {keys.MOST_WAITING} tämän käsittelijän avainta" in Page(refused).words
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        for one in keys.waiting(session):
            keys.decline(session, one.offer_id, reason="Liikaa.")
    assert bring(ulla, pem()) == 303


def test_a_new_client_needs_a_name(ulla: Person) -> None:
    assert bring(ulla, pem(), name=" ") == 422


def test_a_lost_key_is_revoked_at_once_and_the_company_told(ulla: Person) -> None:
    client_id = released(ulla)
    kid = newest_offer(ulla).kid or ""
    assert ulla.post_to("keys", client_id, "loss", form={"kid": kid}).status_code == 303
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        [key] = registering.keys_of(session, [client_id])
        assert key.retired_at is not None
        [lost] = [one for one in keys.lost(session, unseen=True) if one.client_id == client_id]
    done = run_jobs(ulla.house.group, only=("contacts.tell"))
    assert done == ["contacts.tell_of_lost_key"]
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        keys.see(session, lost.lost_id)
        assert client_id not in [one.client_id for one in keys.lost(session, unseen=True)]


def test_a_wish_becomes_a_draft_that_is_approved_as_any_is(ulla: Person, feeding: Scene) -> None:
    wanted = feeding.approved()
    form = {"fields": ["name", "segment", "email"], "reason": "Laskut lähetetään sähköpostitse."}
    assert ulla.post_to("feeds", wanted, "wishes", form=form).status_code == 303
    with walled_session(feeding.house.drafter.acting(feeding.house.alfa)) as session:
        [wish] = [one for one in wishes.waiting(session) if one.feed_id == wanted]
        wishes.grant(session, wish.wish_id)
    given = feeding.given(wanted)
    assert (given.newest.version, given.newest.approved_at) == (2, None)
    assert {*given.newest.fields, *given.newest.sealed_fields} == {"name", "segment", "email"}
    shown = ulla.get("feeds", wanted).text
    assert "hyväksyy erikseen" in shown
    with walled_session(feeding.house.drafter.acting(feeding.house.alfa)) as session, pytest.raises(NoSuchWish):
        wishes.grant(session, wish.wish_id)
    feeding.approve(wanted)
    assert "email (<code>email</code>)" in ulla.get("feeds", wanted).text, "a change is told by labels"


def test_a_wish_that_is_declined_says_why(ulla: Person, feeding: Scene) -> None:
    wanted = feeding.approved()
    ulla.post_to("feeds", wanted, "wishes", form={"fields": ["name"], "reason": "Vähemmän riittää."})
    with walled_session(feeding.house.drafter.acting(feeding.house.alfa)) as session:
        [wish] = [one for one in wishes.waiting(session) if one.feed_id == wanted]
        wishes.decline(session, wish.wish_id, reason="Sopimus ei kata.")
    assert "Sopimus ei kata." in ulla.get("feeds", wanted).text


def test_no_more_wishes_wait_than_anybody_decides(ulla: Person, feeding: Scene) -> None:
    wanted = feeding.approved()
    form = {"fields": ["name"], "reason": "Vähemmän riittää."}
    with walled_session(feeding.house.drafter.acting(feeding.house.alfa)) as session:
        already = len(wishes.waiting(session))
    for _ in range(wishes.MOST_WAITING - already):
        assert ulla.post_to("feeds", wanted, "wishes", form=form).status_code == 303
    assert "toivetta" in Page(ulla.post_to("feeds", wanted, "wishes", form=form)).words
    with walled_session(feeding.house.drafter.acting(feeding.house.alfa)) as session:
        assert len(wishes.waiting(session)) == wishes.MOST_WAITING
        for one in wishes.waiting(session):
            wishes.decline(session, one.wish_id, reason="Liikaa.")


@pytest.mark.parametrize(
    "form",
    [
        {"fields": ["name", "segment"], "reason": "Samat."},
        {"fields": [], "reason": "Ei mitään."},
        {"fields": ["no_such_field"], "reason": "Tuntematon."},
        {"fields": ["name"], "reason": " "},
    ],
    ids=["the same", "none", "unknown", "no reason"],
)
def test_a_wish_for_nothing_is_refused(ulla: Person, feeding: Scene, form: dict[str, str | list[str]]) -> None:
    assert ulla.post_to("feeds", feed_id(feeding, "customers"), "wishes", form=form).status_code == 422


def test_the_sandbox_is_pulled_page_by_page_before_and_after_approval(
    client: TestClient[Litestar], feeding: Scene
) -> None:
    program = wires.program(client, feeding.house)
    answer = program.bound(scope="sandbox:alfa.drafted")
    assert answer.status_code == 200, answer.text
    token = str(answer.json()["access_token"])
    told = program.fetch(token, feed="sandbox/alfa.drafted", limit="2000")
    assert told.status_code == 200
    assert program.fetch(token, feed="alfa.drafted").status_code == 403, "the sandbox opens nothing of anybody"
    assert program.fetch(token, feed="sandbox/alfa.customers").status_code == 403
    real = program.token()
    assert program.fetch(real, feed="sandbox/alfa.customers").status_code == 200, "a feed's own scope opens its twin"
    for name in ("sandbox:alfa.no_such", "sandbox:beta.customers"):
        assert program.bound(scope=name).json()["error"] == "invalid_scope"
