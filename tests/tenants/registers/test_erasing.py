"""What is kept of a person is erased: for a reason that the law knows, by who may, and for good."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted, OtherPurposeNeeded
from tenants.database import walled_session
from tenants.registers import correcting, erasing, identifiers, persons, records, restricting, viewing
from tenants.registers.erasing import ErasureReasonMissing, KeptByRestriction, NothingChosen
from tenants.registers.model import Cause, Change, Correction, ErasureGround, RestrictionGround
from tenants.registers.viewing import NoSuchPerson, NoSuchValue
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeCompany, MadeRegister

CARE, RIGHTS, STORAGE = PurposeKind.CUSTOMER_CARE, PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE
AINO = {"customer_number": "1", "name": "Aino Esimerkki", "email": "aino@firma.example"}


def kept(of: MadeRegister, given: dict[str, str], person_id: UUID | None = None) -> tuple[UUID, UUID]:
    with walled_session(of.company.system()) as session:
        person_id = person_id or persons.create(session)
        at = datetime(2026, 3, 5, 12, tzinfo=UTC)
        return person_id, records.write(session, of.register_id, person_id, given, source="kassa", at=at)


@pytest.fixture
def aino(customers: MadeRegister) -> tuple[UUID, UUID]:
    return kept(customers, AINO)


def erase(
    of: MadeCompany,
    person_id: UUID,
    *,
    role: Role = Role.REQUEST_HANDLER,
    purpose: PurposeKind = RIGHTS,
    ground: ErasureGround = ErasureGround.NOT_NEEDED,
    reason: str = "Ei enää asiakas",
    record_id: UUID | None = None,
    register_ids: tuple[UUID, ...] = (),
) -> int:
    clerk = make.staff(of.group, (role, of))
    with walled_session(clerk.acting(of, purpose)) as session:
        return erasing.erase(
            session, person_id, ground=ground, reason=reason, record_id=record_id, register_ids=register_ids
        )


def restrict(of: MadeCompany, person_id: UUID, ground: RestrictionGround, record_id: UUID | None = None) -> None:
    clerk = make.staff(of.group, (Role.REQUEST_HANDLER, of))
    with walled_session(clerk.acting(of, RIGHTS)) as session:
        restricting.place(
            session,
            person_id,
            ground=ground,
            reason="Pyydetty",
            review_on=date.today() + timedelta(days=30),
            record_id=record_id,
        )


def found(of: MadeCompany, email: str) -> list[UUID]:
    with walled_session(of.system()) as session:
        return identifiers.find(session, IdentifierKind.EMAIL, email)


def told(of: MadeCompany) -> list[tuple[Cause, UUID | None, list[UUID], list[UUID]]]:
    with walled_session(of.system()) as session:
        return [
            (one.cause, one.register_id, one.person_ids, one.record_ids)
            for one in session.scalars(select(Change).order_by(Change.change_id))
            if one.cause in (Cause.ERASED, Cause.RETENTION)
        ]


def test_a_record_is_erased_and_nobody_is_found_by_it(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    here, (person_id, record_id) = customers.company, aino
    assert found(here, "aino@firma.example") == [person_id]
    assert erase(here, person_id, record_id=record_id) == 1
    assert found(here, "aino@firma.example") == []
    clerk = make.staff(here.group, (Role.REQUEST_HANDLER, here))
    with walled_session(clerk.acting(here, RIGHTS)) as session:
        assert viewing.person(session, person_id).registers == []
        [one] = erasing.of_person(session, person_id)
    assert (one.reason, one.row.record_ids, one.row.ground) == (
        "Ei enää asiakas",
        [record_id],
        ErasureGround.NOT_NEEDED,
    )


def test_who_received_it_is_told_in_the_same_transaction(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    erase(customers.company, aino[0], register_ids=(customers.register_id,))
    assert told(customers.company) == [(Cause.ERASED, customers.register_id, [aino[0]], [aino[1]])]


def test_what_has_outlived_its_time_is_told_with_a_word_of_its_own(
    customers: MadeRegister, aino: tuple[UUID, UUID]
) -> None:
    erase(customers.company, aino[0], record_id=aino[1], ground=ErasureGround.RETENTION_ENDED)
    assert [cause for cause, *_ in told(customers.company)] == [Cause.RETENTION]


def test_another_register_keeps_what_it_has(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    club = make.register(customers.company, "club")
    kept(club, {**AINO, "email": "aino@kerho.example"}, aino[0])
    erase(customers.company, aino[0], register_ids=(customers.register_id,))
    assert found(customers.company, "aino@firma.example") == []
    assert found(customers.company, "aino@kerho.example") == [aino[0]]


def test_what_a_corrected_value_was_goes_too(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    clerk = make.staff(customers.company.group, (Role.CUSTOMER_CARE, customers.company))
    with walled_session(clerk.acting(customers.company, CARE)) as session:
        correcting.correct(session, *aino, {"name": "Aino Muu"}, source="Puhelu", reason="Väärin")
    erase(customers.company, aino[0], record_id=aino[1])
    with walled_session(customers.company.system()) as session:
        assert session.scalars(select(Correction)).all() == []


def test_the_audit_says_of_whom_and_why_and_no_value(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    erase(customers.company, aino[0], record_id=aino[1], ground=ErasureGround.UNLAWFUL)
    with walled_session(customers.company.system()) as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "records.erased"))
    assert entry.about_ids == [aino[0]]
    assert entry.figures == {"register": str(customers.register_id), "records": 1, "ground": "unlawful"}


def test_who_wanted_restriction_instead_keeps_their_data(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    restrict(customers.company, aino[0], RestrictionGround.UNLAWFUL)
    with pytest.raises(KeptByRestriction):
        erase(customers.company, aino[0], record_id=aino[1], ground=ErasureGround.UNLAWFUL)
    assert found(customers.company, "aino@firma.example") == [aino[0]]


def test_a_restriction_of_another_record_keeps_nothing_here(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    club = make.register(customers.company, "club")
    _, other = kept(club, AINO, aino[0])
    restrict(customers.company, aino[0], RestrictionGround.LEGAL_CLAIMS, record_id=other)
    assert erase(customers.company, aino[0], record_id=aino[1]) == 1


def test_an_objection_that_was_found_right_ends_in_erasure(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    restrict(customers.company, aino[0], RestrictionGround.OBJECTION_PENDING, record_id=aino[1])
    with pytest.raises(KeptByRestriction):
        erase(customers.company, aino[0], record_id=aino[1])
    assert erase(customers.company, aino[0], record_id=aino[1], ground=ErasureGround.OBJECTED) == 1


def test_nothing_is_erased_without_a_reason_or_a_choice(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    with pytest.raises(ErasureReasonMissing):
        erase(customers.company, aino[0], record_id=aino[1], reason=" ")
    with pytest.raises(NothingChosen):
        erase(customers.company, aino[0])


def test_what_is_gone_cannot_be_erased_again(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    erase(customers.company, aino[0], record_id=aino[1])
    with pytest.raises(NoSuchValue):
        erase(customers.company, aino[0], record_id=aino[1])
    assert len(told(customers.company)) == 1


def test_customer_care_and_the_officer_erase_nothing(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    for role, purpose in ((Role.CUSTOMER_CARE, CARE), (Role.DATA_PROTECTION_OFFICER, RIGHTS)):
        with pytest.raises(NotPermitted):
            erase(customers.company, aino[0], role=role, purpose=purpose, record_id=aino[1])
    both = make.staff(
        customers.company.group, (Role.REGISTER_OWNER, customers.company), (Role.CUSTOMER_CARE, customers.company)
    )
    with walled_session(both.acting(customers.company, CARE)) as session, pytest.raises(OtherPurposeNeeded):
        erasing.erase(session, aino[0], ground=ErasureGround.NOT_NEEDED, reason="Ei", record_id=aino[1])


def test_a_sister_company_finds_nobody_to_erase(customers: MadeRegister, aino: tuple[UUID, UUID]) -> None:
    sister = make.company(customers.company.group, "sisar")
    with pytest.raises(NoSuchPerson):
        erase(sister, aino[0], record_id=aino[1])
    assert found(customers.company, "aino@firma.example") == [aino[0]]
