"""Why somebody sees a field or does not, and what a policy would change before it is granted."""

from uuid import UUID

import pytest
from sqlalchemy import func, update

from tenants.acting import Acting
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.consents import objecting
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.registers.model import Purpose
from tenants.registers.viewing import NoSuchPerson
from tenants.sharing import explaining, refusals, simulating
from tenants.sharing.conditions import All, FieldIs, HasRecord
from tenants.sharing.explaining import Verdict, Why
from tenants.sharing.simulating import Effect
from tests import make
from tests.make import MadeCompany
from tests.tenants.sharing.scene import CARE, STORAGE, Scene, scene, today


def owner(house: Scene) -> Acting:
    return house.granter.acting(house.alfa, STORAGE)


def why(house: Scene, person_id: UUID, field: str = "segment", to: MadeCompany | None = None) -> Verdict:
    with walled_session(owner(house)) as session:
        return explaining.explain(
            session,
            person_id,
            recipient_id=(to or house.beta).company_id,
            field_id=house.customers.fields[field],
        )[0]


def test_a_shared_field_is_explained_by_its_policy_version_and_clause(house: Scene) -> None:
    ada = house.customer(segment="A")
    policy_id = house.active(condition=FieldIs("segment", ("A", "B")))
    found = why(house, ada)
    assert (found.why, found.policy_id, found.version, found.kind) == (Why.SHARED, policy_id, 1, CARE)
    assert found.clause == FieldIs(str(house.customers.fields["segment"]), ("A", "B"))


def test_every_reason_why_not(house: Scene) -> None:
    ada = house.customer(segment="A")
    assert why(house, ada).why is Why.NOTHING_GRANTED
    policy_id = house.draft()
    assert why(house, ada).why is Why.NOTHING_GRANTED
    house.grant(policy_id)
    assert why(house, ada).why is Why.NOT_ACCEPTED
    house.accept(policy_id)
    assert why(house, ada, to=house.gamma).why is Why.NOTHING_GRANTED
    assert why(house, ada, "email").why is Why.FIELD_NOT_GRANTED
    house.notice()
    assert why(house, ada).why is Why.NOT_IN_NOTICE
    house.revoke(policy_id)
    assert why(house, ada).why is Why.ENDED


def test_what_is_about_the_person_is_told_as_such(house: Scene) -> None:
    ada, bo, cleo = (house.customer(segment="A") for _ in range(3))
    house.active()
    with walled_session(house.alfa.system(STORAGE)) as session:
        objecting.object_to(session, ada, CARE)
    house.restrict(bo)
    house.restrict(cleo, record_only=True)
    assert [why(house, one).why for one in (ada, bo, cleo)] == [
        Why.OBJECTED,
        Why.PERSON_RESTRICTED,
        Why.RECORD_RESTRICTED,
    ]


def test_the_part_of_the_condition_that_does_not_hold_is_named(house: Scene) -> None:
    ada = house.customer(segment="A")
    house.active(condition=All((FieldIs("segment", ("A",)), HasRecord("orders", "state", ("open",)))))
    found = why(house, ada)
    assert found.why is Why.CONDITION_NOT_MET
    assert found.clause == HasRecord(str(house.orders.register_id), str(house.orders.fields["state"]), ("open",))
    house.order(ada, state="open")
    assert why(house, ada).shared


def test_a_policy_of_the_future_is_not_yet(house: Scene) -> None:
    ada = house.customer()
    next_year = today().replace(day=1, year=today().year + 1)
    house.active(valid_from=next_year, review_on=next_year)
    assert why(house, ada).why is Why.NOT_YET


def test_only_the_owner_is_told_and_only_of_its_own(house: Scene) -> None:
    ada, stranger = house.customer(), scene()
    with pytest.raises(NoSuchPerson):
        why(house, new_id())
    wanted = {"recipient_id": house.beta.company_id, "field_id": house.customers.fields["name"]}
    with pytest.raises(refusals.NoSuchField), walled_session(owner(stranger)) as session:
        explaining.explain(session, ada, **wanted)
    handler = make.staff(house.group, (Role.REQUEST_HANDLER, house.alfa))
    with pytest.raises(NotPermitted), walled_session(handler.acting(house.alfa)) as session:
        explaining.explain(session, ada, **wanted)


def effects(house: Scene, policy_id: UUID, *, of_revocation: bool = False) -> list[Effect]:
    with walled_session(owner(house)) as session:
        look = simulating.losses if of_revocation else simulating.simulate
        return look(session, policy_id)


def test_a_draft_shows_whom_and_what_it_would_open(house: Scene) -> None:
    ada, bo, _ = (house.customer(segment=segment) for segment in "ABC")
    house.restrict(house.customer(segment="A"))
    [effect] = effects(house, house.draft(condition=FieldIs("segment", ("A", "B"))))
    assert (effect.recipient_id, effect.opening.count, effect.closing.count) == (house.beta.company_id, 2, 0)
    assert effect.opening.examples == (ada, bo)
    assert (effect.fields_opening, effect.fields_closing) == (("name", "segment"), ())


def test_a_new_version_shows_whom_it_would_take_away(house: Scene) -> None:
    ada, bo, cleo = (house.customer(segment=segment) for segment in "ABC")
    policy_id = house.active(condition=FieldIs("segment", ("A", "B")))
    house.change(
        policy_id,
        condition=FieldIs("segment", ("B", "C")),
        fields=("name", "email"),
        recipients=(house.beta.company_id, house.gamma.company_id),
    )
    for_beta, for_gamma = effects(house, policy_id)
    assert (for_beta.opening.examples, for_beta.closing.examples, for_beta.staying) == ((cleo,), (ada,), 1)
    assert (for_beta.fields_opening, for_beta.fields_closing) == (("email",), ("segment",))
    assert (for_gamma.opening.examples, for_gamma.closing.count) == ((bo, cleo), 0)


def test_a_revocation_shows_what_its_receivers_lose(house: Scene) -> None:
    people = [house.customer() for _ in range(7)]
    policy_id = house.active()
    house.read(people[0])
    [effect] = effects(house, policy_id, of_revocation=True)
    assert (effect.closing.count, len(effect.closing.examples), effect.has_received) == (7, simulating.EXAMPLES, 1)
    assert effect.fields_closing == ("name", "segment")
    house.revoke(policy_id)
    [effect] = effects(house, policy_id, of_revocation=True)
    assert (effect.closing.count, effect.has_received) == (0, 1)


def test_what_is_granted_already_is_not_simulated_and_nothing_of_a_sister(house: Scene) -> None:
    policy_id = house.active()
    with pytest.raises(refusals.NotThisStep):
        effects(house, policy_id)
    with pytest.raises(refusals.NotTheOwner), walled_session(house.accepter.acting(house.beta, STORAGE)) as session:
        simulating.losses(session, policy_id)


def test_a_draft_whose_purpose_the_notice_dropped_cannot_be_simulated(house: Scene) -> None:
    policy_id = house.draft()
    with walled_session(house.group.system()) as session:
        session.execute(update(Purpose).where(Purpose.purpose_id == house.care).values(retired_at=func.now()))
    with pytest.raises(SeveralInvalid):
        effects(house, policy_id)
