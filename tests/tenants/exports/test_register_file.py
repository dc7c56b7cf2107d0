"""A register as a file: who gets it, what is in it, and what a spreadsheet makes of it."""

import csv
import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted, OtherPurposeNeeded
from tenants.database import walled_session
from tenants.exports import register_file
from tenants.exports.register_file import Opened
from tenants.registers import persons, records, restricting
from tenants.registers.model import RestrictionGround
from tests import make
from tests.make import MadeMember, MadeRegister

IBAN = "FI2112345600000785"
FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def customers(database: Postgres) -> MadeRegister:
    return make.register(make.company(make.group()))


def customer(of: MadeRegister, **values: str) -> UUID:
    with walled_session(of.company.system()) as session:
        person_id = persons.create(session)
        records.write(session, of.register_id, person_id, values, source="kassa", at=datetime.now(UTC))
    return person_id


def owner(of: MadeRegister, role: Role = Role.REGISTER_OWNER) -> MadeMember:
    return make.staff(of.company.group, (role, of.company))


def opened(of: MadeRegister, by: MadeMember, *, spreadsheet: bool = False) -> Opened:
    with walled_session(by.acting(of.company, PurposeKind.STORAGE)) as session:
        return register_file.open_register(session, of.register_id, spreadsheet=spreadsheet)


def rows(of: MadeRegister, by: MadeMember) -> list[dict[str, str]]:
    text = b"".join(register_file.csv_file(opened(of, by))).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_register_is_taken_along_without_its_sealed_fields(customers: MadeRegister) -> None:
    ada = customer(customers, customer_number="K-1", name="Ada", iban=IBAN)
    (row,) = rows(customers, owner(customers))
    assert (row["_person_id"], row["customer_number"], row["name"]) == (str(ada), "K-1", "Ada")
    assert "iban" not in row
    assert IBAN not in str(row)


def test_who_is_restricted_is_in_no_file(customers: MadeRegister) -> None:
    ada, _ = (customer(customers, customer_number=number) for number in ("K-1", "K-2"))
    handler = owner(customers, Role.REQUEST_HANDLER)
    with walled_session(handler.acting(customers.company, PurposeKind.RIGHTS_REQUEST)) as session:
        restricting.place(session, ada, ground=RestrictionGround.UNLAWFUL, reason="Syy", review_on=date(2090, 1, 31))
    assert [row["customer_number"] for row in rows(customers, owner(customers))] == ["K-2"]


def test_every_page_is_an_entry_with_those_who_are_in_it(
    customers: MadeRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_file, "PAGE", 2)
    everybody = {customer(customers, customer_number=f"K-{number}") for number in range(5)}
    assert len(rows(customers, owner(customers))) == 5
    with walled_session(customers.company.system()) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "records.exported")).all()
    named = [one for entry in entries for one in entry.about_ids]
    assert (len(entries), len(named), set(named)) == (3, 5, everybody)


def test_who_may_not_gets_nothing(customers: MadeRegister) -> None:
    care = owner(customers, Role.CUSTOMER_CARE)
    with (
        walled_session(care.acting(customers.company, PurposeKind.CUSTOMER_CARE)) as session,
        pytest.raises(NotPermitted),
    ):
        register_file.open_register(session, customers.register_id)
    admin = owner(customers, Role.COMPANY_ADMIN)
    with (
        walled_session(admin.acting(customers.company, PurposeKind.RIGHTS_REQUEST)) as session,
        pytest.raises(OtherPurposeNeeded),
    ):
        register_file.open_register(session, customers.register_id)


def test_a_formula_is_text_in_both_files(customers: MadeRegister) -> None:
    customer(customers, customer_number="-1", name=FORMULA, segment="a\x01<&\n;=1+1")
    by = owner(customers)
    (row,) = rows(customers, by)
    assert (row["customer_number"], row["name"]) == ("-1", f"'{FORMULA}")
    content = b"".join(register_file.xlsx_file(opened(customers, by, spreadsheet=True)))
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    header, line = sheet.iter_rows()
    cells = {str(name.value): cell for name, cell in zip(header, line, strict=True)}
    assert (cells["name"].value, cells["name"].data_type, cells["name"].quotePrefix) == (FORMULA, "s", True)
    assert cells["segment"].value == "a<&\n;=1+1"
    assert cells["customer_number"].data_type == "s"


def test_no_character_of_a_value_breaks_the_spreadsheet(customers: MadeRegister) -> None:
    customer(customers, customer_number="K-1", name="A\uffffd\ufffea\x0b")
    content = b"".join(register_file.xlsx_file(opened(customers, owner(customers), spreadsheet=True)))
    [(_, *cells)] = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=2, values_only=True)
    assert "Ada" in cells
