"""What a sister company sees, and from which statement on it sees it no more."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from tenants.acting import Acting, PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Company
from tenants.consents import consenting, objecting
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.registers.model import Field, LegalBasis, Purpose, Recipient, Record, Register
from tenants.sharing import door
from tenants.sharing.conditions import All, Any, Consented, FieldIs, HasRecord, NotObjected
from tests import make
from tests.tenants.sharing.scene import CARE, MARKETING, STORAGE, Scene, scene, today


def test_beta_sees_the_granted_fields_and_no_others(house: Scene) -> None:
    ada = house.customer(name="Ada", segment="A", email="ada@firma.example", iban="FI2112345600000785")
    assert house.read(ada) == []
    house.active()
    assert house.read(ada) == [{"name": "Ada", "segment": "A"}]
    assert house.page() == [ada]


def test_beta_still_sees_none_of_the_rows_themselves(house: Scene) -> None:
    house.customer()
    house.active()
    with walled_session(house.beta.system(CARE)) as session:
        assert session.scalar(select(func.count()).select_from(Record)) == 0


def test_neither_the_giver_nor_the_receiver_opens_the_door_alone(house: Scene) -> None:
    ada, policy_id = house.customer(), house.draft()
    assert house.read(ada) == []
    house.grant(policy_id)
    assert house.read(ada) == []
    house.accept(policy_id)
    assert len(house.read(ada)) == 1


def test_another_company_another_purpose_and_another_group_see_nothing(house: Scene) -> None:
    ada = house.customer()
    house.active()
    others = scene()
    strangers: list[Acting] = [
        house.gamma.system(CARE),
        house.beta.system(MARKETING),
        house.beta.system(STORAGE),
        others.beta.system(CARE),
        house.group.system(),
    ]
    for stranger in strangers:
        assert house.read(ada, stranger) == []
        assert house.page(stranger) == []


def test_the_same_ids_in_another_group_open_nothing(house: Scene) -> None:
    """Somebody who puts on the receiver's company in a group of their own."""
    ada = house.customer()
    house.active()
    disguised = make.MadeCompany(make.group(), house.beta.company_id, "beta").system(CARE)
    assert house.read(ada, disguised) == []


Shut = Callable[[Scene, UUID, UUID], None]


def _retire(model: type[Register] | type[Purpose]) -> Shut:
    def retire(of: Scene, policy_id: UUID, person_id: UUID) -> None:
        with walled_session(of.group.system()) as session:
            session.execute(update(model).values(retired_at=func.now()))

    return retire


def _objected(of: Scene, policy_id: UUID, person_id: UUID) -> None:
    with walled_session(of.alfa.system(STORAGE)) as session:
        objecting.object_to(session, person_id, CARE)


def _receiver_left(of: Scene, policy_id: UUID, person_id: UUID) -> None:
    with walled_session(of.group.system()) as session:
        session.execute(update(Company).where(Company.company_id == of.beta.company_id).values(retired_at=func.now()))


def _kind_changed(of: Scene, policy_id: UUID, person_id: UUID) -> None:
    with walled_session(of.group.system()) as session:
        session.execute(update(Purpose).where(Purpose.purpose_id == of.care).values(kind=PurposeKind.DELIVERY))


SHUTS: dict[str, Shut] = {
    "suspended": lambda of, policy_id, _: of.suspend(policy_id),
    "revoked": lambda of, policy_id, _: of.revoke(policy_id),
    "objected": _objected,
    "restricted": lambda of, _, person_id: of.restrict(person_id),
    "record restricted": lambda of, _, person_id: of.restrict(person_id, record_only=True),
    "the notice names the purpose no more": _retire(Purpose),
    "the register is kept no more": _retire(Register),
    "the notice names the recipient no more": lambda of, *_: of.notice(Recipient(Text(fi="Tilitoimisto"))),
    "the receiver left the group": _receiver_left,
    "the purpose is another": _kind_changed,
}


@pytest.mark.parametrize("shut", list(SHUTS))
def test_the_door_shuts_at_the_next_statement_of_an_open_transaction(house: Scene, shut: str) -> None:
    ada, policy_id = house.customer(), house.active()
    with walled_session(house.beta.system(CARE)) as session:
        assert len(door.of_person(session, house.alfa.company_id, ada)) == 1
        SHUTS[shut](house, policy_id, ada)
        assert door.of_person(session, house.alfa.company_id, ada) == []
        assert door.page(session, house.customers.register_id) == []


def test_an_objection_to_something_else_shuts_nothing_and_a_lifted_one_opens_again(house: Scene) -> None:
    ada = house.customer()
    house.active()
    with walled_session(house.alfa.system(STORAGE)) as session:
        objecting.object_to(session, ada, MARKETING)
    assert len(house.read(ada)) == 1
    _objected(house, ada, ada)
    assert house.read(ada) == []
    with walled_session(house.alfa.system(STORAGE)) as session:
        objecting.lift(session, ada, CARE)
    assert len(house.read(ada)) == 1


def test_a_field_that_the_notice_takes_from_the_purpose_is_gone_and_the_others_stay(house: Scene) -> None:
    ada = house.customer(name="Ada", segment="A")
    house.active()
    with walled_session(house.group.system()) as session:
        session.execute(update(Field).where(Field.key == "segment").values(purposes=["marketing"]))
    assert house.read(ada) == [{"name": "Ada"}]


def test_a_policy_holds_from_its_first_day_to_the_end_of_its_last(house: Scene) -> None:
    ada = house.customer()
    house.active(valid_from=today(), valid_until=today())
    assert len(house.read(ada)) == 1
    later = scene()
    bo = later.customer()
    later.active(valid_from=today().replace(year=today().year + 1), review_on=today().replace(year=today().year + 2))
    assert later.read(bo) == []


def test_only_those_who_meet_the_condition_are_shown(house: Scene) -> None:
    ada, bo, cleo = (house.customer(segment=segment) for segment in ("A", "A", "B"))
    house.order(ada, state="open")
    house.order(bo, state="closed")
    house.order(cleo, state="open")
    house.active(condition=All((FieldIs("segment", ("A",)), HasRecord("orders", "state", ("open", "late")))))
    assert house.page() == [ada]


def test_consent_as_the_basis_asks_it_of_everybody(house: Scene) -> None:
    ada, bo = house.customer(), house.customer()
    house.active(legal_basis=LegalBasis.CONSENT)
    assert house.page() == []
    with walled_session(house.alfa.system(STORAGE)) as session:
        consenting.give(session, ada, CARE, source="Lomake 12")
    assert house.page() == [ada]
    with walled_session(house.alfa.system(STORAGE)) as session:
        consenting.withdraw(session, ada, CARE)
        consenting.give(session, bo, CARE, source="Lomake 13")
    assert house.page() == [bo]


def test_any_of_several_is_enough(house: Scene) -> None:
    ada, bo, cleo = (house.customer(segment=segment) for segment in "ABC")
    with walled_session(house.alfa.system(STORAGE)) as session:
        objecting.object_to(session, cleo, MARKETING)
    house.active(condition=Any((FieldIs("segment", ("A",)), NotObjected(MARKETING), Consented(CARE))))
    assert house.page() == [ada, bo]


def test_pages_follow_each_other_without_a_gap(house: Scene) -> None:
    people = [house.customer() for _ in range(5)]
    house.active()
    seen: list[UUID] = []
    with walled_session(house.beta.system(CARE)) as session:
        after = door.Cursor()
        while shared := door.page(session, house.customers.register_id, after=after, most=2):
            seen += [one.person_id for one in shared]
            after = door.Cursor(shared[-1].person_id, shared[-1].record_id)
    assert seen == people


def test_what_is_offered_says_whose_it_is_and_which_fields(house: Scene) -> None:
    policy_id = house.active()
    with walled_session(house.beta.system(CARE)) as session:
        [offer] = door.offers(session)
    assert (offer.company_id, offer.policy_id, offer.version) == (house.alfa.company_id, policy_id, 1)
    assert [field.key for field in offer.fields] == ["name", "segment"]


def test_whoever_reads_is_in_the_receivers_audit(house: Scene) -> None:
    ada, policy_id = house.customer(), house.active()
    house.read(ada)
    with walled_session(house.beta.system(CARE)) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "shared.read")).one()
    assert (entry.about_ids, entry.figures["policy"], entry.purpose) == ([ada], str(policy_id), CARE)


def test_a_table_of_the_callers_own_making_is_not_looked_at(house: Scene) -> None:
    ada = house.customer()
    with walled_session(house.beta.system(CARE)) as session:
        session.execute(text("CREATE TEMPORARY TABLE sharing_grants AS SELECT * FROM public.sharing_grants"))
        session.execute(text("CREATE TEMPORARY TABLE records AS SELECT * FROM public.records"))
        assert door.of_person(session, house.alfa.company_id, ada) == []
        session.execute(text("DROP TABLE pg_temp.sharing_grants, pg_temp.records"))


def test_the_queries_behind_the_door_are_not_the_callers_to_run(house: Scene) -> None:
    with pytest.raises(DBAPIError), walled_session(house.beta.system(CARE)) as session:
        session.execute(
            text("SELECT * FROM found_of_person(:g, :c, 'customer_care', :a, :a)"),
            {"g": house.group.group_id, "c": house.beta.company_id, "a": house.alfa.company_id},
        )
