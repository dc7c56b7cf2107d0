"""What holds for the one that two became: found by all, bound by the stricter, written to where each was written to."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted, OtherPurposeNeeded
from tenants.database import walled_session
from tenants.registers import identifiers, persons, records, viewing
from tenants.registers.model import Cardinality, ImportState, Record
from tenants.registers.viewing import HeldAsAnother
from tenants.sameness import changes, merging
from tenants.sameness.refusals import NothingToMove, NothingToStay, NotOfThisPerson
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeRegister
from tests.tenants.registers.files import Column, load, reasons, register
from tests.tenants.sameness.pair import RIGHTS, STORAGE, WHY, Pair

CARE = PurposeKind.CUSTOMER_CARE


def numbers(pair: Pair, of: MadeRegister, person_id: UUID) -> list[str]:
    field = str(of.fields["customer_number"])
    with walled_session(pair.house.alfa.system(STORAGE)) as session:
        rows = session.scalars(
            select(Record.data).where(Record.person_id == person_id, Record.register_id == of.register_id)
        )
        return sorted(str(data[field]) for data in rows)


def test_one_is_found_by_what_identified_either_and_each_record_keeps_its_values(pair: Pair) -> None:
    before = pair.records_of(pair.aino) + pair.records_of(pair.twin)
    pair.merge()
    for email in ("aino@esimerkki.example", "a.esimerkki@esimerkki.example"):
        assert pair.found_by(email) == [pair.aino]
    assert sorted(before) == pair.records_of(pair.aino)
    with walled_session(pair.house.alfa.system(RIGHTS)) as session, pytest.raises(HeldAsAnother):
        viewing.exists(session, pair.twin)


def test_what_is_sealed_opens_after_the_merge_and_after_it_is_undone(pair: Pair) -> None:
    house, iban = pair.house, "FI2112345600000785"
    with walled_session(house.alfa.system(STORAGE)) as session:
        written = {"customer_number": "s-1", "name": "Aino", "iban": iban}
        twin = persons.create(session)
        whence = datetime.now(UTC)
        record_id = records.write(session, house.customers.register_id, twin, written, source="Testi", at=whence)

    def opened(person_id: UUID) -> object:
        with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
            return viewing.sealed_value(session, person_id, record_id, house.customers.fields["iban"])

    change_id = pair.merge(pair.aino, twin)
    assert opened(pair.aino) == iban
    pair.undo(change_id)
    assert opened(twin) == iban


def test_a_restriction_of_either_hides_all_of_the_one_that_they_become(pair: Pair) -> None:
    pair.restrict(pair.twin)
    assert pair.found_by("aino@esimerkki.example", CARE) == [pair.aino]
    change_id = pair.merge()
    assert pair.found_by("aino@esimerkki.example", CARE) == []
    pair.undo(change_id)
    assert pair.found_by("aino@esimerkki.example", CARE) == [pair.aino]
    assert pair.found_by("a.esimerkki@esimerkki.example", CARE) == []


def test_nobody_escapes_a_restriction_by_being_divided(pair: Pair) -> None:
    order = pair.house.order(pair.aino)
    pair.restrict(pair.aino)
    new = pair.split(pair.aino, [order])
    with walled_session(pair.house.alfa.system(CARE)) as session:
        for person_id in (pair.aino, new):
            with pytest.raises(viewing.NoSuchPerson):
                viewing.exists(session, person_id)


def test_the_sister_company_reads_both_as_one_and_the_ledger_names_her_to_each(pair: Pair) -> None:
    house = pair.house
    house.active()
    house.read(pair.twin)
    change_id = pair.merge()
    assert pair.received(pair.aino) == [("Beta Oy", False)]
    assert len(house.read(pair.aino)) == 2
    assert house.read(pair.twin) == []
    assert pair.received(pair.aino) == [("Beta Oy", False), ("Beta Oy", True)]
    pair.undo(change_id)
    # She read while they were one: nobody can say that it was not about the other.
    assert [name for name, _ in pair.received(pair.aino)] == ["Beta Oy"]
    assert [name for name, _ in pair.received(pair.twin)] == ["Beta Oy", "Beta Oy"]


@pytest.fixture
def club(pair: Pair) -> MadeRegister:
    """Keeps one record of each."""
    columns = (Column("customer_number", required=True, identifier="customer_number"), Column("level"))
    return register(pair.house.alfa, "club", Cardinality.ONE, *columns)


def test_a_file_goes_on_telling_of_both_and_each_row_finds_its_record(pair: Pair, club: MadeRegister) -> None:
    assert load(club, "customer_number,level\nn-1,kulta\nn-2,hopea\n").state is ImportState.DONE
    with walled_session(pair.house.alfa.system(STORAGE)) as session:
        one, other = (identifiers.find(session, IdentifierKind.CUSTOMER_NUMBER, number)[0] for number in ("n-1", "n-2"))
    pair.merge(one, other)
    again = load(club, "customer_number,level\nn-1,pronssi\nn-2,rauta\n")
    assert (reasons(club, again.import_id), again.rows_written, again.persons_new) == ([], 2, 0)
    assert numbers(pair, club, one) == ["n-1", "n-2"]
    with walled_session(pair.house.alfa.system(STORAGE)) as session:
        said = session.scalars(select(Record.data).where(Record.register_id == club.register_id))
        levels = {tuple(data[str(club.fields[key])] for key in ("customer_number", "level")) for data in said}
    assert levels == {("n-1", "pronssi"), ("n-2", "rauta")}


def test_a_file_of_another_register_makes_a_record_for_each_number(pair: Pair, club: MadeRegister) -> None:
    one, other = (numbers(pair, pair.house.customers, person)[0] for person in (pair.aino, pair.twin))
    pair.merge()
    content = f"customer_number,level\n{one},kulta\n{other},hopea\n"
    load(club, content)
    assert numbers(pair, club, pair.aino) == sorted([one, other])
    load(club, content)
    assert len(numbers(pair, club, pair.aino)) == 2


def test_what_is_written_by_hand_finds_its_record_too(pair: Pair) -> None:
    house = pair.house
    both = [numbers(pair, house.customers, person)[0] for person in (pair.aino, pair.twin)]
    pair.merge()
    for number in both:
        with walled_session(house.alfa.system(STORAGE)) as session:
            given = {"customer_number": number, "segment": f"S-{number}"}
            at = datetime.now(UTC)
            records.write(session, house.customers.register_id, pair.aino, given, source="Puhelu", at=at)
    assert numbers(pair, house.customers, pair.aino) == sorted(both)


def test_a_division_needs_records_that_go_and_records_that_stay(pair: Pair) -> None:
    [own], [foreign] = pair.records_of(pair.aino), pair.records_of(pair.twin)
    for chosen, refusal in (([], NothingToMove), ([own], NothingToStay), ([foreign], NotOfThisPerson)):
        with pytest.raises(refusal):
            pair.split(pair.aino, chosen)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CUSTOMER_CARE, Role.DATA_PROTECTION_OFFICER])
def test_who_may_not_merge_does_not(pair: Pair, role: Role) -> None:
    purpose = {Role.AUDITOR: None, Role.CUSTOMER_CARE: CARE}.get(role, RIGHTS)
    member = make.staff(pair.house.group, (role, pair.house.alfa))
    with walled_session(member.acting(pair.house.alfa, purpose)) as session, pytest.raises(NotPermitted):
        merging.merge(session, pair.aino, pair.twin, reason=WHY)


def test_without_a_purpose_nobody_is_merged(pair: Pair) -> None:
    with walled_session(pair.house.granter.acting(pair.house.alfa)) as session, pytest.raises(OtherPurposeNeeded):
        merging.merge(session, pair.aino, pair.twin, reason=WHY)


def test_the_reason_is_sealed_and_the_audit_knows_who_did_it(pair: Pair) -> None:
    change_id = pair.merge()
    with walled_session(pair.house.granter.acting(pair.house.alfa, RIGHTS)) as session:
        told = changes.get(session, change_id)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "persons.merged")).one()
    assert (told.reason, told.hindrances, told.row.is_one) == (WHY, [], True)
    assert WHY.encode() not in told.row.sealed_reason
    assert (entry.about_ids, entry.actor_id) == ([pair.aino, pair.twin], pair.house.granter.member_id)
