"""Strangers first: every address of the office and of the API, for everybody who should not get anything there."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from msgspec.inspect import StructType, Type, type_info
from sqlalchemy import delete, select

from infra.embedded.s3 import S3
from tenants.companies.model import Assignment, Role
from tenants.companies.permissions import Permission
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.registers.model import Import
from tenants.requests.model import Case
from tenants.sharing import reading
from tests import make
from tests.make import MadeCompany
from tests.services import routes, stage
from tests.services.browsing import Browser
from tests.services.routes import OFFICE, REST, Route
from tests.services.stage import RIGHTS, STORAGE, Seat, Stage

CSV = b"customer_number;name;email\n77;Uusi Asiakas;uusi77@esimerkki.example\n"
Key = tuple[str, str]


@pytest.fixture(scope="module")
def untouched(app: Litestar, storage: S3) -> Iterator[Stage]:
    """Nobody in these tests may change anything of it; what it was before is compared with what it is after."""
    built = stage.furnished()
    before = state_of(built)
    yield built
    assert state_of(built) == before


def state_of(built: Stage) -> list[object]:
    with walled_session(built.alfa.system(RIGHTS)) as session:
        cases = session.execute(select(Case.case_id, Case.state).order_by(Case.case_id)).all()
        jobs = session.execute(
            select(QueuedJob.job_id, QueuedJob.failed_at).where(QueuedJob.failed_at.is_not(None))
        ).all()
        roles = session.scalars(
            select(Assignment.assignment_id).where(Assignment.member_id == built.ids["member_id"])
        ).all()
    with walled_session(built.alfa.system(STORAGE)) as session:
        imports = session.execute(select(Import.import_id, Import.state).order_by(Import.import_id)).all()
        policies = [
            (one.policy.policy_id, one.state, one.looked_at, one.awaited)
            for policy in reading.listed(session)
            for one in policy.versions
        ]
    return [*cases, *jobs, *roles, *imports, *policies]


def scene(key: Key, route: Route, untouched: Stage) -> Stage:
    """Whoever only looks changes nothing; but what is looked at through the door is told to its owner."""
    if key[0] == "GET" and route.needs not in (Permission.READ_SHARED, Permission.EXPORT_SHARED):
        return untouched
    built = stage.build()
    assert built.ids[route.given]
    return built


def ask_office(browser: Browser, key: Key, built: Stage) -> Response:
    method, path = key
    route = OFFICE[key]
    url = route.url(path, built.ids)
    return browser.get(url) if method == "GET" else browser.post(url, routes.filled(route, built), **files(route))


def files(route: Route) -> dict[str, Any]:
    return {"files": {"file": ("asiakkaat.csv", CSV, "text/csv")}} if route.file else {}


def ask_api(client: TestClient[Litestar], key: Key, built: Stage, token: str | None) -> Response:
    method, path = key
    route = REST[key]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = routes.body(route, built)
    body: dict[str, Any] = {"json": sent} if sent is not None else {}
    if route.file:
        body = {"data": routes.filled(route, built), **files(route)}
    return client.request(method, route.url(path, built.ids), headers=headers, follow_redirects=False, **body)


def closed(table: dict[Key, Route]) -> list[Key]:
    return [key for key, route in table.items() if not route.open]


def guarded(table: dict[Key, Route]) -> list[Key]:
    return [key for key, route in table.items() if route.needs]


def told_nothing(answer: Response, built: Stage, known: tuple[str, ...] = ()) -> bool:
    """Neither the number of a case nor any id of Alfa's is in what somebody else was answered."""
    asked = answer.request.url.path
    return built.number not in answer.text and not any(
        str(one) in answer.text and str(one) not in asked for name, one in built.ids.items() if name not in known
    )


def sit(browser: Browser, seat: Seat) -> None:
    browser.sit_down(seat.member, seat.company, seat.purpose)


class Seating:
    """Who sits where in the stage that nobody changes; made when the first test asks for it."""

    def __init__(self, built: Stage) -> None:
        self.built = built
        self.permitted = cache(built.permitted)
        self.unpermitted = cache(built.unpermitted)
        self.token = cache(self._token)
        self.token_without = cache(self._token_without)
        self.group_admin = cache(lambda: make.staff(built.group, (Role.GROUP_ADMIN, None)))

    def _token(self, needed: Permission | None, at: MadeCompany) -> str:
        return self.built.token(self.permitted(needed, at=at))

    def _token_without(self, needed: Permission) -> str:
        """Every role may use the API, so a key that may not is one whose member has lost their role since."""
        seat = self.unpermitted(needed)
        if seat.company:
            return self.built.token(seat)
        former = Seat(make.staff(self.built.group, (Role.AUDITOR, self.built.alfa)), self.built.alfa, None)
        token = self.built.token(former)
        with walled_session(self.built.group.system()) as session:
            session.execute(delete(Assignment).where(Assignment.member_id == former.member.member_id))
        return token


@pytest.fixture(scope="module")
def seating(untouched: Stage) -> Seating:
    return Seating(untouched)


def test_every_route_has_its_entry(app: Litestar) -> None:
    assert routes.known(app) == {*OFFICE, *REST}


@pytest.mark.parametrize("key", closed(OFFICE), ids=" ".join)
def test_a_stranger_is_sent_to_the_door(browser: Browser, untouched: Stage, key: Key) -> None:
    answer = ask_office(browser, key, untouched)
    if key[0] == "GET":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/office?next=/office")
    else:
        assert answer.status_code == 401
    assert told_nothing(answer, untouched)


@pytest.mark.parametrize("key", [key for key in OFFICE if key[0] == "POST" and not OFFICE[key].open], ids=" ".join)
def test_a_form_from_elsewhere_does_nothing(browser: Browser, untouched: Stage, seating: Seating, key: Key) -> None:
    sit(browser, seating.permitted(OFFICE[key].needs))
    route = OFFICE[key]
    url = route.url(key[1], untouched.ids)
    assert browser.send("POST", url, data=routes.filled(route, untouched), **files(route)).status_code == 403


@pytest.mark.parametrize("key", guarded(OFFICE), ids=" ".join)
def test_staff_of_another_group_find_nothing(browser: Browser, untouched: Stage, seating: Seating, key: Key) -> None:
    sit(browser, seating.permitted(OFFICE[key].needs, at=untouched.elsewhere))
    answer = ask_office(browser, key, untouched)
    if routes.names_an_id(key[1]) and OFFICE[key].fine != (403,):
        assert answer.status_code == 404
    assert told_nothing(answer, untouched)


@pytest.mark.parametrize("key", guarded(OFFICE), ids=" ".join)
def test_staff_of_a_sister_company_find_nothing(browser: Browser, untouched: Stage, seating: Seating, key: Key) -> None:
    sit(browser, seating.permitted(OFFICE[key].needs, at=untouched.beta))
    answer = ask_office(browser, key, untouched)
    if routes.names_an_id(key[1]):
        assert answer.status_code == (OFFICE[key].beside or 404)
    assert told_nothing(answer, untouched, OFFICE[key].known)


@pytest.mark.parametrize("key", guarded(OFFICE), ids=" ".join)
def test_staff_without_the_permission_are_refused(
    browser: Browser, untouched: Stage, seating: Seating, key: Key
) -> None:
    needed = OFFICE[key].needs
    assert needed is not None
    sit(browser, seating.unpermitted(needed))
    answer = ask_office(browser, key, untouched)
    assert answer.status_code == 403
    assert told_nothing(answer, untouched)


@pytest.mark.parametrize("key", guarded(OFFICE), ids=" ".join)
def test_a_group_administrator_is_let_to_no_companys_data_by_rank(
    browser: Browser, untouched: Stage, seating: Seating, key: Key
) -> None:
    browser.sit_down(seating.group_admin())
    if OFFICE[key].needs in routes.PERSONAL:
        assert ask_office(browser, key, untouched).status_code == 403


@pytest.mark.parametrize("key", list(OFFICE), ids=" ".join)
def test_whoever_may_is_let_in(browser: Browser, untouched: Stage, key: Key) -> None:
    built = scene(key, OFFICE[key], untouched)
    if not OFFICE[key].open:
        sit(browser, built.permitted(OFFICE[key].needs))
    assert ask_office(browser, key, built).status_code in OFFICE[key].fine


# The API


@pytest.mark.parametrize("key", closed(REST), ids=" ".join)
@pytest.mark.parametrize("token", [None, "", "x", "seloste_pat_x_y"])
def test_no_program_without_a_key(client: TestClient[Litestar], untouched: Stage, key: Key, token: str | None) -> None:
    answer = ask_api(client, key, untouched, token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", guarded(REST), ids=" ".join)
def test_the_cookie_of_the_office_opens_nothing_in_the_api(
    browser: Browser, untouched: Stage, seating: Seating, key: Key
) -> None:
    sit(browser, seating.permitted(REST[key].needs))
    assert browser.send(key[0], REST[key].url(key[1], untouched.ids)).status_code == 401


@pytest.mark.parametrize("key", guarded(REST), ids=" ".join)
@pytest.mark.parametrize("whose", ["elsewhere", "beta"])
def test_a_key_of_another_company_finds_nothing(
    client: TestClient[Litestar], untouched: Stage, seating: Seating, key: Key, whose: str
) -> None:
    answer = ask_api(client, key, untouched, seating.token(REST[key].needs, getattr(untouched, whose)))
    if routes.names_an_id(key[1]):
        assert answer.status_code == (REST[key].beside if whose == "beta" and REST[key].beside else 404)
    assert told_nothing(answer, untouched, REST[key].known if whose == "beta" else ())


@pytest.mark.parametrize("key", guarded(REST), ids=" ".join)
def test_a_key_of_staff_without_the_permission_is_refused(
    client: TestClient[Litestar], untouched: Stage, seating: Seating, key: Key
) -> None:
    needed = REST[key].needs
    assert needed is not None
    answer = ask_api(client, key, untouched, seating.token_without(needed))
    assert answer.status_code == 403
    assert told_nothing(answer, untouched)


@pytest.mark.parametrize("key", list(REST), ids=" ".join)
def test_a_key_with_the_permission_is_let_in(client: TestClient[Litestar], untouched: Stage, key: Key) -> None:
    built = scene(key, REST[key], untouched)
    token = None if REST[key].open else built.token(built.permitted(REST[key].needs))
    assert ask_api(client, key, built, token).status_code in REST[key].fine


def test_no_field_of_a_body_is_named_like_a_dependency(app: Litestar) -> None:
    """Litestar takes what is wrong with such a field for a fault of ours."""
    clashing = []
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            fields = handler.parsed_data_field and field_names(type_info(handler.parsed_data_field.annotation))
            clashing += [f"{route.path}: {name}" for name in handler.resolve_dependencies() if name in (fields or ())]
    assert clashing == []


def field_names(kind: Type) -> set[str]:
    if not isinstance(kind, StructType):
        return set()
    return {field.encode_name for field in kind.fields}.union(*(field_names(field.type) for field in kind.fields))
