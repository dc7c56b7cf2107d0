"""Staff correct what is wrong of a person, and for a while it can be told what it was before."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted, OtherPurposeNeeded
from tenants.database import walled_session
from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.registers import correcting, identifiers, persons, records
from tenants.registers.correcting import (
    ChangedMeanwhile,
    Corrected,
    KeptAsItIs,
    NothingCorrected,
    ReasonMissing,
)
from tenants.registers.model import Correction, Provenance, Record, Register
from tenants.registers.records import BelongsToAnother
from tenants.registers.sources import NeedsSource
from tenants.registers.viewing import NoSuchPerson, NoSuchValue
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeRegister

CARE, RIGHTS, STORAGE = PurposeKind.CUSTOMER_CARE, PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE
IBAN = "FI2112345600000785"
FIRST = {"customer_number": "1", "name": "Aino Väärin", "email": "aino@firma.example", "iban": IBAN}


def kept(of: MadeRegister, **given: str) -> tuple[UUID, UUID]:
    with walled_session(of.company.system()) as session:
        person_id = persons.create(session)
        at = datetime(2026, 3, 5, 12, tzinfo=UTC)
        return person_id, records.write(session, of.register_id, person_id, given, source="kassa", at=at)


@pytest.fixture
def aino(customers: MadeRegister) -> tuple[UUID, UUID]:
    return kept(customers, **FIRST)


def correct(
    of: MadeRegister,
    person_and_record: tuple[UUID, UUID],
    given: dict[str, str],
    *,
    role: Role = Role.CUSTOMER_CARE,
    purpose: PurposeKind = CARE,
    source: str = "Puhelu",
    reason: str = "Kirjoitusvirhe",
    as_of: datetime | None = None,
) -> None:
    clerk = make.staff(of.company.group, (role, of.company))
    with walled_session(clerk.acting(of.company, purpose)) as session:
        correcting.correct(session, *person_and_record, given, source=source, reason=reason, as_of=as_of)


def history(of: MadeRegister, person_and_record: tuple[UUID, UUID]) -> list[Corrected]:
    clerk = make.staff(of.company.group, (Role.CUSTOMER_CARE, of.company))
    with walled_session(clerk.acting(of.company, CARE)) as session:
        return correcting.corrections_of(session, *person_and_record)


def record(of: MadeRegister, record_id: UUID) -> Record:
    with walled_session(of.company.system()) as session:
        return session.scalars(select(Record).where(Record.record_id == record_id)).one()


def test_a_value_is_corrected_and_says_where_the_right_one_came_from(
    customers: MadeRegister, aino: tuple[UUID, UUID]
) -> None:
    correct(customers, aino, {"name": "Aino Oikein"})
    row, name, email = record(customers, aino[1]), str(customers.fields["name"]), str(customers.fields["email"])
    assert row.data[name] == "Aino Oikein"
    assert row.data[email] == "aino@firma.example"
    assert row.provenance.source == "kassa"
    whence: Provenance = row.provenance.values[name]
    assert whence.source == "Puhelu"
    assert email not in row.provenance.values


def test_the_old_value_is_kept_with_who_why_and_until_when(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    correct(customers, aino, {"name": "Aino Oikein", "segment": "A"})
    [one] = history(customers, aino)
    assert one.before == {customers.fields["name"]: "Aino Väärin", customers.fields["segment"]: None}
    assert (one.whence.words, one.reason) == ("Puhelu", "Kirjoitusvirhe")
    assert one.by is not None
    assert one.kept_until - one.at == pytest.approx(timedelta(days=correcting.KEPT_DAYS), abs=timedelta(minutes=1))


def test_a_register_says_how_long(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    with walled_session(customers.company.system()) as session:
        session.execute(update(Register).values(corrections_kept_days=7))
    correct(customers, aino, {"name": "Aino Oikein"})
    [one] = history(customers, aino)
    assert one.kept_until - one.at == pytest.approx(timedelta(days=7), abs=timedelta(minutes=1))


def test_when_its_days_are_over_the_old_value_is_gone(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    correct(customers, aino, {"name": "Aino Oikein"})
    correct(customers, aino, {"name": "Aino Oikeampi"})
    with walled_session(customers.company.system()) as session:
        oldest = select(Correction.correction_id).order_by(Correction.correction_id).limit(1).scalar_subquery()
        session.execute(update(Correction).where(Correction.correction_id == oldest).values(kept_until=func.now()))
    with walled_session(customers.company.system(PurposeKind.RETENTION)) as session:
        correcting.forget_corrections(session)
    [left] = history(customers, aino)
    assert left.before == {customers.fields["name"]: "Aino Oikein"}
    assert record(customers, aino[1]).data[str(customers.fields["name"])] == "Aino Oikeampi"


def test_of_a_sealed_value_only_that_it_changed_is_told(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    correct(customers, aino, {"iban": ""})
    [one] = history(customers, aino)
    assert one.before == {customers.fields["iban"]: None}
    with walled_session(customers.company.system()) as session:
        row = session.scalars(select(Correction)).one()
    assert IBAN.encode() not in row.sealed_before
    assert b"Kirjoitusvirhe" not in row.sealed_before


def test_the_new_value_finds_the_person_and_the_old_one_does_not(
    customers: MadeRegister, aino: tuple[UUID, UUID]
) -> None:
    correct(customers, aino, {"email": "uusi@firma.example"})
    with walled_session(customers.company.system()) as session:
        assert identifiers.find(session, IdentifierKind.EMAIL, "uusi@firma.example") == [aino[0]]
        assert identifiers.find(session, IdentifierKind.EMAIL, "aino@firma.example") == []


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"email": "ei osoite"}, SeveralInvalid),
        ({"customer_number": ""}, SeveralInvalid),
        ({"shoe_size": "43"}, SeveralInvalid),
        ({"name": "Aino Väärin"}, NothingCorrected),
        ({}, NothingCorrected),
    ],
)
def test_what_the_register_would_not_take_in_is_no_correction(
    customers: MadeRegister, aino: tuple[UUID, UUID], given: dict[str, str], refusal: type[Invalid]
) -> None:
    before = record(customers, aino[1]).data
    with pytest.raises(refusal):
        correct(customers, aino, given)
    assert record(customers, aino[1]).data == before
    assert history(customers, aino) == []


@pytest.mark.parametrize(
    ("source", "reason", "refusal"),
    [(" ", "x", NeedsSource), ("x", " ", ReasonMissing), ("x" * 201, "x", TooLong), ("x", "x" * 2001, TooLong)],
)
def test_a_correction_has_a_source_and_a_reason(
    customers: MadeRegister, aino: tuple[UUID, UUID], source: str, reason: str, refusal: type[Invalid]
) -> None:
    with pytest.raises(refusal):
        correct(customers, aino, {"name": "Aino Oikein"}, source=source, reason=reason)


def test_what_somebody_else_changed_meanwhile_is_not_written_over(
    customers: MadeRegister, aino: tuple[UUID, UUID]
) -> None:
    seen = record(customers, aino[1]).updated_at
    correct(customers, aino, {"name": "Aino Oikein"}, as_of=seen)
    with pytest.raises(ChangedMeanwhile):
        correct(customers, aino, {"name": "Aino Toisin"}, as_of=seen)


def test_a_key_that_another_record_has_is_not_taken(orders: MadeRegister) -> None:
    kept(orders, order_number="T-1", email="a@firma.example")
    second = kept(orders, order_number="T-2", email="b@firma.example")
    with pytest.raises(BelongsToAnother):
        correct(orders, second, {"order_number": "T-1"})
    correct(orders, second, {"order_number": "T-3", "amount": "10,50"})
    correct(orders, second, {"amount": "11"})
    newest, _ = history(orders, second)
    assert newest.before == {orders.fields["amount"]: "10.50"}


def test_a_personal_identity_code_is_corrected_for_a_request_only(orders: MadeRegister) -> None:
    both = kept(orders, order_number="T-1", email="a@firma.example")
    given = {"hetu": "010190-999W"}
    with pytest.raises(NotPermitted):
        correct(orders, both, given)
    with pytest.raises(OtherPurposeNeeded):
        correct(orders, both, given, role=Role.COMPANY_ADMIN, purpose=STORAGE)
    correct(orders, both, given, role=Role.REQUEST_HANDLER, purpose=RIGHTS)


def test_restricted_data_is_corrected_for_a_request_only(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    with walled_session(customers.company.system()) as session:
        session.execute(update(Record).values(restricted=True))
    with pytest.raises(NoSuchValue):
        correct(customers, aino, {"name": "Aino Oikein"})
    with pytest.raises(KeptAsItIs):
        correct(customers, aino, {"name": "Aino Oikein"}, role=Role.REGISTER_OWNER, purpose=STORAGE)
    correct(customers, aino, {"name": "Aino Oikein"}, role=Role.REQUEST_HANDLER, purpose=RIGHTS)
    assert history(customers, aino) == []


def test_an_auditor_corrects_nothing(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    auditor = make.staff(customers.company.group, (Role.AUDITOR, customers.company))
    with walled_session(auditor.acting(customers.company)) as session, pytest.raises(NotPermitted):
        correcting.correct(session, *aino, {"name": "X"}, source="x", reason="x")


def test_a_sister_company_corrects_nothing(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    sister = make.company(customers.company.group, "beta")
    clerk = make.staff(customers.company.group, (Role.CUSTOMER_CARE, sister))
    with walled_session(clerk.acting(sister, CARE)) as session, pytest.raises(NoSuchPerson):
        correcting.correct(session, *aino, {"name": "X"}, source="x", reason="x")


def test_a_correction_is_an_entry_without_its_words(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    correct(customers, aino, {"name": "Aino Oikein"})
    with walled_session(customers.company.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "record.corrected")).one()
    assert entry.about_ids == [aino[0]]
    assert entry.figures == {"record": str(aino[1]), "fields": 1}
