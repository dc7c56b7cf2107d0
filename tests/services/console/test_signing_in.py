"""Ulla of Pilvi is invited, signs in with a code, and is out as soon as somebody says so."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from tenants.contacts import forgetting, people, signing_in
from tenants.contacts.model import ContactSignIn, ProcessorContact
from tenants.contacts.refusals import AlreadyInvited, InvitationSpent
from tenants.database import walled_session
from tenants.requests.verification import ATTEMPTS
from tests import make
from tests.queue import run_jobs
from tests.services.browsing import Page
from tests.services.console.people import Person


@pytest.fixture
def ulla(somebody: Callable[[], Person]) -> Person:
    """Invited, accepted, signed in."""
    return somebody().come_in()


def test_somebody_invited_accepts_signs_in_and_sees_the_agreement(somebody: Callable[[], Person]) -> None:
    ulla = somebody().come_in()
    shown = ulla.get()
    assert shown.status_code == 200
    assert "alfa.customers" in shown.text
    assert ulla.email not in shown.text
    assert ulla.email in ulla.get("own-data").text


def test_following_the_link_accepts_nothing(somebody: Callable[[], Person]) -> None:
    """Programs that look through mail follow every link."""
    ulla = somebody()
    contact_id = ulla.invited()
    link = ulla.link()
    shown = ulla.browser.get(link)
    assert (shown.status_code, shown.headers["referrer-policy"]) == (200, "no-referrer")
    with walled_session(ulla.house.alfa.system()) as session:
        assert people.get(session, contact_id).accepted_at is None
    accepted = ulla.browser.post(link)
    assert accepted.status_code == 303
    assert "Kutsu on hyväksytty." in ulla.browser.get(accepted.headers["location"]).text
    assert "Kutsu on hyväksytty." not in ulla.browser.get(accepted.headers["location"]).text, "it is said once"
    assert ulla.browser.post(link).status_code == 403, "a link works once"


def test_a_newer_invitation_makes_the_former_worthless(somebody: Callable[[], Person]) -> None:
    ulla = somebody()
    contact_id = ulla.invited()
    former = ulla.link()
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        people.invite_again(session, contact_id)
    assert ulla.link() != former
    assert ulla.browser.post(former).status_code == 403
    with walled_session(ulla.house.group.system()) as session, pytest.raises(InvitationSpent):
        people.accept(session, uuid4(), "x")


def test_nobody_learns_whether_an_address_is_known(somebody: Callable[[], Person]) -> None:
    ulla, stranger = somebody(), somebody()
    ulla.invited()
    ulla.accept()
    known, unknown = ulla.ask_code(), stranger.ask_code()
    assert (known.status_code, known.headers["location"]) == (unknown.status_code, unknown.headers["location"])
    pages = [Page(one.get("code")).words for one in (ulla, stranger)]
    assert pages[0] == pages[1]
    wrong = [one.post_to("code", form={"code": "00000000"}) for one in (ulla, stranger)]
    assert {one.status_code for one in wrong} == {422}
    assert Page(wrong[0]).words == Page(wrong[1]).words
    run_jobs(stranger.house.group, only="contacts.send")
    assert stranger.post.letters(to=stranger.email) == []


def test_who_has_not_accepted_gets_no_code(somebody: Callable[[], Person]) -> None:
    ulla = somebody()
    ulla.invited()
    ulla.link()
    letters = len(ulla.post.letters(to=ulla.email))
    ulla.ask_code()
    run_jobs(ulla.house.group, only="contacts.send")
    assert len(ulla.post.letters(to=ulla.email)) == letters


def test_a_code_is_guessed_at_five_times_and_works_once(somebody: Callable[[], Person]) -> None:
    ulla = somebody()
    ulla.invited()
    ulla.accept()
    ulla.ask_code()
    code = ulla.code()
    for _ in range(ATTEMPTS):
        assert ulla.post_to("code", form={"code": "x"}).status_code == 422
    assert ulla.post_to("code", form={"code": code}).status_code == 422, "too many guesses"
    ulla.ask_code()
    code = ulla.code()
    assert ulla.post_to("code", form={"code": code}).status_code == 303
    with walled_session(ulla.house.group.system()) as session:
        [used] = session.scalars(select(ContactSignIn).where(ContactSignIn.used_at.is_not(None)).order_by(
            ContactSignIn.sign_in_id.desc()).limit(1)).all()  # fmt: skip
        assert not isinstance(
            signing_in.check_code(session, used.sign_in_id, code, client="192.0.2.9"), signing_in.SignedIn
        )


def test_what_is_no_address_is_said_at_its_field(somebody: Callable[[], Person]) -> None:
    answer = somebody().ask_code("ulla at pilvi")
    assert answer.status_code == 422
    assert 'id="email-problem"' in answer.text


def test_too_many_codes_to_an_address_are_refused_also_where_nobody_knows_it(somebody: Callable[[], Person]) -> None:
    stranger = somebody()
    answers = [stranger.ask_code(stranger.email).status_code for _ in range(signing_in.CODES_OF_ADDRESS.most + 1)]
    assert answers[-1] == 429


def test_the_same_person_is_not_invited_twice(somebody: Callable[[], Person]) -> None:
    ulla = somebody()
    ulla.invited()
    with pytest.raises(AlreadyInvited):
        ulla.invited()


def test_who_is_shut_out_is_out_at_the_next_request(ulla: Person) -> None:
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        [one] = [one for one in people.listed(session, ulla.house.pilvi) if one.email == ulla.email]
        people.end(session, one.row.contact_id)
    assert ulla.get().status_code == 403
    assert ulla.get().headers["location"].endswith("/sign-in"), "the session has ended with it"


def test_signed_out_everywhere_is_signed_out_here(ulla: Person) -> None:
    assert ulla.post_to("sign-out-everywhere").status_code == 303
    assert ulla.get().headers["location"].endswith("/sign-in")


def test_who_leaves_is_out_and_forgotten_in_time(ulla: Person) -> None:
    assert ulla.post_to("leaving").status_code == 303
    assert ulla.sign_in().status_code == 422, "no code comes any more, so the former one is tried"
    long_ago = forgetting.KEPT * 2
    with walled_session(ulla.house.alfa.system()) as session:
        [left] = [one for one in people.listed(session, ulla.house.pilvi) if one.email == ulla.email]
        session.execute(
            update(ProcessorContact)
            .where(ProcessorContact.contact_id == left.row.contact_id)
            .values(ended_at=ProcessorContact.ended_at - long_ago)
        )
    with walled_session(ulla.house.alfa.system()) as session:
        forgetting.forget(session)
        assert ulla.email not in [one.email for one in people.listed(session, ulla.house.pilvi)]


def test_a_form_from_elsewhere_does_nothing(ulla: Person) -> None:
    assert ulla.browser.send("POST", ulla.url("leaving"), data={}).status_code == 403
    assert ulla.get().status_code == 200


def test_the_session_of_one_group_opens_no_other(ulla: Person) -> None:
    other = make.group()
    answer = ulla.browser.get(f"/console/{other.slug}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/{other.slug}/sign-in")
