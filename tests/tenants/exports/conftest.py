"""Aino is a customer of Alfa; Beata is another. Alfa keeps a customer register, and its archives live in a real store."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from msgspec import Struct

from infra.embedded.postgres import Postgres
from infra.embedded.s3 import S3
from tenants.acting import Acting, PurposeKind, subject
from tenants.base import new_id
from tenants.database import walled_session
from tenants.exports import building, ordering
from tenants.exports.dossier import Part
from tenants.exports.model import Export
from tenants.languages.speaking import Language
from tenants.registers import persons, records
from tenants.registers.model import IdentityLevel
from tests import make
from tests.make import MadeCompany, MadeRegister

# A source that notes its times in a zone of its own: the offset must survive.
NEWFOUNDLAND = timezone(timedelta(hours=-2, minutes=-30))
LAST_YEAR = datetime(2025, 3, 4, 5, 6, 7, tzinfo=NEWFOUNDLAND)

AINO = {
    "customer_number": "K-17",
    "name": "Aino Ääkkönen",
    "email": "aino@esimerkki.example",
    "segment": "=HYPERLINK(\"http://x\")",
    "iban": "FI2112345600000785",
}
BEATA = {"customer_number": "K-18", "name": "Beata Berg", "email": "beata@esimerkki.example", "iban": "FI5542345670000081"}


@pytest.fixture(autouse=True)
def _with_servers(database: Postgres, storage: S3) -> None:
    pass


class Customer(Struct, frozen=True):
    """A person of a company, and who acts for them."""

    company: MadeCompany
    person_id: UUID
    request_id: UUID

    @property
    def worker(self) -> Acting:
        return self.company.system(PurposeKind.RIGHTS_REQUEST)

    @property
    def portal(self) -> Acting:
        return subject(self.company.group.group_id, self.request_id)


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group(), "alfa")


@pytest.fixture
def customers(alfa: MadeCompany) -> MadeRegister:
    return make.register(alfa)


@pytest.fixture
def aino(alfa: MadeCompany, customers: MadeRegister) -> Customer:
    beata = new_customer(alfa)
    write(beata, customers, BEATA)
    aino = new_customer(alfa)
    write(aino, customers, AINO)
    return aino


@pytest.fixture
def order() -> Callable[..., UUID]:
    return ordered


def new_customer(of: MadeCompany) -> Customer:
    with walled_session(of.system()) as session:
        return Customer(of, persons.create(session), new_id())


def write(whose: Customer, register: MadeRegister, values: dict[str, str]) -> None:
    with walled_session(whose.company.system()) as session:
        records.write(
            session, register.register_id, whose.person_id, values, source="Kanta-asiakasjärjestelmä", at=LAST_YEAR
        )


def ordered(
    whose: Customer,
    *parts: Part,
    language: Language = Language.FI,
    level: IdentityLevel = IdentityLevel.L1,
) -> UUID:
    with walled_session(whose.company.system()) as session:
        export = ordering.order(
            session,
            request_id=whose.request_id,
            case_id=new_id(),
            person_id=whose.person_id,
            parts=parts or (Part.ACCESS,),
            language=language,
            level=level,
        )
        return export.export_id


def built(whose: Customer, *parts: Part, **how: Language | IdentityLevel) -> Export:
    """An archive that is ready."""
    export_id = ordered(whose, *parts, **how)  # type: ignore[arg-type]
    archive = building.build(whose.worker, export_id)
    assert archive is not None
    with walled_session(whose.worker) as session:
        export = building.keep(session, archive)
        assert export is not None
        return export
