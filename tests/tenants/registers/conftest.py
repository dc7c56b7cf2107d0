import pytest

from infra.embedded.postgres import Postgres
from tenants.registers.model import Cardinality
from tests import make
from tests.make import MadeCompany, MadeRegister
from tests.tenants.registers.files import Column, register


@pytest.fixture
def alfa(database: Postgres) -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def customers(alfa: MadeCompany) -> MadeRegister:
    """Customer number (required), name, e-mail, segment, sealed IBAN; one record each."""
    return make.register(alfa)


@pytest.fixture
def orders(alfa: MadeCompany) -> MadeRegister:
    """Many records each, found by their order number."""
    return register(alfa, "orders", Cardinality.MANY, *ORDER_COLUMNS)


ORDER_COLUMNS = (
    Column("order_number", label="Tilausnumero", required=True, record_key=True),
    Column("customer_number", label="Asiakasnumero", identifier="customer_number"),
    Column("email", label="Sähköposti", type="email", identifier="email"),
    Column("phone", label="Puhelin", type="phone", identifier="phone"),
    Column("hetu", label="Henkilötunnus", type="hetu", identifier="hetu", sealed=True),
    Column("ordered_on", label="Päivä", type="date"),
    Column("amount", label="Summa", type="number"),
    Column("paid", label="Maksettu", type="boolean"),
    Column("note", label="Huomautus"),
)
