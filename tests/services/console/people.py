"""Ulla of Pilvi at the console of Alfa, in her own browser."""

import re
from uuid import UUID

from httpx import Response

from infra.embedded.postoffice import PostOffice
from tenants.contacts import people
from tenants.contacts.model import Duty
from tenants.database import walled_session
from tenants.languages.speaking import Language
from tests.asking import code_of, new_address
from tests.make import MadeCompany
from tests.queue import run_jobs
from tests.services.browsing import Browser, Form
from tests.tenants.processors.scene import Scene

LINK = re.compile(r"https://testserver\.example(/console/\S+/invitations/\S+)")


class Person:
    """Somebody with a browser and an address."""

    def __init__(self, browser: Browser, house: Scene, post: PostOffice, email: str = "") -> None:
        self.browser, self.house, self.post = browser, house, post
        self.email = email or new_address()

    def url(self, *parts: object) -> str:
        return "/".join((f"/console/{self.house.group.slug}", *map(str, parts)))

    def get(self, *parts: object) -> Response:
        return self.browser.get(self.url(*parts))

    def post_to(self, *parts: object, form: Form | None = None) -> Response:
        return self.browser.post(self.url(*parts), form)

    def invited(self, *, to: UUID | None = None, at: MadeCompany | None = None) -> UUID:
        """By the company's administrator."""
        company = at or self.house.alfa
        with walled_session(self.house.approver.acting(company)) as session:
            return people.invite(
                session, to or self.house.pilvi, email=self.email, duty=Duty.SYSTEMS, language=Language.FI
            )

    def link(self) -> str:
        """Of the newest invitation."""
        run_jobs(self.house.group, only="contacts.send")
        found = next(match for letter in self.post.letters(to=self.email) if (match := LINK.search(letter.text)))
        return found[1]

    def accept(self) -> None:
        accepted = self.browser.post(self.link())
        assert accepted.status_code == 303
        assert self.browser.get(accepted.headers["location"]).status_code == 200

    def ask_code(self, email: str = "") -> Response:
        return self.post_to("sign-in", form={"email": email or self.email})

    def code(self) -> str:
        run_jobs(self.house.group, only="contacts.send")
        return code_of(self.post.letters(to=self.email))

    def sign_in(self) -> Response:
        assert self.ask_code().status_code == 303
        return self.post_to("code", form={"code": self.code()})

    def come_in(self) -> "Person":
        """Invited, accepted, signed in."""
        self.invited()
        self.accept()
        answer = self.sign_in()
        assert answer.status_code == 303, answer.text
        return self
