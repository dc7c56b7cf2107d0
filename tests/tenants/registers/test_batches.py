"""Rows from a program, all of one transaction."""

import pytest
from sqlalchemy import select

from tenants.acting import Acting, PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.registers import batches
from tenants.registers.batches import Became, NothingInBatch, Result, TooManyInBatch
from tenants.registers.json_rows import Given, NotAnObject
from tenants.registers.model import Record
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeRegister
from tests.tenants.registers.files import snapshot

ADA: dict[str, object] = {"customer_number": "K-1", "name": "Ada", "email": "ada@firma.example"}
BO: dict[str, object] = {"customer_number": "K-2", "name": "Bo"}
BAD: dict[str, object] = {"customer_number": "K-3", "email": "cleo@firma"}


def owner(of: MadeRegister) -> Acting:
    member = make.staff(of.company.group, (Role.REGISTER_OWNER, of.company))
    return member.acting(of.company, PurposeKind.STORAGE)


def send(of: MadeRegister, *rows: Given, keep_good: bool = False) -> list[Result]:
    with walled_session(owner(of)) as session:
        return batches.write(session, of.register_id, rows, source="kassa", notice=2, keep_good=keep_good)


def became(results: list[Result]) -> list[Became]:
    return [one.became for one in results]


def refused(of: MadeRegister, *rows: Given) -> list[tuple[str | None, str]]:
    before = snapshot(of.company)
    with pytest.raises(SeveralInvalid) as caught:
        send(of, *rows)
    assert snapshot(of.company) == before
    return [(one.field, one.sentence) for one in caught.value.problems]


def test_rows_are_created_changed_or_left_as_they_are(customers: MadeRegister) -> None:
    assert became(send(customers, ADA, BO)) == [Became.CREATED, Became.CREATED]
    again = send(customers, {"customer_number": "K-1", "name": "Aada"}, BO)
    assert became(again) == [Became.CHANGED, Became.UNCHANGED]
    with walled_session(customers.company.system()) as session:
        kept = session.scalars(select(Record).where(Record.person_id == again[0].person_id)).one()
    assert kept.data[str(customers.fields["email"])] == "ada@firma.example"
    assert kept.provenance.values[str(customers.fields["name"])].notice == 2


def test_one_bad_row_keeps_all_of_them_out(customers: MadeRegister) -> None:
    assert refused(customers, ADA, BAD) == [("2.email", "This is not an e-mail address.")]


def test_the_good_rows_are_kept_if_somebody_says_so(customers: MadeRegister) -> None:
    results = send(customers, ADA, BAD, BO, keep_good=True)
    assert became(results) == [Became.CREATED, Became.REFUSED, Became.CREATED]
    assert [(fault.line, fault.field) for fault in results[1].faults] == [(2, "email")]
    assert results[1].person_id is None


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (
            {"customer_number": "K-3", "shoe": 43},
            "2.shoe",
            "The register has no such field: leave it out, or declare it first.",
        ),
        ({"customer_number": "K-3", "name": True}, "2.name", "The value is of another type"),
        ({"customer_number": "K-3", "name": []}, "2.name", "A list or an object is no value of a field."),
        ({"customer_number": "K-3", "name": "A\x00"}, "2.name", "This holds a character that no text has (NUL)."),
        ({"name": "Cleo"}, "2", "This row has nothing by which a person could be recognised."),
        ({"email": "cleo@firma.example"}, "2.customer_number", "This field must have a value."),
        ({"customer_number": "K-1"}, "2", "An earlier row of the file is about the same record."),
        (NotAnObject(), "2", "This line is not one JSON object."),
    ],
)
def test_a_bad_row_is_told_by_its_number_and_field(
    customers: MadeRegister, row: Given, field: str, reason: str
) -> None:
    ((where, why),) = refused(customers, ADA, row)
    assert where == field
    assert why.startswith(reason)


def test_a_batch_has_rows_and_not_too_many(customers: MadeRegister) -> None:
    with pytest.raises(NothingInBatch):
        send(customers)
    with pytest.raises(TooManyInBatch):
        send(customers, *[ADA] * 1_001)


def test_who_may_not_import_writes_nothing(customers: MadeRegister) -> None:
    handler = make.staff(customers.company.group, (Role.AUDITOR, customers.company))
    with walled_session(handler.acting(customers.company)) as session, pytest.raises(NotPermitted):
        batches.write(session, customers.register_id, [ADA], source="kassa")


def test_a_batch_is_one_entry_with_those_whom_it_touched(customers: MadeRegister) -> None:
    results = send(customers, ADA, BO)
    with walled_session(customers.company.system()) as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "records.received"))
    assert set(entry.about_ids) == {one.person_id for one in results}


def test_rows_are_matched_by_what_was_asked(customers: MadeRegister) -> None:
    send(customers, ADA)
    with walled_session(owner(customers)) as session:
        row: Given = {"customer_number": "K-9", "email": "ada@firma.example"}
        kinds = [IdentifierKind.EMAIL]
        (result,) = batches.write(session, customers.register_id, [row], source="kassa", matched_by=kinds)
    assert result.became is Became.CHANGED
