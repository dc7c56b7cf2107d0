import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from tenants.audit.model import AuditEntry
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.registers import identifiers, persons, records
from tenants.registers.model import Cardinality, Provenance, Record
from tenants.registers.sealed import seal_of
from tenants.registers.shapes import NoSuchRegister, shape_of
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import create_group_key, keyring
from tenants.vault.sealing import Tampered
from tests import make
from tests.make import MadeCompany, MadeRegister

IBAN = "FI2112345600000785"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ADA = {"customer_number": "K-1", "name": "Ada", "email": "ada@firma.example", "iban": IBAN}


def person(of: MadeCompany) -> UUID:
    with walled_session(of.system()) as session:
        return persons.create(session)


def write(of: MadeRegister, person_id: UUID, **given: str) -> UUID:
    return write_at(NOON, of, person_id, **given)


def write_at(at: datetime, of: MadeRegister, person_id: UUID, **given: str) -> UUID:
    with walled_session(of.company.system()) as session:
        return records.write(session, of.register_id, person_id, given, source="Puhelu", at=at)


def found(of: MadeCompany, value: str, kind: IdentifierKind = IdentifierKind.EMAIL) -> list[UUID]:
    with walled_session(of.system()) as session:
        return identifiers.find(session, kind, value)


def opened(of: MadeRegister, record_id: UUID) -> dict[str, object]:
    """By field key."""
    with walled_session(of.company.system()) as session:
        shape = shape_of(session, of.register_id)
        kept = session.scalar(text("SELECT data::text FROM records WHERE record_id = :id"), {"id": record_id})
        values = seal_of(keyring(session), shape).open(record_id, str(kept))
    return {slot.key: values[slot.id] for slot in shape.slots if slot.id in values}


def test_ada_is_kept_as_she_was_given_and_found_by_what_identifies_her(customers: MadeRegister) -> None:
    ada = person(customers.company)
    assert opened(customers, write(customers, ada, **ADA)) == ADA
    assert found(customers.company, "ADA@firma.example") == [ada]
    assert found(customers.company, "k-1", IdentifierKind.CUSTOMER_NUMBER) == [ada]
    assert found(customers.company, "bo@firma.example") == []


def test_a_sealed_value_is_ciphertext_where_it_lies(customers: MadeRegister) -> None:
    record_id = write(customers, person(customers.company), **ADA)
    with walled_session(customers.company.system()) as session:
        raw = str(session.scalar(text("SELECT data::text FROM records WHERE record_id = :id"), {"id": record_id}))
    assert "Ada" in raw
    assert IBAN not in raw
    assert IBAN[2:] not in raw
    assert str(customers.fields["iban"]) in raw


def test_a_sealed_value_opens_in_its_own_record_only(customers: MadeRegister) -> None:
    mine, other = (write(customers, person(customers.company), **ADA | {"customer_number": n}) for n in "12")
    field = str(customers.fields["iban"])
    with walled_session(customers.company.system()) as session:
        seal = seal_of(keyring(session), shape_of(session, customers.register_id))
        kept = {row.record_id: str(row.data[field]) for row in session.scalars(select(Record))}
    assert seal.open_value(mine, field, kept[mine]) == IBAN
    with pytest.raises(Tampered):
        seal.open_value(other, field, kept[mine])


def test_only_what_was_spoken_of_changes_and_every_value_knows_whence_it_came(customers: MadeRegister) -> None:
    ada = person(customers.company)
    record_id = write(customers, ada, **ADA)
    later = NOON + timedelta(days=30)
    assert write_at(later, customers, ada, email="ada@uusi.example", segment="A") == record_id
    assert opened(customers, record_id) == {**ADA, "email": "ada@uusi.example", "segment": "A"}
    with walled_session(customers.company.system()) as session:
        provenance = session.scalars(select(Record.provenance)).one()
    assert (provenance.source, provenance.at) == ("Puhelu", NOON)
    assert provenance.values == {
        str(customers.fields[key]): Provenance(source="Puhelu", at=later) for key in ("email", "segment")
    }


def test_an_address_that_was_given_up_finds_nobody(customers: MadeRegister) -> None:
    ada = person(customers.company)
    write(customers, ada, **ADA)
    write(customers, ada, email="ada@uusi.example")
    assert found(customers.company, "ada@firma.example") == []
    assert found(customers.company, "ada@uusi.example") == [ada]
    write(customers, ada, email="")
    assert found(customers.company, "ada@uusi.example") == []


def test_an_address_that_another_register_still_has_goes_on_finding_ada(
    customers: MadeRegister, orders: MadeRegister
) -> None:
    ada = person(customers.company)
    write(customers, ada, **ADA)
    write(orders, ada, order_number="T-1", email="ada@firma.example")
    write(customers, ada, email="")
    assert found(customers.company, "ada@firma.example") == [ada]


def test_all_bad_values_are_told_at_once_by_their_fields(orders: MadeRegister) -> None:
    with pytest.raises(SeveralInvalid) as refused:
        write(orders, person(orders.company), order_number="1", email="x", amount="y", colour="red")
    assert [(problem.field, type(problem).__name__) for problem in refused.value.problems] == [
        ("email", "NotAnEmailAddress"),
        ("amount", "NotANumber"),
        ("colour", "UnknownField"),
    ]


def test_a_new_record_without_its_required_value_is_refused_and_so_is_taking_it_away(orders: MadeRegister) -> None:
    ada = person(orders.company)
    with pytest.raises(SeveralInvalid) as refused:
        write(orders, ada, note="tyhjä")
    assert [problem.field for problem in refused.value.problems] == ["order_number"]
    write(orders, ada, order_number="T-1")


def test_a_record_is_found_again_by_its_key_and_belongs_to_one_person(orders: MadeRegister) -> None:
    ada, bo = person(orders.company), person(orders.company)
    first = write(orders, ada, order_number="T-1", amount="10")
    assert write(orders, ada, order_number="T-1", amount="12,50") == first
    assert write(orders, ada, order_number="T-2") != first
    with pytest.raises(records.BelongsToAnother):
        write(orders, bo, order_number="T-1")


def test_where_records_have_no_key_each_is_a_new_one_and_nobody_elses(customers: MadeRegister) -> None:
    visits = make.register(customers.company, "visits", cardinality=Cardinality.MANY)
    ada, bo = person(visits.company), person(visits.company)
    written = {write(visits, whose, **ADA) for whose in (ada, bo, ada)}
    assert len(written) == 3


def test_amounts_are_kept_exactly(orders: MadeRegister) -> None:
    record_id = write(orders, person(orders.company), order_number="T-1", amount="0,10")
    with walled_session(orders.company.system()) as session:
        raw = session.scalar(text("SELECT data::text FROM records WHERE record_id = :id"), {"id": record_id})
    assert json.loads(str(raw), parse_float=str)[str(orders.fields["amount"])] == "0.10"


def test_every_write_is_in_the_audit(customers: MadeRegister) -> None:
    ada = person(customers.company)
    write(customers, ada, **ADA)
    with walled_session(customers.company.system()) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "record.written")).all()
    assert [(entry.about_ids, entry.purpose) for entry in entries] == [([ada], "storage")]


def test_the_same_address_at_a_sister_company_is_another_person(customers: MadeRegister) -> None:
    sister = make.register(make.company(customers.company.group, "beta"))
    ada, other = person(customers.company), person(sister.company)
    write(customers, ada, **ADA)
    write(sister, other, **ADA)
    assert found(customers.company, ADA["email"]) == [ada]
    assert found(sister.company, ADA["email"]) == [other]


def test_a_sister_companys_register_takes_nothing_for_this_company(customers: MadeRegister) -> None:
    sister = make.register(make.company(customers.company.group, "beta"))
    ada = person(customers.company)
    with pytest.raises(NoSuchRegister), walled_session(customers.company.system()) as session:
        records.write(session, sister.register_id, ada, ADA, source="Puhelu", at=NOON)


def test_a_new_group_key_finds_and_opens_what_the_old_one_wrote(customers: MadeRegister) -> None:
    ada = person(customers.company)
    record_id = write(customers, ada, **ADA)
    with walled_session(customers.company.group.system()) as session:
        create_group_key(session)
    assert found(customers.company, ADA["email"]) == [ada]
    assert opened(customers, record_id) == ADA
    write(customers, ada, segment="B")
    assert found(customers.company, ADA["email"]) == [ada]
