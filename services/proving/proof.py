"""The whole proof, part by part."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator

import psycopg
from litestar import Litestar
from msgspec import Struct
from sqlalchemy.exc import DBAPIError

from services.api.app import create_app
from services.logs import failure_code
from services.proving import attacks, catalogue, logins, mutations, plans, routes
from services.proving.canaries import Canaries, Limits, planted
from services.proving.findings import Part, Result, Untried
from services.proving.pace import Pace
from tenants import settings
from tenants.languages.speaking import sentence
from tenants.migrations import running

NOT_ASKED = sentence("not asked for (--mutations); it locks one table after the other for some milliseconds")
NOT_CHOSEN = sentence("left out by whoever ran the proof (--only)")
NEEDS_ADMIN = sentence("needs an administrator's connection (SELOSTE_DATABASE_ADMIN)")
NEEDS_OWNER = sentence("needs the owner's connection (SELOSTE_DATABASE_OWNER)")
BROKE_OFF = sentence("broke off")


class Wanted(Struct, frozen=True):
    """What is to be proved, and how gently."""

    parts: Collection[Part] = tuple(Part)
    mutations: bool = False
    per_second: float = 200.0
    limits: Limits = Limits()


class Proof(Struct, frozen=True):
    """`with_admin`: whether every role was played; else the application's alone."""

    revision: str | None
    server: str
    with_admin: bool
    statements: int
    results: list[Result]

    @property
    def findings(self) -> int:
        return sum(len(result.findings) for result in self.results)

    @property
    def is_whole(self) -> bool:
        """Nothing was skipped and nothing remained untried."""
        return not any(result.skipped or result.untried for result in self.results)


def prove(wanted: Wanted, make_app: Callable[[], Litestar] = create_app) -> Proof:
    """Raises SettingsError, psycopg.Error and DBAPIError where the installation cannot be asked at all."""
    pace = Pace(wanted.per_second)
    results: list[Result] = []
    if not settings.current().database_owner:
        results.append(Result(part=Part.CATALOGUE, skipped=NEEDS_OWNER))
    else:
        results += _made(wanted, Part.CATALOGUE, catalogue.check)
    results += _made(wanted, Part.LOGINS, lambda: logins.attack(pace, wanted.limits))
    with planted(pace, wanted.limits) as made:
        for part, make in _among_canaries(wanted, made, make_app):
            results += _made(wanted, part, make)
        return Proof(
            revision=running.newest(),
            server=made.connection.execute("SHOW server_version").fetchall()[0][0],
            with_admin=made.takes_roles,
            statements=pace.steps,
            results=results,
        )


def _among_canaries(
    wanted: Wanted, made: Canaries, make_app: Callable[[], Litestar]
) -> Iterator[tuple[Part, Callable[[], Result]]]:
    yield Part.TABLES, lambda: attacks.attack(made)
    yield Part.PLANS, lambda: plans.check(made)
    yield Part.ROUTES, lambda: routes.attack(made, make_app())
    if not wanted.mutations:
        yield Part.MUTATIONS, lambda: Result(part=Part.MUTATIONS, skipped=NOT_ASKED)
    elif not (made.takes_roles and made.passes):
        yield Part.MUTATIONS, lambda: Result(part=Part.MUTATIONS, skipped=NEEDS_ADMIN)
    else:
        yield Part.MUTATIONS, lambda: mutations.check(made)


def _made(wanted: Wanted, part: Part, make: Callable[[], Result]) -> Iterable[Result]:
    """A part that breaks off proves nothing; what the others found is told all the same."""
    if part not in wanted.parts:
        return [Result(part=part, skipped=NOT_CHOSEN)]
    begun = time.monotonic()
    try:
        result = make()
    except (psycopg.Error, DBAPIError) as error:
        if isinstance(error, psycopg.OperationalError):
            raise
        result = Result(part=part, skipped=BROKE_OFF, untried=[Untried(part, failure_code(error))])
    result.seconds = round(time.monotonic() - begun, 1)
    return [result]
