"""What is known of a processor is changed by a company until a sister relies on it, and by the group from then on."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.processors import agreements, cataloguing, engaging, refusals
from tenants.processors.engaging import Engagement
from tenants.processors.model import Processor, SubProcessor
from tenants.processors.terms import Terms
from tests.tenants.processors.scene import Scene, described, today


def agreed_by_beta(house: Scene, processor_id: object) -> None:
    with walled_session(house.approver.acting(house.beta)) as session:
        agreements.draft(session, processor_id, "beta", Terms(valid_from=today()))  # type: ignore[arg-type]


def engagement() -> Engagement:
    return Engagement(service=Text(fi="Konesali"), countries=("FI",), since=today())


def test_a_company_changes_what_only_itself_relies_on(house: Scene) -> None:
    lower = house.processor("konesali")
    house.draft()
    with walled_session(house.approver.acting(house.alfa)) as session:
        cataloguing.change(session, house.pilvi, described("pilvi", name="Pilvi Oyj"))
        engaging.engage(session, house.pilvi, lower, engagement())
        engaging.leave(session, house.pilvi, lower)


def test_what_a_sister_relies_on_is_changed_by_the_group_alone(house: Scene) -> None:
    lower = house.processor("konesali")
    house.engage(house.pilvi, lower)
    agreed_by_beta(house, house.pilvi)
    with pytest.raises(refusals.OthersRely), walled_session(house.approver.acting(house.alfa)) as session:
        cataloguing.change(session, house.pilvi, described("pilvi", name="Muu Oy"))
    with pytest.raises(refusals.OthersRely), walled_session(house.approver.acting(house.alfa)) as session:
        engaging.leave(session, house.pilvi, lower)
    with pytest.raises(refusals.OthersRely), walled_session(house.approver.acting(house.alfa)) as session:
        engaging.engage(session, house.pilvi, lower, engagement())
    with walled_session(house.approver.acting(house.beta)) as session:
        cataloguing.change(session, house.pilvi, described("pilvi", name="Betan Pilvi Oy"))
    with walled_session(house.admin.acting()) as session:
        cataloguing.change(session, house.pilvi, described("pilvi", name="Pilvi Oyj"))
        engaging.leave(session, house.pilvi, lower)


def test_so_is_whoever_works_for_it_at_any_depth(house: Scene) -> None:
    lower, lowest, other = (house.processor(key) for key in ("konesali", "sahko", "muu"))
    house.engage(house.pilvi, lower)
    house.engage(lower, lowest)
    agreed_by_beta(house, house.pilvi)
    with pytest.raises(refusals.OthersRely), walled_session(house.approver.acting(house.alfa)) as session:
        cataloguing.change(session, lowest, described("sahko", countries=("IN",)))
    with walled_session(house.approver.acting(house.alfa)) as session:
        cataloguing.change(session, other, described("muu", countries=("IN",)))


def test_postgresql_lets_no_company_change_what_a_sister_relies_on(house: Scene) -> None:
    lower, other = (house.processor(key) for key in ("konesali", "muu"))
    house.engage(house.pilvi, lower)
    agreed_by_beta(house, house.pilvi)
    with walled_session(house.approver.acting(house.alfa)) as session:
        renamed = session.execute(update(Processor).values(name="Kaapattu").returning(Processor.processor_id))
        assert renamed.scalars().all() == [other]
        assert not session.execute(update(SubProcessor).values(countries=["IN"]).returning(SubProcessor.since)).all()
        assert {*session.scalars(select(Processor.processor_id))} == {house.pilvi, lower, other}
    link = SubProcessor(
        processor_id=lower, sub_processor_id=other, service=Text(fi="x"), countries=["FI"], since=today()
    )
    with pytest.raises(DBAPIError, match="row-level security"), walled_session(house.alfa.system()) as session:
        session.add(link)
