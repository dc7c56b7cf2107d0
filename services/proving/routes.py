"""Attacks on every address of the api: by a stranger, another group, a sister company, staff without a role, a rank."""

import warnings
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from httpx import Response
from litestar import Litestar
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from msgspec import Struct

from services.api.form_tokens import COOKIE as FORM_COOKIE
from services.api.login import sessions
from services.proving import samples
from services.proving.canaries import Canaries
from services.proving.findings import Count, Kind, Part, Result, Untried
from services.proving.samples import MARK
from services.proving.seats import Seat, Seats, taken
from services.proving.unkept import Application, application_on
from tenants import settings

OFFICE, REST, PORTAL = "/office", "/api/v1", "/g/"
# Where nobody needs to be signed in. Every other address of the office and of the API refuses strangers.
OPEN = frozenset(
    {
        ("GET", "/office"),
        ("GET", "/office/login"),
        ("GET", "/office/login/callback"),
        ("POST", "/office/login/backchannel-logout"),
        ("POST", "/office/sign-out"),
        ("GET", "/api/v1"),
        ("GET", "/api/v1/openapi.json"),
    }
)
# Where whoever is signed in may come: they choose there what they act for.
FOR_ALL_STAFF = frozenset(
    {
        ("GET", "/office/acting"),
        ("POST", "/office/acting"),
        ("GET", "/office/commitment"),
        ("POST", "/office/commitment"),
    }
)
SCHEMA = "/api/v1/schema"
STRANGER = "a stranger"
REFUSALS = frozenset({401, 403, 404, 405, 429})
UNASKED = frozenset({400, 413, 415, 422})


class Address(Struct, frozen=True):
    method: str
    path: str
    handler: HTTPRouteHandler

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def is_closed(self) -> bool:
        return self.path.startswith((OFFICE, REST)) and self.key not in OPEN

    @property
    def names_a_row(self) -> bool:
        return "{" in self.path


def addresses(app: Litestar) -> list[Address]:
    found = []
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith((SCHEMA, "/static")):
            for handler in route.route_handlers:
                found += [
                    Address(str(m), route.path, handler) for m in handler.http_methods if m not in ("HEAD", "OPTIONS")
                ]
    return sorted(found, key=lambda one: one.name)


def _client(app: Litestar) -> TestClient[Litestar]:
    """At the installation's own address, which may well have no dot: localhost."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The base_url ", category=UserWarning)
        return TestClient(app, base_url=settings.current().base_url, raise_server_exceptions=False)


def attack(made: Canaries, app: Litestar) -> Result:
    """Within this process and the canaries' transaction, so that there is something to be reached."""
    result = Result(part=Part.ROUTES)
    client = _client(app)
    with client, application_on(made) as application, taken(made) as seats:
        asking = _Asking(made, client, application, _Victim(made))
        if not seats.owner.cookies:
            result.untried.append(Untried(OFFICE, "Redis"))
        for address in addresses(app):
            result.count(Count.ADDRESSES)
            if address.path.startswith(PORTAL) and not made.takes_roles:
                result.untried.append(Untried(address.name, "seloste_portal"))
                continue
            _by_stranger(result, asking, address)
            if address.is_closed:
                _by_staff(result, asking, address, seats)
    return result


def _by_stranger(result: Result, asking: "_Asking", address: Address) -> None:
    answer = asking.ask(address)
    secret = asking.victim.of_the_group if address.is_closed else asking.victim.unpublished
    _judge_answer(result, asking, address, answer, who=STRANGER, secret=secret)
    if not address.is_closed:
        return
    if answer.status_code in UNASKED:
        result.count(Count.UNASKED)
    elif not _is_refusal(answer):
        result.find(Kind.OPEN_ROUTE, address.name, f"{STRANGER}: {answer.status_code}")


def _is_refusal(answer: Response) -> bool:
    to_the_door = answer.status_code == 303 and answer.headers.get("location", "").startswith("/office?")
    return answer.status_code in REFUSALS or to_the_door


def _by_staff(result: Result, asking: "_Asking", address: Address, seats: Seats) -> None:
    victim = asking.victim
    for seat, secret in (
        (seats.elsewhere, victim.of_the_group),
        (seats.sister, victim.of_the_company),
        (seats.by_rank, victim.of_the_company),
        (seats.without_role, victim.of_the_company),
    ):
        for answer in asking.ask_as(address, seat):
            _judge_answer(result, asking, address, answer, who=seat.name, secret=secret)
            if _was_let_in(address, answer, seat, seats):
                result.find(Kind.OPEN_ROUTE, address.name, f"{seat.name}: {answer.status_code}")
    if address.method == "GET":
        answers = [answer.status_code for answer in asking.ask_as(address, seats.owner)]
        result.count(Count.OWN, int(any(code not in REFUSALS for code in answers)))


def _was_let_in(address: Address, answer: Response, seat: Seat, seats: Seats) -> bool:
    """Whoever has no role gets nowhere; another group nowhere with an id of ours."""
    done = answer.status_code < 300 or (answer.status_code == 303 and address.method != "GET")
    if not done or address.key in FOR_ALL_STAFF:
        return False
    return seat is seats.without_role or (seat is seats.elsewhere and address.names_a_row)


def _judge_answer(
    result: Result, asking: "_Asking", address: Address, answer: Response, *, who: str, secret: frozenset[str]
) -> None:
    result.count(Count.REQUESTS)
    if answer.status_code >= 500 and answer.status_code != 503:
        # A canary's own rows make no sense, and whoever may read them may break over them: its staff, and at the portal
        # whoever brings the id of its request. A stranger at a closed door may not.
        if who == STRANGER and address.is_closed:
            result.find(Kind.BROKEN_ROUTE, address.name, f"{who}: {answer.status_code}")
        else:
            result.count(Count.BROKE)
    told = f"{answer.headers} {answer.text}"
    sent = f"{answer.request.url} {asking.sent}"
    if any(one in told and one not in sent for one in secret):
        result.find(Kind.TELLING_ROUTE, address.name, who)


class _Victim:
    """What is ours: the ids that addresses ask for, and what must not be told to whom."""

    def __init__(self, made: Canaries) -> None:
        self._rows = made.rows
        self._alfa = made.rows["companies"][0].owner
        ours = [(table, row) for table, rows in made.rows.items() for row in rows if row.owner.group_id == made.ours]
        self.of_the_group = frozenset(one for table, row in ours for one in _telling(row.values))
        # What the notice says, anybody may read.
        self.unpublished = self.of_the_group - frozenset(
            one
            for table, row in ours
            if "SELECT" in made.rights("portal", table) and "request_id" not in made.shapes[table].columns
            for one in _telling(row.values)
        )
        self.of_the_company = frozenset(
            one
            for table, row in ours
            if made.shapes[table].is_personal and row.owner == self._alfa
            for name, value in row.values.items()
            for one in _telling({name: value})
            if name not in ("company_id", "group_id")
        ) - frozenset(one for table, row in ours if not made.shapes[table].is_personal for one in _telling(row.values))
        self.slug = next(str(row.values["slug"]) for row in made.rows["groups"] if row.owner.group_id == made.ours)

    def named(self, name: str) -> UUID | None:
        """Of the row whose key is called so, else of any that has a column of the name."""
        rows = [row for found in self._rows.values() for row in found if row.owner.group_id == self._alfa.group_id]
        own = [row for row in rows if row.owner == self._alfa] + rows
        return next((row.values[name] for row in own if isinstance(row.values.get(name), UUID)), None)


def _telling(values: dict[str, Any] | Any) -> Iterator[str]:
    for value in values.values():
        if isinstance(value, UUID) or (isinstance(value, str) and value.startswith(MARK)):
            yield str(value)


class _Asking:
    def __init__(self, made: Canaries, client: TestClient[Litestar], application: Application, victim: _Victim) -> None:
        self.victim = victim
        self._application = application
        self.sent = ""
        self._token = ""
        self._made = made
        self._client = client

    def ask_as(self, address: Address, seat: Seat) -> Iterator[Response]:
        """For one purpose after the other, until one of them is not the wrong one."""
        for purpose in seat.keys:
            if address.path.startswith(REST):
                answer = self.ask(address, {"Authorization": f"Bearer {seat.keys[purpose]}"})
            elif purpose in seat.cookies:
                answer = self.ask(address, cookie=seat.cookies[purpose])
            else:
                return
            yield answer
            if answer.status_code != 403:
                return

    def ask(self, address: Address, headers: dict[str, str] | None = None, cookie: str | None = None) -> Response:
        self._made.pace.step()
        body = self._body(address)
        self.sent = str(body)
        with self._application.taken_back():
            self._client.cookies.clear()
            if cookie is not None:
                self._client.cookies.set(sessions.COOKIE, cookie)
            if address.method != "GET" and address.path.startswith((OFFICE, PORTAL)):
                self._client.cookies.set(FORM_COOKIE, self._form_token())
                headers = {**(headers or {}), "x-csrftoken": self._form_token()}
            return self._client.request(
                address.method, self._url(address), headers=headers, follow_redirects=False, **body
            )

    def _form_token(self) -> str:
        """One for all: what another site cannot know is no secret from whoever has visited."""
        if not self._token:
            self._client.get(OFFICE, follow_redirects=False)
            self._token = self._client.cookies.get(FORM_COOKIE) or ""
        return self._token

    def _url(self, address: Address) -> str:
        return "/".join(self._part(part) for part in address.path.split("/"))

    def _part(self, part: str) -> str:
        if not part.startswith("{"):
            return part
        name, _, kind = part.strip("{}").partition(":")
        if name == "slug":
            return self.victim.slug
        return str(self.victim.named(name) or (uuid4() if kind == "uuid" else samples.text()))

    def _body(self, address: Address) -> dict[str, Any]:
        field = address.handler.parsed_data_field
        if field is None or address.method == "GET":
            return {}
        kwarg = field.kwarg_definition
        media = kwarg.media_type if isinstance(kwarg, BodyKwarg) else RequestEncodingType.JSON
        value = samples.of_type(field.annotation, self.victim.named)
        if media == RequestEncodingType.JSON:
            return {"json": value}
        form = {name: str(one) for name, one in value.items()} if isinstance(value, dict) else {}
        if media == RequestEncodingType.MULTI_PART:
            return {"data": form, "files": {"file": ("canary.csv", b"a;b\n", "text/csv")}}
        return {"data": form}
