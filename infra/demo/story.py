"""The story: a customer asks for their data, proves who they are, and downloads it; staff decide where they must.

Told over HTTP only, as browsers would, against a running stack and its post office.
"""

import hashlib
import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
from msgspec import Struct

from infra.demo import people
from infra.demo.browser import Answer, Browser, PageUnexpected, target
from infra.embedded import identity, postoffice

PATIENCE = 60
CODE = re.compile(r"^(\d{4}) (\d{4})\s*$", re.MULTILINE)
GROUP = "ideafix"
FRONT = f"/g/{GROUP}"
TOO_MANY = 429
OTHERS = 5
# States in which a company has given its answer.
CLOSED = frozenset({"answered", "no_data", "refused", "withdrawn", "lapsed"})
UNDER_WAY = frozenset({"awaiting_identity", "building"})

Say = Callable[[str], None]


class StoryStopped(Exception):
    """Why the story cannot go on, in one sentence."""


class Teller(Struct):
    """Says each step with the time since the beginning and the time it took."""

    say: Say
    began: float = 0.0

    @contextmanager
    def step(self, sentence: str) -> Iterator[list[str]]:
        """What is put into the list comes under the step's own line."""
        started, details = time.monotonic(), list[str]()
        yield details
        now = time.monotonic()
        self.say(f"{now - self.began:7.2f} s  {sentence}  ({(now - started) * 1000:.0f} ms)")
        for line in details:
            self.say(f"           {line}")


class Stack(Struct, frozen=True):
    """Where a running stack is found."""

    base_url: str
    post_office: str


def tell(stack: Stack, say: Say, *, email: str = people.CUSTOMER) -> None:
    """Raises StoryStopped."""
    teller = Teller(say, time.monotonic())
    try:
        with Browser(stack.base_url) as browser:
            status_url = _ask(browser, teller, stack, _askers(email))
            answers = _wait(browser, teller, status_url, "The companies have looked into their registers")
            if any(answer.state == "awaiting_decision" for answer in answers):
                _decide(teller, stack, answers)
                answers = _wait(browser, teller, status_url, "Every archive is built, sealed and stored in S3")
            for answer in answers:
                _open(browser, teller, answer)
    except httpx2.HTTPError as error:
        raise StoryStopped(f"The stack does not answer ({type(error).__name__}). Is seloste dev running?") from None
    except PageUnexpected as error:
        raise StoryStopped(str(error)) from None


def _ask(browser: Browser, teller: Teller, stack: Stack, askers: Iterator[str]) -> str:
    """The address of the request's page, which is open then."""
    newest = max((letter.number for letter in postoffice.fetch(stack.post_office)), default=0)
    with teller.step("A customer opens the portal"):
        browser.get(FRONT)
    with teller.step("asks every company for a copy and for a file to take along") as details:
        email, verification_url = _sent(browser, askers, details)
    with teller.step("gets a letter with a code"):
        code = _code(stack, email, newest)
    with teller.step("enters the code"):
        opened = browser.post(verification_url, {"code": code})
    return target(opened)


def _sent(browser: Browser, askers: Iterator[str], details: list[str]) -> tuple[str, str]:
    """Whose request was taken, and where its code is entered. Codes are limited by address, so others may follow."""
    form = next(form for form in browser.page(f"{FRONT}/requests/new").forms if form.action == f"{FRONT}/requests")
    for email in askers:
        asked = form.fields | {"rights": ["access", "portability"], "email": [email], "words": ["Kaikki, kiitos."]}
        try:
            answer = browser.post(form.action, asked)
        except PageUnexpected as unexpected:
            if unexpected.status != TOO_MANY:
                raise
            details.append(f"{email} has been sent as many codes as an hour allows; somebody else asks.")
            continue
        return email, target(answer)
    raise StoryStopped("This machine has sent as many requests as an hour allows. Try again later.")


def _askers(first: str) -> Iterator[str]:
    """The customer, and some others whom the same companies know."""
    yield first
    demo = people.generate()
    known = [{row[3] for row in demo.rows[company, "customers"]} for company in ("kinkerips", "ideafix")]
    yield from sorted(set.intersection(*known) - {first, people.SHARED, ""})[:OTHERS]


def _code(stack: Stack, email: str, newest: int) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for letter in postoffice.fetch(stack.post_office, to=email):
            found = CODE.search(letter.text) if letter.number > newest else None
            if found:
                return found[1] + found[2]
        time.sleep(0.05)
    raise StoryStopped(f"No letter came within {PATIENCE} s. Is a worker running?")


def _wait(browser: Browser, teller: Teller, status_url: str, sentence: str) -> list[Answer]:
    """The answers, once nothing is under way any more."""
    until = time.monotonic() + PATIENCE
    with teller.step(sentence) as details:
        while True:
            answers = browser.page(status_url).answers
            if answers and not any(answer.state in UNDER_WAY for answer in answers):
                break
            if time.monotonic() > until:
                raise StoryStopped(f"The companies did not get ready within {PATIENCE} s. Is a worker running?")
            time.sleep(0.05)
        details.extend(f"{answer.company}: {answer.state.replace('_', ' ')} {answer.reference}" for answer in answers)
    return answers


def _decide(teller: Teller, stack: Stack, answers: list[Answer]) -> None:
    """Demo staff sign in and approve, each for their own company."""
    waiting = {answer.reference: answer for answer in answers if answer.state == "awaiting_decision"}
    for person in identity.staff():
        # A demo member's name begins with their company's.
        concerned = any(person.name.startswith(answer.company) for answer in waiting.values())
        handles = any(role.role == "request_handler" for role in person.roles)
        if concerned and handles and person.second_factor:
            with Browser(stack.base_url) as browser:
                with teller.step(f"{person.name} signs in to the office"):
                    _sign_in(browser, person.sub)
                for reference in list(waiting):
                    if _approve(browser, teller, reference):
                        del waiting[reference]
    if waiting:
        raise StoryStopped(f"None of the demo staff may decide {', '.join(waiting)}.")


def _sign_in(browser: Browser, sub: str) -> None:
    provider = target(browser.get(f"/office/login?group={GROUP}", expect=303))
    back = identity.Browser().sign_in(provider, sub)
    browser.follow(browser.get(back, expect=303), expect=303)


def _approve(browser: Browser, teller: Teller, reference: str) -> bool:
    """False where this company's list does not have the case."""
    case_url = browser.page("/office/cases?shown=open&state=awaiting_decision").links.get(reference)
    if case_url is None:
        return False
    with teller.step(f"looks at {reference} and approves it"):
        form = next(form for form in browser.page(case_url).forms if form.action.endswith("/approval"))
        browser.post(form.action, {})
    return True


def _open(browser: Browser, teller: Teller, answer: Answer) -> None:
    if answer.link_url is None:
        return
    with teller.step(f"The customer downloads the archive of {answer.company}") as details:
        link = browser.post(answer.link_url, {})
        content = browser.follow(link).content
        details.extend(_contents(content))
        used = browser.follow(link, expect=410)
        details.append(f"The link worked once: the second time it answered {used.status_code}.")


def _contents(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        lines = [f"{len(content):,} bytes, {len(archive.namelist())} files, signed with key {_key(manifest)}"]
        for register in manifest["registers"]:
            lines.append(f"  {register['name']}: {register['records']} record{'s' if register['records'] != 1 else ''}")
        for register in manifest["withheld"]:
            lines.append(f"  {register['name']}: held back, asks for {register['needs']}")
        wrong = [
            file["path"]
            for file in manifest["files"]
            if hashlib.sha256(archive.read(file["path"])).hexdigest() != file["sha256"]
        ]
        lines.append("Checksums wrong: " + ", ".join(wrong) if wrong else "Every checksum in manifest.json is right.")
    return lines


def _key(manifest: dict[str, dict[str, str]]) -> str:
    return str(manifest["signature"]["key_id"])
